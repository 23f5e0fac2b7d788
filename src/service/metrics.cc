// The registry of metrics and its text form. Observing takes one shared lock and adds to atomics; the text is made
// from a copy of pointers, so that functions that compute a value run outside of the lock.
#include "service/metrics.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <charconv>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>

#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

namespace limpid::service {

// One set of labels of a histogram.
class Metrics::Histogram {
 public:
  explicit Histogram(const std::vector<double>& bounds) : bounds_(bounds), counts_(bounds.size() + 1) {}
  void add(double value) {
    if (std::isnan(value)) return;  // it would spoil the sum for good
    const auto bound = std::ranges::lower_bound(bounds_, value);
    counts_[static_cast<std::size_t>(bound - bounds_.begin())].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }
  const std::vector<double>& bounds() const { return bounds_; }
  std::uint64_t count(std::size_t bucket) const { return counts_[bucket].load(std::memory_order_relaxed); }
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const std::vector<double> bounds_;                // ascending; a value that equals one counts in its bucket
  std::vector<std::atomic<std::uint64_t>> counts_;  // not cumulative; the last is beyond every bound
  std::atomic<double> sum_{0};
};

namespace {

// Labels may come from data (a feed's name, a reason); beyond so many sets, further ones count as "other".
constexpr std::size_t kSeriesMax = 2'000;
constexpr std::size_t kLabelsMax = 8;
constexpr std::size_t kProcFileMax = std::size_t{4} << 10;  // /proc/self/stat is one line

enum class Kind : std::uint8_t { counter, gauge, histogram };

struct Series {
  std::atomic<double> value{0};                   // of counters and gauges
  std::shared_ptr<Metrics::Histogram> histogram;  // of histograms
};

struct Family {
  Kind kind = Kind::counter;
  std::string help;
  std::vector<double> buckets;
  // By the labels as they are written, without braces. Never removed: pointers stay good.
  std::map<std::string, std::shared_ptr<Series>, std::less<>> series;
};

// name="value" with commas, sorted by name, escaped. `other`: every value is "other".
void write_labels(Labels labels, bool other, std::string& to) {
  std::array<const std::pair<std::string_view, std::string_view>*, kLabelsMax> sorted{};
  std::size_t count = 0;
  for (const auto& label : labels) {
    assert(count < kLabelsMax);
    if (count < kLabelsMax) sorted[count++] = &label;
  }
  std::sort(sorted.begin(), sorted.begin() + count, [](const auto* a, const auto* b) { return a->first < b->first; });
  to.clear();
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) to += ',';
    to += sorted[i]->first;
    to += "=\"";
    const std::string_view value = other ? std::string_view("other") : sorted[i]->second;
    const bool is_utf8 = base::is_utf8(value);
    for (const char c : value) {
      if (c == '\n') {
        to += "\\n";
      } else if (!is_utf8 && (c & 0x80) != 0) {  // one bad byte would cost the reader the whole page
        to += '?';
      } else {
        if (c == '"' || c == '\\') to += '\\';
        to += c;
      }
    }
    to += '"';
  }
}

std::string print_value(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 400> text{};
  constexpr double kExact = 9'007'199'254'740'992;  // 2^53
  const bool whole = value == std::trunc(value) && std::abs(value) <= kExact;
  const auto end = whole ? std::to_chars(text.data(), text.data() + text.size(), static_cast<std::int64_t>(value)).ptr
                         : std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

void write_head(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  base::append(out, {"# HELP ", name, " "});
  for (const char c : help) {
    if (c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  base::append(out, {"\n# TYPE ", name, " ", type, "\n"});
}

void write_sample(std::string& out, std::string_view name, std::string_view labels, double value) {
  if (labels.empty()) {
    base::append(out, {name, " ", print_value(value), "\n"});
  } else {
    base::append(out, {name, "{", labels, "} ", print_value(value), "\n"});
  }
}

void write_histogram(std::string& out, std::string_view name, const std::string& labels,
                     const Metrics::Histogram& histogram) {
  const std::string bucket = base::cat({name, "_bucket"});
  std::uint64_t count = 0;
  // The last bucket and the count are made from the same numbers, so that they agree while others observe.
  for (std::size_t i = 0; i <= histogram.bounds().size(); ++i) {
    count += histogram.count(i);
    const std::string bound = i == histogram.bounds().size() ? "+Inf" : print_value(histogram.bounds()[i]);
    base::append(out, {bucket, "{", labels, labels.empty() ? "" : ",", "le=\"", bound, "\"} ", count, "\n"});
  }
  write_sample(out, base::cat({name, "_sum"}), labels, histogram.sum());
  write_sample(out, base::cat({name, "_count"}), labels, static_cast<double>(count));
}

// What /proc/self/stat says, as far as Prometheus' own clients tell it.
struct ProcessFacts {
  double virtual_bytes = 0, resident_bytes = 0, start_time = 0;
};
std::optional<ProcessFacts> read_process_facts() {
  std::string content(kProcFileMax, '\0');
  const auto file = base::File::open("/proc/self/stat");  // of size 0, so that read_file() would read nothing
  if (!file) return std::nullopt;
  const auto size = file->read_at(0, {reinterpret_cast<std::uint8_t*>(content.data()), content.size()});
  if (!size) return std::nullopt;
  content.resize(*size);
  // The second field is the program's name in parentheses, which may hold anything; proc(5) numbers from 1.
  const std::size_t name_end = content.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::string_view rest = std::string_view(content).substr(name_end + 1);
  std::vector<std::string_view> fields = {"pid", "name"};
  for (std::string_view word = base::take_word(rest); !word.empty(); word = base::take_word(rest))
    fields.push_back(word);
  if (fields.size() < 24) return std::nullopt;
  const auto number = [&](std::size_t field) {
    return static_cast<double>(base::parse_unsigned(fields[field - 1]).value_or(0));
  };
  // The time of boot in /proc/stat is hidden from a hardened service; the clocks tell it as well.
  timespec real{}, boot{};
  if (clock_gettime(CLOCK_REALTIME, &real) != 0 || clock_gettime(CLOCK_BOOTTIME, &boot) != 0) return std::nullopt;
  const double booted =
      static_cast<double>(real.tv_sec - boot.tv_sec) + 1e-9 * static_cast<double>(real.tv_nsec - boot.tv_nsec);
  ProcessFacts facts;
  facts.start_time = std::round((booted + number(22) / static_cast<double>(sysconf(_SC_CLK_TCK))) * 100) / 100;
  facts.virtual_bytes = number(23);
  facts.resident_bytes = number(24) * static_cast<double>(sysconf(_SC_PAGESIZE));
  return facts;
}

std::optional<double> count_descriptors() {
  std::error_code error;
  std::filesystem::directory_iterator entries("/proc/self/fd", error);
  double count = -1;  // the one that we read them with
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) ++count;
  return error ? std::nullopt : std::optional(count);
}

// Name → text of a family.
using Texts = std::map<std::string, std::string, std::less<>>;

void add_process(Texts& texts) {
  const auto put = [&](const char* name, std::string_view type, std::string_view help, double value) {
    write_head(texts[name], name, type, help);
    write_sample(texts[name], name, "", value);
  };
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0)
    put("process_cpu_seconds_total", "counter", "Processor time spent, user and system, in seconds.",
        seconds(usage.ru_utime) + seconds(usage.ru_stime));
  if (const auto open = count_descriptors()) put("process_open_fds", "gauge", "Open file descriptors.", *open);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
    put("process_max_fds", "gauge", "Most file descriptors that may be open.",
        limit.rlim_cur == RLIM_INFINITY ? std::numeric_limits<double>::infinity()
                                        : static_cast<double>(limit.rlim_cur));
  if (const auto facts = read_process_facts()) {
    put("process_virtual_memory_bytes", "gauge", "Virtual memory, in bytes.", facts->virtual_bytes);
    put("process_resident_memory_bytes", "gauge", "Resident memory, in bytes.", facts->resident_bytes);
    put("process_start_time_seconds", "gauge", "When the process began, in seconds since 1970.", facts->start_time);
  }
}

}  // namespace

struct Metrics::State {
  mutable std::shared_mutex mutex;  // of the maps; values are atomic
  std::map<std::string, Family, std::less<>> families;
  std::vector<std::function<void(Metrics&)>> collectors;

  void declare(std::string_view name, Family family) {
    const std::unique_lock lock(mutex);
    [[maybe_unused]] const bool is_new = families.emplace(std::string(name), std::move(family)).second;
    assert(is_new);
  }

  // nullptr for a bug of ours, which stops a build with assertions only.
  std::shared_ptr<Series> find(std::string_view name, Kind kind, Labels labels) {
    thread_local std::string key;
    write_labels(labels, false, key);
    {
      const std::shared_lock lock(mutex);
      const auto family = families.find(name);
      if (family == families.end() || family->second.kind != kind) {
        assert(false && "a metric that was not declared so");
        return nullptr;
      }
      if (const auto known = family->second.series.find(key); known != family->second.series.end())
        return known->second;
    }
    const std::unique_lock lock(mutex);
    Family& family = families.find(name)->second;
    if (family.series.size() >= kSeriesMax) write_labels(labels, true, key);
    auto& series = family.series[key];
    if (!series) {
      series = std::make_shared<Series>();
      if (kind == Kind::histogram) series->histogram = std::make_shared<Histogram>(family.buckets);
    }
    return series;
  }
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::declare_counter(std::string_view name, std::string_view help) {
  state_->declare(name, {.kind = Kind::counter, .help = std::string(help), .buckets = {}, .series = {}});
}
void Metrics::declare_gauge(std::string_view name, std::string_view help) {
  state_->declare(name, {.kind = Kind::gauge, .help = std::string(help), .buckets = {}, .series = {}});
}
void Metrics::declare_histogram(std::string_view name, std::string_view help, std::vector<double> buckets) {
  assert(std::ranges::is_sorted(buckets));
  state_->declare(name,
                  {.kind = Kind::histogram, .help = std::string(help), .buckets = std::move(buckets), .series = {}});
}
void Metrics::collect(std::function<void(Metrics&)> collector) {
  const std::unique_lock lock(state_->mutex);
  state_->collectors.push_back(std::move(collector));
}

void Metrics::add(std::string_view counter, Labels labels, double by) {
  assert(by >= 0);
  if (const auto series = state_->find(counter, Kind::counter, labels))
    series->value.fetch_add(by, std::memory_order_relaxed);
}
void Metrics::set(std::string_view gauge, double value, Labels labels) {
  if (const auto series = state_->find(gauge, Kind::gauge, labels))
    series->value.store(value, std::memory_order_relaxed);
}
void Metrics::set_total(std::string_view counter, double total, Labels labels) {
  if (const auto series = state_->find(counter, Kind::counter, labels))
    series->value.store(total, std::memory_order_relaxed);
}
void Metrics::observe(std::string_view histogram, double value, Labels labels) {
  if (const auto series = state_->find(histogram, Kind::histogram, labels)) series->histogram->add(value);
}

std::string Metrics::text() {
  std::vector<std::function<void(Metrics&)>> collectors;
  {
    const std::shared_lock lock(state_->mutex);
    collectors = state_->collectors;
  }
  for (const auto& collector : collectors) collector(*this);
  Texts texts;
  {
    const std::shared_lock lock(state_->mutex);
    for (const auto& [name, family] : state_->families) {
      std::string& out = texts[name];
      write_head(out, name,
                 family.kind == Kind::counter     ? "counter"
                 : family.kind == Kind::histogram ? "histogram"
                                                  : "gauge",
                 family.help);
      for (const auto& [labels, series] : family.series) {
        if (family.kind == Kind::histogram) {
          write_histogram(out, name, labels, *series->histogram);
        } else {
          write_sample(out, name, labels, series->value.load(std::memory_order_relaxed));
        }
      }
    }
  }
  add_process(texts);
  std::string all;
  for (const auto& [name, text] : texts) all += text;
  return all;
}

}  // namespace limpid::service

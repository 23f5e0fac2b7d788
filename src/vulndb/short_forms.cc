#include "vulndb/short_forms.h"

#include <array>
#include <optional>
#include <span>

#include "base/date.h"
#include "base/text.h"

namespace limpid::vulndb {
namespace {

using format::Decoder;
using format::Encoder;

constexpr std::uint64_t kDay = 86'400;
constexpr std::size_t kTimeSize = 20, kLongTimeSize = 24;  // "2024-05-06T07:08:09Z", "2024-05-06T07:08:09.123Z"
constexpr std::uint64_t kTimeMax = 4'102'444'800;          // 2100

struct Metric {
  std::string_view name, values;
};
struct Form {
  std::string_view version, prefix;
  std::span<const Metric> metrics;
};

constexpr std::array<Metric, 6> kMetrics2 = {
    {{"AV", "LAN"}, {"AC", "HML"}, {"Au", "MSN"}, {"C", "NPC"}, {"I", "NPC"}, {"A", "NPC"}}};
constexpr std::array<Metric, 8> kMetrics3 = {
    {{"AV", "NALP"}, {"AC", "LH"}, {"PR", "NLH"}, {"UI", "NR"}, {"S", "UC"}, {"C", "NLH"}, {"I", "NLH"}, {"A", "NLH"}}};
constexpr std::array<Metric, 11> kMetrics4 = {{{"AV", "NALP"},
                                               {"AC", "LH"},
                                               {"AT", "NP"},
                                               {"PR", "NLH"},
                                               {"UI", "NPA"},
                                               {"VC", "HLN"},
                                               {"VI", "HLN"},
                                               {"VA", "HLN"},
                                               {"SC", "HLN"},
                                               {"SI", "HLN"},
                                               {"SA", "HLN"}}};
constexpr std::array<Form, 4> kForms = {{{"2", "", kMetrics2},
                                         {"3.0", "CVSS:3.0/", kMetrics3},
                                         {"3.1", "CVSS:3.1/", kMetrics3},
                                         {"4.0", "CVSS:4.0/", kMetrics4}}};

std::optional<std::uint64_t> number_of(std::string_view vector, const Form& form) {
  if (!base::strip_prefix(vector, form.prefix)) return std::nullopt;
  std::uint64_t number = 0, unit = 1;
  for (const Metric& metric : form.metrics) {
    if (unit != 1 && !base::strip_prefix(vector, "/")) return std::nullopt;
    if (!base::strip_prefix(vector, metric.name) || !base::strip_prefix(vector, ":") || vector.empty())
      return std::nullopt;
    const std::size_t value = metric.values.find(vector.front());
    if (value == std::string_view::npos) return std::nullopt;
    vector.remove_prefix(1);
    number += unit * value;
    unit *= metric.values.size();
  }
  return vector.empty() ? std::optional(number) : std::nullopt;
}

std::string time_of(std::uint64_t seconds, std::optional<std::uint64_t> milliseconds) {
  const base::Date day{std::chrono::days(static_cast<int>(seconds / kDay))};
  const std::uint64_t rest = seconds % kDay;
  std::string text = base::format_date(day);
  const auto append = [&](char before, std::uint64_t number, std::uint64_t unit) {
    text += before;
    for (; unit != 0; unit /= 10) text += static_cast<char>('0' + number / unit % 10);
  };
  append('T', rest / 3'600, 10);
  append(':', rest / 60 % 60, 10);
  append(':', rest % 60, 10);
  if (milliseconds) append('.', *milliseconds, 100);
  return text + "Z";
}

struct Time {
  std::uint64_t seconds = 0;
  std::optional<std::uint64_t> milliseconds;
};
std::optional<Time> parse_time(std::string_view time) {
  if (time.size() != kTimeSize && time.size() != kLongTimeSize) return std::nullopt;
  const auto day = base::parse_date(time);
  const auto hours = base::parse_unsigned(time.substr(11, 2));
  const auto minutes = base::parse_unsigned(time.substr(14, 2));
  const auto seconds = base::parse_unsigned(time.substr(17, 2));
  if (!day || !hours || !minutes || !seconds) return std::nullopt;
  const std::int64_t days = day->time_since_epoch().count();
  if (days < 0) return std::nullopt;
  Time parsed{.seconds = static_cast<std::uint64_t>(days) * kDay + *hours * 3'600 + *minutes * 60 + *seconds,
              .milliseconds = std::nullopt};
  if (time.size() == kLongTimeSize) {
    parsed.milliseconds = base::parse_unsigned(time.substr(20, 3));
    if (!parsed.milliseconds) return std::nullopt;
  }
  // Only what reads back as it was: no 25th hour, no leap second.
  if (parsed.seconds >= kTimeMax || time_of(parsed.seconds, parsed.milliseconds) != time) return std::nullopt;
  return parsed;
}

}  // namespace

void encode_time(std::string_view time, Encoder& out) {
  const auto parsed = parse_time(time);
  out.varint(parsed ? 2 * parsed->seconds + 1 + (parsed->milliseconds ? 1 : 0) : 0);
  if (!parsed) out.text(time);
  if (parsed && parsed->milliseconds) out.varint(*parsed->milliseconds);
}

std::string decode_time(Decoder& in) {
  const std::uint64_t number = in.varint();
  if (number == 0) return std::string(in.text());
  std::optional<std::uint64_t> milliseconds;
  if (number % 2 == 0) milliseconds = in.varint();
  const std::uint64_t seconds = (number - 1) / 2;
  return seconds < kTimeMax ? time_of(seconds, milliseconds) : std::string();
}

void encode_weakness(std::string_view weakness, Encoder& out) {
  std::string_view digits = weakness;
  const auto number = base::strip_prefix(digits, "CWE-") ? base::parse_unsigned(digits) : std::nullopt;
  const bool is_short = number && *number < 1'000'000 && base::cat({"CWE-", *number}) == weakness;
  out.varint(is_short ? *number + 1 : 0);
  if (!is_short) out.text(weakness);
}

std::string decode_weakness(Decoder& in) {
  const std::uint64_t number = in.varint();
  return number == 0 ? std::string(in.text()) : base::cat({"CWE-", number - 1});
}

void encode_vector(std::string_view version, std::string_view vector, Encoder& out) {
  for (std::size_t i = 0; i < kForms.size(); ++i) {
    if (version != kForms[i].version) continue;
    if (const auto number = number_of(vector, kForms[i])) {
      out.u8(static_cast<std::uint8_t>(i + 1));
      out.varint(*number);
      return;
    }
  }
  out.u8(0);
  out.text(version);
  out.text(vector);
}

void decode_vector(Decoder& in, std::string& version, std::string& vector) {
  const std::uint8_t which = in.u8();
  if (which == 0 || which > kForms.size()) {
    version = in.text();
    vector = in.text();
    return;
  }
  const Form& form = kForms[which - 1U];
  std::uint64_t number = in.varint();
  version = form.version;
  vector = form.prefix;
  for (const Metric& metric : form.metrics) {
    base::append(vector, {&metric == form.metrics.data() ? "" : "/", metric.name, ":",
                          metric.values.substr(number % metric.values.size(), 1)});
    number /= metric.values.size();
  }
}

}  // namespace limpid::vulndb

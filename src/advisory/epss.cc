// Feed "epss": probabilities of exploitation, https://www.first.org/epss/data_stats:
// https://epss.empiricalsecurity.com/epss_scores-current.csv.gz. Line 1 "#model_version:…,score_date:…", line 2 the
// columns, then a line for each CVE.
//
// A record and a statement is a line.
#include <charconv>
#include <cmath>

#include "advisory/ids.h"
#include "advisory/input.h"
#include "advisory/list.h"

namespace limpid::advisory {
namespace {

constexpr std::uint64_t kEpssSizeMax = std::uint64_t{128} << 20;  // the real one: 10 MB

// "0.00043" or "4.3e-04", of a share; nothing if it is none.
std::optional<std::uint32_t> parse_millionths(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0 && value <= 1)) return std::nullopt;
  return static_cast<std::uint32_t>(std::lround(value * 1e6));
}

class EpssReader {
 public:
  EpssReader(FeedCounts& counts, Sink& sink) : counts_(counts), sink_(sink) {}

  Result<void> read(std::string_view text) {
    auto line = base::take_line(text);
    if (line && line->starts_with('#')) {
      read_remark(*line);
      line = base::take_line(text);
    }
    if (!line || base::trim(*line) != "cve,epss,percentile")
      return fail(Code::invalid, {"no EPSS table: its columns are not cve,epss,percentile"});
    if (!text.ends_with('\n')) return fail(Code::truncated, {"the last line has no end"});
    while ((line = base::take_line(text))) {
      if (sink_.is_cancelled()) return cancelled();
      if (!base::trim(*line).empty()) read_line(*line);
    }
    return {};
  }

 private:
  // "#model_version:v2031.01.01,score_date:2031-01-02T00:00:00+0000"
  void read_remark(std::string_view line) {
    constexpr std::string_view kDate = "score_date:";
    const auto at = line.find(kDate);
    if (at == std::string_view::npos) return;
    std::string_view date = base::trim(line.substr(at + kDate.size()));
    date = date.substr(0, date.find(','));
    std::string as_of(date);
    if (base::strip_suffix(date, "+0000")) as_of = base::cat({date, "Z"});
    if (as_of > counts_.as_of) counts_.as_of = as_of;
  }

  void read_line(std::string_view line) {
    ++counts_.records;
    ++counts_.statements;
    std::string_view rest = base::trim(line);
    std::size_t length = 0;
    auto cve = leading_cve(rest, length);
    const auto id = base::take_until(rest, ',');
    const auto probability = parse_millionths(base::take_until(rest, ','));
    const auto percentile = parse_millionths(rest);
    if (cve.empty() || length != id.size()) return counts_.drop("no CVE id");
    if (!probability || !percentile) return counts_.drop("no probability");
    Enrichment enrichment;
    enrichment.cve = std::move(cve);
    enrichment.epss = Enrichment::Epss{*probability, *percentile};
    sink_.enrichment(std::move(enrichment));
  }

  FeedCounts& counts_;
  Sink& sink_;
};

class EpssFeed final : public Feed {
 public:
  std::string_view name() const override { return "epss"; }
  std::string_view description() const override {
    return "probabilities of exploitation by CVE: epss_scores-current.csv.gz, or a folder of such";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    LIMPID_ASSIGN(const auto paths, list_inputs(input.path, {".csv", ".csv.gz"}));
    EpssReader reader(counts, sink);
    for (const auto& path : paths) {
      LIMPID_ASSIGN(const auto text, read_input(path, kEpssSizeMax));
      LIMPID_TRY_WITHIN(reader.read(text), {path});
    }
    return counts;
  }
};

}  // namespace

const Feed& epss_feed() {
  static const EpssFeed feed;
  return feed;
}

}  // namespace limpid::advisory

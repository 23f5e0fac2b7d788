#include "cvss/score.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "cvss/metrics.h"

namespace limpid::cvss {
namespace {

// Longer vectors are refused: with every metric of version 4 it is below 250 bytes.
constexpr std::size_t kVectorSizeMax = 512;

constexpr std::array kMetrics2 = {
    Metric{"AV", "L A N", true},     Metric{"AC", "H M L", true},  Metric{"Au", "M S N", true},
    Metric{"C", "N P C", true},      Metric{"I", "N P C", true},   Metric{"A", "N P C", true},
    Metric{"E", "U POC F H ND"},     Metric{"RL", "OF TF W U ND"}, Metric{"RC", "UC UR C ND"},
    Metric{"CDP", "N L LM MH H ND"}, Metric{"TD", "N L M H ND"},   Metric{"CR", "L M H ND"},
    Metric{"IR", "L M H ND"},        Metric{"AR", "L M H ND"},
};

constexpr std::array kMetrics3 = {
    Metric{"AV", "N A L P", true}, Metric{"AC", "L H", true},  Metric{"PR", "N L H", true}, Metric{"UI", "N R", true},
    Metric{"S", "U C", true},      Metric{"C", "H L N", true}, Metric{"I", "H L N", true},  Metric{"A", "H L N", true},
    Metric{"E", "X H F P U"},      Metric{"RL", "X U W T O"},  Metric{"RC", "X C R U"},     Metric{"CR", "X H M L"},
    Metric{"IR", "X H M L"},       Metric{"AR", "X H M L"},    Metric{"MAV", "X N A L P"},  Metric{"MAC", "X L H"},
    Metric{"MPR", "X N L H"},      Metric{"MUI", "X N R"},     Metric{"MS", "X U C"},       Metric{"MC", "X H L N"},
    Metric{"MI", "X H L N"},       Metric{"MA", "X H L N"},
};

using Weights = std::initializer_list<std::pair<std::string_view, double>>;

double weight(std::string_view value, Weights weights) {
  for (const auto& [name, number] : weights)
    if (name == value) return number;
  return 1;  // not defined: every such metric is a factor
}

// Sums of decimals come out as 4.0200000000000005 or 3.9999999999999996; no real score lies this close to a border.
constexpr double kEpsilon = 1e-7;

double round_up(double value) { return std::ceil(value * 10 - kEpsilon) / 10; }
double round_half_up(double value) { return std::floor(value * 10 + 0.5 + kEpsilon) / 10; }

// Version 2, section 3.2.1 to 3.2.3.
class Cvss2 {
 public:
  explicit Cvss2(const Metrics& metrics) : metrics_(metrics) {}

  double base() const { return round_half_up(base_of(impact(false))); }
  double temporal() const { return round_half_up(base() * temporal_factor()); }
  double environmental() const {
    const double adjusted = round_half_up(round_half_up(base_of(impact(true))) * temporal_factor());
    const double damage =
        weight(metrics_.get("CDP", "N"), {{"N", 0}, {"L", 0.1}, {"LM", 0.3}, {"MH", 0.4}, {"H", 0.5}});
    const double targets = weight(metrics_.get("TD"), {{"N", 0}, {"L", 0.25}, {"M", 0.75}, {"H", 1}});
    return round_half_up((adjusted + (10 - adjusted) * damage) * targets);
  }

 private:
  double loss(std::string_view metric, std::string_view requirement, bool adjusted) const {
    const double loss = weight(metrics_.get(metric), {{"N", 0}, {"P", 0.275}, {"C", 0.660}});
    return adjusted ? loss * weight(metrics_.get(requirement), {{"L", 0.5}, {"M", 1}, {"H", 1.51}}) : loss;
  }
  double impact(bool adjusted) const {
    const double left =
        (1 - loss("C", "CR", adjusted)) * (1 - loss("I", "IR", adjusted)) * (1 - loss("A", "AR", adjusted));
    return adjusted ? std::min(10.0, 10.41 * (1 - left)) : 10.41 * (1 - left);
  }
  double base_of(double impact) const {
    if (impact < kEpsilon) return 0;
    const double exploitability = 20 * weight(metrics_.get("AV"), {{"L", 0.395}, {"A", 0.646}, {"N", 1}}) *
                                  weight(metrics_.get("AC"), {{"H", 0.35}, {"M", 0.61}, {"L", 0.71}}) *
                                  weight(metrics_.get("Au"), {{"M", 0.45}, {"S", 0.56}, {"N", 0.704}});
    return (0.6 * impact + 0.4 * exploitability - 1.5) * 1.176;
  }
  double temporal_factor() const {
    return weight(metrics_.get("E"), {{"U", 0.85}, {"POC", 0.9}, {"F", 0.95}, {"H", 1}}) *
           weight(metrics_.get("RL"), {{"OF", 0.87}, {"TF", 0.9}, {"W", 0.95}, {"U", 1}}) *
           weight(metrics_.get("RC"), {{"UC", 0.9}, {"UR", 0.95}, {"C", 1}});
  }

  const Metrics& metrics_;
};

// Versions 3.0 and 3.1, sections 7 and 8: they differ in the modified impact of a changed scope. Both round up; that
// 3.1 says how, to leave out what floating point adds, is what 3.0 meant.
class Cvss3 {
 public:
  Cvss3(const Metrics& metrics, Version version) : metrics_(metrics), version_(version) {}

  double base() const {
    const double impact = impact_of(1 - (1 - loss("C")) * (1 - loss("I")) * (1 - loss("A")), scope_changed(false));
    return round_up(combine(impact, false));
  }
  double temporal() const { return round_up(base() * temporal_factor()); }
  double environmental() const {
    const double loss = 1 - (1 - modified_loss("C", "MC", "CR")) * (1 - modified_loss("I", "MI", "IR")) *
                                (1 - modified_loss("A", "MA", "AR"));
    const double impact = modified_impact_of(std::min(loss, 0.915), scope_changed(true));
    return round_up(round_up(combine(impact, true)) * temporal_factor());
  }

 private:
  // The modified metric's value if asked for and there, else the base metric's.
  std::string_view value(std::string_view metric, std::string_view modified_name, bool modified) const {
    const auto base = metrics_.get(metric);
    return modified ? metrics_.get(modified_name, base) : base;
  }
  bool scope_changed(bool modified) const { return value("S", "MS", modified) == "C"; }

  static double loss_of(std::string_view value) { return weight(value, {{"H", 0.56}, {"L", 0.22}, {"N", 0}}); }
  double loss(std::string_view metric) const { return loss_of(metrics_.get(metric)); }
  double modified_loss(std::string_view metric, std::string_view modified, std::string_view requirement) const {
    return loss_of(value(metric, modified, true)) *
           weight(metrics_.get(requirement), {{"H", 1.5}, {"M", 1}, {"L", 0.5}});
  }

  static double impact_of(double loss, bool changed) {
    return changed ? 7.52 * (loss - 0.029) - 3.25 * std::pow(loss - 0.02, 15) : 6.42 * loss;
  }
  double modified_impact_of(double loss, bool changed) const {
    if (!changed || version_ == Version::v3_0) return impact_of(loss, changed);
    return 7.52 * (loss - 0.029) - 3.25 * std::pow(loss * 0.9731 - 0.02, 13);
  }

  double combine(double impact, bool modified) const {
    if (impact <= 0) return 0;
    const bool changed = scope_changed(modified);
    const double privileges =
        weight(value("PR", "MPR", modified), {{"N", 0.85}, {"L", changed ? 0.68 : 0.62}, {"H", changed ? 0.5 : 0.27}});
    const double exploitability =
        8.22 * weight(value("AV", "MAV", modified), {{"N", 0.85}, {"A", 0.62}, {"L", 0.55}, {"P", 0.2}}) *
        weight(value("AC", "MAC", modified), {{"L", 0.77}, {"H", 0.44}}) * privileges *
        weight(value("UI", "MUI", modified), {{"N", 0.85}, {"R", 0.62}});
    return std::min((changed ? 1.08 : 1) * (impact + exploitability), 10.0);
  }
  double temporal_factor() const {
    return weight(metrics_.get("E"), {{"H", 1}, {"F", 0.97}, {"P", 0.94}, {"U", 0.91}}) *
           weight(metrics_.get("RL"), {{"U", 1}, {"W", 0.97}, {"T", 0.96}, {"O", 0.95}}) *
           weight(metrics_.get("RC"), {{"C", 1}, {"R", 0.96}, {"U", 0.92}});
  }

  const Metrics& metrics_;
  Version version_;
};

template <class Formula>
Scores scores_of(Version version, const Formula& score) {
  return {
      .version = version, .base = score.base(), .temporal = score.temporal(), .environmental = score.environmental()};
}

}  // namespace

std::optional<Metrics> Metrics::parse(std::string_view text, std::span<const Metric> list) {
  Metrics metrics(list);
  base::strip_suffix(text, "/");
  for (const auto part : base::split(text, '/')) {
    std::string_view value = part;
    const auto name = base::take_until(value, ':');
    const auto metric = std::ranges::find(list, name, &Metric::name);
    if (metric == list.end() || value.empty()) return std::nullopt;
    const auto values = base::split(metric->values, ' ');
    auto& place = metrics.values_[static_cast<std::size_t>(metric - list.begin())];
    if (std::ranges::find(values, value) == values.end() || !place.empty()) return std::nullopt;
    place = value;
  }
  for (std::size_t i = 0; i < list.size(); ++i)
    if (list[i].required && metrics.values_[i].empty()) return std::nullopt;
  return metrics;
}

std::string_view Metrics::get(std::string_view metric, std::string_view otherwise) const {
  const auto at = std::ranges::find(list_, metric, &Metric::name);
  const auto value = at == list_.end() ? std::string_view{} : values_[static_cast<std::size_t>(at - list_.begin())];
  return value.empty() || value == "X" || value == "ND" ? otherwise : value;
}

std::string_view name_of(Version version) {
  switch (version) {
    case Version::v2:
      return "2";
    case Version::v3_0:
      return "3.0";
    case Version::v3_1:
      return "3.1";
    case Version::v4_0:
      return "4.0";
  }
  return "";
}

std::optional<Scores> score(std::string_view vector) {
  if (vector.size() > kVectorSizeMax) return std::nullopt;
  if (base::strip_prefix(vector, "CVSS:4.0/")) {
    const auto metrics = Metrics::parse(vector, metrics_4());
    if (!metrics) return std::nullopt;
    return Scores{.version = Version::v4_0,
                  .base = score_4(*metrics, Scope::base) / 10.0,
                  .temporal = score_4(*metrics, Scope::threat) / 10.0,
                  .environmental = score_4(*metrics, Scope::all) / 10.0};
  }
  for (const auto& [prefix, version] : {std::pair{"CVSS:3.1/", Version::v3_1}, std::pair{"CVSS:3.0/", Version::v3_0}}) {
    if (!base::strip_prefix(vector, prefix)) continue;
    const auto metrics = Metrics::parse(vector, kMetrics3);
    if (!metrics) return std::nullopt;
    return scores_of(version, Cvss3(*metrics, version));
  }
  if (vector.starts_with('(') && vector.ends_with(')')) vector = vector.substr(1, vector.size() - 2);
  const auto metrics = Metrics::parse(vector, kMetrics2);
  if (!metrics) return std::nullopt;
  return scores_of(Version::v2, Cvss2(*metrics));
}

}  // namespace limpid::cvss

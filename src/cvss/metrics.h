// A CVSS vector taken apart: the same grammar for every version. Only for score*.cc.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace limpid::cvss {

struct Metric {
  std::string_view name;
  std::string_view values;  // separated by blanks, "X" and "ND" (not defined) included
  bool required = false;
};

// The values of one vector, by the place of their metric in the version's list; "" for one that is absent.
class Metrics {
 public:
  // `text` is the vector without its version. Nothing if it does not follow the list.
  static std::optional<Metrics> parse(std::string_view text, std::span<const Metric> list);

  // The value, or `otherwise` if the metric is absent or not defined.
  std::string_view get(std::string_view metric, std::string_view otherwise = {}) const;
  bool is(std::string_view metric, std::string_view value) const { return get(metric) == value; }

 private:
  explicit Metrics(std::span<const Metric> list) : list_(list), values_(list.size()) {}

  std::span<const Metric> list_;
  std::vector<std::string_view> values_;
};

// Tenths of a point of a version 4 vector: with all its metrics, or with the base metrics and the threat metric, or
// with the base metrics alone. `vector` follows metrics_4().
enum class Scope : unsigned char { base, threat, all };
std::span<const Metric> metrics_4();
int score_4(const Metrics& vector, Scope scope);

}  // namespace limpid::cvss

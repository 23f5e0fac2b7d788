// Version 4.0: the score is that of the vector's equivalence class (its "macro vector"), less what the vector lies
// below the most severe one of its class. https://www.first.org/cvss/v4.0/specification-document, section 8.
#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>

#include "cvss/metrics.h"

namespace limpid::cvss {
namespace {

constexpr std::array kMetrics4 = {
    Metric{"AV", "N A L P", true}, Metric{"AC", "L H", true},
    Metric{"AT", "N P", true},     Metric{"PR", "N L H", true},
    Metric{"UI", "N P A", true},   Metric{"VC", "H L N", true},
    Metric{"VI", "H L N", true},   Metric{"VA", "H L N", true},
    Metric{"SC", "H L N", true},   Metric{"SI", "H L N", true},
    Metric{"SA", "H L N", true},   Metric{"E", "X A P U"},
    Metric{"CR", "X H M L"},       Metric{"IR", "X H M L"},
    Metric{"AR", "X H M L"},       Metric{"MAV", "X N A L P"},
    Metric{"MAC", "X L H"},        Metric{"MAT", "X N P"},
    Metric{"MPR", "X N L H"},      Metric{"MUI", "X N P A"},
    Metric{"MVC", "X H L N"},      Metric{"MVI", "X H L N"},
    Metric{"MVA", "X H L N"},      Metric{"MSC", "X H L N"},
    Metric{"MSI", "X S H L N"},    Metric{"MSA", "X S H L N"},
    Metric{"S", "X N P"},          Metric{"AU", "X N Y"},
    Metric{"R", "X A U I"},        Metric{"V", "X D C"},
    Metric{"RE", "X L M H"},       Metric{"U", "X Clear Green Amber Red"},
};

// The specification's table of macro vectors, in tenths: a row for each (EQ1, EQ2, EQ3, EQ4), in it (EQ5, EQ6). EQ3 = 2
// with EQ6 = 0 cannot be: -1.
constexpr int kScores[54][6] = {
    {100, 99, 98, 95, 95, 92}, {100, 96, 93, 87, 91, 81}, {93, 90, 89, 80, 81, 68}, {98, 95, 95, 92, 90, 84},
    {93, 92, 89, 81, 81, 65},  {88, 80, 78, 70, 69, 48},  {-1, 92, -1, 82, -1, 72}, {-1, 79, -1, 69, -1, 50},
    {-1, 69, -1, 55, -1, 27},  {99, 97, 95, 92, 92, 85},  {95, 91, 90, 83, 84, 71}, {92, 81, 82, 71, 72, 53},
    {95, 93, 92, 85, 85, 73},  {92, 82, 80, 72, 70, 59},  {84, 70, 71, 52, 50, 30}, {-1, 86, -1, 75, -1, 52},
    {-1, 71, -1, 52, -1, 29},  {-1, 63, -1, 29, -1, 17},  {98, 95, 94, 87, 91, 81}, {94, 89, 86, 74, 77, 64},
    {87, 75, 74, 63, 63, 49},  {94, 89, 88, 77, 76, 67},  {86, 76, 74, 58, 59, 50}, {72, 57, 57, 52, 52, 25},
    {-1, 83, -1, 70, -1, 54},  {-1, 65, -1, 58, -1, 26},  {-1, 53, -1, 21, -1, 13}, {95, 90, 88, 76, 76, 70},
    {90, 77, 75, 62, 61, 53},  {77, 66, 68, 59, 52, 30},  {89, 78, 76, 67, 62, 58}, {74, 59, 57, 57, 47, 23},
    {61, 52, 57, 29, 24, 16},  {-1, 71, -1, 59, -1, 30},  {-1, 58, -1, 26, -1, 15}, {-1, 23, -1, 13, -1, 6},
    {93, 87, 86, 72, 75, 58},  {86, 74, 74, 61, 56, 34},  {70, 54, 52, 40, 40, 22}, {85, 75, 74, 55, 62, 51},
    {72, 57, 55, 41, 46, 19},  {53, 36, 34, 19, 19, 8},   {-1, 64, -1, 51, -1, 20}, {-1, 47, -1, 21, -1, 11},
    {-1, 24, -1, 9, -1, 4},    {88, 75, 73, 53, 60, 50},  {73, 55, 59, 40, 41, 20}, {54, 43, 45, 22, 20, 11},
    {75, 55, 58, 45, 40, 21},  {61, 51, 48, 18, 20, 9},   {46, 18, 17, 7, 8, 2},    {-1, 53, -1, 24, -1, 14},
    {-1, 24, -1, 12, -1, 5},   {-1, 10, -1, 3, -1, 1},
};
constexpr int kNoScore = -1;

// How severe a value is among its metric's: 0 is the most severe. In tenths of a point of distance.
int level(std::string_view metric, std::string_view value) {
  struct Order {
    std::string_view metric, values;
  };
  static constexpr Order kOrders[] = {
      {"AV", "NALP"}, {"PR", "NLH"},  {"UI", "NPA"},  {"AC", "LH"},   {"AT", "NP"},  {"VC", "HLN"}, {"VI", "HLN"},
      {"VA", "HLN"},  {"SC", "SHLN"}, {"SI", "SHLN"}, {"SA", "SHLN"}, {"CR", "HML"}, {"IR", "HML"}, {"AR", "HML"},
  };
  const auto* order = std::ranges::find(kOrders, metric, &Order::metric);
  return static_cast<int>(order->values.find(value[0]));
}

// A vector as its score sees it: modified metrics in the place of the base's, and the most severe value for what is not
// defined.
class Effective {
 public:
  Effective(const Metrics& vector, Scope scope) : vector_(vector), scope_(scope) {}

  std::string_view get(std::string_view metric) const {
    if (metric == "E") return scope_ == Scope::base ? "A" : vector_.get("E", "A");
    if (metric.ends_with('R') && metric != "PR") return scope_ == Scope::all ? vector_.get(metric, "H") : "H";
    const auto base = vector_.get(metric);
    if (scope_ != Scope::all) return base;
    char modified[4] = {'M', metric[0], metric[1], 0};
    return vector_.get(std::string_view(modified, 3), base);
  }
  bool is(std::string_view metric, std::string_view value) const { return get(metric) == value; }
  bool any(std::initializer_list<std::string_view> metrics, std::string_view value) const {
    return std::ranges::any_of(metrics, [&](std::string_view metric) { return is(metric, value); });
  }
  int level_of(std::string_view metric) const { return level(metric, get(metric)); }

 private:
  const Metrics& vector_;
  Scope scope_;
};

// The classes of the six groups of metrics, EQ1 to EQ6.
using Macro = std::array<int, 6>;

Macro macro_of(const Effective& vector) {
  Macro eq{};
  const bool network = vector.is("AV", "N"), nobody = vector.is("PR", "N"), silent = vector.is("UI", "N");
  const bool physical = vector.is("AV", "P");
  eq[0] = network && nobody && silent ? 0 : (network || nobody || silent) && !physical ? 1 : 2;
  eq[1] = vector.is("AC", "L") && vector.is("AT", "N") ? 0 : 1;
  eq[2] = vector.is("VC", "H") && vector.is("VI", "H") ? 0 : vector.any({"VC", "VI", "VA"}, "H") ? 1 : 2;
  eq[3] = vector.any({"SI", "SA"}, "S") ? 0 : vector.any({"SC", "SI", "SA"}, "H") ? 1 : 2;
  eq[4] = vector.is("E", "A") ? 0 : vector.is("E", "P") ? 1 : 2;
  const auto required = [&](std::string_view requirement, std::string_view impact) {
    return vector.is(requirement, "H") && vector.is(impact, "H");
  };
  eq[5] = required("CR", "VC") || required("IR", "VI") || required("AR", "VA") ? 0 : 1;
  return eq;
}

int score_of(const Macro& eq) {
  constexpr Macro kLast = {2, 1, 2, 2, 2, 1};
  for (std::size_t i = 0; i < eq.size(); ++i)
    if (eq[i] > kLast[i]) return kNoScore;
  return kScores[((eq[0] * 2 + eq[1]) * 3 + eq[2]) * 3 + eq[3]][eq[4] * 2 + eq[5]];
}

int score_below(Macro eq, std::size_t group) {
  ++eq[group];
  return score_of(eq);
}

// Of the classes of EQ3 and EQ6 together, the next lower one.
int score_below_impact(const Macro& eq) {
  if (eq[2] == 0 && eq[5] == 0) return std::max(score_below(eq, 2), score_below(eq, 5));
  return eq[5] == 0 ? score_below(eq, 5) : score_below(eq, 2);
}

// The distance from the most severe vectors of a class to this one: from the first of them that is nowhere below it.
// A vector is its values' letters in the order of `metrics`.
int distance(const Effective& vector, std::initializer_list<std::string_view> metrics,
             std::initializer_list<std::string_view> most_severe) {
  for (const auto& worst : most_severe) {
    int sum = 0;
    bool below = false;
    std::size_t at = 0;
    for (const auto& metric : metrics) {
      const int step = vector.level_of(metric) - level(metric, worst.substr(at++, 1));
      below = below || step < 0;
      sum += step;
    }
    if (!below) return sum;
  }
  return 0;  // cannot be: each class has a most severe vector above each of its own
}

int distance_in_group_1(const Effective& vector, int eq) {
  if (eq == 0) return distance(vector, {"AV", "PR", "UI"}, {"NNN"});
  if (eq == 1) return distance(vector, {"AV", "PR", "UI"}, {"ANN", "NLN", "NNP"});
  return distance(vector, {"AV", "PR", "UI"}, {"PNN", "ALP"});
}

int distance_in_group_2(const Effective& vector, int eq) {
  if (eq == 0) return distance(vector, {"AC", "AT"}, {"LN"});
  return distance(vector, {"AC", "AT"}, {"HN", "LP"});
}

int distance_in_impact(const Effective& vector, int eq3, int eq6) {
  const auto of = [&](std::initializer_list<std::string_view> most_severe) {
    return distance(vector, {"VC", "VI", "VA", "CR", "IR", "AR"}, most_severe);
  };
  if (eq3 == 0) return eq6 == 0 ? of({"HHHHHH"}) : of({"HHLMMH", "HHHMMM"});
  if (eq3 == 1) return eq6 == 0 ? of({"LHHHHH", "HLHHHH"}) : of({"LHLHMH", "LHHHMM", "HLHMHM", "HLLMHH", "LLHHHM"});
  return of({"LLLHHH"});
}

int distance_in_group_4(const Effective& vector, int eq) {
  if (eq == 0) return distance(vector, {"SC", "SI", "SA"}, {"HSS"});
  if (eq == 1) return distance(vector, {"SC", "SI", "SA"}, {"HHH"});
  return distance(vector, {"SC", "SI", "SA"}, {"LLL"});
}

}  // namespace

std::span<const Metric> metrics_4() { return kMetrics4; }

int score_4(const Metrics& metrics, Scope scope) {
  const Effective vector(metrics, scope);
  const bool harmless = std::ranges::all_of(std::array{"VC", "VI", "VA", "SC", "SI", "SA"},
                                            [&](std::string_view metric) { return vector.is(metric, "N"); });
  if (harmless) return 0;
  const Macro eq = macro_of(vector);
  const int score = score_of(eq);
  // How many steps there are from the most severe vector of a class to the next class.
  constexpr std::array kDepth1 = {1, 4, 5}, kDepth2 = {1, 2, 0}, kDepth4 = {6, 5, 4};
  constexpr int kDepthOfImpact[3][2] = {{7, 6}, {8, 8}, {0, 10}};
  struct Group {
    int below;  // the score of the next lower class
    int distance, depth;
  };
  const auto index = [](int value) { return static_cast<std::size_t>(value); };
  const Group groups[] = {
      {score_below(eq, 0), distance_in_group_1(vector, eq[0]), kDepth1[index(eq[0])]},
      {score_below(eq, 1), distance_in_group_2(vector, eq[1]), kDepth2[index(eq[1])]},
      {score_below_impact(eq), distance_in_impact(vector, eq[2], eq[5]), kDepthOfImpact[eq[2]][eq[5]]},
      {score_below(eq, 3), distance_in_group_4(vector, eq[3]), kDepth4[index(eq[3])]},
      {score_below(eq, 4), 0, 1},  // a single metric: each of its values is a class
  };
  double sum = 0;
  int lower = 0;
  for (const Group& group : groups) {
    if (group.below == kNoScore) continue;
    ++lower;
    sum += static_cast<double>(score - group.below) * group.distance / group.depth;
  }
  // The mean over the groups that have a lower class; halves are rounded up, as the calculator does.
  constexpr double kEpsilon = 1e-5;
  const double exact = lower == 0 ? score : score - sum / lower;
  return std::clamp(static_cast<int>(std::floor(exact + 0.5 + kEpsilon)), 0, 100);
}

}  // namespace limpid::cvss

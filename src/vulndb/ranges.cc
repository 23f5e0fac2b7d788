#include "vulndb/ranges.h"

#include <algorithm>
#include <compare>
#include <utility>

namespace limpid::vulndb {
namespace {

using version::Ordering;
using version::Version;

// The shorter spelling, then the first in the order of bytes.
bool better_spelling(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

// A range with its bounds parsed once.
struct Parsed {
  Bounds text;
  Version start, end;

  bool starts_open() const { return text.introduced.empty(); }
  bool ends_open() const { return !text.has_end(); }
};

Parsed parse(const Bounds& range, const Ordering& ordering) {
  Parsed parsed{.text = range, .start = {}, .end = {}};
  if (!range.introduced.empty()) parsed.start = ordering.parse(range.introduced);
  if (range.has_end()) parsed.end = ordering.parse(range.fixed.empty() ? range.last_affected : range.fixed);
  return parsed;
}

std::strong_ordering compare_starts(const Parsed& a, const Parsed& b, const Ordering& ordering) {
  if (a.starts_open() || b.starts_open()) return b.starts_open() <=> a.starts_open();
  return ordering.compare(a.start, b.start);
}

// How far they reach: at one version, "last affected" reaches further than "fixed".
std::strong_ordering compare_ends(const Parsed& a, const Parsed& b, const Ordering& ordering) {
  if (a.ends_open() || b.ends_open()) return a.ends_open() <=> b.ends_open();
  const std::strong_ordering order = ordering.compare(a.end, b.end);
  return order != 0 ? order : a.text.fixed.empty() <=> b.text.fixed.empty();
}

std::string_view end_text(const Parsed& range) {
  return range.text.fixed.empty() ? range.text.last_affected : range.text.fixed;
}

void take_end(Parsed& into, Parsed&& from) {
  into.text.fixed = from.text.fixed;
  into.text.last_affected = from.text.last_affected;
  into.end = std::move(from.end);
}

}  // namespace

RangeProblem problem_of(const Bounds& range, const Ordering* ordering) {
  if (!range.fixed.empty() && !range.last_affected.empty()) return RangeProblem::invalid;
  if (range.covers_everything()) return RangeProblem::none;
  if (ordering == nullptr) return RangeProblem::no_ordering;
  const Parsed parsed = parse(range, *ordering);
  if (!parsed.starts_open() && !parsed.start.valid) return RangeProblem::invalid;
  if (parsed.ends_open()) return RangeProblem::none;
  if (!parsed.end.valid) return RangeProblem::invalid;
  if (parsed.starts_open()) return RangeProblem::none;
  const std::strong_ordering order = ordering->compare(parsed.start, parsed.end);
  const bool holds_something = order < 0 || (order == 0 && range.fixed.empty());
  return holds_something ? RangeProblem::none : RangeProblem::empty;
}

std::vector<Bounds> unite(const std::vector<Bounds>& ranges, const Ordering& ordering) {
  std::vector<Parsed> sorted;
  sorted.reserve(ranges.size());
  for (const Bounds& range : ranges) sorted.push_back(parse(range, ordering));
  std::sort(sorted.begin(), sorted.end(), [&](const Parsed& a, const Parsed& b) {
    const std::strong_ordering order = compare_starts(a, b, ordering);
    return order != 0 ? order < 0 : better_spelling(a.text.introduced, b.text.introduced);
  });

  std::vector<Parsed> united;
  for (Parsed& range : sorted) {
    const bool touches = !united.empty() && (united.back().ends_open() || range.starts_open() ||
                                             ordering.compare(range.start, united.back().end) <= 0);
    if (!touches) {
      united.push_back(std::move(range));
      continue;
    }
    Parsed& last = united.back();
    const std::strong_ordering order = compare_ends(range, last, ordering);
    if (order > 0 || (order == 0 && better_spelling(end_text(range), end_text(last)))) take_end(last, std::move(range));
  }

  std::vector<Bounds> result;
  result.reserve(united.size());
  for (const Parsed& range : united) result.push_back(range.text);
  return result;
}

std::string_view greater(std::string_view a, std::string_view b, const Ordering* ordering) {
  if (ordering != nullptr) {
    const Version first = ordering->parse(a);
    const Version second = ordering->parse(b);
    if (first.valid != second.valid) return first.valid ? a : b;
    const std::strong_ordering order = first.valid ? ordering->compare(first, second) : std::strong_ordering::equal;
    if (order != 0) return order > 0 ? a : b;
    return better_spelling(a, b) ? a : b;
  }
  return std::max(a, b);
}

}  // namespace limpid::vulndb

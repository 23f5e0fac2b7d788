#include "advisory/osv_ranges.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "version/ordering.h"

namespace limpid::advisory {
namespace {

using version::Scheme;
using version::Version;

// More ranges than this are not searched for every version of a list: the cost would be their product.
constexpr std::size_t kRangesSearchedMax = 64;

// The version as written, and parsed; nothing if the scheme does not know it.
struct Bound {
  std::string text;
  Version version;
};
std::optional<Bound> read_bound(const version::Ordering& ordering, std::string text) {
  Bound bound{.text = std::move(text), .version = {}};
  bound.version = ordering.parse(bound.text);
  if (!bound.version.valid) return std::nullopt;
  return bound;
}

struct Point {
  OsvEvent::Kind kind = OsvEvent::Kind::introduced;
  bool beginning = false;  // introduced "0": below every version, also those below "0"
  std::size_t order = 0;   // in the record: decides between equals
  Bound bound;
};

bool is_before(const version::Ordering& ordering, const Point& a, const Point& b) {
  if (a.beginning != b.beginning) return a.beginning;
  if (!a.beginning) {
    const auto order = ordering.compare(a.bound.version, b.bound.version);
    if (order != 0) return order < 0;
    // last_affected ends just above its version, so that it comes after an introduced at the same place.
    const bool a_last = a.kind == OsvEvent::Kind::last_affected, b_last = b.kind == OsvEvent::Kind::last_affected;
    if (a_last != b_last) return b_last;
  }
  return a.order < b.order;
}

class Walk {
 public:
  Walk(const version::Ordering& ordering, const Point* limit) : ordering_(ordering), limit_(limit) {}

  void step(const Point& point) {
    switch (point.kind) {
      case OsvEvent::Kind::introduced:
        if (open_ == nullptr) open_ = &point;
        break;
      case OsvEvent::Kind::fixed:
      case OsvEvent::Kind::last_affected:
        close(&point);
        break;
      case OsvEvent::Kind::limit:
        break;
    }
  }
  std::vector<Range> finish() {
    close(nullptr);
    return std::move(ranges_);
  }

 private:
  void close(const Point* end) {
    if (open_ == nullptr) return;
    const auto* start = std::exchange(open_, nullptr);
    bool exclusive = end != nullptr && end->kind == OsvEvent::Kind::fixed;
    if (limit_ != nullptr && (end == nullptr || ordering_.compare(end->bound.version, limit_->bound.version) >= 0)) {
      end = limit_;
      exclusive = true;
    }
    if (exclusive && !start->beginning && ordering_.compare(start->bound.version, end->bound.version) >= 0) return;
    Range range;
    if (!start->beginning) range.introduced = start->bound.text;
    if (end != nullptr) (exclusive ? range.fixed : range.last_affected) = end->bound.text;
    ranges_.push_back(std::move(range));
  }

  const version::Ordering& ordering_;
  const Point* limit_;
  const Point* open_ = nullptr;
  std::vector<Range> ranges_;
};

}  // namespace

OsvIntervals evaluate_osv_events(Scheme scheme, const std::vector<OsvEvent>& events) {
  OsvIntervals result;
  const auto* ordering = version::find_ordering(scheme);
  const auto unusable = [] { return OsvIntervals{.ranges = {}, .valid = false}; };
  if (ordering == nullptr) return unusable();
  std::vector<Point> points;
  std::optional<Point> limit;
  bool unlimited = false;
  for (auto& event : events) {
    Point point{.kind = event.kind, .beginning = false, .order = points.size(), .bound = {}};
    if (event.kind == OsvEvent::Kind::introduced && event.version == "0") {
      point.beginning = true;
    } else if (event.kind == OsvEvent::Kind::limit && event.version == "*") {
      unlimited = true;
      continue;
    } else {
      const bool is_last = event.kind == OsvEvent::Kind::last_affected;
      auto bound = read_bound(*ordering, is_last ? ordering->last_affected(event.version) : event.version);
      if (!bound) return unusable();
      point.bound = *std::move(bound);
    }
    if (event.kind != OsvEvent::Kind::limit) {
      points.push_back(std::move(point));
    } else if (!limit || ordering->compare(limit->bound.version, point.bound.version) < 0) {
      limit = std::move(point);  // of several, being below any is enough: the highest counts
    }
  }
  std::ranges::sort(points, [&](const Point& a, const Point& b) { return is_before(*ordering, a, b); });
  Walk walk(*ordering, limit && !unlimited ? &*limit : nullptr);
  for (const auto& point : points) walk.step(point);
  result.ranges = walk.finish();
  return result;
}

void apply_last_known_affected(Scheme scheme, std::string_view remark, std::vector<Range>& ranges) {
  const auto* ordering = version::find_ordering(scheme);
  auto text = base::trim(remark);
  const bool inclusive = base::strip_prefix(text, "<=");
  if (ordering == nullptr || (!inclusive && !base::strip_prefix(text, "<"))) return;
  const auto bound = read_bound(*ordering, std::string(base::trim(text)));
  if (!bound) return;
  std::erase_if(ranges, [&](Range& range) {
    if (!range.fixed.empty() || !range.last_affected.empty()) return false;
    const auto order = range.introduced.empty() ? std::strong_ordering::less
                                                : ordering->compare(ordering->parse(range.introduced), bound->version);
    if (order > 0 || (order == 0 && !inclusive)) return true;
    (inclusive ? range.last_affected : range.fixed) = bound->text;
    return false;
  });
}

void remove_covered_versions(Scheme scheme, const std::vector<Range>& ranges, std::vector<std::string>& versions) {
  const auto* ordering = version::find_ordering(scheme);
  if (ordering == nullptr || ranges.empty() || ranges.size() > kRangesSearchedMax) return;
  struct Parsed {
    std::optional<Version> introduced, fixed, last_affected;
  };
  const auto parse = [&](const std::string& text) {
    return text.empty() ? std::optional<Version>() : std::optional(ordering->parse(text));
  };
  std::vector<Parsed> parsed;
  parsed.reserve(ranges.size());
  for (const auto& range : ranges) {
    parsed.push_back({parse(range.introduced), parse(range.fixed), parse(range.last_affected)});
  }
  std::erase_if(versions, [&](const std::string& text) {
    const auto version = ordering->parse(text);
    return version.valid && std::ranges::any_of(parsed, [&](const Parsed& range) {
             return (!range.introduced || ordering->compare(version, *range.introduced) >= 0) &&
                    (!range.fixed || ordering->compare(version, *range.fixed) < 0) &&
                    (!range.last_affected || ordering->compare(version, *range.last_affected) <= 0);
           });
  });
}

}  // namespace limpid::advisory

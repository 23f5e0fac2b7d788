#include "vulndb/merging.h"

#include <algorithm>

namespace limpid::vulndb {
namespace {

using advisory::Status;

// One collected statement, with its payload taken apart.
class Part {
 public:
  Part(const Records& records, std::uint32_t index)
      : records_(records), statement_(records.statements[index]), payload_(&records.payloads[statement_.payload]) {}

  const StatementRecord& statement() const { return statement_; }
  std::uint32_t ranges() const { return payload_[0]; }
  Bounds range(std::uint32_t index) const {
    const std::uint32_t* bounds = payload_ + 2 + 3 * std::size_t{index};
    return {records_.strings[bounds[0]], records_.strings[bounds[1]], records_.strings[bounds[2]]};
  }
  std::span<const std::uint32_t> versions() const { return {payload_ + 2 + 3 * std::size_t{ranges()}, payload_[1]}; }

  bool covers_everything() const {
    if (ranges() == 0) return versions().empty();
    for (std::uint32_t i = 0; i < ranges(); ++i)
      if (range(i).covers_everything()) return true;
    return false;
  }
  bool has_open_end() const {
    for (std::uint32_t i = 0; i < ranges(); ++i)
      if (!range(i).has_end()) return true;
    return covers_everything();
  }

 private:
  const Records& records_;
  const StatementRecord& statement_;
  const std::uint32_t* payload_;
};

// How little hope an unfixed word leaves.
int weight(Status status) {
  switch (status) {
    case Status::end_of_life:
      return 6;
    case Status::will_not_fix:
      return 5;
    case Status::fix_deferred:
      return 4;
    case Status::affected:
      return 3;
    case Status::under_investigation:
      return 2;
    case Status::unknown:
      return 1;
    case Status::fixed:
    case Status::not_affected:
      return 0;
  }
  return 0;
}

Status merged_status(std::span<const Part> parts, const std::vector<Bounds>& ranges) {
  const bool open = std::any_of(parts.begin(), parts.end(), [](const Part& part) { return part.has_open_end(); });
  Status worst = Status::fixed;
  for (const Part& part : parts)
    if ((!open || part.has_open_end()) && weight(part.statement().status) > weight(worst))
      worst = part.statement().status;
  const bool has_fix =
      std::any_of(ranges.begin(), ranges.end(), [](const Bounds& range) { return !range.fixed.empty(); });
  // Without an open end somebody has to say "fixed": the end of a range may be no more than where knowledge of it ends.
  const bool said_fixed = std::any_of(parts.begin(), parts.end(),
                                      [](const Part& part) { return part.statement().status == Status::fixed; });
  if (!open) return has_fix && said_fixed ? Status::fixed : worst;
  // "fixed" of something without a fix is a contradiction: the range is believed, not the word.
  return worst == Status::fixed && !has_fix ? Status::affected : worst;
}

}  // namespace

MergedStatement merge_statements(const Records& records, std::span<const std::uint32_t> indices) {
  std::vector<Part> parts;
  parts.reserve(indices.size());
  for (const std::uint32_t index : indices)
    if (records.statements[index].status != Status::not_affected) parts.emplace_back(records, index);
  const bool denied = parts.empty();  // nobody says that it is affected
  if (denied)
    for (const std::uint32_t index : indices) parts.emplace_back(records, index);

  MergedStatement merged;
  for (const Part& part : parts) {
    for (std::uint32_t i = 0; i < part.ranges(); ++i) merged.ranges.push_back(part.range(i));
    merged.versions.insert(merged.versions.end(), part.versions().begin(), part.versions().end());
    const std::uint32_t severity = part.statement().severity;
    if (severity != 0 && (merged.severity == 0 || records.strings[severity] < records.strings[merged.severity]))
      merged.severity = severity;
  }
  if (std::any_of(parts.begin(), parts.end(), [](const Part& part) { return part.covers_everything(); })) {
    merged.ranges.clear();
    merged.versions.clear();
  }
  if (merged.ranges.size() > 1) {
    // More than one range means bounds, and bounds were only kept where there is an ordering.
    merged.ranges = unite(merged.ranges, *version::find_ordering(parts[0].statement().scheme));
  }
  if (merged.ranges.size() == 1 && merged.ranges[0].covers_everything()) {  // (-∞, 2) and [1, ∞)
    merged.ranges.clear();
    merged.versions.clear();
  }
  std::sort(merged.versions.begin(), merged.versions.end(),
            [&](std::uint32_t a, std::uint32_t b) { return records.strings[a] < records.strings[b]; });
  merged.versions.erase(std::unique(merged.versions.begin(), merged.versions.end()), merged.versions.end());
  merged.status = denied ? Status::not_affected : merged_status(parts, merged.ranges);
  return merged;
}

}  // namespace limpid::vulndb

// Parts of one blob: which of them to fetch together, and their fetching, counted and bounded. Private to this room.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "image/blob_store.h"
#include "image/limits.h"

namespace limpid::image {

// How many of them a plan may make: the rest is for what nobody planned.
inline constexpr std::size_t kPlannedRangesMax = 200;
// So many bytes that nobody wants are fetched rather than asking once more: about what one round trip of 20 ms costs on
// a line of 50 Mbit/s.
inline constexpr std::uint64_t kRangeGap = std::uint64_t{128} << 10;

// [offset, end)
struct Range {
  std::uint64_t offset = 0, end = 0;
  bool operator==(const Range&) const = default;
};

// Ascending and disjoint: `needed`, which may be in any order and overlap, merged where they lie no further apart than
// `gap`; and further, where there would be more than `count_max` of them.
std::vector<Range> plan_ranges(std::vector<Range> needed, std::uint64_t gap = kRangeGap,
                               std::size_t count_max = kPlannedRangesMax);
std::uint64_t bytes_in(const std::vector<Range>& ranges);

// One blob that is read at several places. In all, no more is fetched than the blob has bytes: Code::limit.
class BlobRanges {
 public:
  // `size`: of the blob.
  BlobRanges(std::shared_ptr<const BlobStore> store, std::string name, std::uint64_t size,
             std::uint64_t requests_max = kRangeRequestsMax)
      : store_(std::move(store)), name_(std::move(name)), size_(size), requests_max_(requests_max) {}

  std::uint64_t size() const { return size_; }
  std::uint64_t fetched() const { return fetched_; }
  // Code::invalid for what does not lie within the blob.
  Result<std::unique_ptr<archive::Source>> open(Range range);
  // All of it, in memory.
  Result<std::string> read(Range range);

 private:
  std::shared_ptr<const BlobStore> store_;
  std::string name_;
  std::uint64_t size_;
  std::uint64_t requests_max_;
  std::uint64_t fetched_ = 0;
  std::uint64_t requests_ = 0;
};

// The parts that were planned, each as one stream from its first byte that is asked for; what was not planned, or is
// asked for again, is fetched by itself.
class PlannedRanges {
 public:
  PlannedRanges(BlobRanges& blob, const std::vector<Range>& planned);

  // From now on next() gives the bytes of `range`; views given before are void.
  Result<void> seek(Range range);
  // Empty at the range's end; Code::truncated if the blob ends before.
  Result<Bytes> next();

 private:
  struct Planned {
    Range range;
    bool begun = false;
  };
  Result<Bytes> take(std::uint64_t end);

  BlobRanges& blob_;
  std::vector<Planned> planned_;
  std::unique_ptr<archive::Source> stream_;
  std::uint64_t stream_end_ = 0;
  std::uint64_t at_ = 0;          // in the blob, of the first byte of rest_
  std::uint64_t window_end_ = 0;  // of the range sought
  Bytes rest_;                    // of the stream's current piece
};

}  // namespace limpid::image

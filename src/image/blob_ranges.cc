#include "image/blob_ranges.h"

#include <algorithm>

namespace limpid::image {

std::vector<Range> plan_ranges(std::vector<Range> needed, std::uint64_t gap, std::size_t count_max) {
  std::ranges::sort(needed, {}, &Range::offset);
  const auto merge = [&needed](std::uint64_t over) {
    std::size_t count = 0;
    for (const Range& range : needed) {
      if (count > 0 && (range.offset <= needed[count - 1].end || range.offset - needed[count - 1].end <= over)) {
        needed[count - 1].end = std::max(needed[count - 1].end, range.end);
      } else {
        needed[count++] = range;
      }
    }
    needed.resize(count);
  };
  merge(gap);
  while (needed.size() > std::max<std::size_t>(count_max, 1)) merge(gap = std::max<std::uint64_t>(gap, 1) * 2);
  return needed;
}

std::uint64_t bytes_in(const std::vector<Range>& ranges) {
  std::uint64_t bytes = 0;
  for (const Range& range : ranges) bytes += range.end - range.offset;
  return bytes;
}

Result<std::unique_ptr<archive::Source>> BlobRanges::open(Range range) {
  if (range.offset >= range.end || range.end > size_)
    return fail(Code::invalid, {"the bytes ", range.offset, " to ", range.end, " do not lie within its ", size_});
  if (++requests_ > requests_max_)
    return fail(Code::limit, {"more requests for parts of it than the limit range-requests=", requests_max_});
  if (range.end - range.offset > size_ - fetched_)
    return fail(Code::limit, {"parts of it, of which some were asked for again, have more bytes than it has in all"});
  fetched_ += range.end - range.offset;
  return store_->open_range(name_, range.offset, range.end - range.offset);
}

Result<std::string> BlobRanges::read(Range range) {
  LIMPID_ASSIGN(const auto source, open(range));
  LIMPID_ASSIGN(std::string bytes, archive::read_all(*source, range.end - range.offset));
  if (bytes.size() != range.end - range.offset)
    return fail(Code::truncated,
                {"of its bytes from ", range.offset, " to ", range.end, " only ", bytes.size(), " came"});
  return bytes;
}

PlannedRanges::PlannedRanges(BlobRanges& blob, const std::vector<Range>& planned) : blob_(blob) {
  planned_.reserve(planned.size());
  for (const Range& range : planned) planned_.push_back({range});
}

Result<void> PlannedRanges::seek(Range range) {
  window_end_ = range.end;
  if (stream_ == nullptr || range.offset < at_ || range.end > stream_end_) {
    Range fetch = range;
    const auto after =
        std::ranges::upper_bound(planned_, range.offset, {}, [](const Planned& p) { return p.range.offset; });
    if (after != planned_.begin()) {
      Planned& planned = *std::prev(after);
      if (!planned.begun && range.end <= planned.range.end) {
        fetch.end = planned.range.end;
        planned.begun = true;
      }
    }
    rest_ = {};
    stream_.reset();  // ends the request before it, if it still stands
    LIMPID_ASSIGN(stream_, blob_.open(fetch));
    at_ = fetch.offset;
    stream_end_ = fetch.end;
  }
  while (at_ < range.offset) LIMPID_TRY(take(range.offset));
  return {};
}

Result<Bytes> PlannedRanges::next() {
  if (at_ == window_end_) return Bytes{};
  return take(window_end_);
}

// The next bytes, none from `end` on; at least one.
Result<Bytes> PlannedRanges::take(std::uint64_t end) {
  if (rest_.empty()) {
    LIMPID_ASSIGN(rest_, stream_->next());
    if (rest_.empty())
      return fail(Code::truncated,
                  {"the blob ends at byte ", at_, ", where ", stream_end_ - at_, " more should follow"});
  }
  const Bytes taken = rest_.first(static_cast<std::size_t>(std::min<std::uint64_t>(rest_.size(), end - at_)));
  rest_ = rest_.subspan(taken.size());
  at_ += taken.size();
  return taken;
}

}  // namespace limpid::image

#include "vulndb/source.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "vulndb/format.h"

namespace limpid::vulndb {

Result<Source> Source::open(const std::string& path, Access access) {
  Source source;
  source.access_ = access;
  if (access == Access::map) {
    LIMPID_ASSIGN(source.mapped_, base::MappedFile::open(path));
    source.size_ = source.mapped_.bytes().size();
  } else {
    LIMPID_ASSIGN(source.file_, base::File::open(path));
    LIMPID_ASSIGN(source.size_, source.file_.size());
  }
  return source;
}

Result<Bytes> Source::keep(std::uint64_t offset, std::uint64_t size) {
  if (!is_inside(offset, size))
    return fail(Code::truncated, {size, " bytes at ", offset, " are not in a file of ", size_});
  if (is_mapped()) return mapped_.bytes().subspan(offset, size);
  const std::span<std::uint8_t> bytes = allocate(size);
  LIMPID_TRY(file_.read_exactly_at(offset, bytes));
  return bytes;
}

Result<Bytes> Source::map(std::uint64_t offset, std::uint64_t size) {
  if (!is_inside(offset, size))
    return fail(Code::truncated, {size, " bytes at ", offset, " are not in a file of ", size_});
  if (is_mapped()) return mapped_.bytes().subspan(offset, size);
  LIMPID_ASSIGN(base::MappedFile part, base::MappedFile::part(file_, offset, size));
  const std::scoped_lock lock(*mutex_);
  parts_.push_back(std::move(part));
  return parts_.back().bytes();
}

Result<Bytes> Source::borrow(std::uint64_t offset, std::uint64_t size, std::vector<std::uint8_t>& scratch) const {
  if (!is_inside(offset, size))
    return fail(Code::truncated, {size, " bytes at ", offset, " are not in a file of ", size_});
  if (is_mapped()) return mapped_.bytes().subspan(offset, size);
  if (scratch.size() < size) scratch.resize(size);
  const std::span<std::uint8_t> bytes{scratch.data(), size};
  LIMPID_TRY(file_.read_exactly_at(offset, bytes));
  return bytes;
}

void Source::announce(std::uint64_t offset, std::uint64_t size) const {
  constexpr std::uint64_t kAnnounceMax = 8 << 20;  // more than that is read faster in pieces where it is needed
  if (size == 0 || size > kAnnounceMax) return;
  if (!is_mapped()) {
    ::posix_fadvise(file_.descriptor(), static_cast<off_t>(offset), static_cast<off_t>(size), POSIX_FADV_WILLNEED);
    return;
  }
  constexpr std::uint64_t kPageSize = 4'096;
  const std::uint64_t first = offset / kPageSize * kPageSize;
  ::madvise(const_cast<std::uint8_t*>(mapped_.bytes().data() + first), offset + size - first, MADV_WILLNEED);
}

Result<Bytes> LazyTable::get(Source& source, std::uint64_t offset, std::uint64_t size, std::uint64_t checksum,
                             std::uint64_t seed) const {
  if (const std::uint8_t* checked = checked_.load(std::memory_order_acquire); checked != nullptr)
    return Bytes{checked, size};
  LIMPID_ASSIGN(const Bytes bytes, source.keep(offset, size));
  if (format::checksum(bytes, seed) != checksum) return fail(Code::mismatch, {"at ", offset, ": wrong checksum"});
  checked_.store(bytes.data(), std::memory_order_release);
  return bytes;
}

Result<Bytes> LazyPart::get(Source& source, std::uint64_t offset, std::uint64_t size) const {
  if (const std::uint8_t* mapped = mapped_.load(std::memory_order_acquire); mapped != nullptr)
    return Bytes{mapped, size};
  LIMPID_ASSIGN(const Bytes bytes, source.map(offset, size));
  mapped_.store(bytes.data(), std::memory_order_release);
  return bytes;
}

}  // namespace limpid::vulndb

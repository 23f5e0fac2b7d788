#include "vulndb/source.h"

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
  const std::span<std::uint8_t> bytes = arena_.allocate(size);
  LIMPID_TRY(file_.read_exactly_at(offset, bytes));
  return bytes;
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

Result<Bytes> LazyTable::get(Source& source, std::uint64_t offset, std::uint64_t size, std::uint64_t checksum,
                             std::uint64_t seed) const {
  if (const std::uint8_t* checked = checked_.load(std::memory_order_acquire); checked != nullptr)
    return Bytes{checked, size};
  LIMPID_ASSIGN(const Bytes bytes, source.keep(offset, size));
  if (format::checksum(bytes, seed) != checksum) return fail(Code::mismatch, {"at ", offset, ": wrong checksum"});
  checked_.store(bytes.data(), std::memory_order_release);
  return bytes;
}

}  // namespace limpid::vulndb

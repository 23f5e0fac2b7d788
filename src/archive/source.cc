// Where bytes come from: a part of a file, or memory.
#include "archive/source.h"

#include <algorithm>

namespace limpid::archive {
namespace {

class FileSource final : public Source {
 public:
  FileSource(const base::File& file, std::uint64_t offset, std::uint64_t size)
      : file_(file), offset_(offset), left_(size), capacity_(std::min<std::uint64_t>(size, kBufferSize)) {}

  Result<Bytes> next() override {
    if (left_ == 0) return Bytes{};
    if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(capacity_);
    const std::size_t wanted = std::min<std::uint64_t>(left_, capacity_);
    LIMPID_ASSIGN(const std::size_t got, file_.read_at(offset_, {buffer_.get(), wanted}));
    if (got == 0) return fail(Code::truncated, {"the file ends at byte ", offset_, ", ", left_, " bytes short"});
    offset_ += got;
    left_ -= got;
    return Bytes{buffer_.get(), got};
  }

 private:
  const base::File& file_;
  std::uint64_t offset_;
  std::uint64_t left_;
  std::size_t capacity_;
  std::unique_ptr<std::uint8_t[]> buffer_;
};

class MemorySource final : public Source {
 public:
  explicit MemorySource(Bytes bytes) : bytes_(bytes) {}
  Result<Bytes> next() override { return std::exchange(bytes_, {}); }

 private:
  Bytes bytes_;
};

}  // namespace

std::unique_ptr<Source> file_source(const base::File& file, std::uint64_t offset, std::uint64_t size) {
  return std::make_unique<FileSource>(file, offset, size);
}
std::unique_ptr<Source> memory_source(Bytes bytes) { return std::make_unique<MemorySource>(bytes); }

Result<std::string> read_all(Source& source, std::uint64_t size_max) {
  std::string all;
  for (;;) {
    LIMPID_ASSIGN(const Bytes piece, source.next());
    if (piece.empty()) return all;
    if (piece.size() > size_max - all.size())
      return fail(Code::limit, {"larger than the limit of ", size_max, " bytes"});
    all.append(base::as_text(piece));
  }
}

}  // namespace limpid::archive

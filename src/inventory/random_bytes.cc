// Keeping files in memory or in a temporary file (random_bytes.h).
#include "inventory/random_bytes.h"

#include <cerrno>

#include <unistd.h>

namespace limpid::inventory {
Result<Bytes> RandomBytes::at(std::uint64_t offset, std::size_t count, std::vector<std::uint8_t>& buffer) const {
  if (offset > size_ || count > size_ - offset) {
    return fail(Code::truncated, {"the file has ", size_, " bytes; ", count, " were wanted at byte ", offset});
  }
  if (file_ == nullptr) return memory_.subspan(offset, count);
  buffer.resize(count);
  LIMPID_TRY(file_->read_exactly_at(offset_ + offset, buffer));
  return Bytes(buffer);
}

void KeptFiles::begin() {
  spilled_ = false;
  memory_.emplace_back();
}

Result<void> KeptFiles::write(Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file_.descriptor(), bytes.data(), bytes.size(), static_cast<off_t>(file_size_));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return base::fail_errno({"writing to a temporary file"});
    file_size_ += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> KeptFiles::append(Bytes piece) {
  if (spilled_) return write(piece);
  std::string& content = memory_.back();
  if (piece.size() <= kInMemoryMax - in_memory_) {
    content.append(base::as_text(piece));
    in_memory_ += piece.size();
    return {};
  }
  if (!file_.is_open()) {
    LIMPID_ASSIGN(file_, base::temporary_file());
  }
  begun_at_ = file_size_;
  spilled_ = true;
  LIMPID_TRY(write(base::as_bytes(content)));
  in_memory_ -= content.size();
  content = {};
  return write(piece);
}

RandomBytes KeptFiles::end() {
  if (spilled_) return {file_, begun_at_, file_size_ - begun_at_};
  return RandomBytes(base::as_bytes(memory_.back()));
}

}  // namespace limpid::inventory

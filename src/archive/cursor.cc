#include "archive/cursor.h"

#include <algorithm>

namespace limpid::archive {

Result<bool> Cursor::refill() {
  if (piece_.empty()) {
    LIMPID_ASSIGN(piece_, source_.next());
  }
  return !piece_.empty();
}

Result<Bytes> Cursor::take(std::uint64_t most) {
  if (most == 0) return Bytes{};
  LIMPID_ASSIGN(const bool more, refill());
  if (!more) return Bytes{};
  const Bytes taken = piece_.first(std::min<std::uint64_t>(most, piece_.size()));
  piece_ = piece_.subspan(taken.size());
  offset_ += taken.size();
  return taken;
}

Result<std::uint64_t> Cursor::skip(std::uint64_t count) {
  std::uint64_t left = count;
  while (left > 0) {
    LIMPID_ASSIGN(const Bytes taken, take(left));
    if (taken.empty()) break;
    left -= taken.size();
  }
  return count - left;
}

Result<Bytes> Cursor::gather(std::size_t count) {
  LIMPID_ASSIGN(const bool more, refill());
  if (!more || piece_.size() >= count) return take(count);
  straddling_.clear();
  while (straddling_.size() < count) {
    LIMPID_ASSIGN(const Bytes taken, take(count - straddling_.size()));
    if (taken.empty()) break;
    straddling_.insert(straddling_.end(), taken.begin(), taken.end());
  }
  return Bytes{straddling_};
}

}  // namespace limpid::archive

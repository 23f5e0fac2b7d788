#include "vulndb/records.h"

#include "vulndb/format.h"

namespace limpid::vulndb {

Strings::Strings() : texts_(1), slots_(1 << 16) {}

std::uint32_t Strings::intern(std::string_view text) {
  if (text.empty()) return 0;
  if (texts_.size() * 2 > slots_.size()) grow();
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = format::checksum(base::as_bytes(text), 0) & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask)
    if (texts_[slots_[slot]] == text) return slots_[slot];
  slots_[slot] = static_cast<std::uint32_t>(texts_.size());
  texts_.push_back(base::as_text(arena_.keep(base::as_bytes(text))));
  return slots_[slot];
}

void Strings::grow() {
  std::vector<std::uint32_t> wider(slots_.size() * 2);
  const std::size_t mask = wider.size() - 1;
  for (std::uint32_t number = 1; number < texts_.size(); ++number) {
    std::size_t slot = format::checksum(base::as_bytes(texts_[number]), 0) & mask;
    while (wider[slot] != 0) slot = (slot + 1) & mask;
    wider[slot] = number;
  }
  slots_ = std::move(wider);
}

}  // namespace limpid::vulndb

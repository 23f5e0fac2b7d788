// About how much memory it takes to remember what was found: what bounds count, since a few bytes of a compressed layer
// can stand for a gigabyte of names.
#pragma once

#include <cstdint>
#include <string_view>

#include "inventory/types.h"

namespace limpid::inventory {

// An entry of a table or tree, besides its text.
inline constexpr std::uint64_t kEntryMemory = 96;

inline std::uint64_t memory_of(std::string_view text) { return sizeof(std::string) + text.size(); }
std::uint64_t memory_of(const Package& package);
std::uint64_t memory_of(const Evidence& evidence);
std::uint64_t memory_of(const LayerInventory& layer);

}  // namespace limpid::inventory

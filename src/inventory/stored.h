// A layer's inventory as bytes, for caches and for the service's store: what LayerInventory holds, packed with zstd.
// The bytes carry a format number; whoever keeps them keys them by detector_set_id() too (inventory/detector.h).
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "inventory/types.h"

namespace limpid::inventory {

inline constexpr std::uint32_t kStoredFormat = 2;
// Unpacked; far above what LayerLimits let a layer's inventory become in practice.
inline constexpr std::size_t kStoredSizeMax = std::size_t{512} << 20;

// Code::limit for an inventory beyond kStoredSizeMax.
Result<std::string> store(const LayerInventory& layer);
// Bytes from anywhere: Code::invalid, mismatch, limit or unsupported, never undefined behaviour, and memory in
// proportion to what the bytes hold.
Result<LayerInventory> restore(std::string_view bytes);
// The unpacked part of it: what the fuzz target starts from, since no fuzzer guesses a zstd frame with its checksum.
Result<LayerInventory> restore_fields(std::string_view unpacked);

}  // namespace limpid::inventory

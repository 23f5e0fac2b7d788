// Which groups have statements of an advisory. Most flaws of one source package are about the same packages of the same
// releases, so a list of groups is a list of sets, one for each namespace, and both are stored once however many
// advisories share them.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "vulndb/format.h"

namespace limpid::vulndb {

class PlacesWriter {
 public:
  // `groups`: numbers over the whole file, ascending. `namespace_of` tells where to cut them. Where their list stands.
  std::uint64_t add(std::span<const std::uint32_t> groups,
                    const std::function<std::uint32_t(std::uint32_t group)>& namespace_of);
  Bytes bytes() const { return bytes_.view(); }

 private:
  std::uint64_t keep_entry();

  format::Encoder bytes_, entry_;
  std::unordered_map<std::uint64_t, std::uint64_t> known_;  // places of entries, by their hash
  std::vector<std::uint64_t> sets_;
};

// The list at `offset`: numbers below `groups`, ascending, or an error.
Result<std::vector<std::uint32_t>> read_places(Bytes section, std::uint64_t offset, std::uint64_t groups);

}  // namespace limpid::vulndb

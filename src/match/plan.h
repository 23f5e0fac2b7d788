// The upgrade plan: which packages to bring to which version, layer by layer, and what that removes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inventory/types.h"
#include "match/types.h"

namespace limpid::match {

// One upgrade: a source package (for distributions: its binaries are built, and so upgraded, together) in one layer.
struct Upgrade {
  std::uint32_t layer = 0;
  std::string name_space, source;       // the package that advisories speak of
  std::vector<std::uint32_t> packages;  // what is installed of it, indices into ImageInventory::packages
  std::string from;                     // the installed (source) version, the lowest where they differ
  std::string fixed_in;                 // the lowest version at which all that can be removed is removed
  std::string available;                // what the mirror offers, if it is known and at least that; else ""
  std::vector<std::uint32_t> removes;   // indices into the findings
  std::vector<std::string> ids;         // the flaws, once each, most severe first
  std::uint64_t weight = 0;             // of what it removes, for the order
};

struct Plan {
  std::vector<Upgrade> upgrades;  // by layer, then heaviest first
  std::size_t removed = 0;        // findings that go
  std::size_t left = 0;           // findings that no upgrade removes
};

// 81 low flaws weigh as much as one critical: a step of three between neighbours.
std::uint64_t weight_of(Severity severity);

Plan plan_upgrades(const inventory::ImageInventory& image, const Matches& matches);

}  // namespace limpid::match

// Bottlerocket's advisories as its repository keeps them, https://github.com/bottlerocket-os/bottlerocket
// (advisories/): a TOML file for each, with the packages that it fixes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "advisory/types.h"
#include "base/error.h"

namespace limpid::advisory {

inline constexpr std::uint64_t kBottlerocketTomlSizeMax = std::uint64_t{1} << 20;

struct BottlerocketAdvisory {
  Advisory texts;  // all but `affected`
  struct Package {
    std::string name, version;  // the fixed version, "" where none can be told
  };
  std::vector<Package> packages;
};
Result<BottlerocketAdvisory> parse_bottlerocket_toml(const std::string& text);

}  // namespace limpid::advisory

// What tests of rpm feeds share: which statements hold of a package, by the plain reading of types.h.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "advisory/sink_for_test.h"
#include "version/ordering.h"

namespace limpid::advisory {

struct RpmQuestion {
  std::string name_space, package, version;
  std::string architecture = "x86_64";
  std::string module = {};
  KeyKind key_kind = KeyKind::binary;
};

inline bool holds(const Affected& affected, const RpmQuestion& asked) {
  if (affected.name_space != asked.name_space || affected.package != asked.package ||
      affected.key_kind != asked.key_kind || affected.module != asked.module) {
    return false;
  }
  if (!affected.architectures.empty() && asked.architecture != "noarch" &&
      std::ranges::find(affected.architectures, asked.architecture) == affected.architectures.end()) {
    return false;
  }
  if (affected.ranges.empty()) return true;
  const auto* ordering = version::find_ordering(version::Scheme::rpm);
  const auto version = ordering->parse(asked.version);
  return std::ranges::any_of(affected.ranges, [&](const Range& range) {
    const bool from = range.introduced.empty() || ordering->compare(version, ordering->parse(range.introduced)) >= 0;
    return from && (range.fixed.empty() || ordering->compare(version, ordering->parse(range.fixed)) < 0);
  });
}

// "CVE-2024-1 fixed 1.2-3", "CVE-2024-2 will_not_fix", sorted, each once; with the CPE names of the products behind it
// if asked for.
inline std::vector<std::string> answers(const CollectingSink& sink, const RpmQuestion& asked, bool products = false) {
  std::vector<std::string> lines;
  for (const auto& advisory : sink.advisories) {
    for (const auto& affected : advisory.affected) {
      if (!holds(affected, asked)) continue;
      std::string line = base::cat({advisory.id, " ", name_of(affected.status)});
      if (!affected.ranges.empty()) base::append(line, {" ", affected.ranges[0].fixed});
      if (products) {
        for (const auto& product : affected.products) base::append(line, {" ", product});
      }
      lines.push_back(std::move(line));
    }
  }
  std::ranges::sort(lines);
  lines.erase(std::ranges::unique(lines).begin(), lines.end());
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace limpid::advisory

// OSV's ecosystems: which namespace, ordering and package name each means here. A new ordering is one row of the table
// in the .cc file. Names: https://ossf.github.io/osv-schema/#defined-ecosystems
#pragma once

#include <string>
#include <string_view>

#include "advisory/types.h"

namespace limpid::advisory {

struct OsvPackage {
  std::string name_space;  // "" if it cannot be matched: then `why_not`
  std::string package;     // normalised by the ecosystem's rule
  KeyKind key_kind = KeyKind::source;
  version::Scheme scheme = version::Scheme::none;
  std::string product;  // a CPE name, "" for every package of the namespace
  std::string why_not;
};

// `ecosystem` as a record writes it, with its suffix: "Debian:12", "Ubuntu:Pro:18.04:LTS", "npm".
OsvPackage resolve_osv_package(std::string_view ecosystem, std::string_view name);

}  // namespace limpid::advisory

// Package URLs, read: https://github.com/package-url/purl-spec
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpid::base {

// Everything percent-decoded.
struct PackageUrl {
  std::string type;                                             // lower case: "rpm", "bitnami", "maven"
  std::string name_space;                                       // with slashes as written; "" for none
  std::string name;                                             // never ""
  std::string version;                                          // "" for none
  std::vector<std::pair<std::string, std::string>> qualifiers;  // as written, the keys in lower case

  std::string_view qualifier(std::string_view key) const;  // of several the first; "" for none
};

// Nothing if it is none. Read loosely: characters that ought to be encoded stand for themselves ("pkg:npm/@a/b@1").
std::optional<PackageUrl> parse_purl(std::string_view text);

}  // namespace limpid::base

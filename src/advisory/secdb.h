// Alpine's "secdb" documents, JSON and the YAML that came before it, in one neutral form. The format has no
// specification; https://secdb.alpinelinux.org/ and apk packages' APKBUILD "secfixes" comments are its practice.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace limpid::advisory {

inline constexpr std::uint64_t kSecdbSizeMax = std::uint64_t{256} << 20;

struct SecdbFix {
  std::string version;           // "0": never affected
  std::vector<std::string> ids;  // as written, junk and several in one string included
};
struct SecdbPackage {
  std::string name;
  std::vector<SecdbFix> fixes;
};
struct Secdb {
  std::string distroversion, reponame, urlprefix;
  std::vector<SecdbPackage> packages;
};

// Both change `text` no further than its capacity. A null where a list or an object belongs is an empty one.
Result<Secdb> parse_secdb_json(std::string& text);
Result<Secdb> parse_secdb_yaml(const std::string& text);

// One flaw that a secdb string names, with the other names that stand beside it.
struct SecdbId {
  std::string id;
  std::vector<std::string> aliases;
};
// "CVE-2016-10013 XSA-204" → CVE-2016-10013 (alias XSA-204); several CVEs are several flaws; without any CVE the first
// id of another kind is the flaw's. Text that is no id is ignored.
std::vector<SecdbId> read_secdb_ids(std::string_view text);

}  // namespace limpid::advisory

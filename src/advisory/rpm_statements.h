// What one document says of thousands of (package, product, architecture) is a few statements.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "advisory/types.h"

namespace limpid::advisory {

struct RpmStatement {
  std::string name_space;
  std::string product;        // a CPE, "" for every package of the namespace
  std::string name, version;  // the fixed version; only with Status::fixed
  std::string architecture;   // "" or "noarch" for any
  std::string module;
  KeyKind key_kind = KeyKind::binary;
  std::string introduced = {};  // with a fixed version: where the versions begin that it fixes, "" for all below it
  std::string end = {};         // without one: where knowledge of the versions ends that it speaks of, "" for all
};

class RpmStatements {
 public:
  void add(RpmStatement&& statement, Status status, std::string_view severity);
  // Where something of a package is fixed, forgets what says of it that it has no fix.
  void prefer_fixes();
  // Appends what was added since the last call to the advisory.
  void take(Advisory& advisory);

 private:
  // namespace, package, kind of key, module, introduced, fixed version or end, status, severity
  using Key = std::tuple<std::string, std::string, KeyKind, std::string, std::string, std::string, Status, std::string>;
  using Architectures = std::set<std::string>;
  using ByProduct = std::map<Key, std::map<std::string, Architectures>>;
  ByProduct by_product_;
  ByProduct::iterator last_ = by_product_.end();  // one package is named for all its architectures in turn
};

}  // namespace limpid::advisory

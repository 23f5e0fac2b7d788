// What a statement says of one installed version.
#pragma once

#include <string>
#include <string_view>

#include "vulndb/database.h"

namespace limpid::match {

struct Evaluation {
  bool affected = false;
  // The range that holds the version; open at both ends for "every version" and for one that is listed by itself.
  vulndb::RangeView range;
  std::string_view listed;  // the version that is listed by itself
};
// For a person: "< 1.2-3", ">= 1.0, <= 1.4", "= 3", "every version".
std::string describe(const Evaluation& evaluation);

}  // namespace limpid::match

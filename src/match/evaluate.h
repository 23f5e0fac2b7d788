// Does a statement apply to a version, and which version would be free of it?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "version/ordering.h"
#include "vulndb/database.h"

namespace limpid::match {

struct Evaluation {
  bool affected = false;
  std::string_view fixed;  // the end of the range that holds the version, "" if that is open or inclusive
  std::string range;       // for the reason: "< 1.2-3", ">= 1.0, <= 1.4", "every version"
};

// `installed` was parsed with the statement's scheme. Bounds that are invalid in the scheme hold nothing.
Evaluation evaluate(const vulndb::Statement& statement, const version::Version& installed, std::string_view raw);

// The smallest fixed version above `installed` at which none of the statements applies any more; nothing if there is no
// such version among their bounds.
std::optional<std::string> version_free_of(const std::vector<const vulndb::Statement*>& statements,
                                           std::string_view installed);

}  // namespace limpid::match

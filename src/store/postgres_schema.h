// The tables, and how they are brought forward from version to version.
#pragma once

#include <cstdint>

#include "base/error.h"

namespace limpid::store::postgres {

class Connection;

// The oldest server that we run on.
inline constexpr int kServerMin = 150'000;

// Makes or brings forward the tables in the connection's current schema (the first of its search_path), in one
// transaction and one node at a time. Code::unsupported for a newer schema, an older server, or a database whose texts
// are not UTF-8; Code::invalid if tables of another program are in the way.
Result<void> migrate(Connection& connection);

}  // namespace limpid::store::postgres

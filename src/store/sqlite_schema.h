// The tables of the SQLite engine, and how a file of an earlier version of ours becomes one of this.
#pragma once

#include "base/error.h"

namespace limpid::store::sqlite {

class Connection;

// "LMPD": marks a file as ours (PRAGMA application_id).
inline constexpr std::int64_t kApplicationId = 0x4C4D5044;

// Brings the schema forward in one transaction. Code::invalid for somebody else's database, Code::unsupported for one
// that a newer version of ours made.
Result<void> migrate(Connection& connection);

}  // namespace limpid::store::sqlite

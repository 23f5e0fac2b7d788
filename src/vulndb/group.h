// Reading one group: the statements on one package of one namespace. Everything in it is checked before a view of it is
// handed out, because the views decode lazily and don't check again.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "vulndb/cve_ids.h"
#include "vulndb/database.h"

namespace limpid::vulndb {

struct GroupHead {
  std::string_view package;
  advisory::KeyKind key_kind = advisory::KeyKind::source;
  std::uint8_t width = 2;  // of a reference
  std::uint32_t statements = 0;
  Bytes strings, contexts, ranges;
  std::size_t ranges_at = 0, contexts_at = 0, statements_at = 0;
};

// Checks the group's checksum, in which its number takes part, and its head.
Result<GroupHead> read_group_head(Bytes group, std::uint32_t number);

// The feeds by their numbers, and the number of all advisories.
struct Feeds {
  std::vector<std::string_view> names;
  std::vector<std::uint64_t> counts;  // of their advisories
  std::uint32_t advisories = 0;
};

// Appends the statements, or only those of one advisory. Ids that the group has as numbers are spelt out in `ids`. On
// an error `out` is as it was.
Result<void> read_statements(Bytes group, const GroupHead& head, const Feeds& feeds, SpeltIds ids,
                             const AdvisoryNumber* only, std::vector<Statement>& out);

}  // namespace limpid::vulndb

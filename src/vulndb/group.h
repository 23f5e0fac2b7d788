// Reading one group: the statements on one package of one namespace. Everything in it is checked before a view of it is
// handed out, because the views decode lazily and don't check again.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "vulndb/database.h"

namespace limpid::vulndb {

struct GroupHead {
  std::string_view package;
  advisory::KeyKind key_kind = advisory::KeyKind::source;
  std::uint8_t width = 2;  // of a reference
  std::uint32_t statements = 0;
  Bytes pool;
  std::size_t statements_at = 0;
};

// Checks the group's checksum, in which its number takes part, and its head.
Result<GroupHead> read_group_head(Bytes group, std::uint32_t number);

// The feeds by the first number of their advisories, ascending, and the number of all advisories.
struct FeedStarts {
  std::vector<std::uint32_t> starts;
  std::vector<std::string_view> names;
  std::uint32_t advisories = 0;

  std::string_view feed_of(AdvisoryNumber advisory) const;
};

// Appends the statements, or only those of one advisory. On an error `out` is as it was.
Result<void> read_statements(Bytes group, const GroupHead& head, const FeedStarts& feeds, const AdvisoryNumber* only,
                             std::vector<Statement>& out);

}  // namespace limpid::vulndb

// Reading one group: the statements on one package of one namespace. Everything in it is checked before a view of it is
// handed out, because the views decode lazily and don't check again.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "vulndb/cve_ids.h"
#include "vulndb/cve_set.h"
#include "vulndb/database.h"
#include "vulndb/source.h"

namespace limpid::vulndb {

// Where a group's ids are spelt: in room of its own, `kCveSizeMax` for each statement, one by one where the source
// keeps things, or in what all groups share.
struct SpeltIds {
  char* own = nullptr;
  Source* source = nullptr;
  CveTexts* shared = nullptr;

  std::string_view get(std::uint32_t statement, std::uint32_t advisory, std::uint32_t key) const {
    if (shared != nullptr) return shared->get(advisory, key);
    char* to = own != nullptr ? own + kCveSizeMax * std::size_t{statement}
                              : reinterpret_cast<char*>(source->allocate(kCveSizeMax).data());
    return {to, spell_cve(key, to)};
  }
};

// Checks the group's checksum, in which its number takes part, and its head. Where that tells of another group, it has
// nothing but a name, and that group is to be read in its place.
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

// Database::glance(), and the reading of what it saw.
Result<void> glance_at_statements(const StatementGroup& group, const Feeds& feeds,
                                  const std::function<bool(const Statement&)>& concerns, Glance& to);
std::string_view text_id(const StatementGroup& group, const Glance::Row& row);
Result<void> read_rows(const StatementGroup& group, const Feeds& feeds, SpeltIds ids, const Glance& glance,
                       const CveSet& cves, std::vector<Statement>& out);

}  // namespace limpid::vulndb

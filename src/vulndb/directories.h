// What the file says of each namespace while it is written: its tables, its offers and its place in the directory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "vulndb/output.h"
#include "vulndb/records.h"

namespace limpid::vulndb {

struct Directory {
  std::string name;
  std::uint32_t groups = 0, offers = 0, ordered = 0;
  std::uint64_t statements = 0, groups_size = 0, offers_size = 0, order_size = 0;
  std::uint64_t table_checksum = 0, offers_checksum = 0, order_checksum = 0;
  std::string table, offer_table;  // until they are written
};

void append_entry(std::string& table, std::uint32_t hash, std::uint64_t offset);

// The sections "offers", "tables" and "namespaces". `rank`: the place of each of the records' namespaces among the
// directories.
Result<void> write_offers(const Records& records, const std::vector<std::uint16_t>& rank,
                          std::vector<Directory>& directories, Output& output);
void write_tables(std::vector<Directory>& directories, Output& output);
void write_namespaces(const std::vector<Directory>& directories, Output& output);

}  // namespace limpid::vulndb

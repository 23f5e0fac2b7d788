// From results to bytes: one file per format, one line each in formats().
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "image/types.h"
#include "inventory/types.h"
#include "match/match.h"
#include "match/plan.h"
#include "match/policy.h"
#include "vulndb/database.h"

namespace limpid::report {

// What was looked at.
struct Subject {
  std::string target;  // as the user wrote it
  const image::Manifest& manifest;
  const inventory::ImageInventory& inventory;
};

// What was found in it. `matches` is what is left after the policy hid the rest.
struct ScanResult {
  Subject subject;
  const match::Matches& matches;
  const match::Plan& plan;
  const match::Hidden& hidden;
  const vulndb::Database& database;
};

// How to write for a person.
struct Style {
  bool colour = false;
  std::size_t width = 100;  // columns
};

struct Format {
  std::string_view name;
  Result<std::string> (*scan)(const ScanResult&, const Style&);
  Result<std::string> (*inventory)(const Subject&, const Style&);
  Result<std::string> (*plan)(const ScanResult&, const Style&);
};

std::span<const Format> formats();
const Format* find_format(std::string_view name);

// The formats, one file each (table_*.cc, json.cc).
Result<std::string> scan_table(const ScanResult& result, const Style& style);
Result<std::string> inventory_table(const Subject& subject, const Style& style);
Result<std::string> plan_table(const ScanResult& result, const Style& style);
Result<std::string> scan_json(const ScanResult& result, const Style& style);
Result<std::string> inventory_json(const Subject& subject, const Style& style);
Result<std::string> plan_json(const ScanResult& result, const Style& style);

}  // namespace limpid::report

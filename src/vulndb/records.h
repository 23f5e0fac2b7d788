// What the compiler has collected so far, in compact form: strings once each, statements as numbers, details encoded.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "advisory/types.h"
#include "base/bytes.h"
#include "vulndb/arena.h"
#include "vulndb/enrichment_names.h"

namespace limpid::vulndb {

// Strings, once each, by number; 0 is "".
class Strings {
 public:
  Strings();
  std::uint32_t intern(std::string_view text);
  std::string_view operator[](std::uint32_t number) const { return texts_[number]; }
  std::size_t size() const { return texts_.size(); }

 private:
  void grow();
  Arena arena_;
  std::vector<std::string_view> texts_;
  std::vector<std::uint32_t> slots_;  // open addressing; 0 is free, "" has no slot
};

struct AdvisoryRecord {
  std::uint32_t id = 0, severity = 0;
  std::uint16_t feed = 0;
  advisory::Kind kind = advisory::Kind::vulnerability;
  Bytes details;  // as details.h encodes them
};

// What a statement asks of a package beside its version.
struct Conditions {
  std::vector<std::string> architectures, products;  // sorted sets
  std::string module;
  auto operator<=>(const Conditions&) const = default;
};

struct StatementRecord {
  std::uint32_t advisory = 0;  // index in Records::advisories
  std::uint32_t package = 0, severity = 0;
  std::uint32_t payload = 0;     // index in Records::payloads
  std::uint32_t conditions = 0;  // index in Records::conditions
  std::uint16_t name_space = 0;
  advisory::KeyKind key_kind = advisory::KeyKind::source;
  version::Scheme scheme = version::Scheme::none;
  advisory::Status status = advisory::Status::unknown;
};

struct OfferRecord {
  std::uint32_t package = 0, version = 0;
  std::uint16_t name_space = 0;
  advisory::KeyKind key_kind = advisory::KeyKind::source;
  version::Scheme scheme = version::Scheme::none;
};

struct EnrichmentRecord {
  std::uint32_t key = 0;  // of its CVE
  Bytes bytes;            // as enrichment.h encodes them
};

struct FeedRecord {
  std::string name;
  std::set<std::string> paths;
  std::uint64_t records = 0, statements = 0, skipped = 0;
  std::map<std::string, std::uint64_t> dropped;
  std::string as_of;
};

using SupportKey = std::tuple<std::string, std::string, bool>;  // namespace, package, whether it is a prefix

struct Records {
  Strings strings;
  Arena arena;
  std::vector<FeedRecord> feeds;
  std::vector<std::string> namespaces;
  std::vector<AdvisoryRecord> advisories;
  std::vector<StatementRecord> statements;
  // For each statement: the numbers of its ranges and of its versions, then strings: three for each range
  // (introduced, fixed, last affected), one for each version.
  std::vector<std::uint32_t> payloads;
  std::vector<Conditions> conditions;  // once each; the first has none
  std::vector<OfferRecord> offers;
  std::vector<EnrichmentRecord> enrichments;
  std::map<std::string, std::set<std::string>> repositories;  // their products
  EnrichmentNames enrichment_names;
  std::map<std::string, advisory::EndOfLife> lifecycles;
  std::map<SupportKey, advisory::PackageSupport> package_supports;
  // The CVE that records name beside an id of another kind as one flaw, by the number of that id's string; 0 where they
  // name several.
  std::unordered_map<std::uint32_t, std::uint32_t> cves;
};

}  // namespace limpid::vulndb

// The compiled database as v1 sees it: vulnerabilities by (namespace, name), and the part of a report's JSON that is
// the same for every package that has one.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "match/types.h"
#include "service/v1/feature_texts.h"
#include "service/v1/types.h"
#include "vulndb/database.h"

namespace limpid::service::v1 {

// Rendered vulnerabilities that are kept: the real feeds of one distribution release take some 20 MB.
inline constexpr std::uint64_t kFragmentBytesMax = std::uint64_t{256} << 20;

// Immutable but for what it remembers; any thread may ask.
class Compiled {
 public:
  // `database` is open with Access::map. `generation` is the store's number of it, 0 for a file that no store knows.
  Compiled(std::shared_ptr<const vulndb::Database> database, std::int64_t generation);

  const vulndb::Database& database() const { return *database_; }
  std::int64_t generation() const { return generation_; }

  // Whether it has statements on packages of that namespace, by whatever name they are filed there: centos:7 is rhel:7.
  bool knows(std::string_view name_space) const;
  // The best-ranked feed's word on it; nothing if no feed has a statement on it in that namespace. The name is exactly
  // that of a feed's record ("RHSA-2015:1193"), as in name_of().
  Result<std::optional<Vulnerability>> find(std::string_view name_space, std::string_view name) const;
  // The same for many names at once, those that it has: one reading of the namespace, where each find() reads all
  // statements on the packages of its vulnerability.
  Result<std::map<std::string, Vulnerability, std::less<>>> find_all(std::string_view name_space,
                                                                     std::span<const std::string> names) const;

  // The first `limit` in the order of their keys after `after`. The key is what a page token holds.
  struct Listed {
    std::string key;
    Vulnerability vulnerability;
  };
  Result<std::vector<Listed>> list(std::string_view name_space, std::string_view after, std::size_t limit) const;

  // Appends `{"Name":…,"Severity":…}` up to, but without, the closing brace.
  Result<void> append_fragment(std::string& to, std::string_view name_space, const match::Finding& finding) const;
  // Makes the fragments of a namespace before anybody asks, as far as they fit. The second time there is nothing to do.
  Result<void> prepare(std::string_view name_space) const;
  FeatureTexts& feature_texts() const { return feature_texts_; }

 private:
  struct Fragment {
    std::string name_space, name, json;
  };
  // What is told of a namespace as a whole: the highest severity of each advisory's statements in it.
  using Severities = std::unordered_map<vulndb::AdvisoryNumber, Severity>;

  std::string place_of(std::string_view name_space) const;  // the database's name for it, "" if it has none
  Result<std::shared_ptr<const Severities>> severities(std::string_view name_space) const;
  // A record with its statements in one namespace.
  struct Record {
    vulndb::AdvisoryNumber number = 0;
    std::vector<vulndb::Statement> statements;
  };
  Result<Vulnerability> view(std::string_view name_space, std::string_view name,
                             const std::vector<Record>& records) const;
  Result<std::vector<Record>> deciders(std::string_view name_space, std::string_view name) const;
  static std::vector<Record> believed(std::vector<Record> records);
  Result<std::shared_ptr<const Fragment>> fragment(std::string_view name_space, std::string_view name,
                                                   vulndb::AdvisoryNumber number) const;

  std::shared_ptr<const vulndb::Database> database_;
  std::int64_t generation_;

  static constexpr std::size_t kShards = 16;
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::uint64_t, std::shared_ptr<const Fragment>> fragments;
    std::uint64_t bytes = 0;
  };
  mutable std::array<Shard, kShards> shards_;
  mutable FeatureTexts feature_texts_;
  mutable std::mutex severities_mutex_;
  mutable std::map<std::string, std::shared_ptr<const Severities>, std::less<>> severities_;
  mutable std::mutex prepared_mutex_;
  mutable std::set<std::string, std::less<>> prepared_;
};

// What v1 calls a finding: by the record that decided, as lists, notifications and the routes of a vulnerability do.
std::string_view name_of(const match::Finding& finding);

// Where a person reads about it: the distribution's own page, else the record's first reference.
std::string link_of(std::string_view name_space, std::string_view name, const vulndb::Details& details);

}  // namespace limpid::service::v1

// The vulnerability database: one immutable file, compiled from feeds. docs/vulndb-format.md has every byte of it.
//
// Opening reads the header and the small tables and checks their checksums; a namespace is read in bulk when it is
// first asked for; text only when details() is called. Hostile bytes give errors, never undefined behaviour.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/types.h"
#include "base/bytes.h"
#include "base/error.h"
#include "cvss/score.h"

namespace limpid::vulndb {

// Number of an advisory record within one database file.
using AdvisoryNumber = std::uint32_t;

struct RangeView {
  std::string_view introduced, fixed, last_affected;
};

// A list that lies in the database's bytes, or in an array of the caller's: an element is decoded when it is asked for,
// so that a Statement neither allocates nor makes the database grow. Elements are values, not references.
template <class T>
class List {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = T;
    Iterator() = default;
    Iterator(const List& list, std::size_t index) : list_(list), index_(index) {}
    T operator*() const { return list_[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++index_;
      return before;
    }
    bool operator==(const Iterator& other) const { return index_ == other.index_; }

   private:
    List list_;
    std::size_t index_ = 0;
  };

  List() = default;
  List(std::span<const T> array) : base_(array.data()), count_(static_cast<std::uint32_t>(array.size())) {}
  // `at`: where in the group at `group` the references stand, checked by the reader of the group.
  List(const std::uint8_t* group, std::uint32_t at, std::uint32_t count) : base_(group), at_(at), count_(count) {}

  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  T operator[](std::size_t index) const {
    if (at_ == kInArray) return static_cast<const T*>(base_)[index];
    return decode(static_cast<const std::uint8_t*>(base_), at_, index);
  }
  T front() const { return (*this)[0]; }
  T back() const { return (*this)[size() - 1]; }
  // Where it lies: two lists of one database in one place are the same.
  const void* place() const { return at_ == kInArray ? base_ : static_cast<const std::uint8_t*>(base_) + at_; }
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, count_}; }

 private:
  static constexpr std::uint32_t kInArray = 0;  // no list stands at the very beginning of a group
  static T decode(const std::uint8_t* group, std::uint32_t at, std::size_t index);

  const void* base_ = nullptr;
  std::uint32_t at_ = kInArray;
  std::uint32_t count_ = 0;
};
template <>
RangeView List<RangeView>::decode(const std::uint8_t* group, std::uint32_t at, std::size_t index);
template <>
std::string_view List<std::string_view>::decode(const std::uint8_t* group, std::uint32_t at, std::size_t index);

// One upstream's statement on one package of one namespace. Views live as long as the Database.
struct Statement {
  AdvisoryNumber advisory = 0;
  std::uint32_t cve = 0;      // the id as a number, where it is a CVE's (cve_ids.h)
  std::string_view id;        // the advisory's id
  std::string_view feed;      // "debian"
  std::string_view package;   // the key under which it stands
  std::string_view severity;  // the upstream's word for the package, else for the advisory, "" if none
  advisory::Status status = advisory::Status::unknown;
  advisory::Kind kind = advisory::Kind::vulnerability;
  advisory::KeyKind key_kind = advisory::KeyKind::source;
  version::Scheme scheme = version::Scheme::none;
  // As in advisory::Affected: with both empty, every version, or none at all with Status::not_affected. Ranges are
  // sorted, don't overlap, and have valid bounds.
  List<RangeView> ranges;
  List<std::string_view> versions;       // sorted
  List<std::string_view> architectures;  // sorted; empty: any
  List<std::string_view> products;       // sorted; empty: any
  std::string_view module;
};

// The texts of one advisory, decompressed.
struct Details {
  std::string id, feed;
  std::vector<std::string> aliases, upstream;
  std::string severity;
  std::vector<advisory::Cvss> cvss;
  std::string published, modified, title, description;
  std::vector<std::string> references;
};

struct FeedInfo {
  std::string name;
  std::string path;  // base name of the input, for people
  std::uint64_t records = 0, statements = 0;
  std::map<std::string, std::uint64_t> dropped;
  std::uint64_t skipped = 0;
  std::string as_of;
};

struct NamespaceInfo {
  std::string name;
  std::uint64_t packages = 0, statements = 0, bytes = 0;
};

struct Info {
  std::uint32_t format = 0;
  std::uint64_t size = 0, advisories = 0, statements = 0;
  std::uint64_t enrichments = 0;  // CVEs of which something is said, whatever package they are in
  std::vector<FeedInfo> feeds;
  std::vector<NamespaceInfo> namespaces;
};

enum class Access : std::uint8_t {
  read,  // pread what is needed: for a process that asks once, above all on a cold page cache
  map,   // map the file: best for one that lives long
};

class CveSet;

// The statements on one package under one name, found and not yet read.
struct GroupHead {
  std::string_view package;
  advisory::KeyKind key_kind = advisory::KeyKind::source;
  std::uint8_t width = 2;                // of a reference
  std::optional<std::uint32_t> same_as;  // the group of the namespace, counted from 0, that has the statements
  std::uint32_t statements = 0;
  Bytes strings, contexts, ranges;
  Bytes advisories, ids, context_references, range_references;  // the statements, column by column
  std::size_t ranges_at = 0, contexts_at = 0;
};
struct StatementGroup {
  GroupHead head;  // the name is its own, all else may be of the group that has its statements
  Bytes bytes;
  std::uint32_t number = 0;  // of what `bytes` are
};

// A group's statements as numbers.
struct Glance {
  struct Row {
    AdvisoryNumber advisory = 0;
    std::uint32_t cve = 0;  // its key (cve_ids.h), 0 for another id
    std::uint32_t id = 0, context = 0, ranges = 0;
  };
  std::vector<Row> rows;
  std::vector<std::uint32_t> concerned;  // which of them
};

// Const members may be called from many threads at once.
class Database {
 public:
  static Result<Database> open(const std::string& path, Access access = Access::read);
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  // Whether there is any statement on it: dates of its end or offered versions alone don't make it known.
  bool has_namespace(std::string_view name_space) const;
  // Appends every statement on `package`; nothing if there is none, and nothing is appended on an error.
  Result<void> statements(std::string_view name_space, std::string_view package, advisory::KeyKind key_kind,
                          std::vector<Statement>& out) const;

  // The same in three steps, for matching: most packages have hundreds of statements of which none applies to the
  // version that is installed, and only what matters should be taken apart.
  Result<std::optional<StatementGroup>> group(std::string_view name_space, std::string_view package,
                                              advisory::KeyKind key_kind) const;
  // `concerns` is asked about everything in a statement but its advisory and id, and not twice about the same as far as
  // is remembered.
  Result<void> glance(const StatementGroup& group, const std::function<bool(const Statement&)>& concerns,
                      Glance& to) const;
  // The id of one of its rows that is no CVE's, as the upstream writes it.
  static std::string_view other_id(const StatementGroup& group, const Glance::Row& row);
  // Of what was glanced at, appends the statements on some CVEs, and all whose id is not a CVE's.
  Result<void> statements(const StatementGroup& group, const Glance& glance, const CveSet& cves,
                          std::vector<Statement>& out) const;

  // The newest version that a repository of this namespace offers, "" if not known.
  Result<std::string_view> available(std::string_view name_space, std::string_view package,
                                     advisory::KeyKind key_kind) const;
  // A release's dates, nothing if not known.
  std::optional<advisory::EndOfLife> end_of_life(std::string_view name_space) const;

  // The packages of a release that get less security support than it, none if not known.
  std::span<const advisory::PackageSupport> package_support(std::string_view name_space) const;
  // Those of these repositories that are known, each with its products, in the order of their names.
  Result<std::vector<advisory::RepositoryProducts>> repositories(std::span<const std::string> names) const;

  Result<Details> details(AdvisoryNumber advisory) const;
  // The CVEs that an advisory with an id of its own ("DSA-1-1") is about, by its aliases and upstream ("CVE-2031-1",
  // "UBUNTU-CVE-2031-1"); none for an advisory that is a CVE's. Much cheaper than details().
  Result<std::vector<std::string>> flaws(AdvisoryNumber advisory) const;
  // What is said of a CVE itself; nothing if nothing is.
  Result<std::optional<advisory::Enrichment>> enrichment(std::string_view cve) const;
  // What the CVSS vector that speaks for a CVE says of it (cvss::best_vector() of its enrichment), nothing if there is
  // none. Much cheaper than enrichment().
  struct CveRating {
    cvss::Version version = cvss::Version::v3_1;
    double score = 0;
    std::string source;  // "nvd@nist.gov"
  };
  Result<std::optional<CveRating>> rating(std::string_view cve) const;
  // Advisories by id or alias, exact (ids are stored as the upstream writes them; compared ignoring ASCII case).
  Result<std::vector<AdvisoryNumber>> find(std::string_view id) const;
  // All statements of one advisory, with their namespaces.
  struct Placed {
    std::string_view name_space;
    Statement statement;
  };
  Result<std::vector<Placed>> statements_of(AdvisoryNumber advisory) const;
  // Every statement of the namespace, package by package. The views are valid as always.
  Result<void> each_statement(std::string_view name_space, const std::function<void(const Statement&)>& use) const;
  // Advisories with a statement in the namespace, in the byte order of their ids (then of their feeds): the first
  // `limit` after `after` ("" for the first of all). For paging by name, so that a page token outlives the database.
  struct Named {
    AdvisoryNumber number = 0;
    std::string id;
  };
  Result<std::vector<Named>> in_order(std::string_view name_space, std::string_view after, std::size_t limit) const;
  // Package names of a namespace that contain `text`, sorted; for `db search`.
  Result<std::vector<std::string_view>> search(std::string_view name_space, std::string_view text) const;

  const Info& info() const;
  // Reads every byte and checks every checksum and every reference.
  Result<void> verify() const;

 private:
  friend class Verifier;    // verify.cc
  friend class Comparison;  // compare.cc
  struct State;
  explicit Database(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace limpid::vulndb

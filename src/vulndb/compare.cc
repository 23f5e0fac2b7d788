// Texts are compared by a fingerprint of each advisory's details, statements field by field, group by group. Advisories
// are matched by (feed, id): their numbers mean nothing outside one file.
#include "vulndb/compare.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <tuple>
#include <unordered_map>

#include "base/cancel.h"
#include "vulndb/state.h"

namespace limpid::vulndb {
namespace {

bool equal(const RangeView& a, const RangeView& b) {
  return a.introduced == b.introduced && a.fixed == b.fixed && a.last_affected == b.last_affected;
}

template <class T, class Same>
bool equal(const List<T>& a, const List<T>& b, const Same& same) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!same(a[i], b[i])) return false;
  return true;
}

bool equal(const Statement& a, const Statement& b) {
  const auto same_text = [](std::string_view x, std::string_view y) { return x == y; };
  const auto same_range = [](const RangeView& x, const RangeView& y) { return equal(x, y); };
  return a.severity == b.severity && a.status == b.status && a.kind == b.kind && a.scheme == b.scheme &&
         equal(a.ranges, b.ranges, same_range) && equal(a.versions, b.versions, same_text) &&
         equal(a.architectures, b.architectures, same_text) && equal(a.products, b.products, same_text) &&
         a.module == b.module;
}

using Key = std::tuple<std::string_view, std::string_view>;  // id, feed: the order of advisories
Key key_of(const Statement& statement) { return {statement.id, statement.feed}; }

}  // namespace

class Comparison {
 public:
  Comparison(const Database& before, const Database& after, const std::atomic<bool>* cancel)
      : before_(before), after_(after), cancel_(cancel) {}

  Result<std::vector<Changed>> run() {
    LIMPID_TRY(compare_texts());
    std::set<std::string_view> names;
    for (const Database* database : {&before_, &after_})
      for (const auto& name_space : database->state_->namespaces) names.insert(name_space->name);
    for (const std::string_view name : names) LIMPID_TRY_WITHIN(compare_namespace(name), {name});
    std::vector<Changed> changed;
    for (auto& [key, one] : changed_) {
      std::ranges::sort(one.packages);
      one.packages.erase(std::ranges::unique(one.packages).begin(), one.packages.end());
      changed.push_back(std::move(one));
    }
    return changed;
  }

 private:
  // One advisory's id and feed, and the hash of its texts.
  struct Print {
    std::string id;
    std::string_view feed;
    std::uint64_t hash = 0;

    Key key() const { return {id, feed}; }
  };
  // A block, with the hashes of its texts.
  struct Block {
    Database::State::TextBlock texts;
    std::vector<std::uint64_t> hashes;
    AdvisoryNumber hashed = ~0U;  // the first of the block that they are of
  };
  static Result<Print> print_of(const Database& database, AdvisoryNumber number, Block& kept) {
    LIMPID_ASSIGN(const Bytes bytes, database.state_->text_of(number, kept.texts));
    if (kept.hashed != kept.texts.first) {
      kept.hashes.clear();
      for (const std::string_view text : kept.texts.texts)
        kept.hashes.push_back(format::checksum(base::as_bytes(text), 0));
      kept.hashed = kept.texts.first;
    }
    format::Decoder in(bytes);
    const std::uint64_t feed = in.varint();
    const DetailsPrint details = print_details(in, kept.texts.texts, kept.hashes);
    const std::vector<std::string_view>& feeds = database.state_->feeds.names;
    if (!in.ok() || feed >= feeds.size()) return fail(Code::invalid, {"advisory ", number, ": damaged details"});
    return Print{.id = std::string(details.id), .feed = feeds[feed], .hash = details.hash};
  }

  // Finds the advisories that are in both with other texts. Those in one only have statements that tell of them.
  Result<void> compare_texts() {
    AdvisoryNumber a = 0, b = 0;
    const AdvisoryNumber a_end = before_.state_->feeds.advisories, b_end = after_.state_->feeds.advisories;
    Print a_print, b_print;
    Block a_block, b_block;
    bool a_read = false, b_read = false;
    while (a < a_end && b < b_end) {
      LIMPID_TRY(base::check_cancelled(cancel_));
      if (!a_read) {
        LIMPID_ASSIGN(a_print, print_of(before_, a, a_block));
      }
      if (!b_read) {
        LIMPID_ASSIGN(b_print, print_of(after_, b, b_block));
      }
      a_read = b_read = true;
      const auto order = a_print.key() <=> b_print.key();
      if (order == 0 && a_print.hash != b_print.hash) LIMPID_TRY(texts_changed(b_print, b, b_block));
      if (order <= 0) ++a, a_read = false;
      if (order >= 0) ++b, b_read = false;
    }
    return {};
  }

  Result<void> texts_changed(const Print& print, AdvisoryNumber number, Block& block) {
    Database::State& state = *after_.state_;
    std::vector<std::uint32_t> places;
    LIMPID_TRY(state.details(number, &places, block.texts));
    for (const std::uint32_t place : places) {
      const Namespace& name_space = *state.namespace_of_group(place);
      LIMPID_ASSIGN(const GroupHead head, head_of(state, name_space.groups, place - name_space.groups.first));
      note(name_space.name, print.key(), head.package);
    }
    return {};
  }

  static Result<GroupHead> head_of(Database::State& state, const Table& table, std::uint32_t index) {
    LIMPID_ASSIGN(const Bytes entries, state.table(table));
    LIMPID_ASSIGN(const Bytes group, state.record(table, entries, index));
    return read_group_head(group, table.first + index);
  }

  Result<void> compare_namespace(std::string_view name) {
    std::vector<Statement> old, now;
    const auto compare_package = [&](const GroupHead& head, bool only_new) -> Result<void> {
      old.clear();
      now.clear();
      LIMPID_TRY(before_.statements(name, head.package, head.key_kind, old));
      if (only_new && !old.empty()) return {};
      LIMPID_TRY(after_.statements(name, head.package, head.key_kind, now));
      compare_groups(name, head.package, old, now);
      return {};
    };
    const auto all = [&](const GroupHead& head) { return compare_package(head, false); };
    const auto new_ones = [&](const GroupHead& head) { return compare_package(head, true); };
    LIMPID_TRY(for_each_group(before_, name, all));
    LIMPID_TRY(for_each_group(after_, name, new_ones));
    return compare_severities(name);
  }

  // A report shows an advisory with the highest severity that it has anywhere in the namespace: where that may be
  // another one now, all its packages are concerned.
  Result<void> compare_severities(std::string_view name) {
    if (doubtful_.empty()) return {};
    for (const bool is_new : {false, true}) {
      std::unordered_map<AdvisoryNumber, Doubtful*> known;
      LIMPID_TRY((is_new ? after_ : before_).each_statement(name, [&](const Statement& statement) {
        const auto [at, is_first] = known.try_emplace(statement.advisory, nullptr);
        if (is_first) {
          const auto found = doubtful_.find(key_of(statement));
          if (found != doubtful_.end()) at->second = &found->second;
        }
        if (at->second == nullptr) return;
        (is_new ? at->second->now : at->second->before).insert(statement.severity);
        at->second->packages.insert(statement.package);
      }));
    }
    for (const auto& [key, one] : doubtful_) {
      if (one.before == one.now) continue;
      for (const std::string_view package : one.packages) note(name, key, package);
    }
    doubtful_.clear();
    return {};
  }

  template <class Use>
  Result<void> for_each_group(const Database& database, std::string_view name, const Use& use) {
    const Namespace* found = database.state_->find_namespace(name);
    if (found == nullptr || found->groups.count == 0) return {};
    const Table& table = found->groups;
    for (std::uint32_t i = 0; i < table.count; ++i) {
      LIMPID_TRY(base::check_cancelled(cancel_));
      LIMPID_ASSIGN(const GroupHead head, head_of(*database.state_, table, i));
      LIMPID_TRY(use(head));
    }
    return {};
  }

  // Both in the order of their keys; one key may have several statements (by scheme or architecture).
  void compare_groups(std::string_view name, std::string_view package, const std::vector<Statement>& old,
                      const std::vector<Statement>& now) {
    std::size_t a = 0, b = 0;
    while (a < old.size() || b < now.size()) {
      const Key key =
          b == now.size() || (a < old.size() && key_of(old[a]) <= key_of(now[b])) ? key_of(old[a]) : key_of(now[b]);
      const std::size_t a_begin = a, b_begin = b;
      while (a < old.size() && key_of(old[a]) == key) ++a;
      while (b < now.size() && key_of(now[b]) == key) ++b;
      bool same = a - a_begin == b - b_begin;
      for (std::size_t i = 0; same && i < a - a_begin; ++i) same = equal(old[a_begin + i], now[b_begin + i]);
      if (same) continue;
      note(name, key, package);
      if (words_of(std::span(old).subspan(a_begin, a - a_begin)) !=
          words_of(std::span(now).subspan(b_begin, b - b_begin)))
        doubtful_.try_emplace(key);
    }
  }

  void note(std::string_view name, const Key& key, std::string_view package) {
    Changed& changed = changed_[{std::string(name), std::string(std::get<1>(key)), std::string(std::get<0>(key))}];
    changed.name_space = name;
    changed.feed = std::get<1>(key);
    changed.id = std::get<0>(key);
    changed.packages.emplace_back(package);
  }

  // The words for the severity of an advisory's statements in the namespace that is being compared, and their packages.
  struct Doubtful {
    std::set<std::string_view> before, now, packages;
  };
  static std::set<std::string_view> words_of(std::span<const Statement> statements) {
    std::set<std::string_view> words;
    for (const Statement& statement : statements) words.insert(statement.severity);
    return words;
  }

  const Database& before_;
  const Database& after_;
  const std::atomic<bool>* cancel_;
  std::map<Key, Doubtful> doubtful_;
  std::map<std::tuple<std::string, std::string, std::string>, Changed> changed_;
};

Result<std::vector<Changed>> compare(const Database& before, const Database& after, const std::atomic<bool>* cancel) {
  Comparison comparison(before, after, cancel);
  return comparison.run();
}

}  // namespace limpid::vulndb

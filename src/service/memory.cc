#include "service/memory.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "service/v1/codec.h"

namespace limpid::service {
namespace {

// Nothing if this program cannot read the document: a newer one may have written it. Trying again would not help.
std::optional<v1::Overlay::Entry> entry_of(const store::CustomAdvisory& row) {
  v1::Overlay::Entry entry;
  entry.deleted = row.deleted;
  entry.revision = row.revision;
  if (!row.deleted) {
    auto parsed = v1::parse_stored(row.document);
    if (!parsed) {
      base::log(base::LogLevel::error, "a custom vulnerability cannot be read and is left out",
                {{"namespace", row.name_space}, {"name", row.name}, {"error", parsed.error().describe()}});
      return std::nullopt;
    }
    entry.vulnerability = *std::move(parsed);
  }
  entry.vulnerability.name_space = row.name_space;
  entry.vulnerability.name = row.name;
  return entry;
}

const v1::Written* aside_of(const store::Change& change) {
  if (change.written == nullptr) return nullptr;
  return static_cast<const v1::Written*>(change.written->aside.get());
}

}  // namespace

Result<void> Memory::begin(store::Store& store, std::function<void()> database_changed) {
  const std::lock_guard lock(mutex_);
  store_ = &store;
  database_changed_ = std::move(database_changed);
  return read_all();
}

void Memory::end() {
  const std::lock_guard lock(mutex_);
  store_ = nullptr;
}

Result<void> Memory::changed(const store::Change& change) {
  const std::lock_guard lock(mutex_);
  if (store_ == nullptr) return {};  // begin() will read it
  switch (change.kind) {
    case store::Change::Kind::advisory:
      return take(change);
    case store::Change::Kind::layers:
      cache_.layers_changed();
      break;
    case store::Change::Kind::database:
      database_changed_();
      break;
  }
  return {};
}

Result<void> Memory::reload() {
  const std::lock_guard lock(mutex_);
  if (store_ == nullptr) return {};
  base::log(base::LogLevel::warn, "changes were missed, reading all custom advisories again");
  LIMPID_TRY(read_all());
  cache_.clear();
  database_changed_();
  return {};
}

void Memory::connected(bool yes) {
  base::log(yes ? base::LogLevel::info : base::LogLevel::warn, "changes of other nodes",
            {{"arrive", yes ? "yes" : "no"}});
  cache_.trust(yes);
}

Result<void> Memory::read_all() {
  v1::Overlay fresh;
  LIMPID_TRY(store_->all_advisories([&](store::CustomAdvisory&& row) {
    if (auto entry = entry_of(row)) fresh.put(*std::move(entry));
  }));
  catalogue_.overlay().replace(std::move(fresh));
  return {};
}

// How the advisory that was changed is now; nothing if it is gone.
Result<std::optional<v1::Overlay::Entry>> Memory::now_of(const store::Change& change) {
  if (change.removed) return std::nullopt;
  if (change.written != nullptr) {
    std::optional<v1::Overlay::Entry> entry;
    if (const v1::Written* known = aside_of(change)) {
      entry.emplace(false, change.number, known->vulnerability, "");
    } else if ((entry = entry_of(*change.written))) {
      entry->revision = change.number;
    }
    return entry;
  }
  LIMPID_ASSIGN(const std::optional<store::CustomAdvisory> row, store_->advisory(change.name_space, change.name));
  if (!row) return std::nullopt;
  return entry_of(*row);
}

Result<void> Memory::take(const store::Change& change) {
  LIMPID_ASSIGN(std::optional<v1::Overlay::Entry> now, now_of(change));
  std::set<std::pair<std::string, std::string>> packages;
  const auto note = [&](const v1::Vulnerability& vulnerability) {
    for (const v1::Affects& affects : vulnerability.affects) packages.emplace(change.name_space, affects.package);
  };
  if (const auto before = catalogue_.overlay().find(change.name_space, change.name)) note(before->vulnerability);
  bool are_known = true;
  const auto compiled = catalogue_.compiled();
  if (const v1::Written* known = aside_of(change); known != nullptr && known->compiled == compiled) {
    if (known->underneath) note(*known->underneath);
  } else if (compiled != nullptr) {
    const auto underneath = compiled->find(change.name_space, change.name);
    if (underneath && *underneath) note(**underneath);
    are_known = underneath.has_value();
  }
  if (now) {
    note(now->vulnerability);
    catalogue_.overlay().put(*std::move(now));
  } else {
    catalogue_.overlay().forget(change.name_space, change.name);
  }
  if (are_known) {
    const std::vector<std::pair<std::string, std::string>> list(packages.begin(), packages.end());
    cache_.packages_changed(list);
  } else {
    cache_.clear();
  }
  return {};
}

}  // namespace limpid::service

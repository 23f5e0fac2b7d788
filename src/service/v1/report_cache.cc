#include "service/v1/report_cache.h"

#include <algorithm>

#include "base/text.h"

namespace limpid::service::v1 {
namespace {

std::uint64_t size_of(const std::vector<store::HeldFeature>& features) {
  std::uint64_t bytes = 0;
  for (const store::HeldFeature& held : features)
    bytes += sizeof(held) + held.feature.name_space.size() + held.feature.name.size() + held.feature.version.size() +
             held.feature.origin.size() + held.feature.module.size() + held.added_by.size();
  return bytes;
}

// A package of a namespace, as a key: '\n' stands in neither.
std::string package_key(std::string_view name_space, std::string_view package) {
  return base::cat({name_space, "\n", package});
}

// What an entry of the two indexes costs besides, measured roughly: nodes and their texts.
constexpr std::uint64_t kEntryOverhead = 512, kDependentOverhead = 160;

}  // namespace

http::ReadyPointer ReportCache::find(std::string_view name, Part part, bool gzip) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  if (trusted_ && found != entries_.end() && found->second.layers_moment == layers_moment_) {
    if (http::ReadyPointer answer = found->second.answers[static_cast<std::size_t>(part)][gzip ? 1 : 0]) {
      recent_.splice(recent_.begin(), recent_, found->second.recent);
      hits_.fetch_add(1, std::memory_order_relaxed);
      return answer;
    }
  }
  misses_.fetch_add(1, std::memory_order_relaxed);
  return nullptr;
}

std::shared_ptr<const ReportCache::Known> ReportCache::known(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return nullptr;
  auto known = std::make_shared<Known>(*found->second.known);
  known->certain = trusted_ && found->second.layers_moment == layers_moment_;
  return known;
}

void ReportCache::confirm(std::string_view name, store::LayerId id) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return;
  if (found->second.known->layer.id != id) return drop(found);
  if (trusted_) found->second.layers_moment = layers_moment_;
}

bool ReportCache::changed_since(std::uint64_t moment, const std::vector<store::HeldFeature>* features) const {
  if (changes_.load(std::memory_order_acquire) == moment) return false;
  if (everything_moment_ > moment || layers_moment_ > moment) return true;
  if (features == nullptr) return false;
  // Of a change that is remembered in part the rest is forgotten.
  if (recent_changes_.size() == kRemembered && recent_changes_.front().first > moment) return true;
  Names changed;
  for (auto at = recent_changes_.rbegin(); at != recent_changes_.rend() && at->first > moment; ++at)
    changed.insert(at->second);
  if (changed.empty()) return false;
  return std::ranges::any_of(*features, [&](const store::HeldFeature& held) {
    return changed.contains(package_key(held.feature.name_space, held.feature.name)) ||
           (!held.feature.origin.empty() &&
            changed.contains(package_key(held.feature.name_space, held.feature.origin)));
  });
}

ReportCache::Entry& ReportCache::entry_of(const Known& known) {
  const auto there = entries_.find(known.layer.name);
  // Another layer by the same name: nothing that was known of the first holds.
  if (there != entries_.end() &&
      (there->second.known->layer.id != known.layer.id || there->second.known->layer.engine != known.layer.engine))
    drop(there);
  auto [found, made] = entries_.try_emplace(known.layer.name);
  Entry& entry = found->second;
  if (made) {
    recent_.push_front(known.layer.name);
    entry.recent = recent_.begin();
    entry.bytes = kEntryOverhead + 3 * known.layer.name.size();
    bytes_ += entry.bytes;
  }
  if (entry.known == nullptr || entry.known->features == nullptr) {
    entry.known = std::make_shared<Known>(known);
    const std::uint64_t features = known.features == nullptr ? 0 : size_of(*known.features);
    entry.bytes += features;
    bytes_ += features;
  }
  entry.layers_moment = layers_moment_;
  return entry;
}

void ReportCache::remember(const Known& known, std::uint64_t moment) {
  const std::lock_guard lock(mutex_);
  if (!trusted_ || changed_since(moment, nullptr)) return;
  Entry& entry = entry_of(known);
  entry.known->is_asked_for = entry.known->is_asked_for || known.is_asked_for;
  shrink();
}

void ReportCache::put(const Known& known, Part part, bool gzip, http::ReadyPointer answer, std::uint64_t moment) {
  const std::uint64_t bytes = answer->head.size() + answer->body.capacity();
  if (bytes > bytes_max_ / 4) return;  // one answer must not push out all others
  const std::lock_guard lock(mutex_);
  if (!trusted_) return;
  if (changed_since(moment, part == Part::vulnerabilities ? known.features.get() : nullptr)) return;
  Entry& entry = entry_of(known);
  http::ReadyPointer& place = entry.answers[static_cast<std::size_t>(part)][gzip ? 1 : 0];
  const std::uint64_t replaced = place == nullptr ? 0 : place->head.size() + place->body.capacity();
  place = std::move(answer);
  entry.bytes += bytes - replaced;
  bytes_ += bytes - replaced;
  if (part == Part::vulnerabilities && !entry.dependent) add_dependent(entry);
  shrink();
}

void ReportCache::add_dependent(Entry& entry) {
  entry.dependent = true;
  for (const store::HeldFeature& held : *entry.known->features) {
    dependents_[package_key(held.feature.name_space, held.feature.name)].insert(entry.known->layer.name);
    if (!held.feature.origin.empty())
      dependents_[package_key(held.feature.name_space, held.feature.origin)].insert(entry.known->layer.name);
  }
  const std::uint64_t bytes = kDependentOverhead * entry.known->features->size();
  entry.bytes += bytes;
  bytes_ += bytes;
}

void ReportCache::remove_dependent(const std::string& name, Entry& entry) {
  if (!entry.dependent) return;
  entry.dependent = false;
  const auto remove = [&](const std::string& key) {
    const auto found = dependents_.find(key);
    if (found == dependents_.end()) return;
    found->second.erase(name);
    if (found->second.empty()) dependents_.erase(found);
  };
  for (const store::HeldFeature& held : *entry.known->features) {
    remove(package_key(held.feature.name_space, held.feature.name));
    if (!held.feature.origin.empty()) remove(package_key(held.feature.name_space, held.feature.origin));
  }
  const std::uint64_t bytes = kDependentOverhead * entry.known->features->size();
  entry.bytes -= bytes;
  bytes_ -= bytes;
}

void ReportCache::drop(Entries::iterator entry) {
  remove_dependent(entry->first, entry->second);
  bytes_ -= entry->second.bytes;
  recent_.erase(entry->second.recent);
  entries_.erase(entry);
}

void ReportCache::shrink() {
  while (bytes_ > bytes_max_ && !recent_.empty()) drop(entries_.find(recent_.back()));
}

void ReportCache::packages_changed(std::span<const std::pair<std::string, std::string>> packages) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t moment = changes_.fetch_add(1, std::memory_order_acq_rel) + 1;
  for (const auto& [name_space, package] : packages) {
    const std::string key = package_key(name_space, package);
    if (recent_changes_.size() == kRemembered) recent_changes_.pop_front();
    recent_changes_.emplace_back(moment, key);
    const auto dependents = dependents_.find(key);
    if (dependents == dependents_.end()) continue;
    const std::vector<std::string> names(dependents->second.begin(), dependents->second.end());
    for (const std::string& name : names) {
      Entry& entry = entries_.find(name)->second;
      remove_dependent(name, entry);
      for (http::ReadyPointer& answer : entry.answers[static_cast<std::size_t>(Part::vulnerabilities)]) {
        if (answer == nullptr) continue;
        const std::uint64_t bytes = answer->head.size() + answer->body.capacity();
        entry.bytes -= bytes;
        bytes_ -= bytes;
        answer = nullptr;
      }
    }
  }
}

void ReportCache::layers_changed() {
  const std::lock_guard lock(mutex_);
  layers_moment_ = changes_.fetch_add(1, std::memory_order_acq_rel) + 1;
}

void ReportCache::clear() {
  const std::lock_guard lock(mutex_);
  everything_moment_ = changes_.fetch_add(1, std::memory_order_acq_rel) + 1;
  entries_.clear();
  recent_.clear();
  dependents_.clear();
  recent_changes_.clear();
  bytes_ = 0;
}

void ReportCache::trust(bool yes) {
  if (!yes) clear();
  const std::lock_guard lock(mutex_);
  if (yes && !trusted_) everything_moment_ = changes_.fetch_add(1, std::memory_order_acq_rel) + 1;
  trusted_ = yes;
}

std::uint64_t ReportCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace limpid::service::v1

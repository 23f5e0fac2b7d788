#include "service/v1/overlay.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/text.h"
#include "service/v1/codec.h"

namespace limpid::service::v1 {

std::string package_key(std::string_view name_space, std::string_view package) {
  return base::cat({name_space, "\n", package});
}

void Overlay::remove(const Entry& entry) {
  for (const Affects& affects : entry.vulnerability.affects) {
    const auto found = packages_.find(package_key(entry.vulnerability.name_space, affects.package));
    if (found == packages_.end()) continue;
    std::erase_if(found->second, [&](const EntryPointer& one) { return one.get() == &entry; });
    if (found->second.empty()) packages_.erase(found);
  }
}

void Overlay::put(Entry entry) {
  if (!entry.deleted) {
    append_vulnerability(entry.fragment, entry.vulnerability, false);
    entry.fragment.pop_back();
  }
  const auto made = std::make_shared<const Entry>(std::move(entry));
  const Vulnerability& vulnerability = made->vulnerability;
  const std::lock_guard lock(mutex_);
  EntryPointer& place = entries_[vulnerability.name_space][vulnerability.name];
  if (place != nullptr && place->revision > made->revision) return;
  if (place != nullptr) remove(*place);
  if (place == nullptr) ++size_;
  place = made;
  for (const Affects& affects : vulnerability.affects) {
    std::vector<EntryPointer>& of_package = packages_[package_key(vulnerability.name_space, affects.package)];
    if (std::ranges::find(of_package, made) == of_package.end()) of_package.push_back(made);
  }
}

void Overlay::forget(std::string_view name_space, std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto names = entries_.find(name_space);
  if (names == entries_.end()) return;
  const auto found = names->second.find(name);
  if (found == names->second.end()) return;
  remove(*found->second);
  names->second.erase(found);
  if (names->second.empty()) entries_.erase(names);
  --size_;
}

void Overlay::replace(Overlay&& other) {
  const std::lock_guard lock(mutex_);
  entries_.swap(other.entries_);
  packages_.swap(other.packages_);
  std::swap(size_, other.size_);
}

Overlay::EntryPointer Overlay::find(std::string_view name_space, std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto names = entries_.find(name_space);
  if (names == entries_.end()) return nullptr;
  const auto found = names->second.find(name);
  return found == names->second.end() ? nullptr : found->second;
}

std::vector<Overlay::EntryPointer> Overlay::list(std::string_view name_space, std::string_view after,
                                                 std::size_t limit) const {
  std::vector<EntryPointer> listed;
  const std::shared_lock lock(mutex_);
  const auto names = entries_.find(name_space);
  if (names == entries_.end()) return listed;
  for (auto at = after.empty() ? names->second.begin() : names->second.upper_bound(after);
       at != names->second.end() && listed.size() < limit; ++at)
    if (!at->second->deleted) listed.push_back(at->second);
  return listed;
}

std::size_t Overlay::size() const {
  const std::shared_lock lock(mutex_);
  return size_;
}

bool Overlay::View::has_any(std::string_view name_space) const { return overlay_.entries_.contains(name_space); }

bool Overlay::View::shadows(std::string_view name_space, std::string_view name) const {
  if (overlay_.size_ == 0) return false;
  const auto names = overlay_.entries_.find(name_space);
  return names != overlay_.entries_.end() && names->second.contains(name);
}

const std::vector<Overlay::EntryPointer>* Overlay::View::of_package(std::string_view name_space,
                                                                    std::string_view package) const {
  if (overlay_.packages_.empty()) return nullptr;
  const auto found = overlay_.packages_.find(package_key(name_space, package));
  return found == overlay_.packages_.end() ? nullptr : &found->second;
}

}  // namespace limpid::service::v1

#include "service/v1/overlay.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "service/v1/codec.h"

namespace limpid::service::v1 {

void Overlay::Space::remove(const Entry& entry) {
  for (const Affects& affects : entry.vulnerability.affects) {
    const auto found = packages_.find(affects.package);
    if (found == packages_.end()) continue;
    std::erase_if(found->second, [&](const EntryPointer& one) { return one.get() == &entry; });
    if (found->second.empty()) packages_.erase(found);
  }
}

const std::vector<Overlay::EntryPointer>* Overlay::Space::of_package(std::string_view package) const {
  const auto found = packages_.find(package);
  return found == packages_.end() ? nullptr : &found->second;
}

void Overlay::put(Entry entry) {
  if (!entry.deleted) {
    append_vulnerability(entry.fragment, entry.vulnerability, false);
    entry.fragment.pop_back();
  }
  const auto made = std::make_shared<const Entry>(std::move(entry));
  const Vulnerability& vulnerability = made->vulnerability;
  const std::lock_guard lock(mutex_);
  Space& space = spaces_[vulnerability.name_space];
  EntryPointer& place = space.names_[vulnerability.name];
  if (place != nullptr && place->revision > made->revision) return;
  if (place != nullptr) space.remove(*place);
  if (place == nullptr) ++size_;
  place = made;
  for (const Affects& affects : vulnerability.affects) {
    std::vector<EntryPointer>& of_package = space.packages_[affects.package];
    if (std::ranges::find(of_package, made) == of_package.end()) of_package.push_back(made);
  }
}

void Overlay::forget(std::string_view name_space, std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto space = spaces_.find(name_space);
  if (space == spaces_.end()) return;
  const auto found = space->second.names_.find(name);
  if (found == space->second.names_.end()) return;
  space->second.remove(*found->second);
  space->second.names_.erase(found);
  if (space->second.names_.empty()) spaces_.erase(space);
  --size_;
}

void Overlay::replace(Overlay&& other) {
  const std::lock_guard lock(mutex_);
  spaces_.swap(other.spaces_);
  std::swap(size_, other.size_);
}

Overlay::EntryPointer Overlay::find(std::string_view name_space, std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto space = spaces_.find(name_space);
  if (space == spaces_.end()) return nullptr;
  const auto found = space->second.names_.find(name);
  return found == space->second.names_.end() ? nullptr : found->second;
}

std::vector<Overlay::EntryPointer> Overlay::list(std::string_view name_space, std::string_view after,
                                                 std::size_t limit) const {
  std::vector<EntryPointer> listed;
  const std::shared_lock lock(mutex_);
  const auto space = spaces_.find(name_space);
  if (space == spaces_.end()) return listed;
  const auto& names = space->second.names_;
  for (auto at = after.empty() ? names.begin() : names.upper_bound(after); at != names.end() && listed.size() < limit;
       ++at)
    if (!at->second->deleted) listed.push_back(at->second);
  return listed;
}

std::size_t Overlay::size() const {
  const std::shared_lock lock(mutex_);
  return size_;
}

const Overlay::Space* Overlay::View::space(std::string_view name) const {
  const auto found = overlay_.spaces_.find(name);
  return found == overlay_.spaces_.end() ? nullptr : &found->second;
}

}  // namespace limpid::service::v1

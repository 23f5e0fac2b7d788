// Applying layers to the view of an image (view.h).
// https://github.com/opencontainers/image-spec/blob/main/layer.md (Applying Changesets)
#include "inventory/view.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <unordered_map>

#include "base/keyed_hash.h"
#include "base/text.h"

namespace limpid::inventory {
namespace {

std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}
std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// What makes a package the same one in two states of its database.
std::string identity(const Package& package) {
  const char nul = '\0';
  return base::cat({package.detector, nul, package.name, nul, package.arch, nul, package.version});
}

}  // namespace

bool PathLess::operator()(std::string_view a, std::string_view b) const {
  const std::size_t common = std::min(a.size(), b.size());
  std::size_t at = 0;
  while (at + 8 <= common && std::memcmp(a.data() + at, b.data() + at, 8) == 0) at += 8;
  while (at < common && a[at] == b[at]) ++at;
  if (at == common) return a.size() < b.size();
  if (a[at] == '/' || b[at] == '/') return a[at] == '/';
  return static_cast<unsigned char>(a[at]) < static_cast<unsigned char>(b[at]);
}

const Node* View::find(std::string_view path) const {
  const auto node = nodes_.find(path);
  return node == nodes_.end() ? nullptr : &node->second;
}

std::optional<std::string> View::resolve(std::string_view path) const {
  std::string real, pending(path), next;
  std::string_view rest = pending;
  int hops = 0;
  while (!rest.empty()) {
    const auto component = base::take_until(rest, '/');
    if (component.empty() || component == ".") continue;
    if (component == "..") {
      real.resize(parent_of(real).size());
      continue;
    }
    const std::size_t length = real.size();
    if (!real.empty()) real.push_back('/');
    real.append(component);
    const std::uint64_t cost = 1 + real.size() / 64;
    if (steps_ < cost) {
      steps_ = 0;
      return std::nullopt;
    }
    steps_ -= cost;
    const Node* node = find(real);
    if (node == nullptr || node->what != Node::What::symlink) continue;
    if (++hops > kHopsMax) return std::nullopt;
    const std::string& target = node->link->target;
    real.resize(target.starts_with('/') ? 0 : length);
    next.assign(target).append(1, '/').append(rest);
    pending.swap(next);
    rest = pending;
  }
  return real;
}

// Where an entry of the layer lands: its directory through the links that stand there, its own name as it is. An
// explicit directory entry has already taken the place of a link.
std::string View::place(std::string_view raw) {
  const auto parent = parent_of(raw);
  if (!parent_known_ || parent_ != parent) {
    parent_ = parent;
    real_parent_ = resolve(parent).value_or(parent_);
    parent_known_ = true;
  }
  return real_parent_.empty() ? std::string(name_of(raw)) : base::cat({real_parent_, '/', name_of(raw)});
}

// Remembers the packages of a node that goes away, until the end of this layer.
void View::forget(const std::string& path, Node& node) {
  if (!node.introduced.empty()) {
    erased_.insert_or_assign(path, Erased{std::move(node.evidence), std::move(node.introduced)});
  }
  if (node.what == Node::What::symlink) parent_known_ = false;
}

// As of the map. A layer's lists are sorted, so that the answer is mostly beside the one before.
View::Nodes::iterator View::lower_bound(std::string_view path) {
  const PathLess less;
  auto next = near_ == nodes_.end() ? near_ : std::next(near_);
  for (const auto& candidate : {near_, next}) {
    if ((candidate == nodes_.end() || !less(candidate->first, path)) &&
        (candidate == nodes_.begin() || less(std::prev(candidate)->first, path))) {
      return candidate;
    }
  }
  return nodes_.lower_bound(path);
}

View::Nodes::iterator View::erase(const std::string& path) {
  const auto below = [&](std::string_view other) {
    return path.empty() || (other.size() > path.size() && other[path.size()] == '/' && other.starts_with(path));
  };
  auto node = path.empty() ? nodes_.begin() : lower_bound(path);
  if (node != nodes_.end() && node->first == path) {
    forget(node->first, node->second);
    node = nodes_.erase(node);
  }
  while (node != nodes_.end() && below(node->first)) {
    forget(node->first, node->second);
    node = nodes_.erase(node);
  }
  near_ = node;
  return node;
}

// A file or link replaces whatever stood at its place, a tree too.
Node& View::put(const std::string& path, Node::What what, std::uint32_t index) {
  near_ = nodes_.try_emplace(erase(path), path);
  Node& node = near_->second;
  node.what = what;
  node.layer = index;
  return node;
}

// A package that the state before held too was introduced by whoever introduced it then.
void View::put_evidence(std::span<const Evidence> group, std::uint32_t index) {
  const std::string path = place(group.front().path);
  Node& node = put(path, Node::What::file, index);
  std::unordered_map<std::string, std::uint32_t, base::KeyedHash, std::equal_to<>> before;
  if (const auto erased = erased_.find(path); erased != erased_.end()) {
    auto introduced = erased->second.introduced.begin();
    for (const Evidence* evidence : erased->second.evidence) {
      for (const Package& package : evidence->packages) before.try_emplace(identity(package), *introduced++);
    }
    erased_.erase(erased);
  }
  for (const Evidence& evidence : group) {
    node.evidence.push_back(&evidence);
    for (const Package& package : evidence.packages) {
      std::uint32_t layer = index;
      if (!before.empty()) {
        if (const auto found = before.find(identity(package)); found != before.end()) layer = found->second;
      }
      node.introduced.push_back(layer);
    }
  }
  removed_.erase(path);
}

void View::note_removed(std::uint32_t index) {
  for (const auto& [path, erased] : erased_) {
    const bool packages = std::ranges::any_of(erased.evidence, [](const Evidence* one) {
      return std::ranges::any_of(one->packages, [](const Package& p) { return p.kind == PackageKind::binary; });
    });
    if (packages) removed_[path] = {index, erased.introduced.size()};
  }
  erased_.clear();
}

void View::apply(const LayerInventory& layer, std::uint32_t index) {
  // First what the layer takes away from those below, then what it brings: the order in its tar does not matter.
  parent_known_ = false;
  // A path that leads through a link takes nothing away: where layers are overlaid, a directory hides the link there.
  for (const auto* paths : {&layer.opaque, &layer.whiteouts})
    for (const std::string& path : *paths)
      if (path.empty() || place(path) == path) erase(path);
  for (const std::string& directory : layer.directories) {  // sorted: parents come first
    const auto node = nodes_.find(place(directory));
    if (node == nodes_.end()) continue;
    forget(node->first, node->second);
    near_ = nodes_.erase(node);
  }
  for (const Link& link : layer.symlinks) {
    put(place(link.path), Node::What::symlink, index).link = &link;
    parent_known_ = parent_known_ && !base::cat({parent_, '/'}).starts_with(base::cat({link.path, '/'}));
  }
  parent_known_ = false;
  for (const std::string& file : layer.files) put(place(file), Node::What::file, index);
  for (const Link& link : layer.hard_links) put(place(link.path), Node::What::hard_link, index).link = &link;
  const std::span all(layer.evidence);
  for (std::size_t i = 0; i < all.size();) {
    std::size_t end = i + 1;
    while (end < all.size() && all[end].path == all[i].path && all[end].read_from == all[i].read_from) ++end;
    if (all[i].read_from.empty()) put_evidence(all.subspan(i, end - i), index);
    i = end;
  }
  for (const Skipped& skipped : layer.skipped) {
    if (skipped.path.empty()) continue;
    Node& node = nodes_[place(skipped.path)];
    if (node.skipped.empty()) node.layer = index;
    node.skipped.push_back(&skipped);
  }
  note_removed(index);
}

}  // namespace limpid::inventory

// What an image's files of interest look like after so many layers: the state of a merge (merge.cc). Private to the
// room.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inventory/types.h"

namespace limpid::inventory {

inline constexpr int kHopsMax = 40;  // symbolic links followed on the way to one file, as in Linux

// What stands at a real path. Directories have no node.
struct Node {
  enum class What : std::uint8_t { file, symlink, hard_link, note };
  What what = What::note;  // note: nothing but `skipped` is known of it
  std::uint32_t layer = 0;
  const Link* link = nullptr;
  std::vector<const Evidence*> evidence;  // of one file, by different detectors
  std::vector<std::uint32_t> introduced;  // per package of `evidence`, in order
  std::vector<const Skipped*> skipped;
};

// The slash before every other byte: what stands below a path follows it directly, and a tree is one range.
struct PathLess {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};

// A package database that a layer took away.
struct Removed {
  std::uint32_t layer = 0;
  std::size_t packages = 0;
};

class View {
 public:
  View() = default;
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  using Nodes = std::map<std::string, Node, PathLess>;

  // The next layer, upwards. `layer` must outlive the view.
  void apply(const LayerInventory& layer, std::uint32_t index);

  const Nodes& nodes() const { return nodes_; }
  const std::map<std::string, Removed, std::less<>>& removed() const { return removed_; }
  const Node* find(std::string_view path) const;
  // The real path of `path`, through symbolic links and never above the root; nothing where there are too many.
  std::optional<std::string> resolve(std::string_view path) const;
  // Whether the work that links may cause was cut short: the paths may then be those written, not the real ones.
  bool exhausted() const { return steps_ == 0; }

 private:
  struct Erased {
    std::vector<const Evidence*> evidence;
    std::vector<std::uint32_t> introduced;
  };

  std::string place(std::string_view raw);
  // Takes what stands at `path` and below it away, and returns where `path` would stand.
  Nodes::iterator erase(const std::string& path);
  void forget(const std::string& path, Node& node);
  Nodes::iterator lower_bound(std::string_view path);
  Node& put(const std::string& path, Node::What what, std::uint32_t index);
  void put_evidence(std::span<const Evidence> group, std::uint32_t index);
  void note_removed(std::uint32_t index);

  Nodes nodes_;
  Nodes::iterator near_ = nodes_.end();  // where the last node was put or taken away
  std::map<std::string, Removed, std::less<>> removed_;
  std::map<std::string, Erased, std::less<>> erased_;  // by the layer that is being applied
  std::string parent_, real_parent_;                   // place()'s last answer
  bool parent_known_ = false;
  // A hostile layer can make every look-up long: this many pieces of path are looked at in one merge.
  mutable std::uint64_t steps_ = 5'000'000;
};

}  // namespace limpid::inventory

// From layers to an image (merge.h): the final view of all layers, then packages, distributions and open questions.
#include "inventory/merge.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/keyed_hash.h"
#include "base/text.h"
#include "inventory/detector.h"
#include "inventory/distribution.h"
#include "inventory/matcher.h"
#include "inventory/registered.h"
#include "inventory/release_packages.h"
#include "inventory/rpm_package.h"
#include "inventory/view.h"

namespace limpid::inventory {
namespace {

constexpr std::size_t kUnreadMax = 10'000;
constexpr std::size_t kUnresolvedMax = 1'000;
// Layers that are looked into for what links lead to: a layer of links to nowhere, below a thousand others, could ask
// for any number.
constexpr std::uint64_t kLooksMax = 5'000'000;

// Where package databases stand below a root, longest first where one ends another. What is found elsewhere ("a
// rootfs/lib/dpkg/status") belongs to the root that is left when the last one is taken off.
constexpr std::array<std::string_view, 14> kDatabases = {
    "var/lib/dpkg/status",
    "usr/lib/dpkg-db/status",
    "lib/dpkg/status",
    "usr/lib/apk/db/installed",
    "lib/apk/db/installed",
    "usr/lib/opkg/status",
    "var/lib/opkg/status",
    "lib/opkg/status",
    "var/lib/chisel/manifest.wall",
    "etc/cos-package-info.json",
    "usr/share/bottlerocket/application-inventory.json",
    "var/db/xbps/pkgdb-0.38.plist",
    "snap/manifest.yaml",
    "usr/share/snappy/dpkg.yaml",
};
// Those whose file has one of several names.
constexpr std::array<std::string_view, 5> kDatabaseFolders = {
    "var/lib/dpkg/status.d", "var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm", "var/lib/rpmmanifest",
};
// Those that have files or a folder for each package, and how many names lead from there to a file.
struct Collection {
  std::string_view folder;
  int depth;
};
constexpr std::array<Collection, 4> kCollections = {{
    {"var/lib/pacman/local", 2},
    {"var/db/pkg", 3},
    {"var/lib/pkgtools/packages", 1},
    {"var/log/packages", 1},
}};
constexpr std::array<std::string_view, 2> kOsRelease = {"usr/lib/os-release", "etc/os-release"};

// Takes a suffix off at a component's border.
bool strip_path(std::string_view& path, std::string_view suffix) {
  if (!path.ends_with(suffix)) return false;
  const auto rest = path.substr(0, path.size() - suffix.size());
  if (!rest.empty() && !rest.ends_with('/')) return false;
  path = rest.substr(0, rest.empty() ? 0 : rest.size() - 1);
  return true;
}

std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return path.substr(0, slash == std::string_view::npos ? 0 : slash);
}

// The folder of the collection that has `path` ("rootfs/var/db/pkg"), "" if none has.
std::string_view collection_of(std::string_view path) {
  for (const Collection& known : kCollections) {
    std::string_view folder = path;
    for (int names = 0; names < known.depth; ++names) folder = parent_of(folder);
    std::string_view root = folder;
    if (strip_path(root, known.folder)) return folder;
  }
  return {};
}

// The root whose database stands at `path`; "" is the image's own.
std::string_view root_of_database(std::string_view path) {
  for (const auto known : kDatabases) {
    if (strip_path(path, known)) return path;
  }
  std::string_view directory = parent_of(path);
  for (const auto known : kDatabaseFolders) {
    if (strip_path(directory, known)) return directory;
  }
  directory = collection_of(path);
  for (const Collection& known : kCollections) {
    if (strip_path(directory, known.folder)) return directory;
  }
  return {};
}

// What one file of a package's folder says and the others do not (portage).
void complete(Package& package, Package&& other) {
  if (package.module.empty()) package.module = std::move(other.module);
  if (package.arch.empty()) package.arch = std::move(other.arch);
  if (package.licenses.empty()) package.licenses = std::move(other.licenses);
  if (package.owned.empty()) package.owned = std::move(other.owned);
  if (other.repository == Repository::third_party) package.repository = other.repository;
}

struct Order {
  static auto key(const Package& p) { return std::tie(p.ecosystem, p.name, p.arch, p.version, p.location); }
  bool operator()(const Package* a, const Package* b) const { return key(*a) < key(*b); }
};

// A package is a dozen texts, dear to move: each is moved once, whatever the order was.
void put_in_order(std::vector<Package>& packages) {
  std::vector<Package*> order;
  order.reserve(packages.size());
  for (Package& package : packages) order.push_back(&package);
  if (std::ranges::is_sorted(order, Order{})) return;
  std::ranges::stable_sort(order, Order{});
  std::vector<Package> ordered;
  ordered.reserve(packages.size());
  for (Package* package : order) ordered.push_back(std::move(*package));
  packages = std::move(ordered);
}

// The databases of rpm below one root. An upgrade to another form may leave the old one behind, as it was then.
class Databases {
 public:
  void count(const std::string& path, bool fresh) {
    ++packages_[path];
    if (fresh) ++distinct_;
  }
  bool differ() const {
    return packages_.size() > 1 &&
           std::ranges::any_of(packages_, [&](const auto& one) { return one.second != distinct_; });
  }
  std::vector<std::string> paths() const {
    std::vector<std::string> all;
    for (const auto& [path, count] : packages_) all.push_back(path);
    return all;
  }

 private:
  std::map<std::string, std::size_t> packages_;  // by path
  std::size_t distinct_ = 0;
};

class Merge {
 public:
  explicit Merge(std::span<const LayerInventory* const> layers) : layers_(layers) {}
  ImageInventory run(const MergeOptions& options);

 private:
  // A second reading's answer: by layer, where the bytes stand, and the name that is wanted.
  using Asked = std::tuple<std::uint32_t, std::string_view, std::string_view>;
  enum class Answer : std::uint8_t { nothing, asked, found };
  struct Found {
    Package package;
    std::string root;
  };

  void index_answers();
  void take_files();
  void follow_links();
  void follow_directories(const Detector& detector, const Interest& interest);
  void follow(const std::string& path, bool is_link);
  Answer ask(std::uint32_t layer, const std::string& bytes, const std::string& wanted);
  Answer look_through(std::uint32_t top, const std::string& bytes, const std::string& wanted);
  bool hidden_below(std::uint32_t layer, std::string_view path);
  void take(const std::string& path, std::span<const Evidence* const> evidence,
            std::span<const std::uint32_t> introduced, std::uint32_t layer);
  void take_clue(std::string_view path, const Evidence& evidence);
  void take_repositories(const std::string& path, const Evidence& evidence, std::uint32_t layer);
  void decide(const MergeOptions& options);
  void decide_by_packages();
  void tell_vendors_apart();
  const std::string& root_of(const Found& found) const;
  void finish_packages();
  void collect_skipped();
  void unresolved(const std::string& path, std::uint32_t layer, std::string detail);
  std::string diff_id(std::uint32_t layer) const { return layers_[layer]->diff_id.to_string(); }

  std::span<const LayerInventory* const> layers_;
  View view_;
  ImageInventory image_;
  std::map<Asked, std::vector<const Evidence*>> answers_;
  std::map<std::pair<std::uint32_t, std::string_view>, const Link*> hard_links_;
  std::map<std::uint32_t, std::set<std::string_view>> hidden_;
  std::map<std::string, DistributionClues, std::less<>> clues_;  // by root
  std::map<std::string, Distribution, std::less<>> distributions_;
  std::vector<Found> found_;
  std::set<std::string, std::less<>> own_;  // real paths that the image's own places lead to
  std::size_t unresolved_ = 0;
  std::uint64_t looks_ = 0;  // of look_through()
};

void Merge::index_answers() {
  for (std::uint32_t i = 0; i < layers_.size(); ++i) {
    for (const Evidence& evidence : layers_[i]->evidence) {
      if (!evidence.read_from.empty()) answers_[{i, evidence.read_from, evidence.path}].push_back(&evidence);
    }
    for (const Link& link : layers_[i]->hard_links) hard_links_[{i, link.path}] = &link;
  }
}

void Merge::take_repositories(const std::string& path, const Evidence& evidence, std::uint32_t layer) {
  RepositoryEvidence& taken = image_.repositories.emplace_back();
  taken.layer = layer;
  taken.location = path;
  const auto ids_of = [&](const std::string& fact) {
    std::vector<std::string> ids;
    const auto found = evidence.facts.find(fact);
    std::string_view rest = found == evidence.facts.end() ? std::string_view() : found->second;
    for (auto id = base::take_word(rest); !id.empty(); id = base::take_word(rest)) ids.emplace_back(id);
    return ids;
  };
  taken.content_sets = ids_of("content_sets");
  taken.configured = ids_of("configured");
  if (const auto cpe = evidence.facts.find("cpe"); cpe != evidence.facts.end()) taken.cpe = cpe->second;
}

void Merge::take_clue(std::string_view path, const Evidence& evidence) {
  if (evidence.facts.empty() || evidence.detector == kRepositoriesDetector) return;
  std::string_view root = path;
  for (const auto known : kOsRelease) {
    if (strip_path(root, known)) {
      clues_[std::string(root)][std::string(known)] = evidence.facts;
      return;
    }
  }
  clues_[""][std::string(path)] = evidence.facts;
}

// `introduced` is empty where all packages came with `layer`.
void Merge::take(const std::string& path, std::span<const Evidence* const> evidence,
                 std::span<const std::uint32_t> introduced, std::uint32_t layer) {
  std::size_t next = 0;
  std::size_t count = found_.size();
  for (const Evidence* one : evidence) count += one->packages.size();
  if (count > found_.capacity()) found_.reserve(std::max(count, 2 * found_.capacity()));
  for (const Evidence* one : evidence) {
    take_clue(path, *one);
    if (one->detector == kRepositoriesDetector && !one->facts.empty()) take_repositories(path, *one, layer);
    for (const Package& package : one->packages) {
      Found& found = found_.emplace_back(package, std::string(root_of_database(path)));
      found.package.location = path;
      if (path.ends_with(kFolderItself)) found.package.location.resize(path.size() - kFolderItself.size());
      found.package.layer = introduced.empty() ? layer : introduced[next];
      ++next;
    }
  }
}

void Merge::take_files() {
  for (const auto& [path, node] : view_.nodes()) {
    if (node.what == Node::What::file) take(path, node.evidence, node.introduced, node.layer);
  }
}

void Merge::unresolved(const std::string& path, std::uint32_t layer, std::string detail) {
  if (++unresolved_ > kUnresolvedMax) return;
  image_.skipped.push_back({path, diff_id(layer), SkipReason::unresolved, std::move(detail)});
}

// Whether what lower layers have at `path` is hidden by this one's whiteouts.
bool Merge::hidden_below(std::uint32_t layer, std::string_view path) {
  const auto [entry, fresh] = hidden_.try_emplace(layer);
  if (fresh) {
    entry->second.insert(layers_[layer]->whiteouts.begin(), layers_[layer]->whiteouts.end());
    entry->second.insert(layers_[layer]->opaque.begin(), layers_[layer]->opaque.end());
  }
  if (entry->second.empty()) return false;
  while (!path.empty()) {
    if (entry->second.contains(path)) return true;
    const auto slash = path.rfind('/');
    path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
  return entry->second.contains("");
}

// The bytes at `bytes` in `layer`, wanted as `wanted`: used if a second reading has them, asked for if there was none.
Merge::Answer Merge::ask(std::uint32_t layer, const std::string& bytes, const std::string& wanted) {
  std::string_view path = bytes;
  for (int hops = 0;; ++hops) {  // a hard link is only another name in the same layer
    const auto link = hard_links_.find({layer, path});
    if (link == hard_links_.end()) break;
    if (hops == kHopsMax || link->second->target == path) return Answer::nothing;
    path = link->second->target;
  }
  if (path.empty()) return Answer::nothing;  // the root is no file
  const auto answer = answers_.find({layer, path, wanted});
  if (answer == answers_.end()) {
    if (image_.unread.size() < kUnreadMax) image_.unread.push_back({layer, std::string(path), wanted});
    return Answer::asked;
  }
  if (answer->second.front()->detector.empty()) return Answer::nothing;
  take(wanted, answer->second, {}, layer);
  return Answer::found;
}

// No layer's first reading had a reason to remember `bytes`: whichever has it, from the top down.
Merge::Answer Merge::look_through(std::uint32_t top, const std::string& bytes, const std::string& wanted) {
  bool asked = false;
  for (auto layer = top + 1; layer-- > 0;) {
    if (looks_ == kLooksMax) break;
    ++looks_;
    const Answer answer = ask(layer, bytes, wanted);
    if (answer == Answer::found) return asked ? Answer::asked : answer;
    asked = asked || answer == Answer::asked;
    if (hidden_below(layer, bytes)) break;
  }
  return asked ? Answer::asked : Answer::nothing;
}

// `path` is wanted and is a link, or stands below one. `is_link` where its own name is one: only then must it lead
// somewhere.
void Merge::follow(const std::string& path, bool is_link) {
  const auto top = static_cast<std::uint32_t>(layers_.size() - 1);
  const Node* link = view_.find(path);
  const std::uint32_t layer = link != nullptr ? link->layer : top;
  const auto real = view_.resolve(path);
  if (!real) {
    if (is_link) unresolved(path, layer, base::cat({"more than ", kHopsMax, " links on the way, or a circle of them"}));
    return;
  }
  if (*real == path) return;
  const Node* node = view_.find(*real);
  if (node != nullptr && node->what == Node::What::hard_link) {
    if (ask(node->layer, node->link->target, path) == Answer::nothing && is_link) {
      unresolved(path, layer, base::cat({"a link to '", *real, "', whose content is not in the image"}));
    }
    return;
  }
  const Wanted wanted = matcher().look(path);
  if (node != nullptr && node->what == Node::What::file) {
    bool known = true;
    for (const auto& by : wanted.detectors()) {
      const auto name = detectors()[by.detector]->name();
      const bool read = std::ranges::any_of(node->evidence, [&](const Evidence* one) { return one->detector == name; });
      known = known && (read || node->evidence.empty());
    }
    if (!known) {
      ask(node->layer, node->evidence.front()->path, path);
      return;
    }
    for (const Evidence* one : node->evidence) take_clue(path, *one);  // the same facts, under this name too
    // A database that the image's own place links to is the image's own.
    if (root_of_database(path).empty()) own_.insert(*real);
    return;
  }
  // Nothing is known there. Were it something that a detector wants, it would be: then there is nothing.
  const bool known = bool{matcher().look(*real)};
  const Answer answer = known ? Answer::nothing : look_through(top, *real, path);
  if (answer == Answer::nothing && is_link) {
    unresolved(path, layer, base::cat({"a link to '", *real, "', which is not in the image"}));
  }
}

// The places that are known by name may lie behind a link to their directory.
void Merge::follow_directories(const Detector& detector, const Interest& interest) {
  const auto try_path = [&](std::string path) {
    const Node* node = view_.find(path);
    if (node == nullptr || node->what == Node::What::note) follow(path, false);
  };
  switch (interest.match) {
    case Interest::Match::exact:
      try_path(std::string(interest.text));
      break;
    case Interest::Match::nested:
      for (const auto* prefix : {"", "var/", "usr/"}) try_path(base::cat({prefix, interest.text}));
      break;
    case Interest::Match::directory: {
      const auto real = view_.resolve(interest.text);
      if (!real || *real == interest.text) break;
      const auto same = [&](const Interest& other) {
        return other.match == Interest::Match::directory && other.text == *real;
      };
      if (std::ranges::none_of(detector.interests(), same)) {
        unresolved(std::string(interest.text), static_cast<std::uint32_t>(layers_.size() - 1),
                   base::cat({"a link to the directory '", *real, "', whose files were not read"}));
      }
      break;
    }
    case Interest::Match::basename:
    case Interest::Match::suffix:
    case Interest::Match::folders:
      break;  // the real path of the file ends in the same way
  }
}

void Merge::follow_links() {
  for (const auto& [path, node] : view_.nodes()) {
    if (node.what == Node::What::symlink && matcher().look(path)) follow(path, true);
    if (node.what == Node::What::hard_link && ask(node.layer, node.link->target, path) == Answer::nothing) {
      unresolved(path, node.layer, base::cat({"a hard link to '", node.link->target, "', which is not in its layer"}));
    }
  }
  for (const Detector* detector : detectors()) {
    for (const Interest& interest : detector->interests()) follow_directories(*detector, interest);
  }
}

void Merge::decide(const MergeOptions& options) {
  for (const auto& [root, clues] : clues_) distributions_[root] = decide_distribution(clues);
  if (!options.distribution.empty()) {
    if (auto chosen = parse_distribution(options.distribution)) {
      distributions_[""] = *std::move(chosen);
    } else {
      image_.notes.push_back(chosen.error().describe());
    }
  }
  decide_by_packages();
  image_.distribution = distributions_[""];
}

// "" for the image's own.
const std::string& Merge::root_of(const Found& found) const {
  static const std::string own;
  return own_.contains(found.package.location) ? own : found.root;
}

// Where the files that tell a release are gone, the package that brought them is still in the database.
void Merge::decide_by_packages() {
  std::map<std::string, ReleaseClue, std::less<>> told;  // by root
  for (const Found& found : found_) {
    const std::string& root = root_of(found);
    if (const auto known = distributions_.find(root);
        known != distributions_.end() && !known->second.name_space.empty())
      continue;
    auto clue = release_told_by(found.package);
    if (!clue) continue;
    clue->distribution.location = found.package.location;
    const auto before = told.find(root);
    if (before == told.end()) {
      told.emplace(root, *std::move(clue));
    } else if (std::pair(clue->rank, std::string_view(clue->distribution.name_space)) <
               std::pair(before->second.rank, std::string_view(before->second.distribution.name_space))) {
      before->second = *std::move(clue);
    }
  }
  for (auto& [root, clue] : told) {
    if (root.empty())
      image_.notes.push_back(
          base::cat({"no file tells the distribution; by its packages it is ", clue.distribution.name_space}));
    clue.distribution.esm = distributions_[root].esm;
    distributions_[root] = std::move(clue.distribution);
  }
}

// Packages that another distribution's vendor built, as Microsoft's for RHEL: the image's distribution does not speak
// of them. Where none is by its own vendor, they are what it is made of.
void Merge::tell_vendors_apart() {
  const auto is_own = [&](const Found& found) -> std::optional<bool> {
    const Package& package = found.package;
    const auto distribution = distributions_.find(root_of(found));
    if (package.scheme != version::Scheme::rpm || package.kind != PackageKind::binary || package.maintainer.empty() ||
        package.repository != Repository::distribution || distribution == distributions_.end())
      return std::nullopt;
    const std::string_view name_space = distribution->second.name_space;
    return is_rpm_vendor_of(name_space.substr(0, name_space.find(':')), package.maintainer);
  };
  std::set<std::string_view> roots;  // that have packages by their own vendor
  for (const Found& found : found_)
    if (is_own(found).value_or(false)) roots.insert(root_of(found));
  for (Found& found : found_)
    if (!is_own(found).value_or(true) && roots.contains(root_of(found)))
      found.package.repository = Repository::third_party;
}

// What both a document of Bitnami's and the list of older images name is one component.
void drop_listed_twice(std::vector<Package>& packages) {
  std::set<std::pair<std::string, std::string>> documented;
  const auto is_of_list = [](const Package& package) { return package.location.ends_with(kBitnamiComponents); };
  const auto key = [](const Package& package) { return std::pair(package.name, package.version); };
  for (const Package& package : packages)
    if (package.detector == kBitnamiDetector && !is_of_list(package)) documented.insert(key(package));
  if (documented.empty()) return;
  std::erase_if(packages, [&](const Package& package) {
    return package.detector == kBitnamiDetector && is_of_list(package) && documented.contains(key(package));
  });
}

void Merge::finish_packages() {
  // One package may stand in two databases of one root: dpkg's status and a status.d file.
  std::unordered_map<std::string, std::size_t, base::KeyedHash, std::equal_to<>> seen;
  std::map<std::string, Databases> of_rpm;  // by root
  std::string key;
  std::size_t of_system = 0;
  seen.reserve(found_.size());
  image_.packages.reserve(found_.size());
  for (Found& found : found_) {
    Package& package = found.package;
    if (package.kind == PackageKind::binary) {
      found.root = root_of(found);
      const auto distribution = distributions_.find(found.root);
      // A detector may know better than a root that says nothing.
      if (distribution != distributions_.end() &&
          (package.name_space.empty() || !distribution->second.name_space.empty())) {
        package.name_space = distribution->second.name_space;
        package.ecosystem = distribution->second.ecosystem;
        if (package.ecosystem.empty()) package.ecosystem = distribution->second.id;
      }
      ++of_system;
      key.clear();
      const char nul = '\0';
      const bool in_parts = package.scheme == version::Scheme::portage;
      base::append(key, {found.root, nul, static_cast<int>(package.scheme), nul, package.name, nul,
                         in_parts ? std::string_view() : std::string_view(package.arch), nul, package.version});
      const auto [before, fresh] = seen.try_emplace(key, image_.packages.size());
      if (package.scheme == version::Scheme::rpm) of_rpm[found.root].count(package.location, fresh);
      if (!fresh) {
        Package& first = image_.packages[before->second];
        const auto layer = std::min(first.layer, package.layer);
        if (in_parts) {
          complete(first, std::move(package));
        } else if (first.detector == chisel_detector().name() && package.detector != first.detector) {
          // Chisel's manifest does not name sources; builders of rocks write a status file for it, which does.
          first = std::move(package);
        }
        first.layer = layer;
        continue;
      }
    } else if (package.name_space.empty()) {
      package.name_space = base::lower(package.ecosystem);
    }
    image_.packages.push_back(std::move(package));
  }
  drop_listed_twice(image_.packages);
  put_in_order(image_.packages);
  for (const auto& [root, databases] : of_rpm) {
    if (!databases.differ()) continue;
    image_.notes.push_back(base::cat({"the packages of several databases of rpm are listed, which do not agree: ",
                                      base::join(databases.paths(), ", ")}));
  }
  const Distribution& distribution = image_.distribution;
  if (of_system == 0 && image_.unread.empty() && !distribution.name_space.empty()) {
    image_.notes.push_back(base::cat({"no package of ", distribution.name_space,
                                      " was found: its database is missing, "
                                      "empty or of a kind that is not read"}));
  }
  if (distribution.name_space.empty()) image_.notes.emplace_back("no distribution was recognised");
}

void Merge::collect_skipped() {
  for (std::uint32_t i = 0; i < layers_.size(); ++i) {
    for (const Skipped& skipped : layers_[i]->skipped) {
      if (skipped.path.empty()) image_.skipped.push_back({"", diff_id(i), skipped.reason, skipped.detail});
    }
  }
  for (const auto& [path, node] : view_.nodes()) {
    for (const Skipped* skipped : node.skipped) {
      image_.skipped.push_back({path, diff_id(node.layer), skipped->reason, skipped->detail});
    }
  }
  std::set<std::string_view> collections;
  for (const Package& package : image_.packages) collections.insert(collection_of(package.location));
  for (const auto& [path, removed] : view_.removed()) {
    // One package of many: it was upgraded or removed.
    if (const auto collection = collection_of(path); !collection.empty() && collections.contains(collection)) continue;
    const auto real = view_.resolve(path);  // it may have moved, with a link left behind
    const Node* node = real ? view_.find(*real) : nullptr;
    if (node != nullptr && !node->introduced.empty()) continue;
    image_.skipped.push_back({path, diff_id(removed.layer), SkipReason::removed,
                              base::cat({"a later layer deleted this package database: its ", removed.packages,
                                         " packages are not listed"})});
  }
  if (unresolved_ > kUnresolvedMax) {
    image_.skipped.push_back(
        {"", "", SkipReason::unresolved, base::cat({unresolved_ - kUnresolvedMax, " more links that lead nowhere"})});
  }
  if (view_.exhausted() || looks_ == kLooksMax) {
    image_.skipped.push_back({"", "", SkipReason::too_big, "too many links and long paths: some were not followed"});
  }
}

ImageInventory Merge::run(const MergeOptions& options) {
  for (std::uint32_t i = 0; i < layers_.size(); ++i) {
    image_.layers.push_back(layers_[i]->diff_id);
    view_.apply(*layers_[i], i);
  }
  if (!layers_.empty()) {
    index_answers();
    take_files();
    follow_links();
  }
  decide(options);
  tell_vendors_apart();
  finish_packages();
  std::ranges::sort(image_.repositories, {},
                    [](const RepositoryEvidence& one) { return std::tie(one.layer, one.location); });
  collect_skipped();
  return std::move(image_);
}

}  // namespace

ImageInventory merge_layers(std::span<const LayerInventory> layers, const MergeOptions& options) {
  std::vector<const LayerInventory*> pointers;
  for (const LayerInventory& layer : layers) pointers.push_back(&layer);
  return merge_shared_layers(pointers, options);
}

ImageInventory merge_shared_layers(std::span<const LayerInventory* const> layers, const MergeOptions& options) {
  return Merge(layers).run(options);
}

}  // namespace limpid::inventory

// One pass over a layer (layer.h). Whiteouts: https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
#include "inventory/layer.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/keyed_hash.h"
#include "base/text.h"
#include "inventory/detector.h"
#include "inventory/matcher.h"
#include "inventory/memory.h"

namespace limpid::inventory {
namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";
constexpr std::string_view kBookkeeping = ".wh..wh.";  // of aufs; of these names only the opaque mark means something
// At the root, written by builders of eStargz layers for those who mount them; no part of the image.
// https://github.com/containerd/stargz-snapshotter/blob/main/docs/estargz.md
constexpr std::array<std::string_view, 3> kOfEstargz{"stargz.index.json", ".prefetch.landmark",
                                                     ".no.prefetch.landmark"};

template <class T>
using MapByPath = std::unordered_map<std::string, T, base::KeyedHash, std::equal_to<>>;
using Paths = std::unordered_set<std::string, base::KeyedHash, std::equal_to<>>;

std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}
std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string join(std::string_view directory, std::string_view name) {
  return directory.empty() ? std::string(name) : base::cat({directory, '/', name});
}

class Reading {
 public:
  Reading(archive::EntryReader& entries, const LayerLimits& limits) : entries_(entries), limits_(limits) {}

  Result<void> take(const archive::Entry& entry);
  Result<void> take_second(const archive::Entry& entry, const MapByPath<std::vector<std::string>>& wanted);
  void answer(const Unread& asked);
  LayerInventory finish();

 private:
  enum class What : std::uint8_t { evidence, symlink, hard_link, file, directory, whiteout };
  // What stands at a path so far; several when several detectors read one file.
  struct Place {
    What what;
    std::size_t first;
    std::size_t count;
  };
  // Paths that may be in places_, above_ or directories_: one look instead of three for all the others.
  class Seen {
   public:
    void add(std::string_view path);
    bool perhaps(std::string_view path) const;

   private:
    static constexpr std::size_t kBits = std::size_t{1} << 18;
    std::vector<std::uint64_t> bits_ = std::vector<std::uint64_t>(kBits / 64);
  };

  // The path as the tar's latest word.
  void replace(std::string_view path, bool directory);
  // Whether the layer may have that much more; said once if not.
  bool remember(std::uint64_t bytes);
  // False, and nothing done, where the memory for it is used up.
  bool record(std::string_view path, What what, std::size_t first, std::size_t count = 1);
  void remove(const Place& place);
  void remove_below(const std::string& top);
  bool was_replaced(std::string_view directory, std::uint64_t entry) const;
  bool take_marker(std::string_view path);
  bool take_whiteout(std::string path);
  void take_directory(const archive::Entry& entry, const Wanted& wanted);
  void take_folder(const std::string& directory, const Wanted& wanted);
  void take_symlink(const archive::Entry& entry);
  void take_hard_link(const archive::Entry& entry, const Wanted& wanted);
  Result<void> take_file(const archive::Entry& entry, const Wanted& wanted);
  std::uint64_t size_max(std::uint64_t by_detector) const {
    return limits_.file_size_max == 0 ? by_detector : limits_.file_size_max;
  }
  // Fills content_ or, for random access, kept_bytes_, and read_size_; false where the file was left out, which is
  // noted.
  Result<bool> read(const archive::Entry& entry, const Wanted& wanted);
  std::size_t detect(std::string_view path, const Wanted& wanted, std::string_view read_from);
  void run(const Detector& detector, const WantedFile& file, Evidence& evidence);
  void detect_kept();
  bool is_kept(std::size_t evidence) const;
  // `name` is the limit's, `told` what there is too much of.
  bool full(std::size_t count, std::size_t count_max, std::string_view name, std::string_view told);
  void skip(std::string_view path, SkipReason reason, std::string detail);

  archive::EntryReader& entries_;
  const LayerLimits& limits_;
  LayerInventory layer_;
  // The lists of layer_ while an entry may still be taken back: empty where it was.
  std::vector<std::optional<Evidence>> evidence_;
  std::vector<std::optional<Link>> symlinks_, hard_links_;
  std::vector<std::optional<std::string>> files_, whiteouts_;
  MapByPath<Place> places_;
  // Every directory above something recorded, with the names directly in it that are recorded or above something
  // recorded themselves: so that taking a tree away costs no more than recording it did.
  MapByPath<Paths> above_;
  // Explicit directory entries, and which entry of the tar each was; and when a tree was last taken away at a path.
  // What is above a directory is only looked at in the end.
  MapByPath<std::uint64_t> directories_, replaced_;
  Seen seen_;
  std::string content_;
  // What is read at the end: the places in evidence_ are held for it.
  struct Kept {
    std::size_t evidence;  // ascending
    const Detector* detector;
    RandomBytes bytes;
  };
  KeptFiles kept_files_;
  std::vector<Kept> kept_;
  RandomBytes kept_bytes_;
  std::uint64_t read_size_ = 0;
  std::uint64_t bytes_ = 0;
  std::string_view full_{};  // what was told to be beyond its limit, once
  std::size_t left_out_ = 0;
  std::uint64_t memory_ = 0;
  bool out_of_memory_ = false;
};

void Reading::skip(std::string_view path, SkipReason reason, std::string detail) {
  if (layer_.skipped.size() < limits_.skipped_max) {
    layer_.skipped.push_back({std::string(path), "", reason, std::move(detail)});
  } else {
    ++left_out_;
  }
}

bool Reading::full(std::size_t count, std::size_t count_max, std::string_view name, std::string_view told) {
  if (count < count_max) return false;
  if (full_ != told)
    skip("", SkipReason::too_big, base::cat({"more ", told, " in one layer than the limit ", name, "=", count_max}));
  full_ = told;
  return true;
}

void Reading::remove(const Place& place) {
  for (std::size_t i = place.first; i < place.first + place.count; ++i) {
    switch (place.what) {
      case What::evidence:
        evidence_[i].reset();
        break;
      case What::symlink:
        symlinks_[i].reset();
        break;
      case What::hard_link:
        hard_links_[i].reset();
        break;
      case What::file:
        files_[i].reset();
        break;
      case What::whiteout:
        whiteouts_[i].reset();
        break;
      case What::directory:
        break;
    }
  }
}

void Reading::Seen::add(std::string_view path) {
  const auto hash = base::KeyedHash{}(path) % kBits;
  bits_[hash / 64] |= std::uint64_t{1} << (hash % 64);
}
bool Reading::Seen::perhaps(std::string_view path) const {
  const auto hash = base::KeyedHash{}(path) % kBits;
  return (bits_[hash / 64] >> (hash % 64) & 1) != 0;
}

// Of several entries of one name the last counts; what is no directory also takes the place of a whole tree.
void Reading::replace(std::string_view path, bool directory) {
  if (!seen_.perhaps(path)) return;  // as nearly all of a tar's
  if (const auto found = places_.find(path); found != places_.end()) {
    remove(found->second);
    places_.erase(found);
  }
  if (directory) return;
  if (const auto found = directories_.find(path); found != directories_.end()) {
    directories_.erase(found);
    replaced_.insert_or_assign(std::string(path), layer_.entries);
  }
  if (!above_.contains(path)) return;
  replaced_.insert_or_assign(std::string(path), layer_.entries);
  remove_below(std::string(path));
}

void Reading::remove_below(const std::string& top) {
  std::vector<std::string> left{top};
  while (!left.empty()) {
    const std::string directory = std::move(left.back());
    left.pop_back();
    const auto found = above_.find(directory);
    if (found == above_.end()) continue;
    for (const std::string& name : found->second) {
      std::string path = join(directory, name);
      if (const auto place = places_.find(path); place != places_.end()) {
        remove(place->second);
        places_.erase(place);
      }
      left.push_back(std::move(path));
    }
    above_.erase(found);
  }
}

// Whether something that is no directory stood at or above `directory` after that entry.
bool Reading::was_replaced(std::string_view directory, std::uint64_t entry) const {
  if (replaced_.empty()) return false;
  for (; !directory.empty(); directory = parent_of(directory)) {
    if (const auto found = replaced_.find(directory); found != replaced_.end() && found->second > entry) return true;
  }
  return false;
}

bool Reading::remember(std::uint64_t bytes) {
  if (bytes <= limits_.memory_max - memory_) {
    memory_ += bytes;
    return true;
  }
  if (!std::exchange(out_of_memory_, true))
    skip("", SkipReason::too_big, base::cat({"there is more to remember than the limit memory=", limits_.memory_max}));
  return false;
}

bool Reading::record(std::string_view path, What what, std::size_t first, std::size_t count) {
  if (!remember(kEntryMemory + path.size())) return false;
  places_.insert_or_assign(std::string(path), Place{what, first, count});
  seen_.add(path);
  for (auto parent = parent_of(path); !parent.empty(); path = parent, parent = parent_of(parent)) {
    auto found = above_.find(parent);
    const bool is_new = found == above_.end();
    if (is_new && !remember(3 * kEntryMemory + parent.size() + name_of(path).size())) break;
    if (is_new) found = above_.emplace(parent, Paths{}).first;
    found->second.emplace(name_of(path));
    if (!is_new) break;
    seen_.add(parent);
  }
  return true;
}

bool Reading::take_whiteout(std::string path) {
  if (full(whiteouts_.size(), limits_.whiteouts_max, "whiteouts", "whiteouts") || !remember(memory_of(path)))
    return false;
  whiteouts_.emplace_back(std::move(path));
  return true;
}

// True for everything that is bookkeeping of deletions rather than a file.
bool Reading::take_marker(std::string_view path) {
  if (path.find(kWhiteout) == std::string_view::npos) return false;
  for (auto parent = parent_of(path); !parent.empty(); parent = parent_of(parent)) {
    const auto name = name_of(parent);
    if (name.starts_with(kWhiteout) && name != kWhiteout) return true;  // in a folder of aufs, or below a whiteout
  }
  const auto name = name_of(path);
  if (!name.starts_with(kWhiteout) || name == kWhiteout) return false;
  if (name == kOpaque) {
    if (!full(layer_.opaque.size(), limits_.whiteouts_max, "whiteouts", "opaque directories") &&
        remember(memory_of(path))) {
      layer_.opaque.emplace_back(parent_of(path));
    }
    return true;
  }
  const auto deleted = name.substr(kWhiteout.size());
  if (name.starts_with(kBookkeeping) || deleted == "." || deleted == "..") return true;
  take_whiteout(join(parent_of(path), deleted));
  return true;
}

void Reading::take_directory(const archive::Entry& entry, const Wanted& wanted) {
  // Every one is remembered until the end, when it is known which of them have something below.
  if (directories_.size() < limits_.paths_max && remember(kEntryMemory + entry.path.size())) {
    if (directories_.insert_or_assign(entry.path, layer_.entries).second) seen_.add(entry.path);
  }
  if (wanted.ancestor || wanted) record(entry.path, What::directory, 0, 0);
  if (const Wanted by_name = matcher().look_at_folder(entry.path)) take_folder(entry.path, by_name);
}

// A directory whose name is evidence. It stands at a path inside the directory that no file can have, so that whatever
// hides or takes the place of the directory does so with the evidence.
void Reading::take_folder(const std::string& directory, const Wanted& wanted) {
  const std::string inside = base::cat({directory, kFolderItself});
  replace(inside, false);
  content_.clear();
  read_size_ = 0;
  const auto first = evidence_.size();
  for (const auto& by : wanted.detectors()) {
    if (full(evidence_.size(), limits_.evidence_max, "evidence", "files with evidence")) break;
    Evidence evidence;
    evidence.path = inside;
    const Detector& detector = *detectors()[by.detector];
    evidence.detector = detector.name();
    run(detector, {directory, {}}, evidence);
    if (!evidence.packages.empty() && remember(memory_of(evidence))) evidence_.emplace_back(std::move(evidence));
  }
  if (evidence_.size() != first) record(inside, What::evidence, first, evidence_.size() - first);
}

void Reading::take_symlink(const archive::Entry& entry) {
  if (full(symlinks_.size(), limits_.links_max, "links", "symbolic links")) return;
  if (!remember(sizeof(Link) + entry.path.size() + entry.link_target.size()) ||
      !record(entry.path, What::symlink, symlinks_.size()))
    return;
  symlinks_.push_back(Link{entry.path, entry.link_target});
}

// A second name of a file as it is in this layer. Where that file's evidence speaks of the bytes alone it speaks of
// this name too; else the bytes are read again, as a link's.
void Reading::take_hard_link(const archive::Entry& entry, const Wanted& wanted) {
  const auto target = places_.find(entry.link_target);
  if (target != places_.end() && target->second.what == What::evidence) {
    const Place place = target->second;
    std::vector<std::string_view> names;
    for (const auto& by : wanted.detectors()) names.push_back(detectors()[by.detector]->name());
    bool same = place.count == names.size();
    for (std::size_t i = place.first; same && i < place.first + place.count; ++i) {
      same =
          !is_kept(i) && evidence_[i]->owner.empty() && std::ranges::find(names, evidence_[i]->detector) != names.end();
    }
    if (same && !full(evidence_.size() + place.count, limits_.evidence_max, "evidence", "files with evidence")) {
      const auto first = evidence_.size();
      for (std::size_t i = place.first; i < place.first + place.count; ++i) {
        // Looked at before it is copied, and without looking at each package: there may be thousands of names.
        if (!remember(sizeof(Evidence) + evidence_[i]->packages.size() * (sizeof(Package) + kEntryMemory))) {
          skip(entry.path, SkipReason::too_big, base::cat({"is beyond the limit memory=", limits_.memory_max}));
          return;
        }
        Evidence copy = *evidence_[i];
        copy.path = entry.path;
        for (Package& package : copy.packages) package.location = entry.path;
        evidence_.emplace_back(std::move(copy));
      }
      record(entry.path, What::evidence, first, place.count);
      return;
    }
  }
  if (full(hard_links_.size(), limits_.links_max, "links", "hard links")) return;
  if (!remember(sizeof(Link) + entry.path.size() + entry.link_target.size()) ||
      !record(entry.path, What::hard_link, hard_links_.size()))
    return;
  hard_links_.push_back(Link{entry.path, entry.link_target});
}

Result<bool> Reading::read(const archive::Entry& entry, const Wanted& wanted) {
  std::uint64_t most = 0;
  for (const auto& by : wanted.detectors()) most = std::max(most, size_max(by.size_max));
  if (entry.size > most) {
    skip(entry.path, SkipReason::too_big, base::cat({entry.size, " bytes, beyond the limit file-size=", most}));
    return false;
  }
  if (entry.size > limits_.wanted_bytes_max - bytes_) {
    skip(entry.path, SkipReason::too_big,
         base::cat({"the layer's files of interest are beyond the limit wanted-size=", limits_.wanted_bytes_max}));
    return false;
  }
  const bool random_access = wanted.detectors().front().random_access;
  content_.clear();
  if (random_access) kept_files_.begin();
  read_size_ = 0;
  while (true) {
    LIMPID_ASSIGN_WITHIN(const Bytes piece, entries_.content(), {entry.path});
    if (piece.empty()) break;
    // A reader may yield more than the header said only if it is at fault; the limit holds all the same.
    if (piece.size() > most - read_size_) {
      skip(entry.path, SkipReason::too_big, base::cat({"more bytes than the limit file-size=", most}));
      return false;
    }
    read_size_ += piece.size();
    if (!random_access) {
      content_.append(base::as_text(piece));
    } else if (const auto kept = kept_files_.append(piece); !kept) {
      skip(entry.path, SkipReason::unreadable, kept.error().describe());
      return false;
    }
  }
  if (random_access) kept_bytes_ = kept_files_.end();
  bytes_ += std::min<std::uint64_t>(read_size_, limits_.wanted_bytes_max - bytes_);
  return true;
}

void Reading::run(const Detector& detector, const WantedFile& file, Evidence& evidence) {
  SkippedList skipped;
  // Where the bytes are, not where they are wanted.
  const std::string& damaged = evidence.read_from.empty() ? evidence.path : evidence.read_from;
  if (const auto done = detector.read(file, evidence, skipped); !done) {
    skip(damaged, SkipReason::damaged, done.error().describe());
  }
  for (Skipped& one : skipped) skip(damaged, one.reason, std::move(one.detail));
}

bool Reading::is_kept(std::size_t evidence) const {
  return std::ranges::binary_search(kept_, evidence, {}, &Kept::evidence);
}

// The layer is over, and it is known which of the kept files it still has and what stands beside them.
void Reading::detect_kept() {
  MapByPath<const RandomBytes*> by_path;
  for (const Kept& kept : kept_) {
    if (evidence_[kept.evidence]) by_path[evidence_[kept.evidence]->path] = &kept.bytes;
  }
  for (const Kept& kept : kept_) {
    if (!evidence_[kept.evidence]) continue;
    Evidence& evidence = *evidence_[kept.evidence];
    std::string other = evidence.path;
    if (other.ends_with(kLogSuffix)) {
      other.resize(other.size() - kLogSuffix.size());
    } else {
      other.append(kLogSuffix);
    }
    const auto beside = by_path.find(other);
    const std::uint64_t before = memory_of(evidence);
    run(*kept.detector, {evidence.path, {}, kept.bytes, beside == by_path.end() ? nullptr : beside->second}, evidence);
    if (remember(memory_of(evidence) - before)) continue;
    skip(evidence.path, SkipReason::too_big,
         base::cat({"what is in it is beyond the limit memory=", limits_.memory_max}));
    evidence_[kept.evidence].reset();
  }
}

// The number of pieces of evidence that were added.
std::size_t Reading::detect(std::string_view path, const Wanted& wanted, std::string_view read_from) {
  std::size_t count = 0;
  for (const auto& by : wanted.detectors()) {
    const Detector& detector = *detectors()[by.detector];
    if (read_size_ > size_max(by.size_max)) {
      skip(path, SkipReason::too_big,
           base::cat(
               {read_size_, " bytes, beyond the limit file-size=", size_max(by.size_max), " of ", detector.name()}));
      continue;
    }
    if (full(evidence_.size(), limits_.evidence_max, "evidence", "files with evidence")) break;
    Evidence evidence;
    evidence.path = path;
    evidence.detector = detector.name();
    evidence.read_from = read_from;
    if (!by.random_access) run(detector, {path, content_}, evidence);
    // Lists of owned files, of which none matters, are most of the evidence of an image: only their names are kept.
    if (!evidence.owner.empty() && evidence.owned.empty() && read_from.empty()) continue;
    if (!remember(memory_of(evidence))) {
      skip(read_from.empty() ? path : read_from, SkipReason::too_big,
           base::cat({"what is in it is beyond the limit memory=", limits_.memory_max}));
      continue;
    }
    if (by.random_access) kept_.push_back({evidence_.size(), &detector, kept_bytes_});
    evidence_.emplace_back(std::move(evidence));
    ++count;
  }
  return count;
}

Result<void> Reading::take_file(const archive::Entry& entry, const Wanted& wanted) {
  if (wanted && entry.type == archive::EntryType::file) {
    LIMPID_ASSIGN(const bool whole, read(entry, wanted));
    const auto first = evidence_.size();
    if (whole) {
      if (const auto count = detect(entry.path, wanted, {}); count != 0) {
        record(entry.path, What::evidence, first, count);
        return {};
      }
    }
  } else if (wanted) {
    skip(entry.path, SkipReason::unsupported, "a device or pipe where a file is expected");
  } else if (!wanted.ancestor) {
    return {};
  }
  if (full(files_.size(), limits_.paths_max, "paths", "paths")) return {};
  if (!remember(memory_of(entry.path)) || !record(entry.path, What::file, files_.size())) return {};
  files_.emplace_back(entry.path);
  return {};
}

Result<void> Reading::take(const archive::Entry& entry) {
  ++layer_.entries;
  if (entry.path.empty() || take_marker(entry.path)) return {};
  replace(entry.path, entry.type == archive::EntryType::directory);
  switch (entry.type) {
    case archive::EntryType::directory:
      take_directory(entry, matcher().look(entry.path));
      return {};
    case archive::EntryType::symlink:
      take_symlink(entry);
      return {};
    case archive::EntryType::char_device:
      if (entry.device == 0) {  // overlayfs' own whiteout, as some builders leave it in the tar
        if (take_whiteout(entry.path)) record(entry.path, What::whiteout, whiteouts_.size() - 1);
        return {};
      }
      break;
    case archive::EntryType::hard_link: {
      const Wanted wanted = matcher().look(entry.path);
      if (wanted) {
        take_hard_link(entry, wanted);
        return {};
      }
      return take_file(entry, wanted);
    }
    case archive::EntryType::file:
    case archive::EntryType::block_device:
    case archive::EntryType::fifo:
      break;
  }
  return take_file(entry, matcher().look(entry.path));
}

Result<void> Reading::take_second(const archive::Entry& entry, const MapByPath<std::vector<std::string>>& wanted) {
  ++layer_.entries;
  const auto found = wanted.find(entry.path);
  if (found == wanted.end()) return {};
  replace(entry.path, entry.type == archive::EntryType::directory);
  if (entry.type == archive::EntryType::hard_link) {
    hard_links_.push_back(Link{entry.path, entry.link_target});
    record(entry.path, What::hard_link, hard_links_.size() - 1);
    return {};
  }
  if (entry.type != archive::EntryType::file) return {};
  bool first_name = true;
  const auto first = evidence_.size();
  std::size_t count = 0;
  for (const std::string& name : found->second) {
    const Wanted by = matcher().look(name);
    if (!by) continue;
    if (first_name) {  // content() yields the bytes once
      LIMPID_ASSIGN(const bool whole, read(entry, by));
      if (!whole) return {};
      first_name = false;
    }
    count += detect(name, by, entry.path);
  }
  if (count != 0) record(entry.path, What::evidence, first, count);
  return {};
}

// Nothing was found for it: said so that nobody asks again.
void Reading::answer(const Unread& asked) {
  const auto place = places_.find(asked.path);
  if (place != places_.end()) {
    if (place->second.what == What::hard_link) return;
    for (std::size_t i = place->second.first; i < place->second.first + place->second.count; ++i) {
      if (evidence_[i] && evidence_[i]->path == asked.wanted) return;
    }
  }
  Evidence& nothing = evidence_.emplace_back().emplace();
  nothing.path = asked.wanted;
  nothing.read_from = asked.path;
}

template <class T>
void collect(std::vector<std::optional<T>>& from, std::vector<T>& to) {
  for (auto& one : from) {
    if (one) to.push_back(std::move(*one));
  }
}

LayerInventory Reading::finish() {
  detect_kept();
  // The explicit directories above evidence, and those that may be above some.
  for (const auto& [directory, entry] : directories_) {
    if (was_replaced(directory, entry)) continue;
    const auto place = places_.find(directory);
    const bool recorded = place != places_.end() && place->second.what == What::directory;
    if (recorded || above_.contains(directory)) layer_.directories.push_back(directory);
  }
  std::ranges::sort(layer_.directories);
  collect(evidence_, layer_.evidence);
  collect(symlinks_, layer_.symlinks);
  collect(hard_links_, layer_.hard_links);
  collect(files_, layer_.files);
  collect(whiteouts_, layer_.whiteouts);
  std::ranges::sort(layer_.symlinks, {}, &Link::path);
  std::ranges::sort(layer_.files);
  for (const Skipped& skipped : entries_.skipped()) skip(skipped.path, skipped.reason, skipped.detail);
  if (left_out_ != 0) {
    layer_.skipped.push_back(
        {"", "", SkipReason::too_big,
         base::cat({left_out_, " more parts that were not read, beyond the limit skipped=", limits_.skipped_max})});
  }
  return std::move(layer_);
}

}  // namespace

Result<LayerInventory> read_layer(archive::EntryReader& entries, const LayerLimits& limits,
                                  std::span<const Unread> also_wanted) {
  MapByPath<std::vector<std::string>> second;
  for (const Unread& asked : also_wanted) second[asked.path].push_back(asked.wanted);
  Reading reading(entries, limits);
  while (true) {
    LIMPID_ASSIGN(const archive::Entry* const entry, entries.next());
    if (entry == nullptr) break;
    if (std::ranges::find(kOfEstargz, entry->path) != kOfEstargz.end()) continue;
    LIMPID_TRY(also_wanted.empty() ? reading.take(*entry) : reading.take_second(*entry, second));
  }
  for (const Unread& asked : also_wanted) reading.answer(asked);
  return reading.finish();
}

void add_reading(LayerInventory& layer, LayerInventory second) {
  std::ranges::move(second.evidence, std::back_inserter(layer.evidence));
  std::ranges::move(second.hard_links, std::back_inserter(layer.hard_links));
  std::ranges::move(second.skipped, std::back_inserter(layer.skipped));
}

}  // namespace limpid::inventory

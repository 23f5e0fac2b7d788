// The matcher over all detectors' interests (matcher.h).
#include "inventory/matcher.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace limpid::inventory {
namespace {

// Eight bytes at a time. The keys are our own constants and a find is checked against the text, so hostile paths can
// make a false start but neither a false answer nor a long chain.
std::uint64_t hash_of(std::string_view text) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  std::uint64_t hash = text.size() * kOdd + 1;
  while (text.size() >= 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data(), 8);
    hash = std::rotl((hash ^ word) * kOdd, 29);
    text.remove_prefix(8);
  }
  std::uint64_t word = 0;
  if (!text.empty()) std::memcpy(&word, text.data(), text.size());
  hash = (hash ^ word) * kOdd;
  return hash ^ (hash >> 32);
}

std::size_t tail_of(std::string_view text) {
  const auto byte = [](char c) { return static_cast<std::size_t>(static_cast<unsigned char>(c)); };
  return byte(text[text.size() - 2]) << 8 | byte(text[text.size() - 1]);
}

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// At the end of `path`, beginning at a component's border.
bool ends_at_border(std::string_view path, std::string_view text) {
  if (!path.ends_with(text)) return false;
  return path.size() == text.size() || path[path.size() - text.size() - 1] == '/';
}

// Whether `folder` is on the way to `path`, whatever stands above it. Asked only where all else fits.
bool is_below(std::string_view path, std::string_view folder) {
  if (folder.empty()) return true;
  for (auto at = path.find(folder); at != std::string_view::npos; at = path.find(folder, at + 1)) {
    const auto end = at + folder.size();
    if ((at == 0 || path[at - 1] == '/') && end < path.size() && path[end] == '/') return true;
  }
  return false;
}

void add(Wanted& wanted, const auto& rule) {
  for (std::size_t i = 0; i < wanted.count; ++i) {
    if (wanted.by[i].detector != rule.detector) continue;
    wanted.by[i].size_max = std::max(wanted.by[i].size_max, rule.size_max);
    wanted.by[i].random_access |= rule.random_access;
    return;
  }
  if (wanted.count < Wanted::kDetectorsMax) {
    wanted.by[wanted.count++] = {rule.detector, rule.size_max, rule.random_access};
  }
}

}  // namespace

Matcher::Matcher(std::span<const Detector* const> detectors) {
  std::vector<Keyed> names, directories, tails;
  tails_.assign((std::size_t{1} << 16) / 64, 0);
  const auto add_above = [&](std::string_view path, Kind kind) {
    while (!path.empty()) {
      names.push_back({hash_of(name_of(path)), {kind, 0, path, {}, {}, 0, false}});
      const auto slash = path.rfind('/');
      path = slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
    }
  };
  for (std::size_t i = 0; i < detectors.size(); ++i) {
    const auto detector = static_cast<std::uint16_t>(i);
    for (const Interest& interest : detectors[i]->interests()) {
      Rule rule{Kind::exact,    detector,          interest.text,         interest.ending,
                interest.below, interest.size_max, interest.random_access};
      const auto slash = interest.text.rfind('/');
      const auto parent = slash == std::string_view::npos ? std::string_view{} : interest.text.substr(0, slash);
      switch (interest.match) {
        case Interest::Match::exact:
          names.push_back({hash_of(name_of(interest.text)), rule});
          add_above(parent, Kind::above_exact);
          break;
        case Interest::Match::nested:
          rule.kind = Kind::nested;
          names.push_back({hash_of(name_of(interest.text)), rule});
          add_above(parent, Kind::above_nested);
          break;
        case Interest::Match::basename:
          rule.kind = Kind::basename;
          names.push_back({hash_of(interest.text), rule});
          break;
        case Interest::Match::directory:
        case Interest::Match::folders:
          rule.kind = interest.match == Interest::Match::folders ? Kind::folders : Kind::directory;
          directories.push_back({hash_of(interest.text), rule});
          add_above(interest.text, Kind::above_exact);
          break;
        case Interest::Match::suffix: {
          if (interest.text.size() < 2) break;  // would want half of every layer; no detector means that
          rule.kind = Kind::suffix;
          const auto tail = tail_of(interest.text);
          tails_[tail / 64] |= std::uint64_t{1} << (tail % 64);
          tails.push_back({hash_of(interest.text.substr(interest.text.size() - 2)), rule});
          break;
        }
      }
    }
  }
  fill(names, by_name_);
  fill(directories, by_directory_);
  fill(tails, by_tail_);
}

void Matcher::fill(std::vector<Keyed>& keyed, std::vector<Slot>& table) {
  std::ranges::sort(keyed, {}, [](const Keyed& one) { return std::pair(one.hash, one.rule.detector); });
  table.resize(std::bit_ceil(2 * keyed.size() + 1));
  const auto mask = table.size() - 1;
  for (std::size_t i = 0; i < keyed.size();) {
    auto place = keyed[i].hash & mask;
    while (table[place].count != 0) place = (place + 1) & mask;
    Slot& slot = table[place];
    slot = {keyed[i].hash, static_cast<std::uint32_t>(rules_.size()), 0};
    for (; i < keyed.size() && keyed[i].hash == slot.hash; ++i, ++slot.count) rules_.push_back(keyed[i].rule);
  }
}

std::span<const Matcher::Rule> Matcher::find(const std::vector<Slot>& table, std::uint64_t hash) const {
  const auto mask = table.size() - 1;
  for (auto place = hash & mask; table[place].count != 0; place = (place + 1) & mask) {
    if (table[place].hash == hash) return std::span(rules_).subspan(table[place].first, table[place].count);
  }
  return {};
}

Wanted Matcher::look(std::string_view path) const {
  Wanted wanted;
  const auto slash = path.rfind('/');
  const auto name = path.substr(slash + 1);
  for (const Rule& rule : find(by_name_, hash_of(name))) {
    switch (rule.kind) {
      case Kind::exact:
        if (path == rule.text) add(wanted, rule);
        break;
      case Kind::nested:
        if (ends_at_border(path, rule.text)) add(wanted, rule);
        break;
      case Kind::basename:
        if (name == rule.text && is_below(path, rule.below)) add(wanted, rule);
        break;
      case Kind::above_exact:
        wanted.ancestor |= path == rule.text;
        break;
      case Kind::above_nested:
        wanted.ancestor |= ends_at_border(path, rule.text);
        break;
      case Kind::directory:
      case Kind::folders:
      case Kind::suffix:
        break;  // in the other tables
    }
  }
  const auto directory = slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
  for (const Rule& rule : find(by_directory_, hash_of(directory))) {
    if (rule.kind == Kind::directory && directory == rule.text && name.ends_with(rule.ending)) add(wanted, rule);
  }
  if (name.size() < 2) return wanted;
  const auto tail = tail_of(name);
  if ((tails_[tail / 64] >> (tail % 64) & 1) == 0) return wanted;
  for (const Rule& rule : find(by_tail_, hash_of(name.substr(name.size() - 2)))) {
    if (name.ends_with(rule.text) && is_below(path, rule.below)) add(wanted, rule);
  }
  return wanted;
}

Wanted Matcher::look_at_folder(std::string_view path) const {
  Wanted wanted;
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return wanted;
  const auto directory = path.substr(0, slash);
  for (const Rule& rule : find(by_directory_, hash_of(directory))) {
    if (rule.kind == Kind::folders && directory == rule.text) add(wanted, rule);
  }
  return wanted;
}

const Matcher& matcher() {
  static const Matcher instance{detectors()};
  return instance;
}

}  // namespace limpid::inventory

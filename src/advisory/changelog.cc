#include "advisory/changelog.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "advisory/ids.h"
#include "advisory/release_names.h"
#include "base/date.h"
#include "base/text.h"
#include "version/ordering.h"

namespace limpid::advisory {
namespace {

using base::is_alnum;
using base::is_alpha;
using base::is_space;

constexpr std::size_t kTabWidth = 8;

bool is_word(std::string_view word) {
  return !word.empty() &&
         std::ranges::all_of(word, [](char c) { return is_alnum(c) || c == '-' || c == '+' || c == '.'; });
}

// "name (version) distribution…; key=value, …" at the start of a line.
std::optional<ChangelogEntry> parse_header(std::string_view line) {
  if (line.empty() || !is_alnum(line[0])) return std::nullopt;
  ChangelogEntry entry;
  auto rest = line;
  const auto package = base::take_word(rest);
  if (!is_word(package)) return std::nullopt;
  rest = base::trim(rest);
  if (!base::strip_prefix(rest, "(")) return std::nullopt;
  const auto close = rest.find(')');
  if (close == std::string_view::npos) return std::nullopt;
  const auto version = rest.substr(0, close);
  if (version.empty() || std::ranges::any_of(version, [](char c) { return is_space(c) || c == '('; }))
    return std::nullopt;
  rest.remove_prefix(close + 1);
  const auto semicolon = rest.find(';');
  if (semicolon == std::string_view::npos || semicolon == 0 || !is_space(rest[0])) return std::nullopt;
  auto words = rest.substr(0, semicolon);
  for (auto word = base::take_word(words); !word.empty(); word = base::take_word(words)) {
    if (!is_word(word)) return std::nullopt;
    entry.distributions.emplace_back(word);
  }
  if (entry.distributions.empty()) return std::nullopt;
  for (const auto pair : base::split(rest.substr(semicolon + 1), ',')) {
    auto value = pair;
    const auto key = base::trim(base::take_until(value, '='));
    if (base::equal_ignoring_case(key, "binary-only")) {
      entry.binary_only = base::equal_ignoring_case(base::trim(value), "yes");
    }
  }
  entry.package = package;
  entry.version = version;
  return entry;
}

std::optional<unsigned> number(std::string_view text, unsigned max) {
  const auto value = base::parse_unsigned(text);
  if (!value || *value > max) return std::nullopt;
  return static_cast<unsigned>(*value);
}

// RFC 5322 ("Sat, 19 Jul 2025 21:04:59 +0200") → RFC 3339 in UTC, "" if malformed.
std::string utc_of(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                        "jul", "aug", "sep", "oct", "nov", "dec"};
  auto rest = text;
  auto word = base::take_word(rest);
  if (word.ends_with(',')) word = base::take_word(rest);
  const auto day = number(word, 31);
  const auto month = std::ranges::find(kMonths, base::lower(base::take_word(rest).substr(0, 3)));
  const auto year = number(base::take_word(rest), 9999);
  auto clock = base::take_word(rest);
  const auto hour = number(base::take_until(clock, ':'), 23);
  const auto minute = number(base::take_until(clock, ':'), 59);
  const auto second = number(clock, 60);
  const auto zone = base::take_word(rest);
  if (!day || month == kMonths.end() || !year || !hour || !minute || !second) return {};
  std::int64_t offset = 0;
  if (zone.size() == 5 && (zone[0] == '+' || zone[0] == '-')) {
    const auto hours = number(zone.substr(1, 2), 23), minutes = number(zone.substr(3), 59);
    if (!hours || !minutes) return {};
    offset = static_cast<std::int64_t>(*hours * 60 + *minutes) * (zone[0] == '-' ? -60 : 60);
  }
  const std::chrono::year_month_day calendar{std::chrono::year(static_cast<int>(*year)),
                                             std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
                                             std::chrono::day(*day)};
  if (!calendar.ok()) return {};
  const auto time = std::chrono::sys_seconds(std::chrono::sys_days(calendar)) + std::chrono::hours(*hour) +
                    std::chrono::minutes(*minute) + std::chrono::seconds(*second) - std::chrono::seconds(offset);
  const auto date = std::chrono::floor<std::chrono::days>(time);
  const auto seconds = static_cast<unsigned>((time - date).count());
  const auto two = [](unsigned value) { return base::cat({value < 10 ? "0" : "", value}); };
  return base::cat(
      {base::format_date(date), "T", two(seconds / 3600), ":", two(seconds / 60 % 60), ":", two(seconds % 60), "Z"});
}

// One bullet with its continuation lines, or a run of lines without any bullet.
struct Item {
  std::size_t indent = 0;
  std::size_t parent = 0;  // 1 + index of the item that encloses it, 0 for none
  std::string text;
};

bool is_undoing_verb(std::string_view word) {
  constexpr std::array<std::string_view, 29> kVerbs = {
      "drop",    "drops",     "dropped",   "dropping",   "remove", "removes", "removed",  "removing",
      "delete",  "deletes",   "deleted",   "deleting",   "revert", "reverts", "reverted", "reverting",
      "refresh", "refreshes", "refreshed", "refreshing", "rebase", "rebases", "rebased",  "rebasing",
      "disable", "disables",  "disabled",  "disabling",  "unapply"};
  while (!word.empty() && !is_alnum(word.back())) word.remove_suffix(1);
  return std::ranges::find(kVerbs, base::lower(word)) != kVerbs.end();
}

// Speaks of a patch: a word that begins with "patch", or a patch's file name.
bool names_patch(std::string_view lower_text) {
  for (auto at = lower_text.find("patch"); at != std::string_view::npos; at = lower_text.find("patch", at + 1)) {
    if (at == 0 || !is_alpha(lower_text[at - 1])) return true;
  }
  return lower_text.find(".diff") != std::string_view::npos || lower_text.find("d/p/") != std::string_view::npos;
}

// Drops, reverts, refreshes or disables a patch, or tells of an earlier upload.
bool is_no_fix(std::string_view text) {
  constexpr std::array<std::string_view, 8> kEarlier = {"already fixed",    "already applied", "already included",
                                                        "previous upload",  "earlier upload",  "last upload",
                                                        "previous version", "earlier version"};
  const auto lower_text = base::lower(text);
  if (std::ranges::any_of(kEarlier, [&](std::string_view phrase) { return lower_text.contains(phrase); })) return true;
  std::string_view rest = text;
  const auto first = base::take_word(rest);
  const auto verb = first.ends_with(':') ? base::take_word(rest) : first;
  return (is_undoing_verb(first) || is_undoing_verb(verb)) && names_patch(lower_text);
}

// Gathers the items of one entry.
class Items {
 public:
  void line(std::string_view raw) {
    const auto text = base::trim(raw);
    if (text.empty()) {
      bare_open_ = false;
      return;
    }
    if (text.starts_with("[ ") && text.ends_with(" ]")) {  // whose items follow
      open_.clear();
      bare_open_ = false;
      return;
    }
    const auto indent = indent_of(raw);
    while (!open_.empty() && items_[open_.back()].indent >= indent) open_.pop_back();
    const bool bullet = std::string_view("*-+~").contains(text[0]) && text.size() > 1 && is_space(text[1]);
    if (bullet || (open_.empty() && !bare_open_)) {
      items_.push_back({.indent = indent, .parent = open_.empty() ? 0 : open_.back() + 1, .text = {}});
      if (bullet) open_.push_back(items_.size() - 1);
      bare_open_ = !bullet;
    }
    auto& item = bullet || open_.empty() ? items_.back() : items_[open_.back()];
    append_words(item.text, bullet ? text.substr(1) : text);
  }

  void finish(ChangelogEntry& entry) {
    std::vector<bool> no_fix(items_.size());
    std::set<std::string> fixed, named;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      const auto& item = items_[i];
      no_fix[i] = is_no_fix(item.text) || (item.parent > 0 && no_fix[item.parent - 1]);
      for (auto& id : find_cves(item.text)) (no_fix[i] ? named : fixed).insert(std::move(id));
    }
    for (const auto& id : named) {
      if (!fixed.contains(id)) entry.only_named.push_back(id);
    }
    entry.fixed.assign(fixed.begin(), fixed.end());
    *this = {};
  }

 private:
  static std::size_t indent_of(std::string_view raw) {
    std::size_t indent = 0;
    for (const char c : raw) {
      if (c == '\t') {
        indent += kTabWidth - indent % kTabWidth;
      } else if (is_space(c)) {
        ++indent;
      } else {
        break;
      }
    }
    return indent;
  }
  // Words with one blank between them, so that phrases are found across lines.
  static void append_words(std::string& to, std::string_view text) {
    for (auto word = base::take_word(text); !word.empty(); word = base::take_word(text)) {
      if (!to.empty()) to.push_back(' ');
      to.append(word);
    }
  }

  std::vector<Item> items_;
  std::vector<std::size_t> open_;  // the bullets that enclose the next line, outermost first
  bool bare_open_ = false;         // the last item has no bullet and goes on
};

bool speaks_for(const ChangelogEntry& entry, std::string_view name_space) {
  // Uploads to a stable release name it in the version, and a distribution written by mistake does not change that
  // (libarchive 3.6.2-1+deb12u5 says bullseye-security).
  if (!name_space.empty() && namespace_of_version_suffix(entry.version) == name_space) return true;
  const auto codename = codename_of_namespace(name_space);
  return std::ranges::any_of(entry.distributions, [&](const std::string& written) {
    const auto distribution = base::lower(written);
    if (distribution == "unstable" || distribution == "experimental") return true;
    if (codename.empty()) return false;
    std::string_view suffix = distribution;
    if (!base::strip_prefix(suffix, codename)) return false;
    return suffix.empty() || suffix == "-security" || suffix == "-updates" || suffix == "-proposed-updates" ||
           suffix == "-proposed";
  });
}

}  // namespace

std::vector<ChangelogEntry> parse_changelog(std::string_view text) {
  std::vector<ChangelogEntry> entries;
  Items items;
  bool inside = false;  // between a header and its trailer
  const auto close = [&] {
    if (inside) items.finish(entries.back());
    inside = false;
  };
  while (const auto line = base::take_line(text)) {
    if (auto header = parse_header(*line)) {
      close();
      entries.push_back(*std::move(header));
      inside = true;
    } else if (!inside || line->empty() || !is_space((*line)[0])) {
      if (inside && line->empty()) items.line("");
    } else if (line->starts_with(" -- ")) {
      const auto end = line->rfind('>');
      if (end != std::string_view::npos) entries.back().date = utc_of(line->substr(end + 1));
      close();
    } else {
      items.line(*line);
    }
  }
  close();
  return entries;
}

ChangelogFacts facts_for_release(const std::vector<ChangelogEntry>& entries, std::string_view name_space) {
  const auto* dpkg = version::find_ordering(version::Scheme::dpkg);
  std::map<std::string, ChangelogFix> fixes;
  std::set<std::string> named;
  // V rebuilt as V~something is lower than V and has its fixes. Keyed by V: the oldest such rebuild above.
  std::map<std::string_view, std::string_view> rebuilt;
  for (const auto& entry : entries) {
    if (entry.binary_only) continue;
    for (const auto& id : entry.only_named) named.insert(id);
    if (!speaks_for(entry, name_space) || dpkg == nullptr || !dpkg->parse(entry.version).valid) {
      named.insert(entry.fixed.begin(), entry.fixed.end());
      continue;
    }
    std::string_view version = entry.version;
    if (const auto found = rebuilt.find(version); found != rebuilt.end()) version = found->second;
    if (const auto tilde = entry.version.rfind('~'); tilde != std::string::npos) {
      rebuilt[std::string_view(entry.version).substr(0, tilde)] = entry.version;
    }
    // Later in the file is older: the last entry that names an id stays.
    for (const auto& id : entry.fixed) {
      fixes[id] = {.id = id, .version = std::string(version), .date = entry.date};
    }
  }
  ChangelogFacts facts;
  for (auto& [id, fix] : fixes) facts.fixes.push_back(std::move(fix));
  for (const auto& id : named) {
    if (!fixes.contains(id)) facts.without_fix.push_back(id);
  }
  return facts;
}

}  // namespace limpid::advisory

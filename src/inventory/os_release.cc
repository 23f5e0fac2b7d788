// The files that tell which distribution this is: os-release
// (https://www.freedesktop.org/software/systemd/man/os-release) and what older or other systems have instead of it or
// beside it. Only facts are taken here; what they mean together is for decide_distribution().
//
// Facts by file: os-release, lsb-release and the like: each KEY. One-line release files: "text". etc/apk/repositories:
// "releases", the release words of its lines. apt's sources: "suites", the first words of those that have a component
// main (https://manpages.debian.org/sources.list). Ubuntu Pro's status.json: "services", those that are enabled.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/text.h"
#include "inventory/notes.h"
#include "inventory/registered.h"

namespace limpid::inventory {
namespace {

constexpr std::uint64_t kFileMax = std::uint64_t{1} << 20;
constexpr std::size_t kReadMax = std::size_t{64} << 10;  // of what is longer, the beginning
constexpr std::size_t kKeysMax = 200;
constexpr std::size_t kKeyLengthMax = 64;
constexpr std::size_t kValueLengthMax = 4'096;
constexpr std::size_t kReleasesMax = 50;
constexpr std::size_t kJsonDepthMax = 64;

using Facts = std::map<std::string, std::string>;

// A value of a shell assignment without expansion or concatenation: bare, 'single' or "double" with backslash escapes.
std::string unquote(std::string_view raw) {
  raw = base::trim(raw);
  if (raw.empty()) return {};
  const char quote = raw.front();
  if (quote == '\'') {
    raw.remove_prefix(1);
    return std::string(base::take_until(raw, '\''));
  }
  const bool quoted = quote == '"';
  if (quoted) raw.remove_prefix(1);
  std::string value;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (quoted ? raw[i] == '"' : base::is_space(raw[i])) break;  // to a shell, a bare value ends at a blank
    const bool escape = raw[i] == '\\' && i + 1 < raw.size() &&
                        (!quoted || std::string_view("\"\\$`").find(raw[i + 1]) != std::string_view::npos);
    if (escape) ++i;
    value.push_back(raw[i]);
  }
  return value;
}

bool is_key(std::string_view key) {
  return !key.empty() && key.size() <= kKeyLengthMax &&
         std::ranges::all_of(key, [](char c) { return base::is_alnum(c) || c == '_'; });
}

// Text that shows on a screen what it is: a namespace is made of some values.
bool is_clean(std::string_view value) {
  if (value.size() > kValueLengthMax) return false;
  std::string text(value);
  std::ranges::replace(text, '\t', ' ');
  return base::printable(text) == text;
}

void read_assignments(std::string_view content, Facts& facts, Notes& notes) {
  base::strip_prefix(content, "\xEF\xBB\xBF");
  while (const auto line = base::take_line(content)) {
    auto value = base::trim(*line);
    if (value.empty() || value.front() == '#') continue;
    const auto equals = value.find('=');
    if (equals == std::string_view::npos || !is_key(value.substr(0, equals))) continue;  // as a shell's reader would
    const auto key = value.substr(0, equals);
    auto text = unquote(value.substr(equals + 1));
    if (!is_clean(text)) {
      notes.add(SkipReason::damaged, {"the value of ", key, " is no text"});
    } else if (facts.size() < kKeysMax || facts.contains(std::string(key))) {
      facts.insert_or_assign(std::string(key), std::move(text));
    }
  }
}

void read_first_line(std::string_view content, Facts& facts, Notes& notes) {
  while (const auto line = base::take_line(content)) {
    const auto text = base::trim(*line);
    if (text.empty()) continue;
    if (is_clean(text)) {
      facts.emplace("text", text);
    } else {
      notes.add(SkipReason::damaged, {"its first line is no text"});
    }
    return;
  }
}

// "https://dl-cdn.alpinelinux.org/alpine/v3.19/main" → "v3.19". From a repository with a tag, "@testing URL", comes
// only what was asked for by that tag: it does not tell the release.
void read_repositories(std::string_view content, Facts& facts, Notes& notes) {
  constexpr std::string_view kEdge = "edge";
  std::vector<std::string> releases;
  while (auto line = base::take_line(content)) {
    if (line->starts_with('#') || base::trim(*line).starts_with('@')) continue;
    for (auto rest = base::trim(*line); !rest.empty() && releases.size() < kReleasesMax;) {
      const auto part = base::take_until(rest, '/');
      auto digits = part;
      const bool release =
          part == kEdge || (base::strip_prefix(digits, "v") && digits.size() < 8 && !digits.empty() &&
                            digits.find('.') != std::string_view::npos &&
                            std::ranges::all_of(digits, [](char c) { return base::is_digit(c) || c == '.'; }));
      if (release && std::ranges::find(releases, part) == releases.end()) releases.emplace_back(part);
    }
  }
  if (releases.size() > 1 && std::ranges::find(releases, kEdge) != releases.end())
    notes.add(SkipReason::unsupported, {"a release's repositories beside edge's: all packages are taken for edge's"});
  if (!releases.empty()) facts.emplace("releases", base::join(releases, " "));
}

// Takes a suite's codename ("bookworm" of "bookworm-security", "bookworm/updates") if main is among the components.
void add_suite(std::string_view suite, std::string_view components, std::vector<std::string>& suites) {
  const auto end = suite.find_first_of("/-");
  const auto codename = suite.substr(0, end);
  if (!is_word(codename) || suites.size() == kReleasesMax) return;
  for (auto word = base::take_word(components); !word.empty(); word = base::take_word(components)) {
    if (word != "main") continue;
    if (std::ranges::find(suites, codename) == suites.end()) suites.emplace_back(codename);
    return;
  }
}

// Lines of `deb [options] URI suite components`, and the stanzas of *.sources.
void read_apt_sources(std::string_view content, Facts& facts) {
  std::vector<std::string> suites;
  std::string_view stanza_suites, stanza_components;
  const auto end_stanza = [&] {
    for (auto suite = base::take_word(stanza_suites); !suite.empty(); suite = base::take_word(stanza_suites))
      add_suite(suite, stanza_components, suites);
    stanza_suites = stanza_components = {};
  };
  while (const auto line = base::take_line(content)) {
    auto rest = base::trim(*line);
    if (rest.empty()) end_stanza();
    if (base::strip_prefix(rest, "Suites:")) stanza_suites = rest;
    if (base::strip_prefix(rest, "Components:")) stanza_components = rest;
    const auto kind = base::take_word(rest);
    if (kind != "deb" && kind != "deb-src") continue;
    rest = base::trim(rest);
    if (rest.starts_with('[')) base::take_until(rest, ']');
    base::take_word(rest);  // the URI
    const auto suite = base::take_word(rest);
    add_suite(suite, rest, suites);
  }
  end_stanza();
  if (!suites.empty()) facts.emplace("suites", base::join(suites, " "));
}

// A walk over JSON's tokens that remembers of every object its "name" and "status" where they are strings: enough for
// the one file that we ask. False where it is no JSON or nests too deep. Not recursive.
class ServiceWalk {
 public:
  explicit ServiceWalk(std::string_view text) : rest_(text) {}
  bool run(std::vector<std::string>& enabled) {
    while (skip_blanks()) {
      const char c = rest_.front();
      if (c == '{' || c == '[') {
        if (depth_.size() == kJsonDepthMax) return false;
        depth_.push_back({c == '{', {}, {}, {}});
        rest_.remove_prefix(1);
      } else if (c == '}' || c == ']') {
        if (depth_.empty() || depth_.back().object != (c == '}')) return false;
        const auto& level = depth_.back();
        if (level.status == "enabled" && !level.name.empty()) enabled.emplace_back(level.name);
        depth_.pop_back();
        rest_.remove_prefix(1);
      } else if (c == '"') {
        if (!take_string()) return false;
      } else {
        rest_.remove_prefix(1);  // numbers, words, commas: nothing that we need to understand
      }
    }
    return depth_.empty();
  }

 private:
  struct Level {
    bool object;
    std::string_view key, name, status;
  };

  bool skip_blanks() {
    while (!rest_.empty() && base::is_space(rest_.front())) rest_.remove_prefix(1);
    return !rest_.empty();
  }
  // Names and states have no escapes: one that has is not among those that we look for.
  bool take_string() {
    std::size_t end = 1;
    while (end < rest_.size() && rest_[end] != '"') end += rest_[end] == '\\' ? 2 : 1;
    if (end >= rest_.size()) return false;
    const auto text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    if (depth_.empty() || !depth_.back().object) return true;
    Level& level = depth_.back();
    if (skip_blanks() && rest_.front() == ':') {
      level.key = text;
      rest_.remove_prefix(1);
      return true;
    }
    if (level.key == "name" && is_word(text)) level.name = text;
    if (level.key == "status") level.status = text;
    level.key = {};
    return true;
  }

  std::string_view rest_;
  std::vector<Level> depth_;
};

Result<void> read_services(std::string_view content, Facts& facts) {
  std::vector<std::string> enabled;
  if (!ServiceWalk(content).run(enabled)) return fail(Code::invalid, {"not the JSON of Ubuntu Pro's status"});
  std::ranges::sort(enabled);
  enabled.erase(std::unique(enabled.begin(), enabled.end()), enabled.end());
  facts.emplace("services", base::join(enabled, " "));
  return {};
}

class OsRelease final : public Detector {
 public:
  std::string_view name() const override { return "os-release"; }
  std::uint32_t version() const override { return 4; }
  std::span<const Interest> interests() const override;
  Result<void> read(const WantedFile& file, Evidence& evidence, SkippedList& skipped) const override {
    Notes notes(file.path, skipped);
    const auto name = file.path.substr(file.path.rfind('/') + 1);
    if (name == "status.json") return read_services(file.content, evidence.facts);
    if (file.content.size() > kReadMax) {
      notes.add(SkipReason::too_big, {"only the first ", kReadMax, " of ", file.content.size(), " bytes were read"});
    }
    const auto content = file.content.substr(0, kReadMax);
    if (name == "os-release" || name == "lsb-release" || name == "openwrt_release") {
      read_assignments(content, evidence.facts, notes);
    } else if (name == "repositories") {
      read_repositories(content, evidence.facts, notes);
    } else if (name == "sources.list" || name.ends_with(".sources")) {
      read_apt_sources(content, evidence.facts);
    } else {
      read_first_line(content, evidence.facts, notes);
    }
    return {};
  }
};

std::span<const Interest> OsRelease::interests() const {
  using enum Interest::Match;
  constexpr auto at = [](std::string_view path) {
    return Interest{.match = exact, .text = path, .size_max = kFileMax};
  };
  static constexpr std::array kInterests = {
      // At any depth: a package database of a further root gets the os-release of that root.
      Interest{.match = nested, .text = "etc/os-release", .size_max = kFileMax},
      Interest{.match = nested, .text = "usr/lib/os-release", .size_max = kFileMax},
      at("etc/alpine-release"),
      at("etc/apk/repositories"),
      at("etc/apt/sources.list"),
      at("etc/apt/sources.list.d/debian.sources"),
      at("etc/apt/sources.list.d/ubuntu.sources"),
      at("etc/debian_version"),
      at("etc/lsb-release"),
      at("etc/openwrt_release"),
      at("etc/almalinux-release"),
      at("etc/centos-release"),
      at("etc/cloudlinux-release"),
      at("etc/eurolinux-release"),
      at("etc/fedora-release"),
      at("etc/gentoo-release"),
      at("etc/mageia-release"),
      at("etc/mariner-release"),
      at("etc/oracle-release"),
      at("etc/photon-release"),
      at("etc/redhat-release"),
      at("etc/rocky-release"),
      at("etc/slackware-version"),
      at("etc/SuSE-release"),
      at("etc/system-release"),
      at("usr/lib/system-release"),
      at("var/lib/ubuntu-advantage/status.json"),
  };
  return kInterests;
}

}  // namespace

const Detector& os_release_detector() {
  static const OsRelease instance;
  return instance;
}

}  // namespace limpid::inventory

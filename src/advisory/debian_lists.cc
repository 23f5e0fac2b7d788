// Feed "debian-lists": the lists of Debian's security advisories (DSA) and of its long-term support (DLA),
// https://salsa.debian.org/security-tracker-team/security-tracker, data/DSA/list and data/DLA/list. They go back to
// 2002, where the tracker's JSON has only releases that are still supported.
//
// A record is an advisory, a statement a line that names a package.
#include <algorithm>
#include <array>
#include <map>

#include "advisory/ids.h"
#include "advisory/input.h"
#include "advisory/list.h"
#include "advisory/release_names.h"
#include "version/ordering.h"

namespace limpid::advisory {
namespace {

constexpr std::uint64_t kListSizeMax = std::uint64_t{64} << 20;  // the real ones: 1 MB

bool is_list(std::string_view path) {
  for (const std::string_view name : {"DSA", "DLA", "DTSA"})
    if (path.ends_with(base::cat({name, ".list"})) || path.ends_with(base::cat({name, "/list"}))) return true;
  return false;
}

// "2023-03-29" of "29 Mar 2023"; "" for anything else.
std::string date_of(std::string_view text) {
  static constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = base::take_word(text);
  const auto month = std::ranges::find(kMonths, base::take_word(text));
  const auto year = base::take_word(text);
  const auto is_number = [](std::string_view word) { return std::ranges::all_of(word, base::is_digit); };
  if (month == kMonths.end() || year.size() != 4 || day.empty() || day.size() > 2 || !is_number(day) ||
      !is_number(year))
    return {};
  const auto number = month - kMonths.begin() + 1;
  return base::cat({year, number < 10 ? "-0" : "-", number, day.size() == 1 ? "-0" : "-", day});
}

// "DSA-5356" of "DSA-5356-2": what its revisions share.
std::string_view number_of(std::string_view id) {
  const auto first = id.find('-');
  return id.substr(0, id.find('-', first + 1));
}

class ListReader {
 public:
  explicit ListReader(FeedCounts& counts) : counts_(counts) {}

  Result<void> read(std::string_view text) {
    const bool begins_well = base::trim(text).starts_with('[');
    if (!begins_well) return fail(Code::invalid, {"no list of advisories"});
    while (const auto line = base::take_line(text)) {
      if (line->starts_with('[')) {
        read_head(*line);
      } else if (!base::trim(*line).empty() && base::is_space(line->front())) {
        read_line(base::trim(*line));
      }
    }
    return {};
  }

  // Revisions come before what they revise, so nothing is handed out before all is read.
  Result<void> hand_out(Sink& sink) {
    std::map<std::string, std::vector<std::string>, std::less<>> cves;
    for (const auto& advisory : advisories_)
      if (auto& known = cves[std::string(number_of(advisory.id))]; known.size() < advisory.upstream.size())
        known = advisory.upstream;
    for (auto& advisory : advisories_) {
      if (sink.is_cancelled()) return cancelled();
      if (advisory.upstream.empty()) advisory.upstream = cves.find(number_of(advisory.id))->second;
      if (!advisory.affected.empty()) sink.advisory(std::move(advisory));
    }
    return {};
  }

 private:
  // "[29 Mar 2023] DSA-5380-1 xorg-server - security update"
  void read_head(std::string_view line) {
    line.remove_prefix(1);
    auto& advisory = advisories_.emplace_back();
    ++counts_.records;
    advisory.published = date_of(base::take_until(line, ']'));
    advisory.id = base::take_word(line);
    advisory.title = base::trim(line);
    if (advisory.published > counts_.as_of) counts_.as_of = advisory.published;
    if (!is_plausible_id(advisory.id)) advisory.id.clear();
  }

  void read_line(std::string_view line) {
    if (advisories_.empty()) return;
    auto& advisory = advisories_.back();
    if (line.starts_with('{')) {
      for (auto& cve : find_cves(line)) advisory.upstream.push_back(std::move(cve));
      return;
    }
    std::string_view release = "unstable";
    if (line.starts_with('[')) {
      line.remove_prefix(1);
      release = base::take_until(line, ']');
      line = base::trim(line);
    }
    if (!base::strip_prefix(line, "- ")) return;  // a note
    ++counts_.statements;
    const auto package = base::take_word(line);
    const auto word = base::take_word(line);
    Affected affected;
    affected.name_space = namespace_of_codename(release);
    affected.package = package;
    affected.key_kind = KeyKind::source;
    affected.scheme = version::Scheme::dpkg;
    if (advisory.id.empty()) return counts_.drop("no id");
    if (!affected.name_space.starts_with("debian:")) return counts_.drop("unknown release");
    if (word == "<not-affected>") {
      affected.status = Status::not_affected;
    } else if (word == "<unfixed>") {
      affected.status = Status::affected;
    } else if (word == "<end-of-life>") {
      affected.status = Status::end_of_life;
    } else if (word == "<ignored>") {
      affected.status = Status::will_not_fix;
    } else if (word == "<postponed>") {
      affected.status = Status::fix_deferred;
    } else if (!word.empty() && base::is_digit(word[0]) &&
               version::find_ordering(version::Scheme::dpkg)->parse(word).valid) {
      affected.status = Status::fixed;
      affected.ranges.push_back({.introduced = "", .fixed = std::string(word), .last_affected = ""});
    } else {
      return counts_.drop("no version");
    }
    advisory.affected.push_back(std::move(affected));
  }

  FeedCounts& counts_;
  std::vector<Advisory> advisories_;
};

class DebianListsFeed final : public Feed {
 public:
  std::string_view name() const override { return "debian-lists"; }
  std::string_view description() const override {
    return "Debian's DSA and DLA: data/DSA/list and data/DLA/list of the security tracker, or a folder with them";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    LIMPID_ASSIGN(const auto paths, list_inputs(input.path, is_list));
    ListReader reader(counts);
    for (const auto& path : paths) {
      LIMPID_ASSIGN(const auto text, read_input(path, kListSizeMax));
      LIMPID_TRY_WITHIN(reader.read(text), {path});
    }
    LIMPID_TRY(reader.hand_out(sink));
    return counts;
  }
};

}  // namespace

const Feed& debian_lists_feed() {
  static const DebianListsFeed feed;
  return feed;
}

}  // namespace limpid::advisory

// Feed "rootio": the packages that Root.io rebuilds with fixes, https://api.root.io/external/patch_feed: for each
// distribution and release the source packages, their flaws, and the ranges that are vulnerable.
//
// A record and a statement is a flaw in a package of a release. Its namespace is that of the release behind "rootio:",
// "rootio:debian:12".
#include <algorithm>
#include <optional>

#include "advisory/ids.h"
#include "advisory/input.h"
#include "advisory/json_members.h"
#include "advisory/json_parser.h"
#include "advisory/list.h"
#include "advisory/release_names.h"

namespace limpid::advisory {
namespace {

using version::Scheme;

// Just above a version, for ranges that begin behind it: the next build of an apk package, or what dpkg orders right
// behind the version ("1.2-3.root.io.3+").
std::string behind(std::string_view version, Scheme scheme) {
  if (scheme == Scheme::dpkg) return base::cat({version, "+"});
  std::string next(version);
  for (auto digit = next.rbegin(); digit != next.rend() && base::is_digit(*digit); ++digit) {
    if (*digit != '9') {
      ++*digit;
      return next;
    }
    *digit = '0';
  }
  return {};
}

// "<1.2-3", ">1.2-3 <1.2-5", ">=1.0, <2.0": what all its parts hold of. Nothing for another form.
std::optional<Range> read_range(std::string_view text, Scheme scheme) {
  Range range;
  std::string words(text);
  std::ranges::replace(words, ',', ' ');
  std::string_view rest = words;
  bool any = false;
  for (auto word = base::take_word(rest); !word.empty(); word = base::take_word(rest)) {
    const bool below = base::strip_prefix(word, "<");
    const bool above = !below && base::strip_prefix(word, ">");
    const bool equal = base::strip_prefix(word, "=");
    if (word.empty()) word = base::take_word(rest);  // "< 1.2"
    if (word.empty() || !(below || above || equal)) return std::nullopt;
    if (below) (equal ? range.last_affected : range.fixed) = word;
    if (above) range.introduced = equal ? std::string(word) : behind(word, scheme);
    if (!below && !above) range.introduced = range.last_affected = word;
    if (above && range.introduced.empty()) return std::nullopt;
    any = true;
  }
  if (!any || (!range.fixed.empty() && !range.last_affected.empty())) return std::nullopt;
  return range;
}

struct Place {
  std::string name_space;  // "" for a release that nobody knows
  Scheme scheme = Scheme::none;
};
Place place_of(std::string_view distribution, std::string_view release) {
  Place place;
  if (distribution == "debian") place = {debian_namespace(release), Scheme::dpkg};
  if (distribution == "ubuntu") place = {ubuntu_namespace(release), Scheme::dpkg};
  if (distribution == "alpine") place = {alpine_namespace(release), Scheme::apk};
  if (!place.name_space.empty()) place.name_space.insert(0, "rootio:");
  return place;
}

class ReleaseReader {
 public:
  ReleaseReader(FeedCounts& counts, Sink& sink) : counts_(counts), sink_(sink) {}

  // One release of a distribution: {"distroversion": "12", "packages": [{"pkg": {"name": …, "cves": {…}}}]}.
  Result<void> read(const std::string& distribution, std::string& text) {
    if (sink_.is_cancelled()) return cancelled();
    LIMPID_ASSIGN(const auto root, parser_.parse(text));
    json::object release;
    if (root.get(release) != simdjson::SUCCESS) return fail(Code::invalid, {"a release that is no object"});
    const auto place = place_of(distribution, text_member(release, "distroversion").value_or(""));
    for (const auto& entry : objects_member(release, "packages")) {
      const auto package = object_member(entry, "pkg");
      if (!package) return fail(Code::invalid, {"a package without \"pkg\""});
      const auto flaws = object_member(*package, "cves");
      if (!flaws) continue;
      for (const auto [id, value] : *flaws) add(place, text_member(*package, "name").value_or(""), id, value);
    }
    return {};
  }

 private:
  void add(const Place& place, std::string_view package, std::string_view id, const json::element& value) {
    ++counts_.records;
    ++counts_.statements;
    json::object flaw;
    if (place.name_space.empty()) return counts_.drop("unknown release");
    if (!is_plausible_id(id) || package.empty() || value.get(flaw) != simdjson::SUCCESS)
      return counts_.drop("unusable id or package name");
    Affected affected;
    affected.name_space = place.name_space;
    affected.package = package;
    affected.key_kind = KeyKind::source;
    affected.scheme = place.scheme;
    affected.severity = text_or_empty(flaw, "severity");
    affected.status = texts_member(flaw, "fixed_versions").empty() ? Status::affected : Status::fixed;
    for (const auto& text : texts_member(flaw, "vulnerable_ranges")) {
      auto range = read_range(text, place.scheme);
      if (!range) return counts_.drop("a range that is not understood");
      affected.ranges.push_back(*std::move(range));
    }
    // Without ranges every version is vulnerable, whatever is said of fixes.
    if (affected.ranges.empty()) affected.status = Status::affected;
    Advisory advisory;
    advisory.id = id;
    advisory.affected.push_back(std::move(affected));
    sink_.advisory(std::move(advisory));
  }

  FeedCounts& counts_;
  Sink& sink_;
  JsonParser parser_;
};

class RootioFeed final : public Feed {
 public:
  std::string_view name() const override { return "rootio"; }
  std::string_view description() const override { return "Root.io's rebuilt packages: its feed as one JSON file"; }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    ReleaseReader reader(counts, sink);
    LIMPID_ASSIGN(const auto paths, list_inputs(input.path, {".json", ".json.gz", ".json.xz", ".json.zst"}));
    for (const auto& path : paths) {
      LIMPID_ASSIGN(auto file, InputFile::open(path));
      const auto visit = [&](const std::string& key, std::string& release) -> Result<void> {
        if (key.empty()) return fail(Code::invalid, {"no object of distributions"});
        LIMPID_TRY_WITHIN(reader.read(key, release), {key});
        return {};
      };
      LIMPID_TRY_WITHIN(split_elements(file.source(), visit), {path});
    }
    return counts;
  }
};

}  // namespace

const Feed& rootio_feed() {
  static const RootioFeed feed;
  return feed;
}

}  // namespace limpid::advisory

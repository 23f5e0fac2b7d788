// Feed "debian-changelogs": a folder or mirror of .deb files. The changelog inside each names the CVEs that it fixes
// (changelog.h), and the newest entry's version is what the mirror offers: advisories without any internet.
//
// A record is a .deb file, a statement a CVE that the newest changelog of a source package names.
#include <algorithm>
#include <map>

#include "advisory/changelog.h"
#include "advisory/input.h"
#include "advisory/list.h"
#include "advisory/release_names.h"
#include "archive/deb.h"
#include "version/ordering.h"

namespace limpid::advisory {
namespace {

constexpr std::uint64_t kPackedChangelogSizeMax = std::uint64_t{16} << 20;
constexpr std::uint64_t kChangelogSizeMax = std::uint64_t{64} << 20;

struct Control {
  std::string package, source, source_version;
};

// deb-control(5): Source is "name" or "name (version)" and only there where it differs from Package and Version.
Result<Control> parse_control(std::string_view text) {
  std::map<std::string, std::string_view> fields;
  while (const auto line = base::take_line(text)) {
    if (line->empty() || base::is_space((*line)[0])) continue;
    auto value = *line;
    const auto key = base::lower(base::take_until(value, ':'));
    fields[key] = base::trim(value);
  }
  Control control;
  control.package = fields["package"];
  control.source_version = fields["version"];
  auto source = fields["source"];
  control.source = base::take_word(source);
  source = base::trim(source);
  if (base::strip_prefix(source, "(") && base::strip_suffix(source, ")")) control.source_version = base::trim(source);
  if (control.source.empty()) control.source = control.package;
  if (control.package.empty() || control.source_version.empty()) {
    return fail(Code::invalid, {"control file without Package or Version"});
  }
  return control;
}

// What one source version says, gathered from all its .deb files.
struct SourceFacts {
  std::string path;        // the first .deb, for messages
  std::string name_space;  // "" while nothing tells it
  std::string date;        // of the newest entry
  std::string newest_version;
  bool readable = false;  // at least one of its .deb files was read without an error
  bool has_changelog = false;
  ChangelogFacts facts;
};

std::string namespace_of_entry(const ChangelogEntry& entry) {
  for (const auto& distribution : entry.distributions) {
    const auto name_space = namespace_of_codename(distribution.substr(0, distribution.find('-')));
    // Packages of a stable release are mostly uploads to unstable: that says nothing.
    if (!name_space.empty() && name_space != "debian:unstable") return std::string(name_space);
  }
  return {};
}

class MirrorReader {
 public:
  MirrorReader(const FeedInput& input, FeedCounts& counts) : input_(input), counts_(counts) {}

  void read_file(const std::string& path) {
    if (const auto read = read_package(path); !read) {
      const auto reason = read.error().code() == Code::truncated     ? SkipReason::truncated
                          : read.error().code() == Code::limit       ? SkipReason::too_big
                          : read.error().code() == Code::unsupported ? SkipReason::unsupported
                          : read.error().code() == Code::io          ? SkipReason::unreadable
                                                                     : SkipReason::damaged;
      counts_.skipped.push_back({.path = path, .layer = {}, .reason = reason, .detail = read.error().describe()});
      return;
    }
    ++counts_.records;
  }

  void finish(Sink& sink);

 private:
  using Sources = std::map<std::pair<std::string, std::string>, SourceFacts>;  // by source name and version

  Result<void> read_package(const std::string& path);
  Result<void> read_changelog(archive::EntryReader& files, const Control& control, SourceFacts& facts);
  void parse_text(std::string_view text, SourceFacts& facts);
  void emit(const std::string& source, const SourceFacts& newest, const SourceFacts* with_changelog, Sink& sink);

  const FeedInput& input_;
  FeedCounts& counts_;
  Sources sources_;
};

Result<void> MirrorReader::read_package(const std::string& path) {
  LIMPID_ASSIGN(const auto file, base::File::open(path));
  LIMPID_ASSIGN(const auto size, file.size());
  const auto source = archive::file_source(file, 0, size);
  Control control;
  SourceFacts* facts = nullptr;
  const auto take_control = [&](std::string_view text) -> Result<void> {
    LIMPID_ASSIGN(control, parse_control(text));
    facts = &sources_[{control.source, control.source_version}];
    if (facts->path.empty()) {
      facts->path = path;
      facts->newest_version = control.source_version;
      facts->name_space =
          input_.name_space.empty() ? namespace_of_version_suffix(control.source_version) : input_.name_space;
    }
    return {};
  };
  const auto take_files = [&](archive::EntryReader& files) -> Result<void> {
    if (facts == nullptr) return fail(Code::invalid, {"no control file before the data"});
    // One changelog per source version is enough: they are all the same.
    if (facts->has_changelog) return {};
    return read_changelog(files, control, *facts);
  };
  LIMPID_TRY(archive::read_deb(*source, take_control, take_files));
  facts->readable = true;
  return {};
}

Result<void> MirrorReader::read_changelog(archive::EntryReader& files, const Control& control, SourceFacts& facts) {
  const auto folder = base::cat({"usr/share/doc/", control.package, "/"});
  // Debian policy 12.7: a native package's own changelog is the Debian one.
  const bool native = !control.source_version.contains('-');
  for (;;) {
    LIMPID_ASSIGN(const auto* entry, files.next());
    if (entry == nullptr) return {};
    if (entry->type != archive::EntryType::file) continue;
    std::string_view name = entry->path;
    if (!base::strip_prefix(name, folder)) continue;
    if (name != "changelog.Debian.gz" && !(native && name == "changelog.gz")) continue;
    LIMPID_ASSIGN_WITHIN(const auto packed, archive::read_content(files, kPackedChangelogSizeMax), {entry->path});
    LIMPID_ASSIGN_WITHIN(const auto source, archive::decompress_any(archive::memory_source(base::as_bytes(packed))),
                         {folder, "changelog"});
    LIMPID_ASSIGN_WITHIN(const auto text, archive::read_all(*source, kChangelogSizeMax), {folder, "changelog"});
    parse_text(text, facts);
    return {};
  }
}

void MirrorReader::parse_text(std::string_view text, SourceFacts& facts) {
  const auto entries = parse_changelog(text);
  const auto newest = std::ranges::find(entries, false, &ChangelogEntry::binary_only);
  if (newest == entries.end()) return;
  facts.has_changelog = true;
  facts.newest_version = newest->version;
  facts.date = newest->date;
  if (input_.name_space.empty()) {
    if (auto told = namespace_of_entry(*newest); !told.empty()) facts.name_space = std::move(told);
  }
  facts.facts = facts_for_release(entries, facts.name_space);
}

void MirrorReader::emit(const std::string& source, const SourceFacts& newest, const SourceFacts* with_changelog,
                        Sink& sink) {
  sink.available({.name_space = newest.name_space,
                  .package = source,
                  .key_kind = KeyKind::source,
                  .scheme = version::Scheme::dpkg,
                  .version = newest.newest_version});
  if (with_changelog == nullptr) return;
  const auto& facts = with_changelog->facts;
  counts_.statements += facts.fixes.size() + facts.without_fix.size();
  if (!facts.without_fix.empty()) counts_.drop("named without a fix", facts.without_fix.size());
  counts_.as_of = std::max(counts_.as_of, with_changelog->date);
  for (const auto& fix : facts.fixes) {
    Affected affected;
    affected.name_space = newest.name_space;
    affected.package = source;
    affected.key_kind = KeyKind::source;
    affected.scheme = version::Scheme::dpkg;
    affected.status = Status::fixed;
    affected.ranges.push_back({.introduced = "", .fixed = fix.version, .last_affected = ""});
    Advisory advisory;
    advisory.id = fix.id;
    advisory.published = fix.date;
    advisory.affected.push_back(std::move(affected));
    sink.advisory(std::move(advisory));
  }
}

void MirrorReader::finish(Sink& sink) {
  struct Best {
    const SourceFacts* newest = nullptr;
    const SourceFacts* with_changelog = nullptr;
  };
  const auto* dpkg = version::find_ordering(version::Scheme::dpkg);
  const auto is_newer = [&](const SourceFacts& a, const SourceFacts* b) {
    return b == nullptr || dpkg->compare(dpkg->parse(a.newest_version), dpkg->parse(b->newest_version)) > 0;
  };
  std::map<std::pair<std::string, std::string>, Best> best;  // by namespace and source name
  for (const auto& [key, facts] : sources_) {
    if (!facts.readable) continue;  // already in `skipped`, with what is wrong
    const auto skip = [&](SkipReason reason, std::string_view detail) {
      counts_.skipped.push_back(Skipped{facts.path, {}, reason, std::string(detail)});
    };
    if (!facts.has_changelog)
      skip(SkipReason::unsupported, "no Debian changelog in any package of this source version");
    if (facts.name_space.empty()) {
      skip(SkipReason::unresolved, "nothing tells its release: give it as debian-changelogs@NAMESPACE=PATH");
      continue;
    }
    auto& of_source = best[{facts.name_space, key.first}];
    if (is_newer(facts, of_source.newest)) of_source.newest = &facts;
    if (facts.has_changelog && is_newer(facts, of_source.with_changelog)) of_source.with_changelog = &facts;
  }
  for (const auto& [key, of_source] : best) emit(key.second, *of_source.newest, of_source.with_changelog, sink);
}

class DebianChangelogsFeed final : public Feed {
 public:
  std::string_view name() const override { return "debian-changelogs"; }
  std::string_view description() const override {
    return "changelogs inside a folder or mirror of .deb files: fixed CVEs and newest versions, without the internet";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    LIMPID_ASSIGN(const auto paths, list_inputs(input.path, {".deb"}));
    MirrorReader reader(input, counts);
    for (const auto& path : paths) {
      if (sink.is_cancelled()) return cancelled();
      reader.read_file(path);
    }
    reader.finish(sink);
    return counts;
  }
};

}  // namespace

const Feed& debian_changelogs_feed() {
  static const DebianChangelogsFeed feed;
  return feed;
}

}  // namespace limpid::advisory

#include "advisory/osv_record.h"

#include <algorithm>
#include <array>

#include "advisory/cvss.h"
#include "advisory/ids.h"
#include "advisory/json_parser.h"
#include "advisory/osv_ecosystems.h"
#include "advisory/osv_ranges.h"
#include "advisory/osv_rpm.h"

namespace limpid::advisory {
namespace {

// Go's records write the year 1 for "not set".
std::string time_member(const json::object& object, std::string_view key) {
  auto text = text_or_empty(object, key);
  if (text.starts_with("0001-")) text.clear();
  return text;
}

// "2031-01-02T03:04:05.678Z" → "2031-01-02T03:04:05Z": comparable as text.
std::string whole_seconds(std::string_view time) {
  constexpr std::size_t kSeconds = 19;
  return time.size() > kSeconds ? base::cat({time.substr(0, kSeconds), "Z"}) : std::string();
}

// CVSS vectors go to the record; a word (Ubuntu's priority) is returned.
std::string read_severities(const json::object& object, Advisory& advisory) {
  std::string word;
  for (const auto element : list_member(object, "severity")) {
    json::object severity;
    if (element.get(severity) != simdjson::SUCCESS) continue;
    const auto score = text_member(severity, "score").value_or("");
    if (!text_member(severity, "type").value_or("").starts_with("CVSS")) {
      word = score;
      continue;
    }
    add_cvss(advisory, score);
  }
  return word;
}

bool is_distribution_record(std::string_view id) {
  constexpr std::array<std::string_view, 22> kPrefixes = {
      "DSA-",      "DLA-",      "DTSA-",  "USN-",  "ALSA-", "UBUNTU-CVE-", "DEBIAN-CVE-", "ALPINE-CVE-",
      "BELL-CVE-", "ALBA-",     "ALEA-",  "RLSA-", "RXSA-", "RHSA-",       "RHBA-",       "RHEA-",
      "SUSE-",     "openSUSE-", "MGASA-", "OESA-", "AZL-",  "CLSA-"};
  return std::ranges::any_of(kPrefixes, [&](std::string_view prefix) { return id.starts_with(prefix); });
}

// The flaws that the record is about. Before `upstream` existed (schema 1.7), distributions named them under `related`,
// or only in the id.
std::vector<std::string> upstream_of(const json::object& record, const std::string& id) {
  auto upstream = texts_member(record, "upstream");
  if (!upstream.empty() || !is_distribution_record(id)) return upstream;
  for (auto& related : texts_member(record, "related")) {
    if (related.starts_with("CVE-")) upstream.push_back(std::move(related));
  }
  if (const auto cve = id.find("-CVE-"); upstream.empty() && cve != std::string::npos) {
    upstream.push_back(id.substr(cve + 1));
  }
  return upstream;
}

struct Events {
  std::vector<OsvEvent> events;
  bool has_fixed = false;
};

std::optional<Events> read_events(const json::object& range) {
  Events read;
  for (const auto element : list_member(range, "events")) {
    json::object event;
    if (element.get(event) != simdjson::SUCCESS) return std::nullopt;
    for (const auto [key, value] : event) {
      OsvEvent::Kind kind;
      if (key == "introduced") {
        kind = OsvEvent::Kind::introduced;
      } else if (key == "fixed") {
        kind = OsvEvent::Kind::fixed;
        read.has_fixed = true;
      } else if (key == "last_affected") {
        kind = OsvEvent::Kind::last_affected;
      } else if (key == "limit") {
        kind = OsvEvent::Kind::limit;
      } else {
        continue;
      }
      std::string_view version;
      if (value.get(version) != simdjson::SUCCESS) return std::nullopt;
      read.events.push_back({.kind = kind, .version = std::string(version)});
    }
  }
  return read;
}

bool is_everything(const std::vector<Range>& ranges) { return ranges.size() == 1 && ranges[0] == Range{}; }

}  // namespace

struct OsvRecordReader::State {
  JsonParser parser;
};

OsvRecordReader::OsvRecordReader() : state_(std::make_unique<State>()) {}
OsvRecordReader::~OsvRecordReader() = default;

namespace {

// One element of `affected`.
class EntryReader {
 public:
  EntryReader(const std::string& name, FeedCounts& counts, Advisory& advisory)
      : name_(name), counts_(counts), advisory_(advisory) {}

  void read(const json::element& element) {
    ++counts_.statements;
    json::object entry;
    if (element.get(entry) != simdjson::SUCCESS) return counts_.drop("affected entry is no object");
    const auto package = object_member(entry, "package");
    if (!package) return counts_.drop("no package");
    auto resolved = resolve_osv_package(text_member(*package, "ecosystem").value_or(""),
                                        text_member(*package, "name").value_or(""));
    if (resolved.name_space.empty()) return counts_.drop(resolved.why_not);

    Affected affected;
    affected.name_space = std::move(resolved.name_space);
    affected.package = std::move(resolved.package);
    affected.key_kind = resolved.key_kind;
    affected.scheme = resolved.scheme;
    affected.status = Status::affected;
    if (!resolved.product.empty()) affected.products.push_back(std::move(resolved.product));
    if (const auto why_not = read_versions(entry, affected); !why_not.empty()) return counts_.drop(why_not);
    read_specifics(entry, affected);
    if (affected.scheme != version::Scheme::rpm) return advisory_.affected.push_back(std::move(affected));
    std::string_view why_not;
    auto statements =
        finish_rpm_statement(std::move(affected), advisory_.title, text_member(*package, "purl").value_or(""), why_not);
    if (statements.empty()) return counts_.drop(why_not);
    counts_.statements += statements.size() - 1;
    std::ranges::move(statements, std::back_inserter(advisory_.affected));
  }

 private:
  // Fills ranges, versions and status; or says why the entry cannot be used.
  std::string_view read_versions(const json::object& entry, Affected& affected) {
    bool only_git = false, invalid = false, empty = false;
    for (const auto element : list_member(entry, "ranges")) {
      json::object range;
      if (element.get(range) != simdjson::SUCCESS) return "range is no object";
      const auto type = text_member(range, "type").value_or("");
      if (type == "GIT") {
        only_git = true;
        continue;
      }
      auto read = read_events(range);
      if (!read) return "malformed events";
      auto intervals = evaluate_osv_events(affected.scheme, std::move(read->events));
      invalid = invalid || !intervals.valid;
      empty = empty || (intervals.valid && intervals.ranges.empty());
      if (intervals.valid && read->has_fixed) affected.status = Status::fixed;
      std::ranges::move(intervals.ranges, std::back_inserter(affected.ranges));
    }
    if (const auto specific = object_member(entry, "database_specific")) {
      if (const auto remark = text_member(*specific, "last_known_affected_version_range")) {
        apply_last_known_affected(affected.scheme, *remark, affected.ranges);
      }
    }
    affected.versions = texts_member(entry, "versions");
    remove_covered_versions(affected.scheme, affected.ranges, affected.versions);
    if (has_custom_ranges(entry) && affected.versions.empty() && is_everything(affected.ranges)) {
      return "versions only in custom_ranges";
    }
    if (!affected.ranges.empty() || !affected.versions.empty()) {
      if (invalid) {
        counts_.skipped.push_back({.path = name_,
                                   .layer = {},
                                   .reason = SkipReason::damaged,
                                   .detail = "a range with a version that its ordering does not know"});
      }
      return {};
    }
    if (invalid) return "version that its ordering does not know";
    if (empty) return "empty range";
    return only_git ? "only GIT ranges" : "neither ranges nor versions";
  }

  // Go: modules whose versions are no semver. Their plain range is "everything" only for want of better.
  static bool has_custom_ranges(const json::object& entry) {
    const auto specific = object_member(entry, "ecosystem_specific");
    return specific && !list_member(*specific, "custom_ranges").empty();
  }

  void read_specifics(const json::object& entry, Affected& affected) {
    affected.severity = read_severities(entry, advisory_);
    if (const auto specific = object_member(entry, "ecosystem_specific")) {
      for (const auto* key : {"urgency", "ubuntu_priority"}) {  // Debian's and Ubuntu's words
        if (affected.severity.empty()) affected.severity = text_or_empty(*specific, key);
      }
    }
    if (const auto specific = object_member(entry, "database_specific")) {
      if (affected.severity.empty()) affected.severity = text_or_empty(*specific, "severity");
      // RustSec: "unmaintained", "unsound", "notice"; null for a vulnerability.
      if (text_member(*specific, "informational")) advisory_.kind = Kind::unmaintained;
    }
  }

  const std::string& name_;
  FeedCounts& counts_;
  Advisory& advisory_;
};

// Ubuntu's records leave the base release out where only Pro has a fix: its users stay affected. A statement for each
// package that has an entry for plain Pro and none for the same release without it.
void add_bases_without_fix(FeedCounts& counts, Advisory& advisory) {
  std::vector<Affected> bases;
  const auto has = [](const std::vector<Affected>& all, const Affected& wanted) {
    return std::ranges::any_of(all, [&](const Affected& affected) {
      return affected.name_space == wanted.name_space && affected.package == wanted.package;
    });
  };
  for (const auto& pro : advisory.affected) {
    std::string_view release = pro.name_space;
    if (!release.starts_with("ubuntu:") || !base::strip_suffix(release, "+esm")) continue;
    Affected base;
    base.name_space = release;
    base.package = pro.package;
    base.key_kind = pro.key_kind;
    base.scheme = pro.scheme;
    base.status = Status::will_not_fix;
    base.severity = pro.severity;
    if (!has(advisory.affected, base) && !has(bases, base)) bases.push_back(std::move(base));
  }
  counts.statements += bases.size();
  std::ranges::move(bases, std::back_inserter(advisory.affected));
}

// Why the whole record is left out, "" if it is not.
std::string_view reason_to_drop(const json::object& record, std::string_view id) {
  if (!text_member(record, "withdrawn").value_or("").empty()) return "withdrawn";
  // Ubuntu's: the flaws that a kernel is patched for while it runs, whatever package it came from.
  if (id.starts_with("LSN-")) return "live patch";
  const auto specific = object_member(record, "database_specific");
  if (specific && id.starts_with("GO-") && text_member(*specific, "review_status") == "UNREVIEWED") return "unreviewed";
  return {};
}

}  // namespace

Result<void> OsvRecordReader::read(const std::string& name, std::string& text, FeedCounts& counts, Sink& sink) {
  LIMPID_ASSIGN(const auto root, state_->parser.parse(text));
  json::object record;
  if (root.get(record) != simdjson::SUCCESS) return fail(Code::invalid, {"no OSV record: no object"});
  Advisory advisory;
  advisory.id = text_or_empty(record, "id");
  if (!is_plausible_id(advisory.id)) return fail(Code::invalid, {"no OSV record: no usable \"id\""});
  ++counts.records;
  const auto entries = list_member(record, "affected");
  advisory.modified = time_member(record, "modified");
  counts.as_of = std::max(counts.as_of, whole_seconds(advisory.modified));
  if (const auto reason = reason_to_drop(record, advisory.id); !reason.empty()) {
    counts.statements += entries.size();
    if (!entries.empty()) counts.drop(reason, entries.size());
    return {};
  }
  if (advisory.id.starts_with("MAL-")) advisory.kind = Kind::malware;
  advisory.published = time_member(record, "published");
  advisory.aliases = texts_member(record, "aliases");
  advisory.upstream = upstream_of(record, advisory.id);
  if (is_plain_update(advisory.id) && advisory.upstream.empty()) {
    counts.statements += entries.size();
    counts.drop("not a security update", entries.size());
    return {};
  }
  advisory.title = text_or_empty(record, "summary");
  advisory.description = text_or_empty(record, "details");
  for (const auto element : list_member(record, "references")) {
    json::object reference;
    if (element.get(reference) != simdjson::SUCCESS) continue;
    const auto url = base::trim(text_member(reference, "url").value_or(""));
    if (!url.empty()) advisory.references.emplace_back(url);
  }
  advisory.severity = read_severities(record, advisory);
  if (const auto specific = object_member(record, "database_specific"); specific && advisory.severity.empty()) {
    advisory.severity = text_or_empty(*specific, "severity");
  }
  EntryReader reader(name, counts, advisory);
  for (const auto entry : entries) reader.read(entry);
  add_bases_without_fix(counts, advisory);
  if (!advisory.affected.empty()) sink.advisory(std::move(advisory));
  return {};
}

}  // namespace limpid::advisory

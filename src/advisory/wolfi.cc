// Feed "wolfi": the advisories that Wolfi keeps in a repository, https://github.com/wolfi-dev/advisories: a YAML file
// for each package, with the events of each flaw's history. They tell what has no fix yet, which security.json cannot.
// Chainguard's have the same form.
//
// A record is an advisory of a package, a statement one flaw that it names.
#include <algorithm>
#include <vector>

#include "advisory/documents.h"
#include "advisory/ids.h"
#include "advisory/list.h"
#include "advisory/secdb.h"
#include "advisory/yaml_events.h"

namespace limpid::advisory {
namespace {

constexpr std::uint64_t kFileSizeMax = std::uint64_t{16} << 20;
constexpr std::size_t kAliasesMax = 100;  // of one advisory

struct Event {
  std::string timestamp, type, fixed_version;
};
struct WolfiAdvisory {
  std::string id;
  std::vector<std::string> aliases;
  Event last, current;  // the newest event so far, and the one that is being read
};
struct WolfiFile {
  std::string package;
  std::vector<WolfiAdvisory> advisories;
};

// Scalars by the keys that lead to them: package.name; advisories[].id, .aliases[], .events[].timestamp, .type and
// .data.fixed-version.
class FileBuilder {
 public:
  Result<void> add(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_MAPPING_START_EVENT:
      case YAML_SEQUENCE_START_EVENT:
        return open(event.type == YAML_MAPPING_START_EVENT);
      case YAML_MAPPING_END_EVENT:
        if (is_at({"advisories", "", "events", ""})) end_event();
        [[fallthrough]];
      case YAML_SEQUENCE_END_EVENT:
        levels_.pop_back();
        value_done();
        return {};
      case YAML_SCALAR_EVENT:
        return scalar(base::as_text({event.data.scalar.value, event.data.scalar.length}));
      case YAML_ALIAS_EVENT:
        return fail(Code::unsupported, {"YAML aliases"});
      default:
        return {};
    }
  }
  Result<WolfiFile> finish() {
    if (file_.package.empty()) return fail(Code::invalid, {"no advisories of a package: no \"package\" with \"name\""});
    return std::move(file_);
  }

 private:
  struct Level {
    bool mapping = false;
    bool expects_key = false;
    std::string key;  // of a mapping; "" of a sequence
  };

  Result<void> open(bool mapping) {
    if (levels_.empty() && !mapping) return fail(Code::invalid, {"the document is no mapping"});
    if (!levels_.empty() && levels_.back().expects_key) return fail(Code::invalid, {"a key that is no text"});
    if (levels_.size() == kYamlDepthMax) return fail(Code::limit, {"YAML nests deeper than ", kYamlDepthMax});
    levels_.push_back({.mapping = mapping, .expects_key = mapping, .key = {}});
    if (mapping && levels_.size() == 3 && is_at({"advisories", ""})) file_.advisories.emplace_back();
    return {};
  }

  // Whether these keys lead to the innermost level that is open; "" is a sequence. That level's own key is not asked.
  bool is_at(std::initializer_list<std::string_view> keys) const {
    if (levels_.size() != keys.size() + 1) return false;
    auto level = levels_.begin();
    for (const auto key : keys) {
      if (level->mapping == key.empty() || level->key != key) return false;
      ++level;
    }
    return true;
  }

  Result<void> scalar(std::string_view text) {
    if (levels_.empty()) return fail(Code::invalid, {"the document is no mapping"});
    auto& level = levels_.back();
    if (level.expects_key) {
      level.key = text;
      level.expects_key = false;
      return {};
    }
    value(text);
    value_done();
    return {};
  }

  void value(std::string_view text) {
    const std::string& key = levels_.back().key;
    if (is_at({"package"}) && key == "name") file_.package = text;
    if (file_.advisories.empty()) return;
    auto& advisory = file_.advisories.back();
    if (is_at({"advisories", ""}) && key == "id") advisory.id = text;
    if (is_at({"advisories", "", "aliases"}) && advisory.aliases.size() < kAliasesMax)
      advisory.aliases.emplace_back(text);
    if (is_at({"advisories", "", "events", ""})) {
      if (key == "timestamp") advisory.current.timestamp = text;
      if (key == "type") advisory.current.type = text;
    }
    if (is_at({"advisories", "", "events", "", "data"}) && key == "fixed-version")
      advisory.current.fixed_version = text;
  }
  void value_done() {
    if (!levels_.empty() && levels_.back().mapping) levels_.back().expects_key = true;
  }

  // The newest decides; of two at once, the later in the file.
  void end_event() {
    auto& advisory = file_.advisories.back();
    if (advisory.current.timestamp >= advisory.last.timestamp) advisory.last = advisory.current;
    advisory.current = {};
  }

  WolfiFile file_;
  std::vector<Level> levels_;
};

Result<WolfiFile> parse_file(const std::string& text) {
  YamlEvents events(text);
  FileBuilder builder;
  for (;;) {
    LIMPID_ASSIGN(const auto* event, events.next());
    if (event->type == YAML_STREAM_END_EVENT || event->type == YAML_DOCUMENT_END_EVENT) break;
    LIMPID_TRY_WITHIN(builder.add(*event), {"line ", events.line()});
  }
  return builder.finish();
}

Status status_of(const Event& event) {
  if (event.type == "fixed") return event.fixed_version.empty() ? Status::unknown : Status::fixed;
  if (event.type == "false-positive-determination") return Status::not_affected;
  if (event.type == "fix-not-planned" || event.type == "analysis-not-planned") return Status::will_not_fix;
  const bool open =
      event.type == "detection" || event.type == "true-positive-determination" || event.type == "pending-upstream-fix";
  return open ? Status::affected : Status::unknown;
}

class AdvisoriesReader {
 public:
  AdvisoriesReader(const FeedInput& input, FeedCounts& counts, Sink& sink)
      : name_space_(input.name_space.empty() ? "wolfi" : input.name_space), counts_(counts), sink_(sink) {}

  Result<void> read(const std::string& text) {
    LIMPID_ASSIGN(const auto file, parse_file(text));
    for (const auto& advisory : file.advisories) add(file.package, advisory);
    return {};
  }

 private:
  void add(const std::string& package, const WolfiAdvisory& from) {
    ++counts_.records;
    std::string names;
    for (const auto& alias : from.aliases) base::append(names, {alias, " "});
    auto flaws = read_secdb_ids(names + from.id);
    const auto status = status_of(from.last);
    if (flaws.empty() || status == Status::unknown) {
      const auto count = std::max<std::size_t>(flaws.size(), 1);
      counts_.statements += count;
      return counts_.drop(flaws.empty() ? "no id" : "unknown status", count);
    }
    counts_.statements += flaws.size();
    counts_.as_of = std::max(counts_.as_of, from.last.timestamp);
    for (auto& flaw : flaws) {
      Affected affected;
      affected.name_space = name_space_;
      affected.package = package;
      affected.key_kind = KeyKind::source;
      affected.scheme = version::Scheme::apk;
      affected.status = status;
      if (status == Status::fixed)
        affected.ranges.push_back({.introduced = "", .fixed = from.last.fixed_version, .last_affected = ""});
      Advisory advisory;
      advisory.id = std::move(flaw.id);
      advisory.aliases = std::move(flaw.aliases);
      advisory.modified = from.last.timestamp;
      advisory.affected.push_back(std::move(affected));
      sink_.advisory(std::move(advisory));
    }
  }

  std::string name_space_;
  FeedCounts& counts_;
  Sink& sink_;
};

class WolfiFeed final : public Feed {
 public:
  std::string_view name() const override { return "wolfi"; }
  std::string_view description() const override {
    return "Wolfi's advisories as its repository has them: a tar archive or folder of PACKAGE.advisories.yaml files";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    AdvisoriesReader reader(input, counts, sink);
    const DocumentKind kind{
        .size_max = kFileSizeMax,
        .is_document = [](std::string_view path) { return path.ends_with(".advisories.yaml"); },
        .begins_document = [](std::string_view beginning) { return beginning.find('\0') == std::string_view::npos; },
    };
    const auto visit = [&](const std::string& /*name*/, std::string& text) { return reader.read(text); };
    LIMPID_TRY(each_document(input, kind, sink, counts, visit));
    return counts;
  }
};

}  // namespace

const Feed& wolfi_feed() {
  static const WolfiFeed feed;
  return feed;
}

}  // namespace limpid::advisory

// Feed "debian": the security tracker's JSON, https://security-tracker.debian.org/tracker/data/json, as one object
//   source package → CVE or TEMP id → {description, releases: {codename → {status, fixed_version, urgency, …}}}.
// It is tens of MB, most of it the kernel's, so it streams: one (package, id) member is in memory at a time.
//
// A record is a (package, id) pair, a statement one release of it.
#include "advisory/ids.h"
#include "advisory/input.h"
#include "advisory/json_members.h"
#include "advisory/json_parser.h"
#include "advisory/list.h"
#include "advisory/release_names.h"

namespace limpid::advisory {
namespace {

// A statement's status; nothing, and why, where the tracker says nothing that can be stored.
std::optional<Status> status_of(const json::object& release, std::string_view& why_not) {
  const auto word = text_member(release, "status").value_or("");
  if (word == "resolved") {
    const auto fixed = text_member(release, "fixed_version").value_or("");
    why_not = "resolved without a version";
    if (fixed.empty()) return std::nullopt;
    return fixed == "0" ? Status::not_affected : Status::fixed;
  }
  if (word == "undetermined") return Status::under_investigation;
  if (word != "open") {
    why_not = "unknown status";
    return std::nullopt;
  }
  if (text_member(release, "urgency") == "end-of-life") return Status::end_of_life;
  const auto reason = text_member(release, "nodsa_reason").value_or("");
  if (reason == "ignored") return Status::will_not_fix;
  if (reason == "postponed") return Status::fix_deferred;
  return Status::affected;
}

class TrackerReader {
 public:
  TrackerReader(Sink& sink, FeedCounts& counts) : sink_(sink), counts_(counts) {}

  Result<void> read_file(const std::string& path) {
    LIMPID_ASSIGN(auto file, InputFile::open(path));
    const auto visit = [&](std::span<const std::string> keys, std::string& value) -> Result<void> {
      LIMPID_TRY_WITHIN(read_pair(keys[0], keys[1], value), {keys[0], ", ", keys[1]});
      return {};
    };
    LIMPID_TRY_WITHIN(split_members(file.source(), 2, visit), {path});
    return {};
  }

 private:
  Result<void> read_pair(const std::string& package, const std::string& id, std::string& text) {
    if (sink_.is_cancelled()) return cancelled();
    LIMPID_ASSIGN(const auto root, parser_.parse(text));
    json::object pair;
    if (root.get(pair) != simdjson::SUCCESS) return fail(Code::invalid, {"not an object"});
    ++counts_.records;
    json::object releases;
    if (pair.at_key("releases").get(releases) != simdjson::SUCCESS) {
      // The tracker writes an empty array where no release is left; anything else is not its form.
      json::array none;
      if (pair.at_key("releases").get(none) == simdjson::SUCCESS && none.size() == 0) return {};
      return fail(Code::invalid, {"\"releases\" is not an object"});
    }
    counts_.statements += releases.size();
    if (id.starts_with("TEMP-")) {
      counts_.drop("temporary id", releases.size());
      return {};
    }
    if (!is_plausible_id(id) || package.empty()) {
      counts_.drop("unusable id or package name", releases.size());
      return {};
    }
    Advisory advisory;
    advisory.id = id;
    advisory.description = text_or_empty(pair, "description");
    for (const auto [codename, value] : releases) add_release(package, codename, value, advisory);
    if (!advisory.affected.empty()) sink_.advisory(std::move(advisory));
    return {};
  }

  void add_release(const std::string& package, std::string_view codename, const json::element& value,
                   Advisory& advisory) {
    const auto name_space = namespace_of_codename(codename);
    if (!name_space.starts_with("debian:")) return counts_.drop("unknown release");
    json::object release;
    if (value.get(release) != simdjson::SUCCESS) return counts_.drop("release is not an object");
    std::string_view why_not;
    const auto status = status_of(release, why_not);
    if (!status) return counts_.drop(why_not);

    Affected affected;
    affected.name_space = name_space;
    affected.package = package;
    affected.key_kind = KeyKind::source;
    affected.scheme = version::Scheme::dpkg;
    affected.status = *status;
    affected.severity = text_or_empty(release, "urgency");
    if (*status == Status::fixed) {
      affected.ranges.push_back(
          {.introduced = "", .fixed = text_or_empty(release, "fixed_version"), .last_affected = ""});
    }
    advisory.affected.push_back(std::move(affected));
  }

  Sink& sink_;
  FeedCounts& counts_;
  JsonParser parser_;
};

class DebianFeed final : public Feed {
 public:
  std::string_view name() const override { return "debian"; }
  std::string_view description() const override {
    return "Debian security tracker: its JSON file (also .gz .xz .zst .bz2), or a folder of such files";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    TrackerReader reader(sink, counts);
    LIMPID_ASSIGN(const auto paths,
                  list_inputs(input.path, {".json", ".json.gz", ".json.xz", ".json.zst", ".json.bz2"}));
    for (const auto& path : paths) LIMPID_TRY(reader.read_file(path));
    return counts;
  }
};

}  // namespace

const Feed& debian_feed() {
  static const DebianFeed feed;
  return feed;
}

}  // namespace limpid::advisory

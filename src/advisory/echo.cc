// Feed "echo": Echo's advisories, https://advisory.echohq.com/data.json: source packages, their flaws, and the version
// that fixes each. Echo rebuilds Debian's packages.
//
// A record and a statement is a pair of package and id.
#include "advisory/ids.h"
#include "advisory/input.h"
#include "advisory/json_members.h"
#include "advisory/json_parser.h"
#include "advisory/list.h"

namespace limpid::advisory {
namespace {

class PairReader {
 public:
  PairReader(const FeedInput& input, FeedCounts& counts, Sink& sink)
      : name_space_(input.name_space.empty() ? "echo" : input.name_space), counts_(counts), sink_(sink) {}

  Result<void> read(const std::string& package, const std::string& id, std::string& text) {
    if (sink_.is_cancelled()) return cancelled();
    LIMPID_ASSIGN(const auto root, parser_.parse(text));
    json::object pair;
    if (root.get(pair) != simdjson::SUCCESS) return fail(Code::invalid, {"not an object"});
    ++counts_.records;
    ++counts_.statements;
    if (id.starts_with("TEMP-")) {
      counts_.drop("temporary id");
      return {};
    }
    if (!is_plausible_id(id) || package.empty()) {
      counts_.drop("unusable id or package name");
      return {};
    }
    Advisory advisory;
    advisory.id = id;
    Affected affected;
    affected.name_space = name_space_;
    affected.package = package;
    affected.key_kind = KeyKind::source;
    affected.scheme = version::Scheme::dpkg;
    affected.severity = text_or_empty(pair, "severity");
    auto fixed = text_or_empty(pair, "fixed_version");
    affected.status = fixed.empty() ? Status::affected : fixed == "0" ? Status::not_affected : Status::fixed;
    if (affected.status == Status::fixed)
      affected.ranges.push_back({.introduced = "", .fixed = std::move(fixed), .last_affected = ""});
    advisory.affected.push_back(std::move(affected));
    sink_.advisory(std::move(advisory));
    return {};
  }

 private:
  std::string name_space_;
  FeedCounts& counts_;
  Sink& sink_;
  JsonParser parser_;
};

class EchoFeed final : public Feed {
 public:
  std::string_view name() const override { return "echo"; }
  std::string_view description() const override { return "Echo's advisories: data.json"; }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    PairReader reader(input, counts, sink);
    LIMPID_ASSIGN(const auto paths, list_inputs(input.path, {".json", ".json.gz", ".json.xz", ".json.zst"}));
    for (const auto& path : paths) {
      LIMPID_ASSIGN(auto file, InputFile::open(path));
      const auto visit = [&](std::span<const std::string> keys, std::string& value) -> Result<void> {
        LIMPID_TRY_WITHIN(reader.read(keys[0], keys[1], value), {keys[0], ", ", keys[1]});
        return {};
      };
      LIMPID_TRY_WITHIN(split_members(file.source(), 2, visit), {path});
    }
    return counts;
  }
};

}  // namespace

const Feed& echo_feed() {
  static const EchoFeed feed;
  return feed;
}

}  // namespace limpid::advisory

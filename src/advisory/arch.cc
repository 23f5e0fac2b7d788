// Feed "arch": Arch Linux's security tracker, https://security.archlinux.org/all.json: an array of groups ("AVG-1") of
// flaws in packages that share their versions.
//
// A record is a group, a statement one of its packages.
#include "advisory/ids.h"
#include "advisory/input.h"
#include "advisory/json_members.h"
#include "advisory/json_parser.h"
#include "advisory/list.h"

namespace limpid::advisory {
namespace {

constexpr std::size_t kGroupSizeMax = std::size_t{1} << 20;

class GroupReader {
 public:
  GroupReader(FeedCounts& counts, Sink& sink) : counts_(counts), sink_(sink) {}

  Result<void> read(std::string& text) {
    if (sink_.is_cancelled()) return cancelled();
    LIMPID_ASSIGN_WITHIN(const auto element, parser_.parse(text), {"group ", counts_.records + 1});
    json::object group;
    if (element.get(group) != simdjson::SUCCESS)
      return fail(Code::invalid, {"group ", counts_.records + 1, " is no object"});
    ++counts_.records;
    Advisory advisory;
    advisory.id = text_or_empty(group, "name");
    advisory.title = text_or_empty(group, "type");
    advisory.severity = text_or_empty(group, "severity");
    each_text(group, "issues", [&](std::string_view id) {
      std::size_t length = 0;
      if (auto cve = leading_cve(id, length); !cve.empty()) advisory.upstream.push_back(std::move(cve));
    });
    each_text(group, "advisories", [&](std::string_view id) {
      if (is_plausible_id(id)) advisory.references.push_back(base::cat({"https://security.archlinux.org/", id}));
    });
    const auto fixed = text_member(group, "fixed").value_or("");
    const auto status = status_of(text_member(group, "status").value_or(""), fixed);
    each_text(group, "packages", [&](std::string_view package) {
      ++counts_.statements;
      if (!is_plausible_id(advisory.id) || package.empty()) return counts_.drop("no name");
      if (status == Status::unknown) return counts_.drop("unknown status");
      Affected affected;
      affected.name_space = "arch";
      affected.package = package;
      affected.key_kind = KeyKind::binary;
      affected.scheme = version::Scheme::pacman;
      affected.status = status;
      // "affected" is the version in which the flaw was found, not the first that has it.
      if (status == Status::fixed)
        affected.ranges.push_back({.introduced = "", .fixed = std::string(fixed), .last_affected = ""});
      advisory.affected.push_back(std::move(affected));
    });
    if (!advisory.affected.empty()) sink_.advisory(std::move(advisory));
    return {};
  }

 private:
  // A fix in the testing repositories is none that users have; what is not known to be harmless is not.
  static Status status_of(std::string_view word, std::string_view fixed) {
    if (word == "Fixed") return fixed.empty() ? Status::unknown : Status::fixed;
    if (word == "Not affected") return Status::not_affected;
    return word == "Vulnerable" || word == "Testing" || word == "Unknown" ? Status::affected : Status::unknown;
  }

  template <class Use>
  static void each_text(const json::object& group, std::string_view key, const Use& use) {
    json::array list;
    if (group.at_key(key).get(list) != simdjson::SUCCESS) return;
    for (const auto element : list)
      if (std::string_view text; element.get(text) == simdjson::SUCCESS) use(text);
  }

  FeedCounts& counts_;
  Sink& sink_;
  JsonParser parser_;
};

class ArchFeed final : public Feed {
 public:
  std::string_view name() const override { return "arch"; }
  std::string_view description() const override { return "Arch Linux's security tracker: all.json"; }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    LIMPID_ASSIGN(const auto paths, list_inputs(input.path, {".json"}));
    GroupReader reader(counts, sink);
    for (const auto& path : paths) {
      LIMPID_ASSIGN(auto file, InputFile::open(path));
      MemberLimits limits;
      limits.value_size_max = kGroupSizeMax;
      LIMPID_TRY_WITHIN(split_elements(
                            file.source(),
                            [&](const std::string& key, std::string& group) -> Result<void> {
                              if (!key.empty())
                                return fail(Code::invalid, {"no list of groups: it has a member \"", key, "\""});
                              return reader.read(group);
                            },
                            limits),
                        {path});
    }
    return counts;
  }
};

}  // namespace

const Feed& arch_feed() {
  static const ArchFeed feed;
  return feed;
}

}  // namespace limpid::advisory

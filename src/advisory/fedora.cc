// Feed "fedora": Fedora's updates, as Bodhi serves them (https://bodhi.fedoraproject.org/updates/?status=stable&
// type=security&page=N) or as the updateinfo.xml of its repositories.
//
// Bodhi names source packages, updateinfo.xml the packages built from them. A record is an update, a statement one
// package of it (of updateinfo.xml: for one architecture). EPEL, containers, Flatpaks and modules are other products;
// modules are read from updateinfo.xml, which names their packages.
#include "advisory/ids.h"
#include "advisory/input.h"
#include "advisory/json_members.h"
#include "advisory/json_parser.h"
#include "advisory/list.h"
#include "advisory/rpm_names.h"
#include "advisory/rpm_update.h"

namespace limpid::advisory {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "Fedora 43", "Fedora 38 Modular"; "" for EPEL and the like.
std::string namespace_of(std::string_view release) {
  if (!base::strip_prefix(release, "Fedora ")) return {};
  base::strip_suffix(release, " Modular");
  return is_number(release) ? base::cat({"fedora:", release}) : std::string();
}

class BodhiReader {
 public:
  BodhiReader(const FeedInput& input, FeedCounts& counts, Sink& sink) : input_(input), counts_(counts), sink_(sink) {}

  Result<void> read_file(const std::string& path) {
    LIMPID_ASSIGN(auto file, InputFile::open(path));
    const auto visit = [&](std::string& text) { return read_text(text); };
    LIMPID_ASSIGN_WITHIN(const bool found, split_array(file.source(), "updates", visit), {path});
    if (found) return {};
    // One update alone: …/updates/FEDORA-2024-0123456789.
    LIMPID_ASSIGN(auto text, read_input(path, MemberLimits().value_size_max));
    LIMPID_TRY_WITHIN(read_text(text), {path});
    return {};
  }

 private:
  Result<void> read_text(std::string& text) {
    if (sink_.is_cancelled()) return cancelled();
    LIMPID_ASSIGN(const auto root, parser_.parse(text));
    json::object object;
    if (root.get(object) != simdjson::SUCCESS) return fail(Code::invalid, {"an update that is no object"});
    const auto update = object_member(object, "update").value_or(object);
    if (!text_member(update, "alias")) return fail(Code::invalid, {"an update without \"alias\""});
    read_update(update);
    return {};
  }

  void read_update(const json::object& update) {
    ++counts_.records;
    const auto builds = objects_member(update, "builds");
    counts_.statements += builds.size();
    Advisory advisory;
    advisory.id = text_or_empty(update, "alias");
    const auto release = object_member(update, "release");
    const auto version = release ? text_member(*release, "version").value_or("") : std::string_view();
    const auto prefix = release ? text_member(*release, "id_prefix").value_or("FEDORA") : std::string_view();
    std::string name_space = input_.name_space;
    if (name_space.empty() && prefix == "FEDORA" && is_number(version)) name_space = base::cat({"fedora:", version});
    if (!is_plausible_id(advisory.id)) return counts_.drop("unusable id", builds.size());
    if (text_member(update, "type") != "security") return counts_.drop("not a security update", builds.size());
    if (text_member(update, "status").value_or("stable") != "stable") return counts_.drop("not stable", builds.size());
    if (name_space.empty()) return counts_.drop("another product than Fedora", builds.size());

    advisory.upstream = cves_of(update);
    advisory.severity = text_or_empty(update, "severity");
    advisory.title = text_or_empty(update, "display_name");
    if (advisory.title.empty()) advisory.title = text_or_empty(update, "title");
    advisory.description = text_or_empty(update, "notes");
    advisory.published = text_or_empty(update, "date_pushed");
    advisory.modified = text_or_empty(update, "date_modified");
    if (auto url = text_or_empty(update, "url"); !url.empty()) advisory.references.push_back(std::move(url));
    if (advisory.published.size() >= 10 && advisory.published.substr(0, 10) > counts_.as_of) {
      counts_.as_of = advisory.published.substr(0, 10);
    }
    for (const auto& build : builds) add_build(build, name_space, advisory);
    if (!advisory.affected.empty()) sink_.advisory(std::move(advisory));
  }

  void add_build(const json::object& build, const std::string& name_space, Advisory& advisory) {
    if (text_member(build, "type").value_or("rpm") != "rpm") return counts_.drop("container, Flatpak or module");
    const auto name = split_nvr(text_member(build, "nvr").value_or(""));
    if (!name) return counts_.drop("package without a version");
    Affected affected;
    affected.name_space = name_space;
    affected.package = name->name;
    affected.key_kind = KeyKind::source;
    affected.scheme = version::Scheme::rpm;
    affected.status = Status::fixed;
    // Without the epoch: an installed package names its source without one.
    affected.ranges.push_back(
        {.introduced = {}, .fixed = rpm_version({}, name->version, name->release), .last_affected = {}});
    advisory.affected.push_back(std::move(affected));
  }

  // The reports that it closes name them; older updates only say so themselves.
  static std::vector<std::string> cves_of(const json::object& update) {
    std::vector<std::string> cves;
    const auto add = [&](std::string_view text) {
      for (const auto& cve : find_cves(text)) add_cve(cves, cve);
    };
    for (const auto& bug : objects_member(update, "bugs")) {
      bool security = true;
      if (bug.at_key("security").get(security) != simdjson::SUCCESS || security) {
        add(text_member(bug, "title").value_or(""));
      }
    }
    if (cves.empty()) add(text_member(update, "display_name").value_or(""));
    if (cves.empty()) add(text_member(update, "title").value_or(""));
    return cves;
  }

  const FeedInput& input_;
  FeedCounts& counts_;
  Sink& sink_;
  JsonParser parser_;
};

class FedoraFeed final : public Feed {
 public:
  std::string_view name() const override { return "fedora"; }
  std::string_view description() const override {
    return "Fedora: pages of Bodhi's updates (.json), updateinfo.xml of its repositories, or a folder of such files";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    LIMPID_ASSIGN(const auto inputs, list_update_inputs(input.path));
    BodhiReader bodhi(input, counts, sink);
    const auto visit = [&](RpmUpdate&& update, const UpdateInfoPlace& place) -> Result<void> {
      emit_rpm_update(std::move(update),
                      {.name_space = input.name_space.empty() ? namespace_of(place.release) : input.name_space,
                       .products = {},
                       .unite_architectures = true},
                      counts, sink);
      return {};
    };
    for (const auto& one : inputs) {
      if (one.form == UpdateForm::json) LIMPID_TRY(bodhi.read_file(one.path));
      if (one.form == UpdateForm::updateinfo) LIMPID_TRY(read_updateinfo(one.path, sink, visit));
    }
    return counts;
  }
};

}  // namespace

const Feed& fedora_feed() {
  static const FedoraFeed feed;
  return feed;
}

}  // namespace limpid::advisory

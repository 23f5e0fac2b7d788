// Feed "rocky": Rocky Linux's updates, as its errata API serves them (https://apollo.build.resf.org/api/v3/advisories/)
// or as the updateinfo.xml of its repositories. Its OSV records are for the feed "osv".
//
// A record is an update, a statement one of its packages for one architecture.
#include "advisory/input.h"
#include "advisory/json_members.h"
#include "advisory/json_parser.h"
#include "advisory/list.h"
#include "advisory/rpm_names.h"
#include "advisory/rpm_update.h"

namespace limpid::advisory {
namespace {

// "Rocky Linux 8.4 x86_64 (Legacy)", "Rocky Linux 9"; "" for its other products.
std::string namespace_of(std::string_view product) {
  if (!base::strip_prefix(product, "Rocky Linux ")) return {};
  const auto major = product.substr(0, product.find_first_not_of("0123456789"));
  return major.empty() ? std::string() : base::cat({"rocky:", major});
}

RpmUpdate::Package read_package(const json::object& object) {
  RpmUpdate::Package package;
  const auto nevra = split_nevra(text_member(object, "nevra").value_or(""));
  if (nevra) {
    package = {.name = std::string(nevra->name),
               .epoch = std::string(nevra->epoch),
               .version = std::string(nevra->version),
               .release = std::string(nevra->release),
               .architecture = std::string(nevra->architecture),
               .module = {},
               .introduced = {},
               .name_space = {}};
  }
  const auto module = text_member(object, "module_name").value_or("");
  const auto stream = text_member(object, "module_stream").value_or("");
  if (!module.empty() && !stream.empty()) package.module = base::cat({module, ":", stream});
  package.name_space = namespace_of(text_member(object, "product_name").value_or(""));
  return package;
}

RpmUpdate read_advisory(const json::object& object) {
  RpmUpdate update;
  update.id = text_or_empty(object, "name");
  update.type = base::lower(text_or_empty(object, "kind"));
  update.severity = text_or_empty(object, "severity");
  update.title = text_or_empty(object, "synopsis");
  update.description = text_or_empty(object, "description");
  update.issued = text_or_empty(object, "published_at");
  update.updated = text_or_empty(object, "updated_at");
  for (const auto& cve : objects_member(object, "cves")) {
    add_cve(update.cves, text_member(cve, "cve").value_or(""));
    update.cvss.push_back(text_or_empty(cve, "cvss3_scoring_vector"));
  }
  for (const auto& fix : objects_member(object, "fixes")) {
    if (auto url = text_or_empty(fix, "source"); !url.empty()) update.references.push_back(std::move(url));
  }
  for (const auto& package : objects_member(object, "packages")) update.packages.push_back(read_package(package));
  return update;
}

class RockyFeed final : public Feed {
 public:
  std::string_view name() const override { return "rocky"; }
  std::string_view description() const override {
    return "Rocky Linux: pages of its errata API (.json), updateinfo.xml of its repositories, or a folder of such";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    LIMPID_ASSIGN(const auto inputs, list_update_inputs(input.path));
    const auto visit = [&](RpmUpdate&& update, const UpdateInfoPlace& place) -> Result<void> {
      emit_rpm_update(
          std::move(update),
          {.name_space = input.name_space.empty() ? namespace_of(place.release) : input.name_space, .products = {}},
          counts, sink);
      return {};
    };
    for (const auto& one : inputs) {
      if (one.form == UpdateForm::json) LIMPID_TRY(read_page(one.path, input, counts, sink));
      if (one.form == UpdateForm::updateinfo) LIMPID_TRY(read_updateinfo(one.path, sink, visit));
    }
    return counts;
  }

 private:
  static Result<void> read_page(const std::string& path, const FeedInput& input, FeedCounts& counts, Sink& sink) {
    LIMPID_ASSIGN(auto file, InputFile::open(path));
    JsonParser parser;
    const auto visit = [&](std::string& text) -> Result<void> {
      if (sink.is_cancelled()) return cancelled();
      LIMPID_ASSIGN(const auto root, parser.parse(text));
      json::object object;
      if (root.get(object) != simdjson::SUCCESS) return fail(Code::invalid, {"an advisory that is no object"});
      emit_rpm_update(read_advisory(object), {.name_space = input.name_space, .products = {}}, counts, sink);
      return {};
    };
    LIMPID_ASSIGN_WITHIN(const bool found, split_array(file.source(), "advisories", visit), {path});
    if (!found) return fail(Code::invalid, {path, ": no \"advisories\""});
    return {};
  }
};

}  // namespace

const Feed& rocky_feed() {
  static const RockyFeed feed;
  return feed;
}

}  // namespace limpid::advisory

// Feed "almalinux": AlmaLinux's errata (https://errata.almalinux.org/9/errata.full.json, and the older errata.json),
// the updateinfo.xml of its repositories, and its OVAL (https://security.almalinux.org/oval/). Its OSV records are for
// the feed "osv".
//
// A record is an erratum, a statement one of its packages for one architecture.
#include "advisory/input.h"
#include "advisory/json_members.h"
#include "advisory/json_parser.h"
#include "advisory/list.h"
#include "advisory/oval.h"
#include "advisory/rpm_names.h"
#include "advisory/rpm_update.h"
#include "base/date.h"

namespace limpid::advisory {
namespace {

// The number that follows `prefix` in the text: "almalinux-9-for-x86_64-…", "https://errata.almalinux.org/8/ALSA-…".
std::string release_after(std::string_view text, std::string_view prefix) {
  const auto at = text.find(prefix);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + prefix.size());
  const auto major = text.substr(0, text.find_first_not_of("0123456789"));
  return major.empty() ? std::string() : base::cat({"almalinux:", major});
}

// "8.module_el8.5.0+2632+14ced695", "6.el9_0.alma.1".
std::string release_of_tag(std::string_view release) {
  for (const std::string_view tag : {".el", "_el"}) {
    if (auto found = release_after(release, tag); !found.empty()) return found;
  }
  return {};
}

// Seconds since 1970, or {"$date": milliseconds}; "" if it is neither.
std::string date_of(const json::object& object, std::string_view key) {
  constexpr std::int64_t kDay = 86'400, kMilliseconds = 1'000;
  std::int64_t seconds = 0;
  if (object.at_key(key).get(seconds) != simdjson::SUCCESS) {
    const auto date = object_member(object, key);
    if (!date || date->at_key("$date").get(seconds) != simdjson::SUCCESS) return {};
    seconds /= kMilliseconds;
  }
  constexpr std::int64_t kYear10000 = 253'402'300'800;
  if (seconds <= 0 || seconds >= kYear10000) return {};
  return base::format_date(base::Date(std::chrono::days(seconds / kDay)));
}

// A number where newer files have a text.
std::string epoch_of(const json::object& package) {
  std::int64_t number = 0;
  if (package.at_key("epoch").get(number) == simdjson::SUCCESS) return std::to_string(number);
  return text_or_empty(package, "epoch");
}

RpmUpdate read_erratum(const json::object& object) {
  RpmUpdate update;
  update.id = text_or_empty(object, "id");
  if (update.id.empty()) update.id = text_or_empty(object, "updateinfo_id");
  update.type = base::lower(text_or_empty(object, "type"));
  update.severity = text_or_empty(object, "severity");
  update.title = text_or_empty(object, "title");
  update.description = text_or_empty(object, "description");
  update.issued = date_of(object, "issued_date");
  update.updated = date_of(object, "updated_date");
  std::string name_space;
  for (const auto& reference : objects_member(object, "references")) {
    if (text_member(reference, "type") == "cve") add_cve(update.cves, text_member(reference, "id").value_or(""));
    auto url = text_or_empty(reference, "href");
    if (name_space.empty()) name_space = release_after(url, "errata.almalinux.org/");
    if (!url.empty()) update.references.push_back(std::move(url));
  }
  const auto list = object_member(object, "pkglist");
  std::string module;
  if (list) {
    if (name_space.empty()) name_space = release_after(text_member(*list, "name").value_or(""), "almalinux-");
    if (const auto one = object_member(*list, "module")) {
      module = module_stream(
          base::cat({text_member(*one, "name").value_or(""), ":", text_member(*one, "stream").value_or("")}));
    }
  }
  for (const auto& one : objects_member(list ? *list : object, "packages")) {
    RpmUpdate::Package package{.name = text_or_empty(one, "name"),
                               .epoch = epoch_of(one),
                               .version = text_or_empty(one, "version"),
                               .release = text_or_empty(one, "release"),
                               .architecture = text_or_empty(one, "arch"),
                               .module = module_stream(text_member(one, "module").value_or("")),
                               .introduced = {},
                               .name_space = name_space};
    // The erratum's module is that of its modular packages only.
    if (package.module.empty() && package.release.find(".module") != std::string::npos) package.module = module;
    if (name_space.empty()) package.name_space = release_of_tag(package.release);
    update.packages.push_back(std::move(package));
  }
  return update;
}

class AlmaLinuxReader {
 public:
  AlmaLinuxReader(const FeedInput& input, FeedCounts& counts, Sink& sink)
      : input_(input), counts_(counts), sink_(sink) {}

  Result<void> read(const UpdateInput& one) {
    if (one.form == UpdateForm::json) return read_errata(one.path);
    if (one.form == UpdateForm::oval) return read_definitions(one.path);
    const auto visit = [&](RpmUpdate&& update, const UpdateInfoPlace& place) -> Result<void> {
      for (auto& package : update.packages) package.name_space = release_of_tag(package.release);
      emit(std::move(update), release_after(place.short_name, "almalinux-"));
      return {};
    };
    return read_updateinfo(one.path, sink_, visit);
  }

 private:
  Result<void> read_errata(const std::string& path) {
    LIMPID_ASSIGN(auto file, InputFile::open(path));
    const auto visit = [&](std::string& text) -> Result<void> {
      if (sink_.is_cancelled()) return cancelled();
      LIMPID_ASSIGN(const auto root, parser_.parse(text));
      json::object object;
      if (root.get(object) != simdjson::SUCCESS) return fail(Code::invalid, {"an erratum that is no object"});
      emit(read_erratum(object), {});
      return {};
    };
    LIMPID_ASSIGN_WITHIN(const bool found, split_array(file.source(), "data", visit), {path});
    if (!found) return fail(Code::invalid, {path, ": neither a list of errata nor \"data\""});
    return {};
  }

  Result<void> read_definitions(const std::string& path) {
    const auto place_of = [](const OvalTest& test, std::string& text) {
      std::string_view words = test.comment;
      if (!base::strip_prefix(words, "AlmaLinux ") || !base::strip_suffix(words, " is installed")) {
        return OvalMeaning::ignored;
      }
      text = base::cat({"almalinux:", words});
      return OvalMeaning::release;
    };
    const auto namespace_of = [](const OvalPath& way) {
      return way.releases.empty() ? std::string() : way.releases.front();
    };
    const auto visit = [&](const OvalDefinition& definition) -> Result<void> {
      if (definition.kind == "patch") emit(update_of_oval(definition, place_of, namespace_of), {});
      return {};
    };
    return read_oval({.path = path, .name_space = {}}, sink_, counts_, visit);
  }

  // `name_space` is for packages that tell none.
  void emit(RpmUpdate&& update, std::string name_space) {
    if (!input_.name_space.empty()) {
      for (auto& package : update.packages) package.name_space = input_.name_space;
    }
    emit_rpm_update(std::move(update), {.name_space = std::move(name_space), .products = {}}, counts_, sink_);
  }

  const FeedInput& input_;
  FeedCounts& counts_;
  Sink& sink_;
  JsonParser parser_;
};

class AlmaLinuxFeed final : public Feed {
 public:
  std::string_view name() const override { return "almalinux"; }
  std::string_view description() const override {
    return "AlmaLinux: errata.full.json or errata.json, updateinfo.xml, OVAL, or a folder of such files";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    LIMPID_ASSIGN(const auto inputs, list_update_inputs(input.path));
    AlmaLinuxReader reader(input, counts, sink);
    for (const auto& one : inputs) LIMPID_TRY(reader.read(one));
    return counts;
  }
};

}  // namespace

const Feed& almalinux_feed() {
  static const AlmaLinuxFeed feed;
  return feed;
}

}  // namespace limpid::advisory

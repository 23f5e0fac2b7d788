#include "advisory/rpm_update.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "advisory/cvss.h"
#include "advisory/ids.h"
#include "advisory/input.h"
#include "advisory/rpm_names.h"
#include "advisory/xml.h"

namespace limpid::advisory {
namespace {

// namespace, package, module → introduced, fixed → architectures
using Fixed = std::map<std::pair<std::string, std::string>, std::set<std::string>>;
using Packages = std::map<std::tuple<std::string, std::string, std::string>, Fixed>;

// Why a package is no statement, "" if it is one.
std::string_view reason_to_drop(const RpmUpdate::Package& package) {
  if (package.architecture == "src" || package.architecture == "nosrc") return "source package";
  if (package.name.empty()) return "package without a name";
  if (is_debug_package(package.name)) return "debugging symbols";
  if (package.version.empty()) return "package without a version";
  // The label of such a package names its module, and without one nothing can be told.
  if (package.module.empty() && package.release.find(".module") != std::string::npos)
    return "modular package without its module";
  return "";
}

std::optional<UpdateForm> form_of(std::string_view text) {
  if (text.starts_with('{') || text.starts_with('[')) return UpdateForm::json;
  constexpr std::size_t kHeadMax = 4'096;  // the root element stands right behind comments and the like
  text = text.substr(0, kHeadMax);
  if (text.find("<updates") != std::string_view::npos) return UpdateForm::updateinfo;
  if (text.find("oval_definitions") != std::string_view::npos) return UpdateForm::oval;
  return std::nullopt;
}

constexpr std::size_t kPackagesMax = 200'000;  // of one update

class UpdateInfoHandler final : public XmlHandler {
 public:
  UpdateInfoHandler(const Sink& sink, const UpdateInfoVisitor& visit) : sink_(sink), visit_(visit) {}

  Result<void> start(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "update") {
      if (sink_.is_cancelled()) return cancelled();
      update_ = {};
      place_ = {};
      update_.type = base::lower(attributes["type"]);
    } else if (name == "issued") {
      update_.issued = attributes["date"];
    } else if (name == "updated") {
      update_.updated = attributes["date"];
    } else if (name == "reference") {
      read_reference(attributes);
    } else if (name == "collection") {
      in_collection_ = true;
      module_.clear();
      if (place_.short_name.empty()) place_.short_name = attributes["short"];
    } else if (name == "module") {
      if (!attributes["name"].empty() && !attributes["stream"].empty()) {
        module_ = base::cat({attributes["name"], ":", attributes["stream"]});
      }
    } else if (name == "package") {
      if (update_.packages.size() == kPackagesMax) {
        return fail(Code::limit, {update_.id, ": more than ", kPackagesMax, " packages"});
      }
      update_.packages.push_back({.name = std::string(attributes["name"]),
                                  .epoch = std::string(attributes["epoch"]),
                                  .version = std::string(attributes["version"]),
                                  .release = std::string(attributes["release"]),
                                  .architecture = std::string(attributes["arch"]),
                                  .module = module_,
                                  .introduced = {},
                                  .name_space = {}});
    }
    return {};
  }

  Result<void> end(std::string_view name, std::string_view text) override {
    text = base::trim(text);
    if (name == "update") return visit_(std::move(update_), place_);
    if (name == "collection") {
      in_collection_ = false;
    } else if (name == "id" && update_.id.empty()) {
      update_.id = text;
    } else if (name == "title") {
      update_.title = text;
    } else if (name == "severity") {
      update_.severity = text;
    } else if (name == "description") {
      update_.description = text;
    } else if (name == "release") {
      place_.release = text;
    } else if (name == "name" && in_collection_ && place_.name.empty()) {
      place_.name = text;
    }
    return {};
  }

 private:
  void read_reference(const XmlAttributes& attributes) {
    const auto type = base::lower(attributes["type"]);
    if (type == "cve") add_cve(update_.cves, attributes["id"]);
    // Fedora names flaws only in the titles of their reports.
    if (type == "bugzilla") {
      for (const auto& cve : find_cves(attributes["title"])) add_cve(update_.cves, cve);
    }
    if (const auto url = attributes["href"]; !url.empty()) update_.references.emplace_back(url);
  }

  const Sink& sink_;
  const UpdateInfoVisitor& visit_;
  RpmUpdate update_;
  UpdateInfoPlace place_;
  std::string module_;
  bool in_collection_ = false;
};

}  // namespace

bool add_cve(std::vector<std::string>& cves, std::string_view id) {
  std::size_t length = 0;
  auto cve = leading_cve(base::trim(id), length);
  if (cve.empty()) return false;
  if (std::ranges::find(cves, cve) == cves.end()) cves.push_back(std::move(cve));
  return true;
}

void emit_rpm_update(RpmUpdate&& update, const RpmUpdateRules& rules, FeedCounts& counts, Sink& sink) {
  ++counts.records;
  const auto drop_all = [&](std::string_view reason) {
    counts.statements += update.packages.size();
    counts.drop(reason, update.packages.size());
  };
  const auto date = std::max(update.issued, update.updated);
  if (date.size() >= 10 && date.substr(0, 10) > counts.as_of) counts.as_of = date.substr(0, 10);
  if (!is_plausible_id(update.id)) return drop_all("unusable id");
  if (update.type != "security" && update.cves.empty()) return drop_all("not a security update");

  Packages packages;
  for (auto& package : update.packages) {
    if (const auto why_not = reason_to_drop(package); !why_not.empty()) {
      ++counts.statements;
      counts.drop(why_not);
      continue;
    }
    const auto& name_space = package.name_space.empty() ? rules.name_space : package.name_space;
    if (name_space.empty()) {
      ++counts.statements;
      counts.drop("unknown release");
      continue;
    }
    auto& fixed = packages[{name_space, package.name, package.module}];
    fixed[{package.introduced, rpm_version(package.epoch, package.version, package.release)}].insert(
        package.architecture);
  }

  Advisory advisory;
  advisory.id = std::move(update.id);
  advisory.upstream = std::move(update.cves);
  advisory.severity = std::move(update.severity);
  advisory.title = std::move(update.title);
  advisory.description = std::move(update.description);
  advisory.published = std::move(update.issued);
  advisory.modified = std::move(update.updated);
  advisory.references = std::move(update.references);
  for (const auto& vector : update.cvss) add_cvss(advisory, vector);
  for (const auto& [key, fixed] : packages) {
    for (const auto& [bounds, architectures] : fixed) {
      Affected affected;
      std::tie(affected.name_space, affected.package, affected.module) = key;
      affected.key_kind = KeyKind::binary;
      affected.scheme = version::Scheme::rpm;
      affected.status = Status::fixed;
      affected.ranges.push_back({.introduced = bounds.first, .fixed = bounds.second, .last_affected = {}});
      const bool any = architectures.contains("noarch") || architectures.contains("") ||
                       (rules.unite_architectures && fixed.size() == 1);
      if (!any) affected.architectures.assign(architectures.begin(), architectures.end());
      affected.products = rules.products;
      advisory.affected.push_back(std::move(affected));
    }
  }
  counts.statements += advisory.affected.size();
  if (!advisory.affected.empty()) sink.advisory(std::move(advisory));
}

Result<void> read_updateinfo(const std::string& path, const Sink& sink, const UpdateInfoVisitor& visit) {
  LIMPID_ASSIGN(auto file, InputFile::open(path));
  UpdateInfoHandler handler(sink, visit);
  LIMPID_TRY_WITHIN(parse_xml(file.source(), handler), {path});
  return {};
}

Result<std::vector<UpdateInput>> list_update_inputs(const std::string& path) {
  constexpr std::string_view kSuffixes[] = {"", ".gz", ".bz2", ".xz", ".zst"};
  LIMPID_ASSIGN(const auto paths, list_inputs(path, [&](std::string_view name) {
                  return std::ranges::any_of(kSuffixes, [&](std::string_view suffix) {
                    auto plain = name;
                    return base::strip_suffix(plain, suffix) && (plain.ends_with(".json") || plain.ends_with(".xml"));
                  });
                }));
  std::vector<UpdateInput> inputs;
  for (const auto& one : paths) {
    LIMPID_ASSIGN(auto file, InputFile::open(one));
    LIMPID_ASSIGN_WITHIN(const auto piece, file.source().next(), {one});
    if (const auto form = form_of(base::trim(base::as_text(piece)))) inputs.push_back({.path = one, .form = *form});
  }
  if (inputs.empty()) return fail(Code::not_found, {path, ": no updates in a form that this feed reads"});
  return inputs;
}

}  // namespace limpid::advisory

// Updates as OVAL: the common ground of Red Hat, AlmaLinux and Oracle.
#include <algorithm>

#include "advisory/ids.h"
#include "advisory/oval.h"
#include "advisory/rpm_names.h"
#include "advisory/rpm_update.h"

namespace limpid::advisory {

OvalMeaning rpm_oval_meaning(const OvalTest& test, std::string& text) {
  std::string_view words = test.comment;
  if (base::strip_prefix(words, "Module ") && base::strip_suffix(words, " is enabled")) {
    text = words;
    return OvalMeaning::module;
  }
  if (test.is_signature || test.object.empty()) return OvalMeaning::ignored;
  return test.evr.empty() || test.operation != "less than" ? OvalMeaning::ignored : OvalMeaning::package;
}

RpmUpdate update_of_oval(const OvalDefinition& definition,
                         const std::function<OvalMeaning(const OvalTest& test, std::string& text)>& place_of,
                         const std::function<std::string(const OvalPath& path)>& namespace_of) {
  RpmUpdate update;
  update.type = "security";
  update.title = definition.title;
  update.description = definition.description;
  update.severity = definition.severity;
  update.issued = definition.issued;
  update.updated = definition.updated;
  update.references = definition.references;
  for (const auto& cve : definition.cves) {
    add_cve(update.cves, cve.id);
    for (const auto vector : vectors_of(cve)) update.cvss.emplace_back(vector);
  }
  for (const auto& id : definition.reference_ids) {
    if (!add_cve(update.cves, id) && update.id.empty() && is_plausible_id(id)) update.id = id;
  }
  if (update.id.empty()) update.id = definition.id;

  const auto meaning = [&](const OvalTest& test, std::string& text) {
    const auto place = place_of(test, text);
    return place == OvalMeaning::ignored ? rpm_oval_meaning(test, text) : place;
  };
  walk_oval(definition.criteria, meaning, [&](const OvalPath& path, const OvalTest& test) {
    RpmUpdate::Package package;
    package.name = test.object;
    // The whole version in one field: rpm_version() only joins them.
    const auto bare = without_epoch(test.evr);
    package.epoch = test.evr.substr(0, test.evr.size() == bare.size() ? 0 : test.evr.find(':'));
    const auto hyphen = bare.rfind('-');
    package.version = bare.substr(0, hyphen);
    if (hyphen != std::string_view::npos) package.release = bare.substr(hyphen + 1);
    package.module = path.module;
    package.name_space = namespace_of(path);
    for (const auto& architecture : architectures_of(path, test)) {
      package.architecture = architecture;
      update.packages.push_back(package);
    }
  });
  return update;
}

}  // namespace limpid::advisory

#include "advisory/csaf.h"

#include <utility>
#include <vector>

#include "advisory/cvss.h"
#include "advisory/ids.h"

namespace limpid::advisory {
namespace {

constexpr int kHopsMax = 5;  // component, module, product and two to spare

std::string_view view_member(const json::object& object, std::string_view key) {
  return text_member(object, key).value_or("");
}

Status status_of_remediation(std::string_view category, std::string_view details) {
  if (category == "no_fix_planned") {
    return details.starts_with("Out of support") ? Status::end_of_life : Status::will_not_fix;
  }
  if (details == "Fix deferred" || details == "Deferred") return Status::fix_deferred;
  return Status::affected;
}

template <class Use>
void each_text(const json::object& object, std::string_view key, const Use& use) {
  json::array array;
  if (object.at_key(key).get(array) != simdjson::SUCCESS) return;
  for (const auto element : array) {
    std::string_view text;
    if (element.get(text) == simdjson::SUCCESS) use(text);
  }
}

}  // namespace

CsafProducts::CsafProducts(const json::object& document) {
  const auto tree = object_member(document, "product_tree");
  if (!tree) return;
  read_branches(*tree);
  for (const auto& product : objects_member(*tree, "full_product_names")) add_product(product);
  for (const auto& relationship : objects_member(*tree, "relationships")) {
    const auto full = object_member(relationship, "full_product_name");
    if (!full) continue;
    relationships_.try_emplace(view_member(*full, "product_id"),
                               Relationship{view_member(relationship, "product_reference"),
                                            view_member(relationship, "relates_to_product_reference")});
  }
}

void CsafProducts::read_branches(const json::object& tree) {
  auto pending = objects_member(tree, "branches");
  while (!pending.empty()) {
    const auto branch = pending.back();
    pending.pop_back();
    if (const auto product = object_member(branch, "product")) add_product(*product);
    for (const auto& child : objects_member(branch, "branches")) pending.push_back(child);
  }
}

void CsafProducts::add_product(const json::object& product) {
  Leaf leaf{.purl = {}, .cpe = {}, .name = view_member(product, "name")};
  if (const auto helper = object_member(product, "product_identification_helper")) {
    leaf.purl = view_member(*helper, "purl");
    leaf.cpe = view_member(*helper, "cpe");
  }
  leaves_.try_emplace(view_member(product, "product_id"), leaf);
}

std::optional<CsafComponent> CsafProducts::find(std::string_view id) const {
  const auto found = relationships_.find(id);
  if (found == relationships_.end()) return std::nullopt;
  CsafComponent component;
  component.id = found->second.component;
  component.product = found->second.product;
  for (int hop = 0; hop < kHopsMax; ++hop) {
    const auto inner = relationships_.find(component.id);
    if (inner == relationships_.end()) break;
    component.id = inner->second.component;
  }
  for (int hop = 0; hop < kHopsMax; ++hop) {
    const auto outer = relationships_.find(component.product);
    if (outer == relationships_.end()) break;
    component.module = outer->second.component;
    component.product = outer->second.product;
  }
  const auto product = leaves_.find(component.product);
  if (product == leaves_.end()) return std::nullopt;
  component.cpe = product->second.cpe;
  component.branch = product->second.name;
  if (const auto leaf = leaves_.find(component.id); leaf != leaves_.end()) component.purl = leaf->second.purl;
  return component;
}

CsafVulnerability::CsafVulnerability(const json::object& vulnerability) : vulnerability_(vulnerability) {
  for (const auto& remediation : objects_member(vulnerability, "remediations")) {
    const auto category = view_member(remediation, "category");
    if (category != "no_fix_planned" && category != "none_available") continue;
    const auto status = status_of_remediation(category, view_member(remediation, "details"));
    each_text(remediation, "product_ids", [&](std::string_view id) { unfixed_.try_emplace(id, status); });
  }
  for (const auto& threat : objects_member(vulnerability, "threats")) {
    if (view_member(threat, "category") != "impact") continue;
    const auto word = view_member(threat, "details");
    each_text(threat, "product_ids", [&](std::string_view id) { severities_.try_emplace(id, word); });
  }
  for (const auto& score : objects_member(vulnerability, "scores")) {
    double base = -1;
    for (const auto* key : {"cvss_v4", "cvss_v3", "cvss_v2"}) {
      const auto cvss = object_member(score, key);
      if (cvss && base < 0 && cvss->at_key("baseScore").get(base) != simdjson::SUCCESS) base = -1;
    }
    each_text(score, "products", [&](std::string_view id) { scored_zero_.try_emplace(id, base == 0); });
  }
}

void CsafVulnerability::each(const std::function<void(std::string_view id, Status status)>& use) const {
  static constexpr std::pair<std::string_view, Status> kWords[] = {
      {"fixed", Status::fixed},
      {"first_fixed", Status::fixed},
      {"recommended", Status::fixed},
      {"known_affected", Status::affected},
      {"first_affected", Status::affected},
      {"last_affected", Status::affected},
      {"known_not_affected", Status::not_affected},
      {"under_investigation", Status::under_investigation},
  };
  const auto statuses = object_member(vulnerability_, "product_status");
  if (!statuses) return;
  for (const auto& [word, status] : kWords) {
    each_text(*statuses, word, [&](std::string_view id) {
      const auto unfixed = status == Status::affected ? unfixed_.find(id) : unfixed_.end();
      use(id, unfixed == unfixed_.end() ? status : unfixed->second);
    });
  }
}

std::string_view CsafVulnerability::severity_of(std::string_view id) const {
  const auto found = severities_.find(id);
  return found == severities_.end() ? std::string_view() : found->second;
}

bool CsafVulnerability::is_harmless(std::string_view id) const {
  const auto found = scored_zero_.find(id);
  return found != scored_zero_.end() && found->second && !severities_.contains(id);
}

Advisory CsafVulnerability::texts() const {
  Advisory advisory;
  std::size_t length = 0;
  const auto cve = view_member(vulnerability_, "cve");
  if (auto id = leading_cve(cve, length); length == cve.size()) advisory.id = std::move(id);
  advisory.title = view_member(vulnerability_, "title");
  advisory.published = view_member(vulnerability_, "release_date");
  for (const auto& note : objects_member(vulnerability_, "notes")) {
    const auto category = view_member(note, "category");
    if (category == "description" || (category == "general" && advisory.description.empty())) {
      advisory.description = view_member(note, "text");
    }
  }
  // An impact that is tied to no product is that of all.
  for (const auto& threat : objects_member(vulnerability_, "threats")) {
    if (view_member(threat, "category") == "impact" && list_member(threat, "product_ids").empty())
      advisory.severity = view_member(threat, "details");
  }
  for (const auto& score : objects_member(vulnerability_, "scores")) {
    for (const auto* key : {"cvss_v4", "cvss_v3", "cvss_v2"}) {
      if (const auto cvss = object_member(score, key)) add_cvss(advisory, view_member(*cvss, "vectorString"));
    }
  }
  const auto add_reference = [&](std::string_view url) {
    if (!url.empty()) advisory.references.emplace_back(url);
  };
  for (const auto& reference : objects_member(vulnerability_, "references")) {
    add_reference(view_member(reference, "url"));
  }
  for (const auto& remediation : objects_member(vulnerability_, "remediations")) {
    if (view_member(remediation, "category") == "vendor_fix") add_reference(view_member(remediation, "url"));
  }
  return advisory;
}

}  // namespace limpid::advisory

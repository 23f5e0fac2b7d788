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
void each_object(const json::object& object, std::string_view key, const Use& use) {
  json::array array;
  if (object.at_key(key).get(array) != simdjson::SUCCESS) return;
  for (const auto element : array) {
    json::object one;
    if (element.get(one) == simdjson::SUCCESS) use(one);
  }
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

void CsafProducts::read(const json::object& document) {
  leaves_.clear();
  relationships_.clear();
  const auto tree = object_member(document, "product_tree");
  if (!tree) return;
  read_branches(*tree);
  for (const auto& product : objects_member(*tree, "full_product_names")) add_product(product);
  each_object(*tree, "relationships", [&](const json::object& relationship) {
    const auto full = object_member(relationship, "full_product_name");
    if (!full) return;
    if (const auto [known, is_new] = relationships_.get(view_member(*full, "product_id")); is_new)
      *known = {view_member(relationship, "product_reference"),
                view_member(relationship, "relates_to_product_reference")};
  });
}

void CsafProducts::read_branches(const json::object& tree) {
  const auto push = [&](const json::object& branch) { pending_.push_back(branch); };
  pending_.clear();
  each_object(tree, "branches", push);
  while (!pending_.empty()) {
    const auto branch = pending_.back();
    pending_.pop_back();
    if (const auto product = object_member(branch, "product")) add_product(*product);
    each_object(branch, "branches", push);
  }
}

void CsafProducts::add_product(const json::object& product) {
  const auto [leaf, is_new] = leaves_.get(view_member(product, "product_id"));
  if (!is_new) return;
  leaf->name = view_member(product, "name");
  if (const auto helper = object_member(product, "product_identification_helper")) {
    leaf->purl = view_member(*helper, "purl");
    leaf->cpe = view_member(*helper, "cpe");
  }
}

std::optional<CsafComponent> CsafProducts::find(std::string_view id) const {
  const Relationship* found = relationships_.find(id);
  if (found == nullptr) return std::nullopt;
  CsafComponent component;
  component.id = found->component;
  component.product = found->product;
  for (int hop = 0; hop < kHopsMax; ++hop) {
    const Relationship* inner = relationships_.find(component.id);
    if (inner == nullptr) break;
    component.id = inner->component;
  }
  for (int hop = 0; hop < kHopsMax; ++hop) {
    const Relationship* outer = relationships_.find(component.product);
    if (outer == nullptr) break;
    component.module = outer->component;
    component.product = outer->product;
  }
  const Leaf* product = leaves_.find(component.product);
  if (product == nullptr) return std::nullopt;
  component.cpe = product->cpe;
  component.branch = product->name;
  if (const Leaf* leaf = leaves_.find(component.id); leaf != nullptr) component.purl = leaf->purl;
  return component;
}

void CsafVulnerability::read(const json::object& vulnerability) {
  vulnerability_ = vulnerability;
  marks_.clear();
  // The first word on a product counts.
  const auto mark = [](auto& what, const auto& word) {
    if (!what) what = word;
  };
  for (const auto& remediation : objects_member(vulnerability, "remediations")) {
    const auto category = view_member(remediation, "category");
    if (category != "no_fix_planned" && category != "none_available") continue;
    const auto status = status_of_remediation(category, view_member(remediation, "details"));
    each_text(remediation, "product_ids", [&](std::string_view id) { mark(marks_.get(id).first->unfixed, status); });
  }
  for (const auto& threat : objects_member(vulnerability, "threats")) {
    if (view_member(threat, "category") != "impact") continue;
    const auto word = view_member(threat, "details");
    each_text(threat, "product_ids", [&](std::string_view id) { mark(marks_.get(id).first->severity, word); });
  }
  for (const auto& score : objects_member(vulnerability, "scores")) {
    double base = -1;
    for (const auto* key : {"cvss_v4", "cvss_v3", "cvss_v2"}) {
      const auto cvss = object_member(score, key);
      if (cvss && base < 0 && cvss->at_key("baseScore").get(base) != simdjson::SUCCESS) base = -1;
    }
    each_text(score, "products", [&](std::string_view id) { mark(marks_.get(id).first->scored_zero, base == 0); });
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
      const Marks* marks = status == Status::affected ? marks_.find(id) : nullptr;
      use(id, marks == nullptr ? status : marks->unfixed.value_or(status));
    });
  }
}

std::string_view CsafVulnerability::severity_of(std::string_view id) const {
  const Marks* marks = marks_.find(id);
  return marks == nullptr ? std::string_view() : marks->severity.value_or("");
}

bool CsafVulnerability::is_harmless(std::string_view id) const {
  const Marks* marks = marks_.find(id);
  return marks != nullptr && marks->scored_zero.value_or(false) && !marks->severity;
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

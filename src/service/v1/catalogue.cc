#include "service/v1/catalogue.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "match/match.h"
#include "service/v1/codec.h"
#include "version/ordering.h"

namespace limpid::service::v1 {
namespace {

using store::HeldFeature;

// What the matcher knows as a package.
inventory::Package package_of(const store::Feature& feature) {
  inventory::Package package;
  package.name_space = feature.name_space;
  package.name = feature.name;
  package.version = feature.version;
  package.source_name = feature.origin.empty() ? feature.name : feature.origin;
  package.source_version = feature.version;
  package.scheme = feature.scheme;
  return package;
}

// Writes the features of one report.
class FeatureWriter {
 public:
  FeatureWriter(std::string& to, const Compiled* compiled, const Overlay& overlay)
      : to_(to), compiled_(compiled), overlay_(overlay) {}

  // `findings` are those of this feature; nullptr: without vulnerabilities.
  Result<void> write(const HeldFeature& held, const std::span<const match::Finding>* findings) {
    ObjectWriter out(to_);
    out.text("Name", held.feature.name);
    out.text_unless_empty("NamespaceName", held.feature.name_space);
    out.text_unless_empty("VersionFormat", version_format(held.feature.scheme));
    out.text("Version", held.feature.version);
    if (findings != nullptr) {
      gather(held.feature, *findings);
      if (!shown_.empty()) {
        out.member("Vulnerabilities");
        LIMPID_TRY(write_shown(held.feature.name_space));
      }
    }
    out.text_unless_empty("AddedBy", held.added_by);
    out.close();
    return {};
  }

 private:
  // One entry of Vulnerabilities.
  struct Shown {
    std::string_view name;
    const match::Finding* finding = nullptr;  // a compiled one
    const Overlay::Entry* custom = nullptr;   // or a custom one
    std::string_view fixed_by;
  };

  void gather(const store::Feature& feature, std::span<const match::Finding> findings) {
    shown_.clear();
    for (const match::Finding& finding : findings)
      if (!overlay_.shadows(feature.name_space, finding.id))
        shown_.push_back({finding.id, &finding, nullptr, finding.fixed_in});
    add_custom(feature, feature.name);
    if (!feature.origin.empty()) add_custom(feature, feature.origin);
    std::ranges::stable_sort(shown_, {}, &Shown::name);
    // A custom one may name the package and its origin.
    const auto repeated = std::ranges::unique(shown_, {}, &Shown::name);
    shown_.erase(repeated.begin(), repeated.end());
  }

  void add_custom(const store::Feature& feature, std::string_view package) {
    const std::vector<Overlay::EntryPointer>* entries = overlay_.of_package(feature.name_space, package);
    if (entries == nullptr) return;
    for (const Overlay::EntryPointer& entry : *entries)
      for (const Affects& affects : entry->vulnerability.affects) {
        if (affects.package != package) continue;
        const std::optional<std::string_view> fix = judge(affects, feature.version);
        if (fix) shown_.push_back({entry->vulnerability.name, nullptr, entry.get(), *fix});
      }
  }

  Result<void> write_shown(std::string_view name_space) {
    to_ += '[';
    for (const Shown& one : shown_) {
      if (&one != &shown_.front()) to_ += ',';
      if (one.custom != nullptr) {
        to_ += one.custom->fragment;
      } else {
        LIMPID_TRY(compiled_->append_fragment(to_, name_space, *one.finding));
      }
      if (!one.fixed_by.empty()) {
        to_ += ",\"FixedBy\":";
        append_string(to_, one.fixed_by);
      }
      to_ += '}';
    }
    to_ += ']';
    return {};
  }

  std::string& to_;
  const Compiled* compiled_;
  const Overlay::View overlay_;
  std::vector<Shown> shown_;
};

}  // namespace

std::optional<std::string_view> judge(const Affects& affects, std::string_view version) {
  if (std::ranges::find(affects.versions, version) != affects.versions.end()) return "";
  if (affects.ranges.empty()) return affects.versions.empty() ? std::optional<std::string_view>("") : std::nullopt;
  const version::Ordering* ordering = version::find_ordering(affects.scheme);
  if (ordering == nullptr) return std::nullopt;
  const version::Version installed = ordering->parse(version);
  const auto is_below = [&](const std::string& bound, bool or_equal) {
    const version::Version parsed = ordering->parse(bound);
    if (!parsed.valid || !installed.valid) return false;
    const auto order = ordering->compare(installed, parsed);
    return order < 0 || (or_equal && order == 0);
  };
  for (const advisory::Range& range : affects.ranges) {
    // An installed version that follows no rule is affected by nothing but what affects everything: Clair answered
    // every later look at such a layer with an error.
    if (!range.introduced.empty() && (!installed.valid || is_below(range.introduced, false))) continue;
    if (!range.fixed.empty() && !is_below(range.fixed, false)) continue;
    if (!range.last_affected.empty() && !is_below(range.last_affected, true)) continue;
    return range.fixed;
  }
  return std::nullopt;
}

std::shared_ptr<const Compiled> Catalogue::compiled() const {
  const std::lock_guard lock(mutex_);
  return compiled_;
}

void Catalogue::use(std::shared_ptr<const Compiled> compiled) {
  const std::lock_guard lock(mutex_);
  compiled_.swap(compiled);
}

Result<std::optional<Vulnerability>> Catalogue::find(std::string_view name_space, std::string_view name) const {
  if (const Overlay::EntryPointer entry = overlay_.find(name_space, name)) {
    if (entry->deleted) return std::nullopt;
    return entry->vulnerability;
  }
  const std::shared_ptr<const Compiled> compiled = this->compiled();
  if (compiled == nullptr) return std::nullopt;
  return compiled->find(name_space, name);
}

Result<std::vector<Compiled::Listed>> Catalogue::list(std::string_view name_space, std::string_view after,
                                                      std::size_t limit) const {
  std::vector<Compiled::Listed> merged;
  for (const Overlay::EntryPointer& entry : overlay_.list(name_space, after, limit))
    merged.push_back({entry->vulnerability.name, entry->vulnerability});
  const std::shared_ptr<const Compiled> compiled = this->compiled();
  std::string from(after);
  // Shadowed ones are left out, so it may take more than one page of the compiled ones to fill this page.
  for (std::size_t wanted = limit; compiled != nullptr && wanted != 0;) {
    LIMPID_ASSIGN(std::vector<Compiled::Listed> page, compiled->list(name_space, from, wanted));
    const bool last = page.size() < wanted;
    std::size_t taken = 0;
    if (!page.empty()) from = page.back().key;
    const Overlay::View overlay(overlay_);
    for (Compiled::Listed& one : page) {
      if (overlay.shadows(name_space, one.vulnerability.name)) continue;
      merged.push_back(std::move(one));
      ++taken;
    }
    if (last) break;
    wanted -= taken;
  }
  std::ranges::stable_sort(merged, {}, &Compiled::Listed::key);
  if (merged.size() > limit) merged.resize(limit);
  return merged;
}

std::vector<store::Namespace> Catalogue::namespaces() const {
  std::vector<store::Namespace> names;
  const std::shared_ptr<const Compiled> compiled = this->compiled();
  if (compiled == nullptr) return names;
  for (const vulndb::NamespaceInfo& info : compiled->database().info().namespaces)
    if (info.statements != 0) names.push_back({info.name, scheme_of(info.name, {})});
  return names;
}

Result<void> Catalogue::append_features(std::string& to, std::span<const HeldFeature> features,
                                        bool with_vulnerabilities) const {
  const std::shared_ptr<const Compiled> compiled = this->compiled();
  match::Matches matches;
  if (with_vulnerabilities && compiled != nullptr) {
    inventory::ImageInventory image;
    image.packages.reserve(features.size());
    for (const HeldFeature& held : features) image.packages.push_back(package_of(held.feature));
    LIMPID_ASSIGN(matches, match::match_image(image, compiled->database()));
  }
  FeatureWriter writer(to, compiled.get(), overlay_);
  to += '[';
  std::size_t begin = 0;
  for (std::size_t i = 0; i < features.size(); ++i) {
    if (i != 0) to += ',';
    std::size_t end = begin;
    while (end < matches.findings.size() && matches.findings[end].package == i) ++end;
    const std::span<const match::Finding> findings(matches.findings.data() + begin, end - begin);
    LIMPID_TRY(writer.write(features[i], with_vulnerabilities ? &findings : nullptr));
    begin = end;
  }
  to += ']';
  return {};
}

}  // namespace limpid::service::v1

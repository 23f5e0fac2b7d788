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
  // A source package of rpm is known by its file's name, which has no epoch.
  const std::size_t epoch = feature.scheme == version::Scheme::rpm ? feature.version.find(':') : std::string::npos;
  package.source_version = epoch == std::string::npos ? feature.version : feature.version.substr(epoch + 1);
  package.scheme = feature.scheme;
  package.module = feature.module;
  return package;
}

void open_feature(ObjectWriter& out, const store::Feature& feature) {
  out.text("Name", feature.name);
  out.text_unless_empty("NamespaceName", feature.name_space);
  out.text_unless_empty("VersionFormat", version_format(feature.scheme));
  out.text("Version", feature.version);
}

void close_feature(std::string& to, const HeldFeature& held) {
  if (!held.added_by.empty()) {
    to += ",\"AddedBy\":";
    append_string(to, held.added_by);
  }
  to += '}';
}

// One entry of Vulnerabilities.
struct Shown {
  std::string_view name;
  const match::Finding* finding = nullptr;  // a compiled one
  const Overlay::Entry* custom = nullptr;   // or a custom one
  std::string_view fixed_by;
};

// Appends a feature up to, but without, AddedBy and the closing brace.
Result<void> append_feature(std::string& to, const store::Feature& feature, std::vector<Shown>& shown,
                            const Compiled* compiled) {
  ObjectWriter out(to);
  open_feature(out, feature);
  if (shown.empty()) return {};
  std::ranges::stable_sort(shown, {}, &Shown::name);
  // A record may be about several flaws of a package, and a custom one may name the package and its origin.
  const auto repeated = std::ranges::unique(shown, {}, &Shown::name);
  shown.erase(repeated.begin(), repeated.end());
  out.member("Vulnerabilities") += '[';
  for (const Shown& one : shown) {
    if (&one != &shown.front()) to += ',';
    if (one.custom != nullptr) {
      to += one.custom->fragment;
    } else {
      LIMPID_TRY(compiled->append_fragment(to, feature.name_space, *one.finding));
    }
    if (!one.fixed_by.empty()) {
      to += ",\"FixedBy\":";
      append_string(to, one.fixed_by);
    }
    to += '}';
  }
  to += ']';
  return {};
}

// Features come from any images.
match::MatchOptions each_on_its_own() {
  match::MatchOptions options;
  options.one_image = false;
  return options;
}

// The texts of features, without a word of custom vulnerabilities. Those that nobody asked for yet are made together.
Result<std::vector<FeatureTexts::Pointer>> texts_of(std::span<const HeldFeature> features, const Compiled& compiled) {
  std::vector<FeatureTexts::Pointer> texts(features.size());
  inventory::ImageInventory missing;
  std::vector<std::size_t> places;  // of the missing
  for (std::size_t i = 0; i < features.size(); ++i) {
    texts[i] = compiled.feature_texts().find(features[i].feature);
    if (texts[i] != nullptr) continue;
    missing.packages.push_back(package_of(features[i].feature));
    places.push_back(i);
  }
  if (places.empty()) return texts;
  LIMPID_ASSIGN(const match::Matches matches, match::match_image(missing, compiled.database(), each_on_its_own()));
  auto finding = matches.findings.begin();
  std::vector<Shown> shown;
  for (std::uint32_t number = 0; number < places.size(); ++number) {
    shown.clear();
    for (; finding != matches.findings.end() && finding->package == number; ++finding)
      shown.push_back({name_of(*finding), &*finding, nullptr, finding->fixed_in});
    const store::Feature& feature = features[places[number]].feature;
    FeatureTexts::Text text;
    LIMPID_TRY(append_feature(text.json, feature, shown, &compiled));
    text.json.shrink_to_fit();
    for (const Shown& one : shown) text.flaws.emplace_back(one.name);
    texts[places[number]] = std::make_shared<const FeatureTexts::Text>(std::move(text));
    compiled.feature_texts().put(feature, texts[places[number]]);
  }
  return texts;
}

// What the custom vulnerabilities change in the report of a feature.
class CustomWriter {
 public:
  CustomWriter(const Compiled* compiled, const Overlay& overlay) : compiled_(compiled), overlay_(overlay) {}

  // Whether they change anything. `text` is what would be shown without them; nullptr: nothing.
  bool concerns(const store::Feature& feature, const FeatureTexts::Text* text) const {
    const Overlay::Space* space = overlay_.space(feature.name_space);
    if (space == nullptr) return false;
    if (space->of_package(feature.name) != nullptr) return true;
    if (!feature.origin.empty() && space->of_package(feature.origin) != nullptr) return true;
    return text != nullptr &&
           std::ranges::any_of(text->flaws, [&](const std::string& flaw) { return space->shadows(flaw); });
  }

  Result<void> append(std::string& to, const store::Feature& feature) {
    match::Matches matches;
    if (compiled_ != nullptr) {
      inventory::ImageInventory one;
      one.packages.push_back(package_of(feature));
      LIMPID_ASSIGN(matches, match::match_image(one, compiled_->database(), each_on_its_own()));
    }
    const Overlay::Space* space = overlay_.space(feature.name_space);
    shown_.clear();
    for (const match::Finding& finding : matches.findings)
      if (space == nullptr || !space->shadows(name_of(finding)))
        shown_.push_back({name_of(finding), &finding, nullptr, finding.fixed_in});
    if (space != nullptr) add(*space, feature, feature.name);
    if (space != nullptr && !feature.origin.empty()) add(*space, feature, feature.origin);
    return append_feature(to, feature, shown_, compiled_);
  }

 private:
  void add(const Overlay::Space& space, const store::Feature& feature, std::string_view package) {
    const std::vector<Overlay::EntryPointer>* entries = space.of_package(package);
    if (entries == nullptr) return;
    for (const Overlay::EntryPointer& entry : *entries)
      for (const Affects& affects : entry->vulnerability.affects) {
        if (affects.package != package) continue;
        const std::optional<std::string_view> fix = judge(affects, feature.version);
        if (fix) shown_.push_back({entry->vulnerability.name, nullptr, entry.get(), *fix});
      }
  }

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
    const Overlay::Space* space = overlay.space(name_space);
    for (Compiled::Listed& one : page) {
      if (space != nullptr && space->shadows(one.vulnerability.name)) continue;
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

void Catalogue::expect(std::span<const store::Feature> features) const {
  const std::shared_ptr<const Compiled> compiled = this->compiled();
  if (compiled == nullptr || features.empty()) return;
  std::vector<HeldFeature> held;
  held.reserve(features.size());
  for (const store::Feature& feature : features) held.push_back({0, feature, ""});
  (void)texts_of(held, *compiled);  // what goes wrong here goes wrong for the report, too, and is told there
}

Result<void> Catalogue::append_features(std::string& to, std::span<const HeldFeature> features,
                                        bool with_vulnerabilities) const {
  const std::shared_ptr<const Compiled> compiled = with_vulnerabilities ? this->compiled() : nullptr;
  std::vector<FeatureTexts::Pointer> texts(features.size());
  if (compiled != nullptr) {
    LIMPID_ASSIGN(texts, texts_of(features, *compiled));
  }
  std::optional<CustomWriter> custom;
  if (with_vulnerabilities) custom.emplace(compiled.get(), overlay_);
  to += '[';
  for (std::size_t i = 0; i < features.size(); ++i) {
    if (i != 0) to += ',';
    if (custom && custom->concerns(features[i].feature, texts[i].get())) {
      LIMPID_TRY(custom->append(to, features[i].feature));
    } else if (texts[i] != nullptr) {
      to += texts[i]->json;
    } else {
      ObjectWriter out(to);
      open_feature(out, features[i].feature);
    }
    close_feature(to, features[i]);
  }
  to += ']';
  return {};
}

}  // namespace limpid::service::v1

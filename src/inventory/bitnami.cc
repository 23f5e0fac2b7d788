// Bitnami's components: what stands below opt/bitnami was not installed by a package manager, and tells what it is in
// NAME/.spdx-NAME.spdx, an SPDX document (JSON, or tag-value whatever its name says), or, in older images, in
// .bitnami_components.json. Components of other ecosystems that such a document names are listed, too.
// https://spdx.github.io/spdx-spec/v2.3 and https://github.com/bitnami/vulndb
#include <array>

#include "base/purl.h"
#include "base/text.h"
#include "inventory/json_record.h"
#include "inventory/notes.h"
#include "inventory/registered.h"

namespace limpid::inventory {
namespace {

constexpr std::uint64_t kFileMax = std::uint64_t{4} << 20;
constexpr std::string_view kTop = "opt/bitnami";
constexpr std::string_view kDocumentStart = ".spdx-";

// Of one package in a document: what is said of it, in either form.
struct Described {
  std::string name, version, declared, concluded, purl;
};

bool is_licence(std::string_view text) { return !text.empty() && text != "NOASSERTION" && text != "NONE"; }

// Components of an SPDX document, and where they go.
class Components {
 public:
  Components(const WantedFile& file, Evidence& evidence, SkippedList& skipped)
      : evidence_(evidence), notes_(file.path, skipped) {}

  void add(const Described& described) {
    const auto purl = base::parse_purl(described.purl);
    if (!purl) return;  // the document itself, sources, files: nothing that has a name elsewhere
    const std::string_view known = ecosystem_of_type(purl->type);
    const std::string_view ecosystem = known.empty() ? purl->type : known;
    std::string name = purl->name;
    if (ecosystem == "Bitnami") {
      if (!described.name.empty()) name = described.name;
    } else if (!purl->name_space.empty()) {
      name = base::cat({purl->name_space, ecosystem == "Maven" ? ":" : "/", purl->name});
    }
    put(ecosystem, std::move(name), purl->version.empty() ? described.version : purl->version, purl->qualifier("arch"));
    if (!is_added_) return;
    Package& package = evidence_.packages.back();
    if (is_licence(described.declared)) {
      package.licenses.push_back(described.declared);
    } else if (is_licence(described.concluded)) {
      package.licenses.push_back(described.concluded);
    }
  }

  void put(std::string_view ecosystem, std::string name, std::string version, std::string_view arch) {
    is_added_ = is_word(name) && is_word(version);
    if (!is_added_) return notes_.add(SkipReason::damaged, {"no usable name and version"});
    Package& package = evidence_.packages.emplace_back();
    package.ecosystem = ecosystem;
    package.name = package.source_name = std::move(name);
    package.version = package.source_version = std::move(version);
    if (is_word(arch)) package.arch = arch;
    package.location = evidence_.path;
    package.detector = evidence_.detector;
    package.kind = PackageKind::library;
    if (ecosystem == "Bitnami") package.scheme = version::Scheme::bitnami;
    if (ecosystem == "npm" || ecosystem == "Go") package.scheme = version::Scheme::semver;
  }

 private:
  Evidence& evidence_;
  Notes notes_;
  bool is_added_ = false;
};

Result<void> read_json(std::string_view document, Components& components) {
  return read_json_list(document, "packages", [&](const JsonRecord& record) {
    Described described;
    described.name = record.text("name");
    described.version = record.text("versionInfo");
    described.declared = record.text("licenseDeclared");
    described.concluded = record.text("licenseConcluded");
    record.each("externalRefs", [&](const JsonRecord& reference) {
      if (described.purl.empty() && reference.text("referenceType") == "purl")
        described.purl = reference.text("referenceLocator");
    });
    components.add(described);
  });
}

// Lines "Tag: value"; a value over several lines stands in <text>…</text>. A package begins with its name.
Result<void> read_tag_value(std::string_view document, Components& components) {
  Described described;
  while (const auto line = base::take_line(document)) {
    std::string_view value = *line;
    const std::string_view tag = base::trim(base::take_until(value, ':'));
    value = base::trim(value);
    if (value.starts_with("<text>") && value.find("</text>") == std::string_view::npos) {
      // Nothing that is wanted has such a value.
      const auto end = document.find("</text>");
      document.remove_prefix(end == std::string_view::npos ? document.size() : end);
      (void)base::take_line(document);
    } else if (tag == "PackageName") {
      components.add(described);
      described = Described{};
      described.name = value;
    } else if (tag == "PackageVersion") {
      described.version = value;
    } else if (tag == "PackageLicenseDeclared") {
      described.declared = value;
    } else if (tag == "PackageLicenseConcluded") {
      described.concluded = value;
    } else if (tag == "ExternalRef" && described.purl.empty()) {
      base::take_word(value);  // the category, "PACKAGE-MANAGER" or "PACKAGE_MANAGER"
      if (base::take_word(value) == "purl") described.purl = base::trim(value);
    }
  }
  components.add(described);
  return {};
}

class Bitnami final : public Detector {
 public:
  std::string_view name() const override { return kBitnamiDetector; }
  std::uint32_t version() const override { return 1; }
  std::span<const Interest> interests() const override {
    static constexpr std::array kInterests = {
        Interest{.match = Interest::Match::suffix, .text = ".spdx", .size_max = kFileMax, .below = kTop},
        Interest{.match = Interest::Match::basename, .text = kBitnamiComponents, .size_max = kFileMax, .below = kTop},
    };
    return kInterests;
  }
  Result<void> read(const WantedFile& file, Evidence& evidence, SkippedList& skipped) const override {
    Components components(file, evidence, skipped);
    const std::string_view base_name = file.path.substr(file.path.rfind('/') + 1);
    if (base_name == kBitnamiComponents) {
      return read_json_members(file.content, [&](std::string_view name, const JsonRecord& record) {
        components.put("Bitnami", std::string(name), std::string(record.text("version")), record.text("arch"));
      });
    }
    if (!base_name.starts_with(kDocumentStart)) return {};
    if (base::trim(file.content).starts_with("SPDXVersion:")) return read_tag_value(file.content, components);
    return read_json(file.content, components);
  }
};

}  // namespace

const Detector& bitnami_detector() {
  static const Bitnami instance;
  return instance;
}

}  // namespace limpid::inventory

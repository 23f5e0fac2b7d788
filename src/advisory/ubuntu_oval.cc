// OVAL of three flavours: a definition for each CVE, each source package, or each notice (USN). The package that a test
// is about is told by comments alone (its object lists binary packages), as is what was decided where nothing is fixed.
#include <algorithm>
#include <map>

#include "advisory/ids.h"
#include "advisory/oval_document.h"
#include "advisory/ubuntu.h"
#include "base/text.h"
#include "version/ordering.h"

namespace limpid::advisory {
namespace {

// "xenial" of "oval:com.ubuntu.xenial:def:1", "esm-infra/xenial" of "oval:com.ubuntu.esm-infra_xenial:def:1".
std::string pocket_of_id(std::string_view id) {
  if (!base::strip_prefix(id, "oval:com.ubuntu.")) return {};
  std::string pocket(base::take_until(id, ':'));
  std::ranges::replace(pocket, '_', '/');
  return pocket;
}

class OvalReader {
 public:
  OvalReader(FeedCounts& counts, Sink& sink) : counts_(counts), sink_(sink) {}

  Result<void> read(const OvalDocumentDefinition& definition, const OvalDocumentParts& parts) {
    if (sink_.is_cancelled()) return cancelled();
    if (definition.klass == "inventory") return {};  // "Ubuntu 22.04 is installed"
    ++counts_.records;
    const auto name_space = name_space_of(definition);
    if (definition.klass == "patch") {
      // A notice names its binary packages only, and says nothing that the CVEs' definitions do not say better.
      ++counts_.statements;
      counts_.drop("notice");
      return {};
    }
    std::map<std::string, Advisory> advisories;
    read_criteria(definition, parts, definition.criteria, name_space, advisories);
    for (auto& [id, advisory] : advisories) sink_.advisory(std::move(advisory));
    return {};
  }

 private:
  // Variants are told by the platform too: FIPS files have the ids of the release they are for.
  static std::string name_space_of(const OvalDocumentDefinition& definition) {
    auto name_space = ubuntu_namespace_of_pocket(pocket_of_id(definition.id));
    const auto platform = definition.text("platform");
    for (const std::string_view variant : {"FIPS", "Realtime", "Real-time", "BlueField"})
      if (platform.contains(variant)) return {};
    return name_space;
  }

  void read_criteria(const OvalDocumentDefinition& definition, const OvalDocumentParts& parts,
                     const OvalDocumentCriteria& node, const std::string& name_space,
                     std::map<std::string, Advisory>& to) {
    for (const auto& child : node.children) read_criteria(definition, parts, child, name_space, to);
    if (node.kind == OvalDocumentCriteria::Kind::test) read_test(definition, parts, node, name_space, to);
  }

  // "[(CVE-2031-0001) ]zfoo package in jammy was vulnerable but has been fixed (note: '1.2-3')."
  void read_test(const OvalDocumentDefinition& definition, const OvalDocumentParts& parts,
                 const OvalDocumentCriteria& node, const std::string& name_space, std::map<std::string, Advisory>& to) {
    ++counts_.statements;
    if (name_space.empty()) return counts_.drop("a release or variant that is not read");
    std::string_view comment = node.comment;
    std::string cve;
    std::size_t length = 0;
    if (base::strip_prefix(comment, "(")) {
      cve = leading_cve(comment, length);
      comment.remove_prefix(std::min(comment.size(), length));
      base::strip_prefix(comment, ")");
    } else {
      definition.each("reference", [&](const OvalDocumentElement& reference) {
        if (reference["source"] == "CVE" && cve.empty()) cve = leading_cve(reference["ref_id"], length);
      });
    }
    comment = base::trim(comment);
    constexpr std::string_view kPackage = " package in ";
    const auto at = comment.find(kPackage);
    const auto package = comment.substr(0, at == std::string_view::npos ? 0 : at);
    if (cve.empty() || package.empty() || package.contains(' ')) return counts_.drop("a test of what is not said");
    const auto words = base::lower(comment.substr(at + kPackage.size()));

    Affected affected;
    affected.name_space = name_space;
    affected.package = package;
    affected.key_kind = KeyKind::source;
    affected.scheme = version::Scheme::dpkg;
    affected.status = status_of(words);
    if (affected.status == Status::fixed) {
      std::string fixed = fixed_version(parts, node.reference);
      if (fixed.empty()) return counts_.drop("fixed without a version");
      if (fixed == "0") {
        affected.status = Status::not_affected;
      } else {
        affected.ranges.push_back({.introduced = "", .fixed = std::move(fixed), .last_affected = ""});
      }
    }
    if (affected.status == Status::unknown) return counts_.drop("unknown status");
    Advisory& advisory = to[cve];
    if (advisory.id.empty()) describe(definition, cve, advisory);
    advisory.affected.push_back(std::move(affected));
  }

  static Status status_of(std::string_view words) {
    if (words.contains("has been made to ignore"))
      return tells_end_of_life(words) ? Status::end_of_life : Status::will_not_fix;
    if (words.contains("defer")) return Status::fix_deferred;
    if (words.contains("pending publication")) return Status::affected;
    if (words.contains("may need fixing")) return Status::under_investigation;
    if (words.contains("needs fixing")) return Status::affected;
    if (words.contains("is not affected")) return Status::not_affected;
    return words.contains("has been fixed") || words.contains("and fixed") ? Status::fixed : Status::unknown;
  }

  static std::string fixed_version(const OvalDocumentParts& parts, std::string_view reference) {
    const auto* test = parts.test(reference);
    if (test == nullptr) return {};
    for (const auto id : test->states) {
      const auto* state = parts.state(id);
      if (state == nullptr) continue;
      for (const auto& field : state->fields) {
        std::string_view text = field.text;
        if (field.operation != "less than") continue;
        base::strip_prefix(text, "0:");
        if (text == "0" || version::find_ordering(version::Scheme::dpkg)->parse(text).valid) return std::string(text);
      }
    }
    return {};
  }

  static void describe(const OvalDocumentDefinition& definition, const std::string& cve, Advisory& advisory) {
    advisory.id = cve;
    definition.each("cve", [&](const OvalDocumentElement& element) {
      if (element.text != cve) return;
      if (advisory.severity.empty()) advisory.severity = base::lower(element["priority"]);
      if (const auto vector = element["cvss_vector"]; vector.starts_with("CVSS:")) {
        auto version = vector.substr(5);
        version = base::take_until(version, '/');
        if (version == "3.0" || version == "3.1" || version == "4.0")
          advisory.cvss.push_back({.version = std::string(version), .vector = std::string(vector)});
      }
      std::string_view notices = element["usns"];
      while (!notices.empty())
        if (const auto notice = base::trim(base::take_until(notices, ',')); !notice.empty())
          advisory.references.push_back(base::cat({"https://ubuntu.com/security/notices/USN-", notice}));
    });
    // Of a package's definition the description is the package's.
    if (definition.text("title").find("CVE-") == std::string_view::npos) return;
    if (advisory.severity.empty()) advisory.severity = base::lower(definition.text("severity"));
    if (advisory.severity == "untriaged") advisory.severity.clear();
    auto description = definition.text("description");
    description = description.substr(0, description.find("Update Instructions:"));
    advisory.description = base::trim(description);
    const auto date = definition.text("public_date");
    if (date.size() >= 19) advisory.published = base::cat({date.substr(0, 10), "T", date.substr(11, 8), "Z"});
  }

  FeedCounts& counts_;
  Sink& sink_;
};

}  // namespace

Result<void> read_ubuntu_oval(const std::string& path, FeedCounts& counts, Sink& sink) {
  OvalReader reader(counts, sink);
  LIMPID_ASSIGN(const auto head,
                read_oval_document(path, [&](const OvalDocumentDefinition& definition, const OvalDocumentParts& parts) {
                  return reader.read(definition, parts);
                }));
  if (!head.timestamp.empty() && head.timestamp + "Z" > counts.as_of) counts.as_of = head.timestamp + "Z";
  return {};
}

}  // namespace limpid::advisory

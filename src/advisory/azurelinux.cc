// Feed "azurelinux": OVAL of Azure Linux and of CBL-Mariner before it,
// https://github.com/microsoft/AzureLinuxVulnerabilityData: azurelinux-3.0-oval.xml, cbl-mariner-2.0-oval.xml. Packages
// are source packages.
//
// A record and a statement is a definition: one flaw in one package.
#include <algorithm>
#include <utility>

#include "advisory/ids.h"
#include "advisory/input.h"
#include "advisory/list.h"
#include "advisory/oval_document.h"

namespace limpid::advisory {
namespace {

bool is_oval_file(std::string_view path) {
  for (const std::string_view suffix : {".xml", ".xml.gz", ".xml.xz", ".xml.zst", ".xml.bz2"})
    if (path.ends_with(suffix)) return true;
  return false;
}

// "azurelinux:3.0" of ".../azurelinux-3.0-oval.xml": nothing inside of a file states its release.
std::string namespace_of_file(std::string_view path) {
  const auto name = path.substr(path.rfind('/') + 1);
  for (const auto& [prefix, distribution] :
       {std::pair{"azurelinux-", "azurelinux:"}, std::pair{"cbl-mariner-", "mariner:"}}) {
    std::string_view rest = name;
    if (!base::strip_prefix(rest, prefix)) continue;
    const auto release = base::take_until(rest, '-');
    const auto is_release = [](char c) { return base::is_digit(c) || c == '.'; };
    if (!release.empty() && base::is_digit(release[0]) && std::ranges::all_of(release, is_release))
      return base::cat({distribution, release});
  }
  return {};
}

class DefinitionsReader {
 public:
  DefinitionsReader(std::string name_space, FeedCounts& counts, Sink& sink)
      : name_space_(std::move(name_space)), counts_(counts), sink_(sink) {}

  Result<void> read(const OvalDocumentDefinition& definition, const OvalDocumentParts& parts) {
    if (sink_.is_cancelled()) return cancelled();
    ++counts_.records;
    ++counts_.statements;
    const auto patchable = definition.text("patchable");
    if (base::equal_ignoring_case(patchable, "Not Applicable")) {
      counts_.drop("not applicable");
      return {};
    }
    Advisory advisory;
    std::size_t length = 0;
    if (const auto* reference = definition.find("reference")) {
      advisory.id = leading_cve((*reference)["ref_id"], length);
      if (const auto url = (*reference)["ref_url"]; !url.empty()) advisory.references.emplace_back(url);
    }
    if (advisory.id.empty()) {
      counts_.drop("no CVE id");
      return {};
    }
    advisory.title = definition.text("title");
    advisory.description = definition.text("description");
    advisory.severity = definition.text("severity");
    advisory.published = definition.text("advisory_date");
    Affected affected;
    affected.name_space = name_space_;
    affected.key_kind = KeyKind::source;
    affected.scheme = version::Scheme::rpm;
    Range range;
    const bool understood = read_tests(definition.criteria, parts, affected, range);
    if (!understood || (range.fixed.empty() && range.last_affected.empty())) {
      counts_.drop("criteria that are not understood");
      return {};
    }
    // "false" states that there is no fix yet, whatever the bound is.
    if (patchable == "false" && !range.fixed.empty()) range.last_affected = std::exchange(range.fixed, {});
    affected.status = range.fixed.empty() ? Status::affected : Status::fixed;
    affected.ranges.push_back(std::move(range));
    advisory.affected.push_back(std::move(affected));
    sink_.advisory(std::move(advisory));
    return {};
  }

 private:
  // All tests hold for one package: a bound above, and seldom one below. False if they say anything else.
  static bool read_tests(const OvalDocumentCriteria& node, const OvalDocumentParts& parts, Affected& affected,
                         Range& range) {
    using Kind = OvalDocumentCriteria::Kind;
    if (node.negate) return false;
    if (node.kind == Kind::all) {
      return std::ranges::all_of(node.children,
                                 [&](const auto& child) { return read_tests(child, parts, affected, range); });
    }
    if (node.kind != Kind::test) return false;
    const auto* test = parts.test(node.reference);
    if (test == nullptr || test->states.size() != 1) return false;
    const auto* object = parts.object(test->object);
    const auto* state = parts.state(test->states[0]);
    if (object == nullptr || state == nullptr) return false;
    const auto name = object->text("name");
    const auto* evr = state->find("evr");
    if (name.empty() || evr == nullptr || (!affected.package.empty() && affected.package != name)) return false;
    affected.package = name;
    std::string_view bound = evr->text;
    base::strip_prefix(bound, "0:");
    bound = base::trim(bound);  // "0: 1.57.0-1.cm2"
    if (bound.empty()) return false;
    if (evr->operation == "less than") {
      range.fixed = bound;
    } else if (evr->operation == "less than or equal") {
      range.last_affected = bound;
    } else if (evr->operation == "greater than" || evr->operation == "greater than or equal") {
      range.introduced = bound;  // the bound itself is a release that never was: "1.0-0"
    } else {
      return false;
    }
    return range.fixed.empty() || range.last_affected.empty();
  }

  std::string name_space_;
  FeedCounts& counts_;
  Sink& sink_;
};

class AzureLinuxFeed final : public Feed {
 public:
  std::string_view name() const override { return "azurelinux"; }
  std::string_view description() const override {
    return "Azure Linux's and CBL-Mariner's OVAL: azurelinux-3.0-oval.xml, cbl-mariner-2.0-oval.xml, or a folder of "
           "them";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    LIMPID_ASSIGN(const auto paths, list_inputs(input.path, is_oval_file));
    for (const auto& path : paths) {
      auto name_space = input.name_space.empty() ? namespace_of_file(path) : input.name_space;
      if (name_space.empty())
        return fail(Code::usage,
                    {path, ": its name does not tell the release: give it as azurelinux@azurelinux:RELEASE=PATH"});
      DefinitionsReader reader(std::move(name_space), counts, sink);
      LIMPID_ASSIGN(const auto head, read_oval_document(path, [&](const OvalDocumentDefinition& definition,
                                                                  const OvalDocumentParts& parts) {
                      return reader.read(definition, parts);
                    }));
      if (head.timestamp > counts.as_of) counts.as_of = head.timestamp;
    }
    return counts;
  }
};

}  // namespace

const Feed& azurelinux_feed() {
  static const AzureLinuxFeed feed;
  return feed;
}

}  // namespace limpid::advisory

// Documents of the Common Security Advisory Framework, as Red Hat and SUSE write them: what each says of which package
// of which product. https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html
//
// Only for .cc files: simdjson's header is heavy. Every view lives as long as the parsed document.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/feed.h"
#include "advisory/json_parser.h"
#include "advisory/rpm_statements.h"
#include "advisory/text_map.h"
#include "advisory/types.h"

namespace limpid::advisory {

// A kernel's document has 3 MB and more.
inline constexpr std::uint64_t kCsafSizeMax = std::uint64_t{32} << 20;

// A package as part of a product, by the relationships of the product tree.
struct CsafComponent {
  std::string_view id, purl;              // the package's own product id, and its package URL, "" if it has none
  std::string_view module;                // the product id that stands between the two, "" if none does
  std::string_view product, cpe, branch;  // the product's id, its CPE, and its name
};

// Both classes are made once for many documents, since what they know of one would be dear to allocate anew.
class CsafProducts {
 public:
  void read(const json::object& document);
  // Nothing if no relationship leads from the id to a product that the tree knows.
  std::optional<CsafComponent> find(std::string_view id) const;

 private:
  struct Leaf {
    std::string_view purl, cpe, name;
  };
  struct Relationship {
    std::string_view component, product;
  };
  void read_branches(const json::object& tree);
  void add_product(const json::object& product);

  TextMap<Leaf> leaves_;
  TextMap<Relationship> relationships_;
  std::vector<json::object> pending_;
};

// One of a document's `vulnerabilities`.
class CsafVulnerability {
 public:
  void read(const json::object& vulnerability);

  // Each product id with its status. What is affected has the status that the remediations give it.
  void each(const std::function<void(std::string_view id, Status status)>& use) const;
  // The upstream's word for one product, "" if it gives none.
  std::string_view severity_of(std::string_view id) const;
  // Listed as affected, but scored 0.0 and with no impact: not affected in all but the word.
  bool is_harmless(std::string_view id) const;
  // The texts: id (the CVE, else ""), the severity of all its products, title, description, dates, CVSS, references.
  Advisory texts() const;

 private:
  // What remediations, threats and scores say of a product id.
  struct Marks {
    std::optional<Status> unfixed;
    std::optional<std::string_view> severity;
    std::optional<bool> scored_zero;
  };
  json::object vulnerability_;
  TextMap<Marks> marks_;
};

// A feed of CSAF documents whose packages need no more than their product ids: a document, an archive of them or a
// folder. `statement_of` tells the package, its release and its version, or why nothing is said of it. A record is one
// vulnerability of a document, a statement what it says of one package (name, version) of one release with one status,
// for a set of architectures.
using CsafPackageReader = std::function<std::optional<RpmStatement>(const CsafComponent& component, Status status,
                                                                    std::string_view& why_not)>;
Result<FeedCounts> read_csaf_packages(const FeedInput& input, Sink& sink, const CsafPackageReader& statement_of);

}  // namespace limpid::advisory

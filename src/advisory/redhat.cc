// Feed "redhat": Red Hat's CSAF documents, https://security.access.redhat.com/data/csaf/v2/: VEX (one document for each
// CVE, what is unfixed included) and advisories (one for each RHSA). A document, an archive (csaf_vex_DATE.tar.zst), or
// a folder of them.
//
// A record is one vulnerability of a document. A statement is what it says of one package (name, module, version) with
// one status, for a set of products and architectures.
#include "advisory/csaf.h"
#include "advisory/documents.h"
#include "advisory/list.h"
#include "advisory/redhat_products.h"
#include "advisory/rpm_names.h"
#include "advisory/rpm_statements.h"

namespace limpid::advisory {
namespace {

// "nodejs:18/nodejs" or "nodejs": a component that has no package URL.
void name_without_purl(std::string_view id, RpmStatement& package) {
  const auto slash = id.rfind('/');
  if (slash != std::string_view::npos) package.module = module_stream(id.substr(0, slash));
  package.name = slash == std::string_view::npos ? id : id.substr(slash + 1);
  package.key_kind = KeyKind::source;
}

// Nothing, and why, where it is no package that an image can hold. `product` is that of the component's CPE.
std::optional<RpmStatement> package_of(const CsafComponent& component, const RedHatProduct& product, Status status,
                                       std::string_view& why_not) {
  const auto drop = [&](std::string_view reason) {
    why_not = reason;
    return std::nullopt;
  };
  if (product.name_space.empty()) return drop("product of no release of RHEL");
  RpmStatement package{.name_space = product.name_space,
                       .product = product.cpe,
                       .name = {},
                       .version = {},
                       .architecture = {},
                       .module = {}};
  if (component.purl.empty()) {
    // A name that is also a path or an image's reference is no package.
    if (component.id.find('@') != std::string_view::npos) return drop("not an rpm package");
    name_without_purl(component.id, package);
    if (package.module.empty() && component.id.find('/') != std::string_view::npos) return drop("not an rpm package");
  } else {
    auto purl = parse_rpm_purl(component.purl);
    if (!purl || purl->vendor != "redhat") return drop("not an rpm package");
    package.name = std::move(purl->name);
    package.architecture = std::move(purl->architecture);
    if (package.architecture == "src") package.key_kind = KeyKind::source;
    if (!purl->version.empty()) package.version = rpm_version(purl->epoch, purl->version, {});
    if (!purl->module.empty()) {
      package.module = module_stream(purl->module);
      if (package.module.empty() || purl->module.ends_with(":flatpak")) return drop("damaged or Flatpak module");
    } else if (!component.module.empty()) {
      package.module = module_stream(component.module);
    }
  }
  if (is_debug_package(package.name)) return drop("debugging symbols");
  // Source packages are not installed; what is fixed or not affected is also said of each package built from them.
  if (package.key_kind == KeyKind::source && status == Status::fixed) return drop("source package, fixed");
  if (package.key_kind == KeyKind::source && status == Status::not_affected)
    return drop("source package, not affected");
  if (status == Status::fixed && package.version.empty()) return drop("fixed without a version");
  return package;
}

class RedHatReader {
 public:
  RedHatReader(FeedCounts& counts, Sink& sink) : counts_(counts), sink_(sink) {}

  Result<void> read(std::string& text) {
    LIMPID_ASSIGN(const auto root, parser_.parse(text));
    json::object object;
    if (root.get(object) != simdjson::SUCCESS) return fail(Code::invalid, {"not an object"});
    const auto document = object_member(object, "document");
    const auto tracking = document ? object_member(*document, "tracking") : std::nullopt;
    if (!tracking) return fail(Code::invalid, {"no CSAF document: no \"document\" with \"tracking\""});
    if (text_member(*tracking, "status") == "deleted") {
      ++counts_.records;
      ++counts_.statements;
      counts_.drop("deleted");
      return {};
    }
    const auto modified = text_or_empty(*tracking, "current_release_date");
    if (modified > counts_.as_of) counts_.as_of = modified;
    products_.read(object);
    for (const auto& vulnerability : objects_member(object, "vulnerabilities")) {
      vulnerability_.read(vulnerability);
      read_vulnerability(vulnerability_, products_, modified);
    }
    return {};
  }

 private:
  void read_vulnerability(const CsafVulnerability& vulnerability, const CsafProducts& products,
                          const std::string& modified) {
    ++counts_.records;
    auto advisory = vulnerability.texts();
    advisory.modified = modified;
    vulnerability.each([&](std::string_view id, Status status) {
      const auto component = products.find(id);
      std::string_view why_not;
      std::optional<RpmStatement> package;
      if (advisory.id.empty()) {
        why_not = "no CVE id";
      } else if (!component) {
        why_not = "product id without a relationship";
      } else if (status != Status::fixed && status != Status::not_affected && vulnerability.is_harmless(id)) {
        why_not = "affected, but scored 0";
      } else {
        package = package_of(*component, product_of(component->cpe), status, why_not);
      }
      if (package) return statements_.add(*std::move(package), status, vulnerability.severity_of(id));
      ++counts_.statements;
      counts_.drop(why_not);
    });
    statements_.take(advisory);
    counts_.statements += advisory.affected.size();
    if (!advisory.affected.empty()) sink_.advisory(std::move(advisory));
  }

  // Ids come product by product.
  const RedHatProduct& product_of(std::string_view cpe) {
    if (has_product_ && cpe == cpe_) return product_;
    has_product_ = true;
    cpe_ = cpe;
    product_ = redhat_product(cpe);
    return product_;
  }

  FeedCounts& counts_;
  Sink& sink_;
  std::string cpe_;
  RedHatProduct product_;  // of that CPE
  bool has_product_ = false;
  JsonParser parser_;
  CsafProducts products_;
  CsafVulnerability vulnerability_;
  RpmStatements statements_;
};

class RedHatFeed final : public Feed {
 public:
  std::string_view name() const override { return "redhat"; }
  std::string_view description() const override {
    return "Red Hat's CSAF documents (VEX, advisories): a .json file, a tar archive, or a folder of such";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    RedHatReader reader(counts, sink);
    const auto visit = [&](const std::string&, std::string& text) { return reader.read(text); };
    LIMPID_TRY(each_document(input, {.suffix = ".json", .size_max = kCsafSizeMax}, sink, counts, visit));
    return counts;
  }
};

}  // namespace

const Feed& redhat_feed() {
  static const RedHatFeed feed;
  return feed;
}

}  // namespace limpid::advisory

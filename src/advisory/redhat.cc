// Feed "redhat": Red Hat's CSAF documents, https://security.access.redhat.com/data/csaf/v2/: VEX (one document for each
// CVE, what is unfixed included) and advisories (one for each RHSA). A document, an archive (csaf_vex_DATE.tar.zst), or
// a folder of them.
//
// A record is one vulnerability of a document. A statement is what it says of one package (name, module, version) with
// one status, for a set of products and architectures.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "advisory/csaf.h"
#include "advisory/documents.h"
#include "advisory/input.h"
#include "advisory/list.h"
#include "advisory/redhat_products.h"
#include "advisory/redhat_streams.h"
#include "advisory/rpm_names.h"
#include "advisory/rpm_statements.h"
#include "version/ordering.h"

namespace limpid::advisory {
namespace {

// "nodejs:18/nodejs" or "nodejs": a component that has no package URL.
void name_without_purl(std::string_view id, RpmStatement& package) {
  const auto slash = id.rfind('/');
  if (slash != std::string_view::npos) package.module = module_stream(id.substr(0, slash));
  package.name = slash == std::string_view::npos ? id : id.substr(slash + 1);
  package.key_kind = KeyKind::source;
}

// Nothing, and why, where it is no package that an image can hold. `named` is that of the component's CPE.
std::optional<RpmStatement> package_of(const CsafComponent& component, const RedHatProduct& named,
                                       std::string_view& why_not) {
  const auto drop = [&](std::string_view reason) {
    why_not = reason;
    return std::nullopt;
  };
  // A name alone may be that of anything that such a product is made of.
  const bool is_layered = named.name_space.empty() && !component.purl.empty();
  const RedHatProduct layered = is_layered ? redhat_layered_product(component.cpe) : RedHatProduct{};
  const RedHatProduct& product = is_layered ? layered : named;
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
  if (package.name.empty()) return drop("no package name");
  if (is_debug_package(package.name)) return drop("debugging symbols");
  return package;
}

// Why nothing is kept of what is said of a package, "" if it is. Source packages are not installed; what is fixed or
// not affected is also said of each package built from them.
std::string_view reason_to_drop(const RpmStatement& package, Status status) {
  const bool is_source = package.key_kind == KeyKind::source;
  if (is_source && status == Status::fixed) return "source package, fixed";
  if (is_source && status == Status::not_affected) return "source package, not affected";
  return status == Status::fixed && package.version.empty() ? "fixed without a version" : "";
}

// A flaw that is fixed in nothing but minor releases with longer support, and of which nothing is said for the release
// itself: that one stays without a fix. What its later versions are free of nobody says, so that nothing is said of
// those above the highest fix.
class OnlyExtended {
 public:
  void see(const RpmStatement& package, const RedHatProduct& product, Status status, std::string_view severity) {
    if (!product.is_base && !(product.is_extended && status == Status::fixed)) return;
    auto& module = modules_[{package.name_space, package.module}];
    if (product.is_base) {
      module.of_base.insert(package.name);
    } else if (package.key_kind == KeyKind::source) {
      module.sources[package.version].insert(package.name);
    } else {
      module.fixes[package.name].push_back({package.version, std::string(severity)});
    }
  }

  void give(RpmStatements& statements) {
    for (const auto& [key, module] : modules_)
      for (const auto& [name, fixes] : module.fixes)
        if (!is_said_of_base(module, name, fixes)) statements.add(of_base(key, name, fixes), kStatus, severity_);
    modules_.clear();
  }

 private:
  static constexpr Status kStatus = Status::will_not_fix;
  struct Fix {
    std::string version, severity;
  };
  struct Module {
    std::set<std::string> of_base;                         // packages and sources of which something is said
    std::map<std::string, std::set<std::string>> sources;  // fixed, by their versions
    std::map<std::string, std::vector<Fix>> fixes;         // of packages
  };

  // Of the package, or of a source that it may be built from: of its version, or of any if none has that.
  static bool is_said_of_base(const Module& module, const std::string& name, const std::vector<Fix>& fixes) {
    const auto is_of_base = [&](const std::string& one) { return module.of_base.contains(one); };
    if (is_of_base(name)) return true;
    bool any_source = false;
    for (const auto& fix : fixes) {
      const auto sources = module.sources.find(fix.version);
      if (sources == module.sources.end()) continue;
      any_source = true;
      if (std::ranges::any_of(sources->second, is_of_base)) return true;
    }
    return !any_source && std::ranges::any_of(module.sources, [&](const auto& sources) {
      return std::ranges::any_of(sources.second, is_of_base);
    });
  }

  RpmStatement of_base(const std::pair<std::string, std::string>& key, const std::string& name,
                       const std::vector<Fix>& fixes) {
    const auto* ordering = version::find_ordering(version::Scheme::rpm);
    const Fix* highest = &fixes.front();
    for (const auto& fix : fixes)
      if (ordering->compare(ordering->parse(fix.version), ordering->parse(highest->version)) > 0) highest = &fix;
    severity_ = highest->severity;
    std::string_view major = key.first;
    base::take_until(major, ':');
    return {.name_space = key.first,
            .product = base::cat({"cpe:/o:redhat:enterprise_linux:", major}),
            .name = name,
            .version = {},
            .architecture = {},
            .module = key.second,
            .end = highest->version};
  }

  std::map<std::pair<std::string, std::string>, Module> modules_;  // by namespace and module
  std::string severity_;
};

// Fixes of one package for one product, "enterprise_linux:9" whatever its repository, by the minor release that each is
// of.
class Fixes {
 public:
  // Takes it if the product's id tells the minor release.
  bool take(const RpmStatement& package, std::string_view severity, std::string_view product_id) {
    std::string_view major = package.name_space;
    base::take_until(major, ':');
    const auto minor = redhat_minor(product_id, major);
    if (!minor) return false;
    constexpr std::size_t kProduct = 3, kVersion = 4;  // of "cpe:/a:redhat:enterprise_linux:9::appstream"
    const auto parts = base::split(package.product, ':');
    if (parts.size() <= kVersion) return false;
    auto product = base::cat({parts[kProduct], ":", parts[kVersion]});
    fixes_[Key{package.name_space, std::move(product), package.name, package.module, package.architecture}].push_back(
        {.minor = *minor, .package = package, .severity = std::string(severity)});
    return true;
  }

  void give(RpmStatements& statements) {
    for (auto& [key, fixes] : fixes_) {
      std::vector<StreamFix> streams;
      for (const auto& fix : fixes) streams.push_back({fix.minor, fix.package.version, {}});
      separate_streams(streams);
      for (auto& fix : fixes) {
        const auto stream = std::ranges::find(streams, fix.package.version, &StreamFix::version);
        if (stream != streams.end()) fix.package.introduced = stream->introduced;
        statements.add(std::move(fix.package), Status::fixed, fix.severity);
      }
    }
    fixes_.clear();
  }

 private:
  struct Fix {
    unsigned minor;
    RpmStatement package;
    std::string severity;
  };
  // namespace, product, package, module, architecture
  using Key = std::tuple<std::string, std::string, std::string, std::string, std::string>;
  std::map<Key, std::vector<Fix>> fixes_;
};

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
    // An update's document tells of nothing but what it updates.
    tells_all_ = text_or_empty(*tracking, "id").starts_with("CVE-");
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
      } else {
        package = package_of(*component, product_of(component->cpe), why_not);
      }
      const auto severity = vulnerability.severity_of(id);
      if (package) {
        if (tells_all_) only_extended_.see(*package, product_of(component->cpe), status, severity);
        const bool unfixed = status != Status::fixed && status != Status::not_affected;
        why_not =
            unfixed && vulnerability.is_harmless(id) ? "affected, but scored 0" : reason_to_drop(*package, status);
      }
      if (package && why_not.empty()) {
        if (status == Status::fixed && fixes_.take(*package, severity, component->product)) return;
        return statements_.add(*std::move(package), status, severity);
      }
      ++counts_.statements;
      counts_.drop(why_not);
    });
    fixes_.give(statements_);
    only_extended_.give(statements_);
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
  Fixes fixes_;
  bool tells_all_ = false;
  OnlyExtended only_extended_;
};

// In a folder with an archive and documents, those changed since the archive was made: they stand in the place of the
// archive's, by the names of their files, which are those of their CVEs.
class NewerDocuments {
 public:
  void add(std::string path) {
    names_.emplace(file_name(path));
    paths_.insert(std::move(path));
  }
  bool hides(const std::string& name) const {
    return !names_.empty() && !paths_.contains(name) && names_.contains(file_name(name));
  }

 private:
  static std::string file_name(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }
  std::set<std::string> names_, paths_;
};

Result<NewerDocuments> documents_beside_archives(const std::string& path) {
  NewerDocuments newer;
  const auto documents = list_inputs(path, {".json"});
  if (!documents) {
    if (documents.error().code() == Code::not_found) return newer;
    return std::unexpected(documents.error());
  }
  for (const auto& document : *documents)
    if (document != path) newer.add(document);
  return newer;
}

class RedHatFeed final : public Feed {
 public:
  std::string_view name() const override { return "redhat"; }
  std::string_view description() const override {
    return "Red Hat's CSAF documents (VEX, advisories): a .json file, a tar archive, or a folder of such";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    RedHatReader reader(counts, sink);
    LIMPID_ASSIGN(const auto newer, documents_beside_archives(input.path));
    const auto visit = [&](const std::string& name, std::string& text) -> Result<void> {
      if (newer.hides(name)) return {};
      return reader.read(text);
    };
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

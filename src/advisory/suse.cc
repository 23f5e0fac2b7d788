// Feed "suse": SUSE's CSAF documents, https://ftp.suse.com/pub/projects/security/: csaf-vex (one for each CVE, what is
// unfixed and not affected included) and csaf (one for each update). A document, csaf-vex.tar.bz2, or a folder.
//
// A record is one vulnerability of a document, a statement what it says of one package (name, version) of one release
// with one status, for a set of architectures.
#include <algorithm>
#include <array>

#include "advisory/csaf.h"
#include "advisory/documents.h"
#include "advisory/list.h"
#include "advisory/rpm_names.h"
#include "advisory/rpm_statements.h"
#include "advisory/suse_products.h"

namespace limpid::advisory {
namespace {

bool is_architecture(std::string_view text) {
  static constexpr std::array<std::string_view, 16> kArchitectures = {
      "x86_64", "aarch64", "noarch", "s390x", "ppc64le", "i586",    "i686",    "ppc64",
      "s390",   "ia64",    "ppc",    "src",   "nosrc",   "armv6hl", "armv7hl", "riscv64"};
  return std::ranges::find(kArchitectures, text) != kArchitectures.end();
}

// A package as component: "ctdb", "ctdb-4.19.2+git.322-1.1", "ctdb-4.19.2+git.322-1.1.x86_64". Nothing, and why, where
// it is not for an image.
std::optional<RpmStatement> statement_of(const CsafComponent& component, Status status, std::string_view& why_not) {
  RpmStatement statement;
  statement.name_space = suse_namespace(component.product);
  if (statement.name_space.empty()) {
    why_not = "product that is no release of a system";
    return std::nullopt;
  }
  auto id = component.id;
  if (const auto dot = id.rfind('.'); dot != std::string_view::npos && is_architecture(id.substr(dot + 1))) {
    statement.architecture = id.substr(dot + 1);
    id = id.substr(0, dot);
  }
  // A fixed package is named with its version, one without a fix by its name alone.
  const auto name = status == Status::fixed ? split_nvr(id) : std::nullopt;
  if (status == Status::fixed && !name) {
    why_not = "fixed without a version";
    return std::nullopt;
  }
  statement.name = name ? name->name : id;
  if (name) statement.version = rpm_version(name->epoch, name->version, name->release);
  if (statement.architecture == "src" || statement.architecture == "nosrc") {
    why_not = "source package";
  } else if (is_debug_package(statement.name)) {
    why_not = "debugging symbols";
  } else {
    return statement;
  }
  return std::nullopt;
}

class SuseReader {
 public:
  SuseReader(const FeedInput& input, FeedCounts& counts, Sink& sink) : input_(input), counts_(counts), sink_(sink) {}

  Result<void> read(std::string& text) {
    LIMPID_ASSIGN(const auto root, parser_.parse(text));
    json::object object;
    if (root.get(object) != simdjson::SUCCESS) return fail(Code::invalid, {"not an object"});
    const auto document = object_member(object, "document");
    const auto tracking = document ? object_member(*document, "tracking") : std::nullopt;
    if (!tracking) return fail(Code::invalid, {"no CSAF document: no \"document\" with \"tracking\""});
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
      std::string_view why_not = advisory.id.empty() ? "no CVE id" : "product id without a relationship";
      std::optional<RpmStatement> statement;
      if (component && !advisory.id.empty()) statement = statement_of(*component, status, why_not);
      if (!statement) {
        ++counts_.statements;
        return counts_.drop(why_not);
      }
      if (!input_.name_space.empty()) statement->name_space = input_.name_space;
      statements_.add(*std::move(statement), status, vulnerability.severity_of(id));
    });
    statements_.take(advisory);
    counts_.statements += advisory.affected.size();
    if (!advisory.affected.empty()) sink_.advisory(std::move(advisory));
  }

  const FeedInput& input_;
  FeedCounts& counts_;
  Sink& sink_;
  JsonParser parser_;
  CsafProducts products_;
  CsafVulnerability vulnerability_;
  RpmStatements statements_;
};

class SuseFeed final : public Feed {
 public:
  std::string_view name() const override { return "suse"; }
  std::string_view description() const override {
    return "SUSE's and openSUSE's CSAF documents (csaf-vex, csaf): a .json file, a tar archive, or a folder of such";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    SuseReader reader(input, counts, sink);
    const auto visit = [&](const std::string&, std::string& text) { return reader.read(text); };
    LIMPID_TRY(each_document(input, {.suffix = ".json", .size_max = kCsafSizeMax}, sink, counts, visit));
    return counts;
  }
};

}  // namespace

const Feed& suse_feed() {
  static const SuseFeed feed;
  return feed;
}

}  // namespace limpid::advisory

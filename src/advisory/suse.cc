// Feed "suse": SUSE's CSAF documents, https://ftp.suse.com/pub/projects/security/: csaf-vex (one for each CVE, what is
// unfixed and not affected included) and csaf (one for each update). A document, csaf-vex.tar.bz2, or a folder.
//
// A record is one vulnerability of a document, a statement what it says of one package (name, version) of one release
// with one status, for a set of architectures.
#include <algorithm>
#include <array>

#include "advisory/csaf.h"
#include "advisory/list.h"
#include "advisory/rpm_names.h"
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

class SuseFeed final : public Feed {
 public:
  std::string_view name() const override { return "suse"; }
  std::string_view description() const override {
    return "SUSE's and openSUSE's CSAF documents (csaf-vex, csaf): a .json file, a tar archive, or a folder of such";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    return read_csaf_packages(input, sink, statement_of);
  }
};

}  // namespace

const Feed& suse_feed() {
  static const SuseFeed feed;
  return feed;
}

}  // namespace limpid::advisory

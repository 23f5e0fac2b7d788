// Feed "openeuler": openEuler's CSAF documents, https://repo.openeuler.org/security/data/csaf/: advisories and CVEs. A
// document, an archive of them, or a folder.
#include <algorithm>

#include "advisory/csaf.h"
#include "advisory/list.h"
#include "advisory/openeuler_packages.h"
#include "advisory/rpm_names.h"

namespace limpid::advisory {

std::string openeuler_namespace(std::string_view product) {
  constexpr std::size_t kLengthMax = 32;
  if (!base::strip_prefix(product, "openEuler-") || product.empty() || product.size() > kLengthMax) return {};
  const bool word =
      std::ranges::all_of(product, [](char c) { return base::is_alnum(c) || c == '.' || c == '-' || c == '_'; });
  return word ? base::cat({"openeuler:", product}) : std::string();
}

bool read_openeuler_file(std::string_view file, RpmStatement& statement, std::string_view& why_not) {
  const auto name = split_nevra(file);
  if (!name) {
    why_not = "no package file";
  } else if (name->architecture != "src") {
    why_not = "package of a source";
  } else {
    statement.name = name->name;
    statement.version = rpm_version({}, name->version, name->release);
    statement.key_kind = KeyKind::source;
    return true;
  }
  return false;
}

namespace {

std::optional<RpmStatement> statement_of(const CsafComponent& component, Status status, std::string_view& why_not) {
  RpmStatement statement;
  statement.name_space = openeuler_namespace(component.product);
  if (statement.name_space.empty()) {
    why_not = "product that is no release of the system";
    return std::nullopt;
  }
  if (status == Status::fixed) {
    if (!read_openeuler_file(component.id, statement, why_not)) return std::nullopt;
    return statement;
  }
  statement.name = component.id;
  statement.key_kind = KeyKind::source;
  if (const auto name = split_nevra(component.id); name && component.id.ends_with(".rpm")) statement.name = name->name;
  return statement;
}

class OpenEulerFeed final : public Feed {
 public:
  std::string_view name() const override { return "openeuler"; }
  std::string_view description() const override {
    return "openEuler's CSAF documents: a .json file, a tar archive, or a folder of such";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    return read_csaf_packages(input, sink, statement_of);
  }
};

}  // namespace

const Feed& openeuler_feed() {
  static const OpenEulerFeed feed;
  return feed;
}

}  // namespace limpid::advisory

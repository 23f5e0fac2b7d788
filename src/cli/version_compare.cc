// `limpid version compare SCHEME A B`: prints <, = or >. With "-" for A, reads tab-separated pairs from standard input.
#include <cstdio>
#include <iostream>
#include <string>

#include "base/text.h"
#include "cli/common.h"
#include "version/compare_pairs.h"
#include "version/ordering.h"

namespace limpid::cli {
namespace {

Result<int> run(const VersionCompareCommand& command) {
  const version::Ordering* ordering = version::find_ordering(command.scheme);
  if (ordering == nullptr) {
    std::string known;
    for (const version::Ordering* each : version::orderings())
      base::append(known, {known.empty() ? "" : ", ", each->name()});
    return fail(Code::usage, {"there is no scheme '", command.scheme, "'; the schemes are ", known});
  }
  if (command.a == "-" && command.b.empty()) {
    std::ios::sync_with_stdio(false);
    LIMPID_TRY(version::compare_pairs(*ordering, std::cin, std::cout));
    return kDone;
  }
  LIMPID_ASSIGN(const std::strong_ordering order, version::compare(ordering->scheme(), command.a, command.b));
  std::puts(order < 0 ? "<" : order > 0 ? ">" : "=");
  return kDone;
}

}  // namespace

int run_version_compare(const VersionCompareCommand& command) {
  const Result<int> result = run(command);
  return result ? *result : failed(result.error());
}

}  // namespace limpid::cli

#include "match/types.h"

#include "base/text.h"

namespace limpid::match {

std::string reason(const Finding& finding, const inventory::Package& package) {
  if (finding.status == advisory::Status::not_affected)
    return base::cat({finding.by_source ? "source package " : "package ", finding.key, " ",
                      finding.by_source ? package.source_version : package.version, ": ", finding.feed,
                      " says that it is not affected"});
  return base::cat({finding.by_source ? "source package " : "package ", finding.key, " ",
                    finding.by_source ? package.source_version : package.version, ": ", describe(finding.evaluation),
                    finding.uncertain ? " (the installed version does not follow its scheme: uncertain)" : ""});
}

std::string_view name_of(Unmatched::Why why) {
  switch (why) {
    case Unmatched::Why::third_party:
      return "third-party";
    case Unmatched::Why::derivative:
      return "derivative";
    case Unmatched::Why::headers_only:
      return "headers-only";
    case Unmatched::Why::no_distribution:
      return "no-distribution";
    case Unmatched::Why::no_advisories:
      return "no-advisories";
  }
  return "unknown";
}

std::string_view describe(Unmatched::Why why) {
  switch (why) {
    case Unmatched::Why::third_party:
      return "not built by the distribution, whose advisories do not speak of it";
    case Unmatched::Why::derivative:
      return "built by the distribution itself, which publishes no advisories";
    case Unmatched::Why::headers_only:
      return "header files only, without the code that its source's flaws are in";
    case Unmatched::Why::no_distribution:
      return "of no known distribution";
    case Unmatched::Why::no_advisories:
      return "the database has no advisories for its release";
  }
  return "unknown";
}

std::string_view name_of(Support::State state) {
  switch (state) {
    case Support::State::unknown:
      return "unknown";
    case Support::State::supported:
      return "supported";
    case Support::State::extended:
      return "extended";
    case Support::State::ended:
      return "ended";
  }
  return "unknown";
}

std::string_view name_of(Unsupported::State state) {
  switch (state) {
    case Unsupported::State::extended:
      return "extended";
    case Unsupported::State::limited:
      return "limited";
    case Unsupported::State::ended:
      return "ended";
  }
  return "unknown";
}

Count count(const std::vector<Finding>& findings) {
  Count count;
  for (const Finding& finding : findings) {
    ++count.findings;
    if (!finding.fixed_in.empty()) ++count.cured;
    ++count.by_severity[static_cast<std::size_t>(finding.severity)];
    ++count.by_status[static_cast<std::size_t>(finding.status)];
  }
  return count;
}

}  // namespace limpid::match

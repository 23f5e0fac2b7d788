#include "match/evaluate.h"

#include "base/text.h"

namespace limpid::match {
namespace {

std::string describe_range(const vulndb::RangeView& range) {
  std::string text;
  if (!range.introduced.empty()) base::append(text, {">= ", range.introduced});
  const std::string_view separator = text.empty() ? "" : ", ";
  if (!range.fixed.empty()) base::append(text, {separator, "< ", range.fixed});
  if (!range.last_affected.empty()) base::append(text, {separator, "<= ", range.last_affected});
  return text.empty() ? "every version" : text;
}

bool holds(const vulndb::RangeView& range, const version::Ordering& ordering, const version::Version& installed) {
  if (!range.introduced.empty()) {
    const version::Version introduced = ordering.parse(range.introduced);
    if (!introduced.valid || ordering.compare(installed, introduced) < 0) return false;
  }
  if (!range.fixed.empty()) {
    const version::Version fixed = ordering.parse(range.fixed);
    return fixed.valid && ordering.compare(installed, fixed) < 0;
  }
  if (!range.last_affected.empty()) {
    const version::Version last = ordering.parse(range.last_affected);
    return last.valid && ordering.compare(installed, last) <= 0;
  }
  return true;
}

}  // namespace

Evaluation evaluate(const vulndb::Statement& statement, const version::Version& installed, std::string_view raw) {
  if (statement.status == advisory::Status::not_affected) return {};
  if (statement.ranges.empty() && statement.versions.empty()) return {true, {}, "every version"};
  for (const std::string_view version : statement.versions)
    if (version == raw) return {true, {}, base::cat({"= ", version})};
  const version::Ordering* ordering = version::find_ordering(statement.scheme);
  if (ordering == nullptr) return {};
  for (const vulndb::RangeView& range : statement.ranges)
    if (holds(range, *ordering, installed)) return {true, range.fixed, describe_range(range)};
  return {};
}

std::optional<std::string> version_free_of(const std::vector<const vulndb::Statement*>& statements,
                                           std::string_view installed) {
  if (statements.empty()) return std::nullopt;
  const version::Ordering* ordering = version::find_ordering(statements.front()->scheme);
  if (ordering == nullptr) return std::nullopt;
  // Each step leaves at least one range for good, so there are at most as many steps as ranges.
  std::string candidate(installed);
  for (;;) {
    bool moved = false;
    const version::Version version = ordering->parse(candidate);
    std::string_view target;
    version::Version target_version;
    for (const vulndb::Statement* statement : statements) {
      const Evaluation evaluation = evaluate(*statement, version, candidate);
      if (!evaluation.affected) continue;
      if (evaluation.fixed.empty()) return std::nullopt;
      version::Version fixed = ordering->parse(evaluation.fixed);
      if (!moved || ordering->compare(fixed, target_version) > 0) {
        target = evaluation.fixed;
        target_version = std::move(fixed);
      }
      moved = true;
    }
    if (!moved) return candidate == installed ? std::nullopt : std::optional(candidate);
    candidate = std::string(target);
  }
}

}  // namespace limpid::match

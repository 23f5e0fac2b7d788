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

}  // namespace

std::string describe(const Evaluation& evaluation) {
  if (!evaluation.listed.empty()) return base::cat({"= ", evaluation.listed});
  return describe_range(evaluation.range);
}

version::Version parse_build(const version::Ordering& ordering, std::string_view text, bool rebuilt) {
  constexpr std::string_view kModule = ".module";  // "+el8" or "_el8" behind it
  const std::size_t mark = ordering.scheme() == version::Scheme::rpm ? text.find(kModule) : std::string_view::npos;
  if (mark == std::string_view::npos) return ordering.parse(text);
  const std::size_t number = text.find('+', mark + kModule.size() + 1);
  const std::size_t hash = number == std::string_view::npos ? number : text.find('+', number + 1);
  if (hash == std::string_view::npos) return ordering.parse(text);
  const std::size_t end = std::min(text.find_first_not_of("0123456789abcdef", hash + 1), text.size());
  return ordering.parse(base::cat({text.substr(0, rebuilt ? number : hash), text.substr(end)}));
}

void Evaluator::begin(version::Scheme scheme, bool rebuilt) {
  scheme_ = scheme;
  rebuilt_ = rebuilt;
  ordering_ = version::find_ordering(scheme);
  bounds_.clear();
}

// Beyond these a package's bounds are parsed anew each time: searching longer would cost more.
constexpr std::size_t kBoundsMax = 16;

const version::Version& Evaluator::parsed(std::string_view bound) {
  for (const auto& [place, version] : bounds_)
    if (place == bound.data()) return version;
  if (bounds_.size() == kBoundsMax) bounds_.pop_front();
  return bounds_.emplace_back(bound.data(), parse_build(*ordering_, bound, rebuilt_)).second;
}

bool Evaluator::holds(const vulndb::RangeView& range, const version::Version& installed, std::string_view raw) {
  // Most flaws have nothing but a fixed version; those of the database are valid.
  if (installed.valid && range.introduced.empty() && !range.fixed.empty())
    if (const auto order = ordering_->compare_texts(raw, range.fixed)) return *order < 0;
  if (!range.introduced.empty()) {
    const version::Version& introduced = parsed(range.introduced);
    if (!introduced.valid || ordering_->compare(installed, introduced) < 0) return false;
  }
  if (!range.fixed.empty()) {
    const version::Version& fixed = parsed(range.fixed);
    return fixed.valid && ordering_->compare(installed, fixed) < 0;
  }
  if (!range.last_affected.empty()) {
    const version::Version& last = parsed(range.last_affected);
    return last.valid && ordering_->compare(installed, last) <= 0;
  }
  return true;
}

Evaluation Evaluator::evaluate(const vulndb::Statement& statement, const version::Version& installed,
                               std::string_view raw) {
  if (statement.status == advisory::Status::not_affected) return {};
  if (statement.ranges.empty() && statement.versions.empty()) return {true, {}, {}};
  for (const std::string_view version : statement.versions)
    if (version == raw) return {true, {}, version};
  if (statement.scheme != scheme_) begin(statement.scheme, rebuilt_);
  if (ordering_ == nullptr) return {};
  for (const vulndb::RangeView& range : statement.ranges)
    if (holds(range, installed, raw)) return {true, range, {}};
  return {};
}

std::optional<std::string_view> version_free_of(const std::vector<const vulndb::Statement*>& statements,
                                                std::string_view installed, bool rebuilt) {
  if (statements.empty()) return std::nullopt;
  // Nearly every flaw has one record with one range, whose end is free of it.
  if (statements.size() == 1 && statements.front()->ranges.size() == 1 && statements.front()->versions.empty()) {
    const std::string_view fixed = (*statements.front()->ranges.begin()).fixed;
    return fixed.empty() ? std::nullopt : std::optional(fixed);
  }
  const version::Ordering* ordering = version::find_ordering(statements.front()->scheme);
  if (ordering == nullptr) return std::nullopt;
  Evaluator evaluator;
  evaluator.begin(statements.front()->scheme, rebuilt);
  // Each step leaves at least one range for good, so there are at most as many steps as ranges.
  std::string_view candidate = installed;
  for (;;) {
    bool moved = false;
    const version::Version version = parse_build(*ordering, candidate, rebuilt);
    std::string_view target;
    version::Version target_version;
    for (const vulndb::Statement* statement : statements) {
      const Evaluation evaluation = evaluator.evaluate(*statement, version, candidate);
      if (!evaluation.affected) continue;
      if (evaluation.range.fixed.empty()) return std::nullopt;
      version::Version fixed = parse_build(*ordering, evaluation.range.fixed, rebuilt);
      if (!moved || ordering->compare(fixed, target_version) > 0) {
        target = evaluation.range.fixed;
        target_version = std::move(fixed);
      }
      moved = true;
    }
    if (!moved) return candidate == installed ? std::nullopt : std::optional(candidate);
    candidate = target;
  }
}

bool ends_are_fixes(const vulndb::Statement& statement) {
  if (statement.status == advisory::Status::fixed) return true;
  // The word of a statement with an open range speaks of that one; its other ranges ended with a fix.
  for (const vulndb::RangeView& range : statement.ranges)
    if (range.fixed.empty() && range.last_affected.empty()) return true;
  return false;
}

}  // namespace limpid::match

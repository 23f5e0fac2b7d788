// Collecting: each record is checked, what it cannot mean is dropped and counted, and the rest is kept compactly until
// write() (writer.h) merges and lays it out.
#include "vulndb/compiler.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <tuple>
#include <unordered_map>

#include "version/ordering.h"
#include "vulndb/details.h"
#include "vulndb/enrichment.h"
#include "vulndb/ranges.h"
#include "vulndb/records.h"
#include "vulndb/writer.h"

namespace limpid::vulndb {
namespace {

constexpr std::string_view kInvalidBound = "invalid version bound";
constexpr std::string_view kEmptyRange = "range that holds no version";
constexpr std::string_view kNoOrdering = "range of a scheme without an ordering";
constexpr std::string_view kNoRangeLeft = "statement without a valid range";
constexpr std::string_view kTooLong = "name or version too long";
constexpr std::string_view kNoName = "record without an id, a namespace or a package";
constexpr std::string_view kTextTooLong = "description and references too long";
constexpr std::string_view kNoCve = "enrichment of what is no CVE id";
constexpr std::string_view kTooBig = "advisory too big";

bool too_long(std::string_view text) { return text.size() > format::kStringMax; }
bool any_too_long(const std::vector<std::string>& texts) {
  return std::any_of(texts.begin(), texts.end(), [](const std::string& text) { return too_long(text); });
}

std::string_view reason_of(RangeProblem problem) {
  if (problem == RangeProblem::no_ordering) return kNoOrdering;
  return problem == RangeProblem::empty ? kEmptyRange : kInvalidBound;
}

}  // namespace

struct Compiler::State {
  Records records;
  std::uint16_t feed = 0;
  std::unordered_map<std::string, std::uint16_t> feed_numbers, namespace_numbers;
  std::map<Conditions, std::uint32_t> conditions_numbers{{{}, 0}};
  format::Encoder encoder;
  std::optional<Error> error;  // the first limit that was passed

  State() { records.conditions.emplace_back(); }

  void drop(std::string_view reason, std::uint64_t count = 1) {
    if (records.feeds.empty()) open_feed("");
    if (count != 0) records.feeds[feed].dropped[std::string(reason)] += count;
  }
  void open_feed(std::string_view name);
  std::optional<std::uint16_t> number_of_namespace(const std::string& name);
  std::optional<std::uint32_t> number_of_conditions(advisory::Affected& affected);
  std::optional<std::uint32_t> keep_details(advisory::Advisory& advisory);
  bool keep_payload(const advisory::Affected& affected);
  void keep(std::uint32_t advisory, advisory::Affected&& affected);

  template <class Number>
  std::optional<Number> next_number(std::size_t size, std::string_view what) {
    if (size <= std::numeric_limits<Number>::max()) return static_cast<Number>(size);
    if (!error) error = Error(Code::limit, base::cat({"more than ", size, " ", what}));
    return std::nullopt;
  }
};

void Compiler::State::open_feed(std::string_view name) {
  const auto [found, is_new] = feed_numbers.try_emplace(std::string(name), static_cast<std::uint16_t>(0));
  if (is_new) {
    const auto number = next_number<std::uint16_t>(records.feeds.size(), "feeds");
    if (!number) return;
    found->second = *number;
    records.feeds.emplace_back().name = name;
  }
  feed = found->second;
}

std::optional<std::uint16_t> Compiler::State::number_of_namespace(const std::string& name) {
  const auto found = namespace_numbers.find(name);
  if (found != namespace_numbers.end()) return found->second;
  const auto number = next_number<std::uint16_t>(records.namespaces.size(), "namespaces");
  if (!number) return std::nullopt;
  records.namespaces.push_back(name);
  namespace_numbers.emplace(name, *number);
  return number;
}

std::optional<std::uint32_t> Compiler::State::number_of_conditions(advisory::Affected& affected) {
  Conditions conditions{.architectures = std::move(affected.architectures),
                        .products = std::move(affected.products),
                        .module = std::move(affected.module)};
  for (auto* names : {&conditions.architectures, &conditions.products}) {
    std::erase(*names, std::string());
    std::sort(names->begin(), names->end());
    names->erase(std::unique(names->begin(), names->end()), names->end());
  }
  const auto found = conditions_numbers.find(conditions);
  if (found != conditions_numbers.end()) return found->second;
  const auto number = next_number<std::uint32_t>(records.conditions.size(), "sets of conditions");
  if (!number) return std::nullopt;
  records.conditions.push_back(conditions);
  conditions_numbers.emplace(std::move(conditions), *number);
  return number;
}

// The number of the kept record, nothing if it had to be dropped.
std::optional<std::uint32_t> Compiler::State::keep_details(advisory::Advisory& advisory) {
  StoredDetails details{.id = std::move(advisory.id),
                        .kind = advisory.kind,
                        .severity = std::move(advisory.severity),
                        .published = std::move(advisory.published),
                        .modified = std::move(advisory.modified),
                        .title = std::move(advisory.title),
                        .description = std::move(advisory.description),
                        .aliases = std::move(advisory.aliases),
                        .upstream = std::move(advisory.upstream),
                        .cvss = std::move(advisory.cvss),
                        .references = std::move(advisory.references)};
  if (too_long(details.severity)) {
    drop(kTooLong);
    details.severity.clear();
  }
  normalise(details);
  encoder.clear();
  encode(details, encoder);
  if (encoder.size() > format::kDetailsMax / 2) {
    drop(kTextTooLong);
    details.description.clear();
    details.references.clear();
    encoder.clear();
    encode(details, encoder);
    if (encoder.size() > format::kDetailsMax / 2) {
      drop(kTooBig);
      return std::nullopt;
    }
  }
  const auto number = next_number<std::uint32_t>(records.advisories.size(), "advisories");
  if (!number) return std::nullopt;
  records.advisories.push_back({.id = records.strings.intern(details.id),
                                .severity = records.strings.intern(details.severity),
                                .feed = feed,
                                .kind = details.kind,
                                .details = records.arena.keep(encoder.view())});
  return number;
}

// Ranges and versions, without the ranges that mean nothing. False if nothing is left of what there was: a statement
// that loses its ranges must not become "every version".
bool Compiler::State::keep_payload(const advisory::Affected& affected) {
  const version::Ordering* ordering = version::find_ordering(affected.scheme);
  const std::size_t start = records.payloads.size();
  records.payloads.push_back(0);
  records.payloads.push_back(static_cast<std::uint32_t>(affected.versions.size()));
  std::uint32_t ranges = 0;
  for (const advisory::Range& range : affected.ranges) {
    const Bounds bounds{range.introduced, range.fixed, range.last_affected};
    if (const RangeProblem problem = problem_of(bounds, ordering); problem != RangeProblem::none) {
      drop(reason_of(problem));
      continue;
    }
    for (const std::string_view bound : {bounds.introduced, bounds.fixed, bounds.last_affected})
      records.payloads.push_back(records.strings.intern(bound));
    ++ranges;
  }
  records.payloads[start] = ranges;
  for (const std::string& version : affected.versions) records.payloads.push_back(records.strings.intern(version));
  if (ranges != 0 || affected.ranges.empty() || !affected.versions.empty()) return true;
  records.payloads.resize(start);
  drop(kNoRangeLeft);
  return false;
}

void Compiler::State::keep(std::uint32_t advisory, advisory::Affected&& affected) {
  if (affected.name_space.empty() || affected.package.empty()) return drop(kNoName);
  if (too_long(affected.name_space) || too_long(affected.package) || too_long(affected.severity) ||
      too_long(affected.module) || any_too_long(affected.versions) || any_too_long(affected.architectures) ||
      any_too_long(affected.products))
    return drop(kTooLong);
  const auto name_space = number_of_namespace(affected.name_space);
  const auto conditions = number_of_conditions(affected);
  if (!name_space || !conditions || !next_number<std::uint32_t>(records.statements.size(), "statements") ||
      !next_number<std::uint32_t>(records.payloads.size(), "bounds and versions"))
    return;
  const auto payload = static_cast<std::uint32_t>(records.payloads.size());
  if (!keep_payload(affected)) return;
  records.statements.push_back({.advisory = advisory,
                                .package = records.strings.intern(affected.package),
                                .severity = records.strings.intern(affected.severity),
                                .payload = payload,
                                .conditions = *conditions,
                                .name_space = *name_space,
                                .key_kind = affected.key_kind,
                                .scheme = affected.scheme,
                                .status = affected.status});
}

Compiler::Compiler() : state_(std::make_unique<State>()) {}
Compiler::~Compiler() = default;

void Compiler::begin_feed(std::string_view name, std::string_view path) {
  state_->open_feed(name);
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  if (const std::size_t slash = path.rfind('/'); slash != std::string_view::npos) path.remove_prefix(slash + 1);
  if (!path.empty()) state_->records.feeds[state_->feed].paths.emplace(path);
}

void Compiler::add(advisory::Advisory&& advisory) {
  if (state_->records.feeds.empty()) state_->open_feed("");
  const std::size_t statements = std::max<std::size_t>(advisory.affected.size(), 1);
  if (advisory.id.empty()) return state_->drop(kNoName, statements);
  if (too_long(advisory.id) || any_too_long(advisory.aliases)) return state_->drop(kTooLong, statements);
  const auto number = state_->keep_details(advisory);
  if (!number) return;
  for (advisory::Affected& affected : advisory.affected) state_->keep(*number, std::move(affected));
}

void Compiler::add(advisory::Available&& available) {
  if (available.name_space.empty() || available.package.empty() || available.version.empty())
    return state_->drop(kNoName);
  if (too_long(available.name_space) || too_long(available.package) || too_long(available.version))
    return state_->drop(kTooLong);
  const auto name_space = state_->number_of_namespace(available.name_space);
  if (!name_space) return;
  state_->records.offers.push_back({.package = state_->records.strings.intern(available.package),
                                    .version = state_->records.strings.intern(available.version),
                                    .name_space = *name_space,
                                    .key_kind = available.key_kind,
                                    .scheme = available.scheme});
}

void Compiler::add(advisory::EndOfLife&& end_of_life) {
  if (end_of_life.name_space.empty()) return state_->drop(kNoName);
  advisory::EndOfLife& known = state_->records.lifecycles[end_of_life.name_space];
  known.name_space = end_of_life.name_space;
  const auto take = [](std::string& into, std::string& from) {
    if (!from.empty()) into = std::move(from);
  };
  take(known.codename, end_of_life.codename);
  take(known.released, end_of_life.released);
  take(known.standard, end_of_life.standard);
  take(known.extended, end_of_life.extended);
  take(known.paid, end_of_life.paid);
}

void Compiler::add(advisory::PackageSupport&& support) {
  if (support.name_space.empty() || support.package.empty()) return state_->drop(kNoName);
  if (too_long(support.name_space) || too_long(support.package) || too_long(support.last_version) ||
      too_long(support.since) || too_long(support.detail))
    return state_->drop(kTooLong);
  if (support.feed.empty() && !state_->records.feeds.empty()) support.feed = state_->records.feeds[state_->feed].name;
  const SupportKey key{support.name_space, support.package, support.is_prefix};
  const auto [known, fresh] = state_->records.package_supports.try_emplace(key, support);
  // Ended says more than limited; of two dates the earlier one.
  const auto rank = [](const advisory::PackageSupport& one) {
    return std::tuple(one.state == advisory::PackageSupport::State::limited, one.since, one.last_version, one.detail,
                      one.feed);
  };
  if (!fresh && rank(support) < rank(known->second)) known->second = std::move(support);
}

void Compiler::add(advisory::Enrichment&& enrichment) {
  const auto key = cve_key(enrichment.cve);
  if (!key) return state_->drop(kNoCve);
  normalise(enrichment);
  state_->encoder.clear();
  encode(enrichment, state_->encoder);
  if (state_->encoder.size() > format::kEnrichmentMax / 4) return state_->drop(kTooBig);
  state_->records.enrichments.push_back({*key, state_->records.arena.keep(state_->encoder.view())});
}

void Compiler::add(advisory::RepositoryProducts&& repository) {
  if (repository.repository.empty() || repository.products.empty()) return state_->drop(kNoName);
  if (too_long(repository.repository) || any_too_long(repository.products)) return state_->drop(kTooLong);
  state_->records.repositories[std::move(repository.repository)].insert(
      std::make_move_iterator(repository.products.begin()), std::make_move_iterator(repository.products.end()));
}

void Compiler::end_feed(const FeedInfo& counts) {
  if (state_->records.feeds.empty()) state_->open_feed(counts.name);
  FeedRecord& feed = state_->records.feeds[state_->feed];
  feed.records += counts.records;
  feed.statements += counts.statements;
  feed.skipped += counts.skipped;
  for (const auto& [reason, count] : counts.dropped) feed.dropped[reason] += count;
  if (counts.as_of > feed.as_of) feed.as_of = counts.as_of;
}

Result<Info> Compiler::write(const std::string& path) {
  if (state_->error) return std::unexpected(*state_->error);
  LIMPID_TRY_WITHIN(write_database(state_->records, path), {"writing the database"});
  LIMPID_ASSIGN_WITHIN(const Database written, Database::open(path), {"reading the written database back"});
  return written.info();
}

}  // namespace limpid::vulndb

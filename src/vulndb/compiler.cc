// Collecting: each record is checked, what it cannot mean is dropped and counted, and the rest is kept compactly until
// write() (writer.h) merges and lays it out.
#include "vulndb/compiler.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <optional>
#include <tuple>
#include <unordered_map>

#include "version/ordering.h"
#include "vulndb/cve_ids.h"
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
  std::mutex mutex;
  std::vector<std::uint16_t> feeds;  // in the records, by FeedNumber less 1
  std::uint16_t feed = 0;            // of the record that is being kept
  // Of two lifecycles for one namespace that of the later feed counts, whichever thread was faster.
  std::map<FeedNumber, std::vector<advisory::EndOfLife>> lifecycles;
  std::unordered_map<std::string, std::uint16_t> feed_numbers, namespace_numbers;
  std::map<Conditions, std::uint32_t> conditions_numbers{{{}, 0}};
  format::Encoder encoder;
  std::size_t last_payload = 0;  // where it begins
  std::optional<Error> error;    // the first limit that was passed

  State() { records.conditions.emplace_back(); }
  void keep_lifecycles();

  void drop(std::string_view reason, std::uint64_t count = 1) {
    if (count != 0) records.feeds[feed].dropped[std::string(reason)] += count;
  }
  void open_feed(std::string_view name);
  // Makes `feed` that of this number.
  void enter(FeedNumber number);
  std::optional<std::uint16_t> number_of_namespace(const std::string& name);
  std::optional<std::uint32_t> number_of_conditions(advisory::Affected& affected);
  void learn_names(const StoredDetails& details);
  std::optional<std::uint32_t> keep_details(advisory::Advisory& advisory);
  std::optional<std::uint32_t> keep_payload(const advisory::Affected& affected);
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

// What one record calls one flaw, so that another one's id may be told to be the same.
void Compiler::State::learn_names(const StoredDetails& details) {
  if (details.aliases.empty()) return;
  std::optional<std::uint32_t> cve;
  bool several = false;
  const auto each_name = [&](const auto& use) {
    use(details.id);
    for (const std::string& alias : details.aliases) use(alias);
  };
  each_name([&](const std::string& name) {
    const auto key = cve_key(name);
    several = several || (key && cve && key != cve);
    if (key) cve = key;
  });
  if (!cve) return;
  const std::uint32_t same = several ? 0 : *cve;
  each_name([&](const std::string& name) {
    if (!cve_in(name).empty()) return;
    const auto [known, is_new] = records.cves.try_emplace(records.strings.intern(name), same);
    if (!is_new && known->second != same) known->second = 0;
  });
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
  learn_names(details);
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

// Where ranges and versions are kept, without the ranges that mean nothing. Nothing if none is left of those that there
// were: a statement that loses its ranges must not become "every version".
std::optional<std::uint32_t> Compiler::State::keep_payload(const advisory::Affected& affected) {
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
  if (ranges == 0 && !affected.ranges.empty() && affected.versions.empty()) {
    records.payloads.resize(start);
    drop(kNoRangeLeft);
    return std::nullopt;
  }
  // The packages of an update come one after the other, with the same version.
  const auto begin = records.payloads.begin() + static_cast<std::ptrdiff_t>(start);
  if (std::equal(records.payloads.begin() + static_cast<std::ptrdiff_t>(last_payload), begin, begin,
                 records.payloads.end())) {
    records.payloads.resize(start);
    return static_cast<std::uint32_t>(last_payload);
  }
  last_payload = start;
  return static_cast<std::uint32_t>(start);
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
  const auto payload = keep_payload(affected);
  if (!payload) return;
  records.statements.push_back({.advisory = advisory,
                                .package = records.strings.intern(affected.package),
                                .severity = records.strings.intern(affected.severity),
                                .payload = *payload,
                                .conditions = *conditions,
                                .name_space = *name_space,
                                .key_kind = affected.key_kind,
                                .scheme = affected.scheme,
                                .status = affected.status});
}

Compiler::Compiler() : state_(std::make_unique<State>()) {}
Compiler::~Compiler() = default;

Compiler::FeedNumber Compiler::last_feed() const { return static_cast<FeedNumber>(state_->feeds.size()); }

void Compiler::State::enter(FeedNumber number) {
  if (number == 0) return open_feed("");
  feed = feeds[number - 1];
}

Compiler::FeedNumber Compiler::begin_feed(std::string_view name, std::string_view path) {
  const std::scoped_lock lock(state_->mutex);
  state_->open_feed(name);
  state_->feeds.push_back(state_->feed);
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  if (const std::size_t slash = path.rfind('/'); slash != std::string_view::npos) path.remove_prefix(slash + 1);
  if (!path.empty()) state_->records.feeds[state_->feed].paths.emplace(path);
  return last_feed();
}

void Compiler::add(FeedNumber feed, advisory::Advisory&& advisory) {
  const std::scoped_lock lock(state_->mutex);
  state_->enter(feed);
  const std::size_t statements = std::max<std::size_t>(advisory.affected.size(), 1);
  if (advisory.id.empty()) return state_->drop(kNoName, statements);
  if (too_long(advisory.id) || any_too_long(advisory.aliases)) return state_->drop(kTooLong, statements);
  const auto number = state_->keep_details(advisory);
  if (!number) return;
  for (advisory::Affected& affected : advisory.affected) state_->keep(*number, std::move(affected));
}

void Compiler::add(FeedNumber feed, advisory::Available&& available) {
  const std::scoped_lock lock(state_->mutex);
  state_->enter(feed);
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

void Compiler::add(FeedNumber feed, advisory::EndOfLife&& end_of_life) {
  const std::scoped_lock lock(state_->mutex);
  if (end_of_life.name_space.empty()) {
    state_->enter(feed);
    return state_->drop(kNoName);
  }
  state_->lifecycles[feed].push_back(std::move(end_of_life));
}

void Compiler::State::keep_lifecycles() {
  const auto take = [](std::string& into, std::string& from) {
    if (!from.empty()) into = std::move(from);
  };
  for (auto& [number, list] : lifecycles) {
    for (advisory::EndOfLife& end_of_life : list) {
      advisory::EndOfLife& known = records.lifecycles[end_of_life.name_space];
      known.name_space = end_of_life.name_space;
      take(known.codename, end_of_life.codename);
      take(known.released, end_of_life.released);
      take(known.standard, end_of_life.standard);
      take(known.extended, end_of_life.extended);
      take(known.paid, end_of_life.paid);
    }
  }
  lifecycles.clear();
}

void Compiler::add(FeedNumber feed, advisory::PackageSupport&& support) {
  const std::scoped_lock lock(state_->mutex);
  state_->enter(feed);
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

void Compiler::add(FeedNumber feed, advisory::Enrichment&& enrichment) {
  const std::scoped_lock lock(state_->mutex);
  state_->enter(feed);
  const auto key = cve_key(enrichment.cve);
  if (!key) return state_->drop(kNoCve);
  normalise(enrichment);
  state_->encoder.clear();
  encode(enrichment, state_->records.enrichment_names, state_->encoder);
  if (state_->encoder.size() > format::kEnrichmentMax / 4) return state_->drop(kTooBig);
  state_->records.enrichments.push_back({*key, state_->records.arena.keep(state_->encoder.view())});
}

void Compiler::add(FeedNumber feed, advisory::RepositoryProducts&& repository) {
  const std::scoped_lock lock(state_->mutex);
  state_->enter(feed);
  if (repository.repository.empty() || repository.products.empty()) return state_->drop(kNoName);
  if (too_long(repository.repository) || any_too_long(repository.products)) return state_->drop(kTooLong);
  state_->records.repositories[std::move(repository.repository)].insert(
      std::make_move_iterator(repository.products.begin()), std::make_move_iterator(repository.products.end()));
}

void Compiler::end_feed(FeedNumber feed, const FeedInfo& counts) {
  const std::scoped_lock lock(state_->mutex);
  state_->enter(feed);
  FeedRecord& record = state_->records.feeds[state_->feed];
  record.records += counts.records;
  record.statements += counts.statements;
  record.skipped += counts.skipped;
  for (const auto& [reason, count] : counts.dropped) record.dropped[reason] += count;
  if (counts.as_of > record.as_of) record.as_of = counts.as_of;
}

Result<Info> Compiler::write(const std::string& path) {
  if (state_->error) return std::unexpected(*state_->error);
  state_->keep_lifecycles();
  LIMPID_TRY_WITHIN(write_database(state_->records, path), {"writing the database"});
  LIMPID_ASSIGN_WITHIN(const Database written, Database::open(path), {"reading the written database back"});
  return written.info();
}

}  // namespace limpid::vulndb

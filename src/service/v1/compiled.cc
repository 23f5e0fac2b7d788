#include "service/v1/compiled.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/text.h"
#include "match/conditions.h"
#include "match/evaluate.h"
#include "match/match.h"
#include "service/v1/codec.h"
#include "version/ordering.h"

namespace limpid::service::v1 {
namespace {

using advisory::Status;
using vulndb::AdvisoryNumber;
using vulndb::Statement;

Severity severity_of(const Statement& statement) {
  return of(match::normalise_severity(statement.feed, statement.severity));
}

bool is_greater(version::Scheme scheme, std::string_view a, std::string_view b) {
  const auto order = version::compare(scheme, a, b);
  return order && *order > 0;
}

// What one package's statement says is fixed where. Denials and open questions say nothing.
void add_fix(const Statement& statement, std::vector<Fix>& fixes) {
  if (statement.status == Status::not_affected || statement.status == Status::under_investigation) return;
  std::string_view fixed;
  bool open = statement.ranges.empty() || !match::ends_are_fixes(statement);
  for (const vulndb::RangeView range : statement.ranges) {
    if (range.fixed.empty()) open = true;
    if (fixed.empty() || is_greater(statement.scheme, range.fixed, fixed)) fixed = range.fixed;
  }
  if (open) fixed = {};
  const auto known = std::ranges::find(fixes, statement.package, &Fix::package);
  if (known == fixes.end()) {
    fixes.push_back({std::string(statement.package), std::string(fixed), statement.scheme});
  } else if (fixed.empty() || (!known->version.empty() && is_greater(statement.scheme, fixed, known->version))) {
    known->version = fixed;
  }
}

void add_affects(const Statement& statement, std::vector<Affects>& all) {
  if (statement.status == Status::not_affected || statement.status == Status::under_investigation) return;
  Affects affects{std::string(statement.package), statement.scheme, {}, {}};
  for (const vulndb::RangeView range : statement.ranges)
    affects.ranges.push_back(
        {std::string(range.introduced), std::string(range.fixed), std::string(range.last_affected)});
  for (const std::string_view version : statement.versions) affects.versions.emplace_back(version);
  all.push_back(std::move(affects));
}

// OSV's copies of what a distribution says of a CVE have ids of their own.
std::string name_of_copy(std::string_view name_space, std::string_view name) {
  std::string family(name_space.substr(0, name_space.find(':')));
  std::ranges::transform(family, family.begin(), base::to_upper);
  return base::cat({family, "-", name});
}

std::uint64_t key_of(std::string_view name_space, std::string_view name, AdvisoryNumber number) {
  const std::hash<std::string_view> hash;
  return hash(name) * 31 + hash(name_space) * 17 + number;
}

}  // namespace

std::string_view name_of(const match::Finding& finding) { return match::without_distribution(finding.advisory); }

std::string link_of(std::string_view name_space, std::string_view name, const vulndb::Details& details) {
  const std::string_view family = name_space.substr(0, name_space.find(':'));
  const bool cve = name.starts_with("CVE-");
  if (family == "debian" && cve) return base::cat({"https://security-tracker.debian.org/tracker/", name});
  if (family == "ubuntu" && cve) return base::cat({"http://people.ubuntu.com/~ubuntu-security/cve/", name});
  if (family == "alpine" && cve) return base::cat({"https://cve.mitre.org/cgi-bin/cvename.cgi?name=", name});
  // "ALAS-2011-1", "ALAS2-2018-939", "ALAS2023-2023-001"
  if (std::string_view update = details.id; family == "amzn" && base::strip_prefix(update, "ALAS")) {
    const std::string_view release = base::take_until(update, '-');
    if (release.empty()) return base::cat({"https://alas.aws.amazon.com/ALAS-", update, ".html"});
    if (std::ranges::all_of(release, base::is_digit))
      return base::cat({"https://alas.aws.amazon.com/AL", release, "/ALAS-", update, ".html"});
  }
  // Of an update's references, the one that is its own page: "…/RHSA-2015-1193.html".
  std::string page = details.id;
  std::ranges::replace(page, ':', '-');
  for (const std::string& reference : details.references)
    if (reference.find(page) != std::string::npos || reference.find(details.id) != std::string::npos) return reference;
  if (!details.references.empty()) return details.references.front();
  return cve ? base::cat({"https://nvd.nist.gov/vuln/detail/", name}) : std::string();
}

std::string Compiled::place_of(std::string_view name_space) const {
  return match::advisory_namespace(*database_, name_space);
}

bool Compiled::knows(std::string_view name_space) const { return !place_of(name_space).empty(); }

Compiled::Compiled(std::shared_ptr<const vulndb::Database> database, std::int64_t generation)
    : database_(std::move(database)), generation_(generation) {}

// Of records by one name those of the feed that is believed first.
std::vector<Compiled::Record> Compiled::believed(std::vector<Record> records) {
  std::vector<Record> deciders;
  std::string_view feed;
  for (Record& record : records) {
    // "Under investigation" is no statement that anything is wrong yet.
    const auto states = [](const Statement& one) { return one.status != Status::under_investigation; };
    const auto here = std::ranges::find_if(record.statements, states);
    if (here == record.statements.end()) continue;
    if (!deciders.empty() && here->feed != feed) {
      if (match::rank_of_feed(here->feed) >= match::rank_of_feed(feed)) continue;
      deciders.clear();
    }
    feed = here->feed;
    deciders.push_back(std::move(record));
  }
  return deciders;
}

Result<std::vector<Compiled::Record>> Compiled::deciders(std::string_view name_space, std::string_view name) const {
  const std::string own = place_of(name_space);
  std::vector<Record> records;
  for (const std::string& id : {std::string(name), name_of_copy(name_space, name)}) {
    LIMPID_ASSIGN(const std::vector<AdvisoryNumber> numbers, database_->find(id));
    for (const AdvisoryNumber number : numbers) {
      LIMPID_ASSIGN(const std::vector<vulndb::Database::Placed> placed, database_->statements_of(number));
      Record record{number, {}};
      // What was found by another of its names, or in another case, is not what was asked for.
      for (const vulndb::Database::Placed& place : placed)
        if (place.name_space == own && place.statement.id == id) record.statements.push_back(place.statement);
      records.push_back(std::move(record));
    }
  }
  return believed(std::move(records));
}

Result<Vulnerability> Compiled::view(std::string_view name_space, std::string_view name,
                                     const std::vector<Record>& records) const {
  Vulnerability vulnerability;
  vulnerability.name = name;
  vulnerability.name_space = name_space;
  for (const Record& record : records) {
    LIMPID_ASSIGN(const vulndb::Details details, database_->details(record.number));
    if (vulnerability.description.empty()) vulnerability.description = details.description;
    if (vulnerability.description.empty()) vulnerability.description = details.title;
    if (vulnerability.link.empty()) vulnerability.link = link_of(name_space, name, details);
    for (const Statement& statement : record.statements) {
      vulnerability.severity = std::max(vulnerability.severity, severity_of(statement));
      add_fix(statement, vulnerability.fixed_in);
      add_affects(statement, vulnerability.affects);
    }
  }
  std::ranges::sort(vulnerability.fixed_in, {}, &Fix::package);
  std::ranges::stable_sort(vulnerability.affects, {}, &Affects::package);
  return vulnerability;
}

Result<std::optional<Vulnerability>> Compiled::find(std::string_view name_space, std::string_view name) const {
  LIMPID_ASSIGN(const std::vector<Record> records, deciders(name_space, name));
  if (records.empty()) return std::nullopt;
  LIMPID_ASSIGN(Vulnerability vulnerability, view(name_space, name, records));
  return vulnerability;
}

Result<std::map<std::string, Vulnerability, std::less<>>> Compiled::find_all(std::string_view name_space,
                                                                             std::span<const std::string> names) const {
  std::unordered_map<std::string_view, std::vector<Record>> all;
  for (const std::string& name : names) all.try_emplace(name);
  LIMPID_TRY(database_->each_statement(place_of(name_space), [&](const Statement& statement) {
    const std::string_view name = match::without_distribution(statement.id);
    const auto found = all.find(name);
    if (found == all.end() || (statement.id != name && statement.id != name_of_copy(name_space, name))) return;
    auto record = std::ranges::find(found->second, statement.advisory, &Record::number);
    if (record == found->second.end()) record = found->second.insert(record, Record{statement.advisory, {}});
    record->statements.push_back(statement);
  }));
  // In the order of find(): copies behind, and else by their numbers.
  std::map<std::string, Vulnerability, std::less<>> known;
  for (auto& [name, records] : all) {
    std::ranges::sort(records, {},
                      [&](const Record& one) { return std::pair(one.statements.front().id != name, one.number); });
    const std::vector<Record> deciders = believed(std::move(records));
    if (deciders.empty()) continue;
    LIMPID_ASSIGN(Vulnerability vulnerability, view(name_space, name, deciders));
    known.emplace(name, std::move(vulnerability));
  }
  return known;
}

Result<std::vector<Compiled::Listed>> Compiled::list(std::string_view name_space, std::string_view after,
                                                     std::size_t limit) const {
  std::vector<Listed> listed;
  const std::string own = place_of(name_space);
  std::string from(after);
  while (listed.size() < limit) {
    LIMPID_ASSIGN(const std::vector<vulndb::Database::Named> page,
                  database_->in_order(own, from, limit - listed.size()));
    if (page.empty()) break;
    for (const vulndb::Database::Named& named : page) {
      const std::string_view name = match::without_distribution(named.id);
      LIMPID_ASSIGN(const std::vector<Record> records, deciders(name_space, name));
      // A copy of what another feed says itself is listed there.
      if (records.empty() || records.front().number != named.number) continue;
      LIMPID_ASSIGN(Vulnerability vulnerability, view(name_space, name, records));
      listed.push_back({named.id, std::move(vulnerability)});
    }
    from = page.back().id;
  }
  return listed;
}

Result<std::shared_ptr<const Compiled::Severities>> Compiled::severities(std::string_view name_space) const {
  {
    const std::lock_guard lock(severities_mutex_);
    const auto known = severities_.find(name_space);
    if (known != severities_.end()) return known->second;
  }
  auto made = std::make_shared<Severities>();
  LIMPID_TRY(database_->each_statement(place_of(name_space), [&](const Statement& statement) {
    Severity& highest = (*made)[statement.advisory];
    highest = std::max(highest, severity_of(statement));
  }));
  const std::lock_guard lock(severities_mutex_);
  return severities_.emplace(std::string(name_space), std::move(made)).first->second;
}

Result<std::shared_ptr<const Compiled::Fragment>> Compiled::fragment(std::string_view name_space, std::string_view name,
                                                                     AdvisoryNumber number) const {
  const std::uint64_t key = key_of(name_space, name, number);
  Shard& shard = shards_.at(key % kShards);
  {
    const std::lock_guard lock(shard.mutex);
    const auto known = shard.fragments.find(key);
    if (known != shard.fragments.end() && known->second->name == name && known->second->name_space == name_space)
      return known->second;
  }
  LIMPID_ASSIGN(const vulndb::Details details, database_->details(number));
  LIMPID_ASSIGN(const std::shared_ptr<const Severities> all, severities(name_space));
  Vulnerability vulnerability;
  vulnerability.name = name;
  vulnerability.name_space = name_space;
  vulnerability.description = details.description.empty() ? details.title : details.description;
  vulnerability.link = link_of(name_space, name, details);
  const auto severity = all->find(number);
  if (severity != all->end()) vulnerability.severity = severity->second;
  auto made = std::make_shared<Fragment>();
  made->name_space = name_space;
  made->name = name;
  append_vulnerability(made->json, vulnerability, false);
  made->json.pop_back();
  const std::lock_guard lock(shard.mutex);
  const std::uint64_t bytes = sizeof(Fragment) + made->json.size() + name.size() + name_space.size();
  if (shard.bytes + bytes <= kFragmentBytesMax / kShards && shard.fragments.emplace(key, made).second)
    shard.bytes += bytes;
  return std::shared_ptr<const Fragment>(std::move(made));
}

Result<void> Compiled::append_fragment(std::string& to, std::string_view name_space,
                                       const match::Finding& finding) const {
  LIMPID_ASSIGN(const std::shared_ptr<const Fragment> found,
                fragment(name_space, name_of(finding), finding.advisory_number));
  to += found->json;
  return {};
}

Result<void> Compiled::prepare(std::string_view name_space) const {
  {
    const std::lock_guard lock(prepared_mutex_);
    if (!prepared_.emplace(name_space).second) return {};
  }
  LIMPID_ASSIGN(const std::shared_ptr<const Severities> all, severities(name_space));
  std::vector<AdvisoryNumber> numbers;  // ascending: each text block is unpacked once
  for (const auto& [number, severity] : *all) numbers.push_back(number);
  std::ranges::sort(numbers);
  for (const AdvisoryNumber number : numbers) {
    LIMPID_ASSIGN(const vulndb::Details details, database_->details(number));
    LIMPID_TRY(fragment(name_space, match::without_distribution(details.id), number));
  }
  return {};
}

}  // namespace limpid::service::v1

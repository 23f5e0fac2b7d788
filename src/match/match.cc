#include "match/match.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/text.h"
#include "match/conditions.h"
#include "match/evaluate.h"
#include "match/parts.h"
#include "match/products.h"
#include "match/risk.h"
#include "match/spaces.h"
#include "match/support.h"

namespace limpid::match {

constexpr std::string_view kOsv = "osv";
constexpr std::string_view kAnyRhel = "rhel";  // the namespace of what stands upon any release of it

int rank_of_feed(std::string_view feed) {
  if (feed == "debian-changelogs") return 2;
  for (const std::string_view other : {kOsv, std::string_view("debian-lists"), std::string_view("redhat-oval"),
                                       std::string_view("suse-oval"), std::string_view("cvrf")})
    if (feed == other) return 1;
  return 0;
}

std::string_view without_distribution(std::string_view id) {
  const std::size_t at = id.find("-CVE-");
  return at == std::string_view::npos ? id : id.substr(at + 1);
}

namespace {

using advisory::KeyKind;
using advisory::Status;
using inventory::Package;
using vulndb::Statement;
using Role = SecondSpace::Role;

// One statement with what it says of the installed version.
struct Judged {
  const Statement* statement;
  std::string_view id;  // the flaw that it speaks of: in the database, or in Matches::texts
  std::string_view version;
  Evaluation evaluation;
  Offer offer;
  bool by_source, uncertain;
  Role role;  // of the namespace that it stands in: none is the release's own
};

// What one namespace says of one package.
struct Found {
  std::vector<Statement> statements;
  std::size_t by_source = 0;  // how many of them, the first, were found by the source package
};

class Matcher {
 public:
  Matcher(const inventory::ImageInventory& image, const vulndb::Database& database, const MatchOptions& options,
          ImageProducts products, Matches& matches)
      : image_(image),
        database_(database),
        options_(options),
        origins_(options.one_image ? origins_of(image) : Origins()),
        products_(std::move(products)),
        texts_(matches.texts) {}

  bool has_advisories(const std::string& name_space) { return !namespace_of(name_space).empty(); }

  Result<void> match(std::uint32_t index, Matches& matches) {
    const Package& package = image_.packages[index];
    const SecondSpace second = options_.one_image ? second_space(database_, origins_, package) : SecondSpace();
    if (const auto why = unmatched(package, second)) {
      matches.unmatched.push_back({index, *why});
      return {};
    }
    judged_.clear();
    first_.statements.clear();
    second_.statements.clear();
    if (second.role != Role::alone) {
      LIMPID_TRY(look_up(package, namespace_of(package.name_space), {}, first_));
      judge(package, first_, Role::none);
    }
    if (!second.name_space.empty()) {
      LIMPID_TRY(look_up(package, second.name_space, second.other_name, second_));
      judge(package, second_, second.role);
    }
    // Most packages have nothing that applies, and then nobody needs to know of which flaws that was said.
    if (std::ranges::none_of(judged_, [&](const Judged& judged) { return is_of_interest(judged); })) judged_.clear();
    LIMPID_TRY(name_flaws());
    const std::size_t before = matches.findings.size();
    LIMPID_TRY(settle(index, matches.findings));
    return options_.one_image && second.role == Role::none
               ? add_offers(package, std::span(matches.findings).subspan(before))
               : Result<void>();
  }

  Result<void> find_newer(std::uint32_t index, Matches& matches) const {
    const Package& package = image_.packages[index];
    if (package.repository == inventory::Repository::third_party) return {};
    const version::Ordering* ordering = version::find_ordering(package.scheme);
    if (ordering == nullptr || package.name_space.empty()) return {};
    const bool source = package.kind == inventory::PackageKind::binary;
    LIMPID_ASSIGN(const std::string_view available,
                  database_.available(package.name_space, source ? package.source_name : package.name,
                                      source ? KeyKind::source : KeyKind::binary));
    if (available.empty()) return {};
    const version::Version newest = ordering->parse(available);
    const version::Version installed = ordering->parse(source ? package.source_version : package.version);
    if (newest.valid && installed.valid && ordering->compare(installed, newest) < 0)
      matches.outdated.push_back({index, std::string(available)});
    return {};
  }

 private:
  std::optional<Unmatched::Why> unmatched(const Package& package, const SecondSpace& second) {
    if (package.name_space.empty()) return Unmatched::Why::no_distribution;
    const bool rebuilt = second.role == Role::supplier || second.role == Role::alone;
    if (package.repository == inventory::Repository::third_party && !rebuilt) return Unmatched::Why::third_party;
    // Every kernel flaw would be "in" a compiler image.
    if (kernel_part(package) == KernelPart::headers) return Unmatched::Why::headers_only;
    const bool asked =
        !second.name_space.empty() || (second.role != Role::alone && !namespace_of(package.name_space).empty());
    return asked ? std::nullopt : std::optional(Unmatched::Why::no_advisories);
  }

  // Whose statements speak of the packages of a namespace. Nearly all packages of an image share it.
  const std::string& namespace_of(const std::string& name_space) {
    if (name_space != asked_namespace_) {
      asked_namespace_ = name_space;
      namespace_ = options_.one_image ? release_space(database_, origins_, name_space)
                                      : advisory_namespace(database_, name_space);
    }
    return namespace_;
  }

  Result<void> look_up(const Package& package, const std::string& name_space, std::string_view other_name,
                       Found& found) {
    found.by_source = 0;
    if (name_space.empty()) return {};
    // Products that stand upon RHEL, whatever its release: an image that names its products may have one.
    const bool layered = products_.are_known() && name_space.starts_with("rhel:");
    if (!package.source_name.empty())
      LIMPID_TRY(database_.statements(name_space, package.source_name, KeyKind::source, found.statements));
    if (layered && !package.source_name.empty())
      LIMPID_TRY(database_.statements(kAnyRhel, package.source_name, KeyKind::source, found.statements));
    // Alpine's keys are origins, but old entries name the package itself; both share the origin's version.
    if (package.scheme == version::Scheme::apk && package.name != package.source_name)
      LIMPID_TRY(database_.statements(name_space, package.name, KeyKind::source, found.statements));
    // Suppliers write a name now with their own before it, now without.
    if (!other_name.empty() && !package.source_name.empty()) {
      std::string_view bare = package.source_name;
      const bool has_it = base::strip_prefix(bare, other_name);
      LIMPID_TRY(database_.statements(name_space, has_it ? std::string(bare) : base::cat({other_name, bare}),
                                      KeyKind::source, found.statements));
    }
    found.by_source = found.statements.size();
    if (layered) LIMPID_TRY(database_.statements(kAnyRhel, package.name, KeyKind::binary, found.statements));
    return database_.statements(name_space, package.name, KeyKind::binary, found.statements);
  }

  void judge(const Package& package, const Found& found, Role role) {
    const Statement* previous = nullptr;
    bool previous_by_source = false;
    version::Version installed;
    for (std::size_t i = 0; i < found.statements.size(); ++i) {
      const Statement& statement = found.statements[i];
      const bool source = i < found.by_source;
      const std::string_view version = source ? package.source_version : package.version;
      if (version.empty()) continue;  // nothing can be said of a package without a version
      if (!meets_conditions(statement, package, version)) continue;
      const Offer offer = products_.offer(statement, package.layer);
      if (offer == Offer::none) continue;
      if (previous == nullptr || previous->scheme != statement.scheme || previous_by_source != source) {
        const version::Ordering* ordering = version::find_ordering(statement.scheme);
        installed = ordering == nullptr ? version::Version{} : ordering->parse(version);
        evaluator_.begin(statement.scheme);
      }
      previous = &statement;
      previous_by_source = source;
      judged_.push_back({&statement,
                         {},
                         version,
                         evaluator_.evaluate(statement, installed, version),
                         offer,
                         source,
                         !installed.valid,
                         role});
    }
  }

  bool is_of_interest(const Judged& judged) const {
    return judged.evaluation.affected || (options_.not_affected && judged.statement->status == Status::not_affected);
  }

  // Gives each judgement the flaw it speaks of; one that speaks of several becomes several.
  Result<void> name_flaws() {
    const std::size_t statements = judged_.size();
    for (std::size_t i = 0; i < statements; ++i) {
      const Statement& statement = *judged_[i].statement;
      judged_[i].id = without_distribution(statement.id);
      if (judged_[i].id.starts_with("CVE-")) continue;
      // A record with an id of its own kind: its text says which CVEs it is about. It is only opened if it matters.
      if (judged_[i].role == Role::none && !judged_[i].evaluation.affected && statement.status != Status::not_affected)
        continue;
      LIMPID_ASSIGN(const std::vector<std::string_view>* cves, cves_of(statement.advisory));
      for (const std::string_view& cve : *cves) {
        if (&cve != &cves->front()) judged_.push_back(judged_[i]);
        (&cve == &cves->front() ? judged_[i] : judged_.back()).id = cve;
      }
    }
    return {};
  }

  Result<const std::vector<std::string_view>*> cves_of(std::uint32_t advisory) {
    const auto known = flaws_.find(advisory);
    if (known != flaws_.end()) return &known->second;
    LIMPID_ASSIGN(std::vector<std::string> ids, database_.flaws(advisory));
    std::ranges::sort(ids);
    std::vector<std::string_view>& views = flaws_[advisory];
    for (std::string& id : ids) views.push_back(texts_.emplace_back(std::move(id)));
    return &views;
  }

  // Of all that is said of one flaw, the best-ranked feed decides; a denial in it silences.
  Result<void> settle(std::uint32_t index, std::vector<Finding>& findings) {
    if (judged_.empty()) return {};
    const std::size_t before = findings.size();
    std::ranges::stable_sort(judged_, [](const Judged& a, const Judged& b) {
      return std::pair(a.id, rank_of_feed(a.statement->feed)) < std::pair(b.id, rank_of_feed(b.statement->feed));
    });
    const bool data_only = is_data_only(image_.packages[index]);
    const bool not_running = !options_.kernel_runs && kernel_part(image_.packages[index]) == KernelPart::code;
    for (std::size_t begin = 0, end = 0; begin < judged_.size(); begin = end) {
      while (end < judged_.size() && judged_[end].id == judged_[begin].id) ++end;
      const std::span group = deciding(std::span(judged_.data() + begin, end - begin));
      std::vector<const Judged*> chosen = decide(group);
      if (chosen.empty() || !settle_subscription(group, chosen)) continue;
      findings.push_back(finding(index, chosen, group));
      findings.back().not_running = not_running;
      findings.back().data_only = data_only;
      if (findings.back().severity == Severity::unknown) LIMPID_TRY(rate(findings.back()));
    }
    // Packages come in their order: only their own findings need sorting.
    std::ranges::stable_sort(findings.begin() + static_cast<std::ptrdiff_t>(before), findings.end(), std::greater<>{},
                             &Finding::severity);
    return {};
  }

  // The statements on one flaw that a finding is made of; none if there is nothing to be told.
  std::vector<const Judged*> decide(std::span<const Judged> group) const {
    const std::string_view decider = group.front().statement->feed;
    // Where a minor release with longer support has got its own fix, RHEL's is none that the image could install.
    const bool extended = std::ranges::any_of(group, [&](const Judged& judged) {
      return judged.statement->feed == decider && judged.offer == Offer::extended &&
             judged.statement->status == Status::fixed;
    });
    std::vector<const Judged*> hits, denials, suspicions;
    bool denied = false;
    for (const Judged& judged : group) {
      const Status status = judged.statement->status;
      if (judged.statement->feed != decider) continue;
      if (extended && judged.offer == Offer::base && !judged.statement->products.empty()) continue;
      if (status == Status::not_affected) {
        denied = true;
        if (options_.not_affected) denials.push_back(&judged);
      } else if (judged.evaluation.affected) {
        // "Under investigation" is no statement that anything is wrong yet.
        (status == Status::under_investigation ? suspicions : hits).push_back(&judged);
      }
    }
    if (denied) return denials;
    return hits.empty() && options_.under_investigation ? suspicions : hits;
  }

  // Where the supplier of a package speaks of the flaw, only he does.
  static std::span<const Judged> deciding(std::span<Judged> group) {
    const auto by_supplier = [](const Judged& judged) {
      return judged.role == Role::supplier || judged.role == Role::alone;
    };
    const auto rest = std::ranges::stable_partition(group, by_supplier);
    return rest.size() == group.size() ? group : group.first(group.size() - rest.size());
  }

  // An image with a subscription is free of a flaw that either the release or the subscription has fixed in it; else
  // what the subscription says counts, since that is what an upgrade brings. False if nothing is left.
  static bool settle_subscription(std::span<const Judged> group, std::vector<const Judged*>& hits) {
    const auto subscribed = [](const Judged* judged) { return judged->role == Role::subscription; };
    if (std::ranges::none_of(group, [&](const Judged& judged) { return subscribed(&judged); })) return true;
    for (const Judged& judged : group)
      if (judged.statement->feed == group.front().statement->feed && judged.statement->status == Status::fixed &&
          !judged.evaluation.affected)
        return false;
    if (std::ranges::any_of(hits, subscribed)) std::erase_if(hits, [&](const Judged* hit) { return !subscribed(hit); });
    return !hits.empty();
  }

  // What a subscription would bring an image without one: the version that fixes what stays open here.
  Result<void> add_offers(const Package& package, std::span<Finding> findings) {
    if (std::ranges::all_of(findings, [](const Finding& finding) { return !finding.fixed_in.empty(); })) return {};
    const std::string esm = subscription_space(database_, package.name_space);
    if (esm.empty()) return {};
    judged_.clear();
    second_.statements.clear();
    LIMPID_TRY(look_up(package, esm, {}, second_));
    judge(package, second_, Role::subscription);
    std::erase_if(judged_, [](const Judged& judged) {
      return judged.statement->status != Status::fixed || !judged.evaluation.affected;
    });
    LIMPID_TRY(name_flaws());
    for (Finding& finding : findings)
      for (const Judged& judged : judged_)
        if (finding.fixed_in.empty() && judged.id == finding.id)
          finding.fixed_for_subscribers = judged.evaluation.range.fixed;
    return {};
  }

  // Where no feed has a word for it: the word of the CVSS score that speaks for the flaw.
  Result<void> rate(Finding& finding) {
    const bool may_have_own = finding.feed == kOsv;
    if (!may_have_own && database_.info().enrichments == 0) return {};
    auto found = ratings_.find(std::pair(finding.id, finding.advisory_number));
    if (found == ratings_.end()) {
      LIMPID_ASSIGN(const auto enrichment, database_.enrichment(finding.id));
      vulndb::Details details;
      if (may_have_own) {
        LIMPID_ASSIGN(details, database_.details(finding.advisory_number));
      }
      Rating rating;
      if (const auto best = best_vector(details.cvss, finding.feed, enrichment ? &*enrichment : nullptr)) {
        rating.severity = severity_of_score(best->version, best->score);
        rating.source = texts_.emplace_back(best->source);
      }
      found = ratings_.emplace(std::pair(finding.id, finding.advisory_number), rating).first;
    }
    if (found->second.severity == Severity::unknown) return {};
    finding.severity = found->second.severity;
    finding.severity_word = name_of(finding.severity);
    finding.severity_source = found->second.source;
    return {};
  }

  static Finding finding(std::uint32_t index, const std::vector<const Judged*>& hits, std::span<const Judged> group) {
    const Judged& first = *hits.front();
    Finding finding;
    finding.package = index;
    finding.id = first.id;
    finding.advisory = first.statement->id;
    finding.advisory_number = first.statement->advisory;
    finding.feed = first.statement->feed;
    finding.key = first.statement->package;
    finding.evaluation = first.evaluation;
    finding.by_source = first.by_source;
    finding.kind = first.statement->kind;
    finding.status = first.statement->status;
    finding.uncertain = first.uncertain;
    std::vector<const Statement*> statements;
    statements.reserve(hits.size());
    for (const Judged* hit : hits) statements.push_back(hit->statement);
    const auto fixable = [](const Statement* statement) { return ends_are_fixes(*statement); };
    if (finding.status != Status::not_affected && std::ranges::all_of(statements, fixable)) {
      if (const auto fixed = version_free_of(statements, first.version)) {
        finding.fixed_in = *fixed;
        finding.status = Status::fixed;
      }
    }
    // The range that holds this version has no fix, though the record has one elsewhere.
    if (finding.fixed_in.empty() && finding.status == Status::fixed) finding.status = Status::affected;
    // The deciding feed's own word first, then any other feed's on the same flaw.
    for (const Judged& judged : group) {
      const Severity severity = normalise_severity(judged.statement->feed, judged.statement->severity);
      if (finding.severity_source.empty() && !judged.statement->severity.empty() &&
          (severity != Severity::unknown || judged.statement->feed == first.statement->feed)) {
        finding.severity = severity;
        finding.severity_word = judged.statement->severity;
        finding.severity_source = judged.statement->feed;
      } else if (finding.severity == Severity::unknown && severity != Severity::unknown) {
        finding.severity = severity;
        finding.severity_word = judged.statement->severity;
        finding.severity_source = judged.statement->feed;
      }
      if (judged.statement->feed != finding.feed &&
          std::ranges::find(finding.also, judged.statement->feed) == finding.also.end())
        finding.also.emplace_back(judged.statement->feed);
    }
    return finding;
  }

  const inventory::ImageInventory& image_;
  const vulndb::Database& database_;
  const MatchOptions& options_;
  const Origins origins_;
  ImageProducts products_;
  std::string asked_namespace_, namespace_;
  Found first_, second_;  // of the release and of the second namespace, reused from package to package
  std::vector<Judged> judged_;
  Evaluator evaluator_;
  std::map<std::uint32_t, std::vector<std::string_view>> flaws_;
  struct Rating {
    Severity severity = Severity::unknown;
    std::string_view source;
  };
  std::map<std::pair<std::string_view, std::uint32_t>, Rating> ratings_;
  std::deque<std::string>& texts_;
};

void warn(const inventory::ImageInventory& image, Matches& matches) {
  const inventory::Distribution& distribution = image.distribution;
  const std::string name = distribution.pretty_name.empty() ? distribution.name_space : distribution.pretty_name;
  if (distribution.name_space.empty()) {
    matches.warnings.emplace_back(
        image.packages.empty()
            ? "No distribution and no packages were found: nothing could be checked, which is not the same as clean."
            : "The distribution is unknown: its packages could not be checked against any advisories.");
    return;
  }
  if (!matches.support.sentence.empty()) matches.warnings.push_back(matches.support.sentence);
  if (image.packages.empty())
    matches.warnings.push_back(
        base::cat({name, " without a single package: nothing could be checked, which is not the same as clean."}));
  if (!matches.covered)
    matches.warnings.push_back(base::cat({"The database has no advisories for ", distribution.name_space,
                                          ": no findings here does not mean no flaws."}));
}

}  // namespace

Result<Matches> match_image(const inventory::ImageInventory& image, const vulndb::Database& database,
                            const MatchOptions& options) {
  Matches matches;
  LIMPID_ASSIGN_WITHIN(ImageProducts products, ImageProducts::find(image, database), {"repositories"});
  Matcher matcher(image, database, options, std::move(products), matches);
  matches.covered = !image.distribution.name_space.empty() && matcher.has_advisories(image.distribution.name_space);
  matches.support = support_of(image.distribution, database, options.today);
  matches.unsupported = find_unsupported(image, matches.support, database, options.today);
  // Memory that is touched for the first time is what costs most here: a vector that grows would touch twice as much.
  constexpr std::size_t kFindingsPerPackage = 4;
  matches.findings.reserve(kFindingsPerPackage * image.packages.size());
  for (std::uint32_t index = 0; index < image.packages.size(); ++index) {
    LIMPID_TRY_WITHIN(matcher.match(index, matches), {"package ", image.packages[index].name});
    LIMPID_TRY_WITHIN(matcher.find_newer(index, matches), {"package ", image.packages[index].name});
  }
  warn(image, matches);
  return matches;
}

}  // namespace limpid::match

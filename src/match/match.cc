#include "match/match.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <compare>
#include <functional>
#include <list>
#include <map>
#include <numeric>
#include <span>
#include <string>
#include <thread>
#include <utility>

#include "base/text.h"
#include "cvss/best_vector.h"
#include "match/conditions.h"
#include "match/evaluate.h"
#include "match/parts.h"
#include "match/products.h"
#include "match/spaces.h"
#include "match/support.h"
#include "match/verdicts.h"
#include "vulndb/cve_ids.h"
#include "vulndb/cve_set.h"

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
  if (id.starts_with("CVE-")) return id;
  const std::size_t at = id.find("-CVE-");
  return at == std::string_view::npos ? id : id.substr(at + 1);
}

namespace {

using advisory::KeyKind;
using advisory::Status;
using inventory::Package;
using vulndb::Database;
using vulndb::Statement;
using Role = SecondSpace::Role;

// One statement with what it says of the installed version.
struct Judged {
  const Statement* statement;
  const Evaluation* evaluation;  // until another version is judged
  Offer offer;
  bool by_source, uncertain;
  Role role;  // of the namespace that it stands in: none is the release's own
  // Once they are asked for:
  int rank = 0;           // of its feed
  std::uint32_t cve = 0;  // the flaw's key, 0 if it is no CVE
  std::string_view id;    // the flaw that it speaks of: in the database, or in Matches::texts
};

// The statements on one package under one name, of which a few will be read.
struct Asked {
  vulndb::StatementGroup group;
  bool by_source = false;
  Role role = Role::none;  // of the namespace
};

// A set of ids that are no CVEs.
class Ids {
 public:
  void clear() { ids_.clear(); }
  void add(std::string_view id) { ids_.push_back(id); }
  void sort() { std::ranges::sort(ids_); }
  // After sort().
  bool has(std::string_view id) const { return std::ranges::binary_search(ids_, id); }

 private:
  std::vector<std::string_view> ids_;
};

// Packages of one source, which are held against the same statements, one after the other.
std::vector<std::uint32_t> by_source(const std::vector<Package>& packages) {
  const std::hash<std::string_view> hash;
  std::vector<std::pair<std::size_t, std::uint32_t>> order;
  order.reserve(packages.size());
  for (std::uint32_t i = 0; i < packages.size(); ++i) order.emplace_back(hash(packages[i].source_name), i);
  std::ranges::sort(order);
  std::vector<std::uint32_t> indices;
  indices.reserve(order.size());
  for (const auto& [_, index] : order) indices.push_back(index);
  return indices;
}

class Matcher {
 public:
  Matcher(const inventory::ImageInventory& image, const vulndb::Database& database, const MatchOptions& options,
          Origins origins, ImageProducts products, Matches& matches)
      : image_(image),
        database_(database),
        options_(options),
        origins_(std::move(origins)),
        of_parent_(options.one_image && !parent_space(database, origins_).empty()),
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
    LIMPID_TRY(ask(package, second));
    LIMPID_ASSIGN(const bool any, find_concerned(package));
    if (!any) return {};
    LIMPID_TRY(read(package));
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
    if (of_parent_ && package.name_space == origins_.name_space && is_own(package)) return Unmatched::Why::derivative;
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

  // Finds everything that may be said of the package.
  Result<void> ask(const Package& package, const SecondSpace& second) {
    const bool same_source = last_ != nullptr && last_->source_name == package.source_name &&
                             last_->name_space == package.name_space && !package.source_name.empty() &&
                             package.scheme != version::Scheme::apk;
    rebuilt_ = second.role != Role::alone && namespace_of(package.name_space).starts_with(kAnyRhel) &&
               !package.name_space.starts_with(kAnyRhel);
    if (!same_source || last_->source_version != package.source_version || last_->version != package.version ||
        last_->scheme != package.scheme)
      verdicts_.begin(rebuilt_);
    last_ = nullptr;  // until it worked
    asked_.clear();
    if (second.role != Role::alone) {
      const std::string& name_space = namespace_of(package.name_space);
      if (!same_source) {
        of_source_.clear();
        LIMPID_TRY(ask_by_source(package, name_space, {}, Role::none, of_source_));
      }
      asked_ = of_source_;
      LIMPID_TRY(ask_by_name(package, name_space, Role::none, asked_));
    } else {
      of_source_.clear();
    }
    if (!second.name_space.empty()) {
      LIMPID_TRY(ask_by_source(package, second.name_space, second.other_name, second.role, asked_));
      LIMPID_TRY(ask_by_name(package, second.name_space, second.role, asked_));
    }
    if (second.role != Role::alone) last_ = &package;
    return {};
  }

  Result<void> ask_one(std::string_view name_space, std::string_view name, KeyKind kind, Role role,
                       std::vector<Asked>& to) {
    LIMPID_ASSIGN(const auto group, database_.group(name_space, name, kind));
    if (group) to.push_back({*group, kind == KeyKind::source, role});
    return {};
  }

  // Products that stand upon RHEL, whatever its release: an image that names its products may have one.
  bool is_layered(std::string_view name_space) const {
    return products_.are_known() && name_space.starts_with("rhel:");
  }

  Result<void> ask_by_source(const Package& package, const std::string& name_space, std::string_view other_name,
                             Role role, std::vector<Asked>& to) {
    if (name_space.empty()) return {};
    const std::string_view source = package.source_name;
    if (!source.empty()) LIMPID_TRY(ask_one(name_space, source, KeyKind::source, role, to));
    if (!source.empty() && is_layered(name_space)) LIMPID_TRY(ask_one(kAnyRhel, source, KeyKind::source, role, to));
    // Alpine's keys are origins, but old entries name the package itself; both share the origin's version.
    if (package.scheme == version::Scheme::apk && package.name != source)
      LIMPID_TRY(ask_one(name_space, package.name, KeyKind::source, role, to));
    // Suppliers write a name now with their own before it, now without.
    if (other_name.empty() || source.empty()) return {};
    std::string_view bare = source;
    const bool has_it = base::strip_prefix(bare, other_name);
    return ask_one(name_space, has_it ? std::string(bare) : base::cat({other_name, bare}), KeyKind::source, role, to);
  }

  Result<void> ask_by_name(const Package& package, const std::string& name_space, Role role, std::vector<Asked>& to) {
    if (name_space.empty()) return {};
    if (is_layered(name_space)) LIMPID_TRY(ask_one(kAnyRhel, package.name, KeyKind::binary, role, to));
    LIMPID_TRY(ask_one(name_space, package.name, KeyKind::binary, role, to));
    // Arch Linux's groups name a package or the base of several, which share its version.
    const std::string_view base = package.source_name;
    if (package.scheme != version::Scheme::pacman || base.empty() || base == package.name) return {};
    return ask_one(name_space, base, KeyKind::binary, role, to);
  }

  // Holds statements of one group against the package. Nothing where they do not speak of it.
  class Judge {
   public:
    Judge(Matcher& matcher, const Package& package, const Asked& asked)
        : matcher_(matcher),
          package_(package),
          version_(asked.by_source ? package.source_version : package.version),
          by_source_(asked.by_source),
          role_(asked.role) {}

    std::optional<Judged> judge(const Statement& statement) {
      if (version_.empty()) return std::nullopt;  // nothing can be said of a package without a version
      if (!meets_conditions(statement, package_, version_)) return std::nullopt;
      const Offer offer = matcher_.products_.offer(statement, package_.layer);
      if (offer == Offer::none) return std::nullopt;
      if (!is_parsed_ || scheme_ != statement.scheme) {
        const version::Ordering* ordering = version::find_ordering(statement.scheme);
        installed_ = ordering == nullptr ? version::Version{} : parse_build(*ordering, version_, matcher_.rebuilt_);
        scheme_ = statement.scheme;
        is_parsed_ = true;
      }
      return Judged{.statement = &statement,
                    .evaluation = &matcher_.verdicts_.of(statement, installed_, version_, by_source_),
                    .offer = offer,
                    .by_source = by_source_,
                    .uncertain = !installed_.valid,
                    .role = role_,
                    .rank = 0,
                    .cve = 0,
                    .id = {}};
    }

   private:
    Matcher& matcher_;
    const Package& package_;
    const std::string_view version_;
    const bool by_source_;
    const Role role_;
    bool is_parsed_ = false;
    version::Scheme scheme_ = version::Scheme::none;
    version::Version installed_;
  };

  // The flaws of which something is to be told. False if there are none.
  Result<bool> find_concerned(const Package& package) {
    cves_.clear();
    bool any = false;
    LIMPID_TRY(glance(package, [&](const Judged& judged) { return is_of_interest(judged); }));
    for (std::size_t i = 0; i < asked_.size(); ++i) {
      for (const std::uint32_t place : glances_[i].concerned) {
        any = true;
        const vulndb::Glance::Row& row = glances_[i].rows[place];
        if (row.cve != 0) {
          cves_.add(row.cve);
          continue;
        }
        const std::string_view own = without_distribution(Database::other_id(asked_[i].group, row));
        if (const auto key = vulndb::cve_key(own)) cves_.add(*key);
        if (own.starts_with("CVE-")) continue;
        LIMPID_ASSIGN(const std::vector<std::string_view>* flaws, cves_of(row.advisory));
        for (const std::string_view flaw : *flaws)
          if (const auto key = vulndb::cve_key(flaw)) cves_.add(*key);
      }
    }
    cves_.sort();
    return any;
  }

  template <class Concerns>
  Result<void> glance(const Package& package, const Concerns& concerns) {
    if (glances_.size() < asked_.size()) glances_.resize(asked_.size());
    for (std::size_t i = 0; i < asked_.size(); ++i) {
      Judge judge(*this, package, asked_[i]);
      const auto concerned = [&](const Statement& shape) {
        const auto judged = judge.judge(shape);
        return judged && concerns(*judged);
      };
      LIMPID_TRY(database_.glance(asked_[i].group, std::ref(concerned), glances_[i]));
    }
    return {};
  }

  // Everything that is said of these flaws, and what may speak of them.
  Result<void> read(const Package& package) {
    statements_.clear();
    ends_.clear();
    for (std::size_t i = 0; i < asked_.size(); ++i) {
      LIMPID_TRY(database_.statements(asked_[i].group, glances_[i], cves_, statements_));
      ends_.push_back(statements_.size());
    }
    judged_.clear();
    auto statement = statements_.begin();
    for (std::size_t i = 0; i < asked_.size(); ++i) {
      Judge judge(*this, package, asked_[i]);
      for (const auto end = statements_.begin() + static_cast<std::ptrdiff_t>(ends_[i]); statement != end; ++statement)
        if (const auto judged = judge.judge(*statement)) judged_.push_back(*judged);
    }
    return {};
  }

  bool is_of_interest(const Judged& judged) const {
    return judged.evaluation->affected || (options_.not_affected && judged.statement->status == Status::not_affected);
  }

  // The flaws that a judgement speaks of: its own id, or, of a record with an id of its own kind, the CVEs that its
  // text names. That text is only opened if it matters.
  Result<std::span<const std::string_view>> flaws_of(const Judged& judged, std::string_view& own) {
    own = without_distribution(judged.statement->id);
    if (own.starts_with("CVE-") ||
        (judged.role == Role::none && !is_of_interest(judged) && judged.statement->status != Status::not_affected))
      return std::span(&own, 1);
    LIMPID_ASSIGN(const std::vector<std::string_view>* cves, cves_of(judged.statement->advisory));
    return cves->empty() ? std::span<const std::string_view>(&own, 1) : std::span<const std::string_view>(*cves);
  }

  // Leaves the judgements on flaws of which anything is to be told, each with its flaw; one that speaks of several
  // becomes several.
  Result<void> name_flaws() {
    flaws_told_.clear();
    std::string_view own;
    for (const Judged& judged : judged_) {
      if (judged.statement->cve != 0 || !is_of_interest(judged)) continue;
      LIMPID_ASSIGN(const auto ids, flaws_of(judged, own));
      for (const std::string_view id : ids) flaws_told_.add(id);
    }
    flaws_told_.sort();
    named_.clear();
    std::string_view feed;
    int rank = 0;
    const auto name = [&](const Judged& judged, std::string_view id, std::uint32_t cve) {
      if (judged.statement->feed.data() != feed.data()) rank = rank_of_feed(feed = judged.statement->feed);
      named_.push_back(judged);
      named_.back().rank = rank;
      named_.back().id = id;
      named_.back().cve = cve;
    };
    for (const Judged& judged : judged_) {
      if (judged.statement->cve != 0) {  // one of cves_, or it would not have been read
        name(judged, judged.statement->id, judged.statement->cve);
        continue;
      }
      LIMPID_ASSIGN(const auto ids, flaws_of(judged, own));
      for (const std::string_view id : ids) {
        const std::uint32_t cve = vulndb::cve_key(id).value_or(0);
        if (cve != 0 ? cves_.has(cve) : flaws_told_.has(id)) name(judged, id, cve);
      }
    }
    judged_.swap(named_);
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
      if (a.cve != b.cve) return a.cve < b.cve;
      const auto order = a.cve != 0 ? std::strong_ordering::equal : a.id <=> b.id;
      return order != 0 ? order < 0 : a.rank < b.rank;
    });
    const bool data_only = is_data_only(image_.packages[index]);
    const bool not_running = !options_.kernel_runs && kernel_part(image_.packages[index]) == KernelPart::code;
    for (std::size_t begin = 0, end = 0; begin < judged_.size(); begin = end) {
      const auto is_same = [&](const Judged& one) {
        return one.cve == judged_[begin].cve && (one.cve != 0 || one.id == judged_[begin].id);
      };
      while (end < judged_.size() && is_same(judged_[end])) ++end;
      const std::span group = deciding(std::span(judged_.data() + begin, end - begin));
      std::vector<const Judged*>& chosen = decide(group);
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
  std::vector<const Judged*>& decide(std::span<const Judged> group) {
    const std::string_view decider = group.front().statement->feed;
    // Where a minor release with longer support has got its own fix, RHEL's is none that the image could install.
    const bool extended = std::ranges::any_of(group, [&](const Judged& judged) {
      return judged.statement->feed == decider && judged.offer == Offer::extended &&
             judged.statement->status == Status::fixed;
    });
    auto& [hits, denials, suspicions] = chosen_;
    for (auto* list : {&hits, &denials, &suspicions}) list->clear();
    bool denied = false;
    for (const Judged& judged : group) {
      const Status status = judged.statement->status;
      if (judged.statement->feed != decider) continue;
      if (extended && judged.offer == Offer::base && !judged.statement->products.empty()) continue;
      if (status == Status::not_affected) {
        denied = true;
        if (options_.not_affected) denials.push_back(&judged);
      } else if (judged.evaluation->affected) {
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
          !judged.evaluation->affected)
        return false;
    if (std::ranges::any_of(hits, subscribed)) std::erase_if(hits, [&](const Judged* hit) { return !subscribed(hit); });
    return !hits.empty();
  }

  // What a subscription would bring an image without one: the version that fixes what stays open here.
  Result<void> add_offers(const Package& package, std::span<Finding> findings) {
    if (std::ranges::all_of(findings, [](const Finding& finding) { return !finding.fixed_in.empty(); })) return {};
    const std::string esm = subscription_space(database_, origins_, package.name_space);
    if (esm.empty()) return {};
    asked_.clear();
    LIMPID_TRY(ask_by_source(package, esm, {}, Role::subscription, asked_));
    LIMPID_TRY(ask_by_name(package, esm, Role::subscription, asked_));
    cves_.clear();
    for (const Finding& finding : findings)
      if (const auto key = vulndb::cve_key(finding.id); key && finding.fixed_in.empty()) cves_.add(*key);
    cves_.sort();
    LIMPID_TRY(glance(package, [](const Judged&) { return false; }));
    LIMPID_TRY(read(package));
    std::erase_if(judged_, [](const Judged& judged) {
      return judged.statement->status != Status::fixed || !judged.evaluation->affected;
    });
    LIMPID_TRY(name_flaws());
    for (Finding& finding : findings)
      for (const Judged& judged : judged_)
        if (finding.fixed_in.empty() && judged.id == finding.id)
          finding.fixed_for_subscribers = judged.evaluation->range.fixed;
    return {};
  }

  // Where no feed has a word for it: the word of the CVSS score that speaks for the flaw.
  Result<void> rate(Finding& finding) {
    const bool may_have_own = finding.feed == kOsv;
    if (!may_have_own && database_.info().enrichments == 0) return {};
    auto found = ratings_.find(std::pair(finding.id, finding.advisory_number));
    if (found == ratings_.end()) {
      Rating rating;
      if (may_have_own) {
        LIMPID_ASSIGN(const vulndb::Details details, database_.details(finding.advisory_number));
        if (const auto best = cvss::best_vector(details.cvss, finding.feed, nullptr))
          rating = {severity_of_score(best->version, best->score), finding.feed};
      }
      if (rating.source.empty()) {
        LIMPID_ASSIGN(auto best, database_.rating(finding.id));
        if (best)
          rating = {severity_of_score(best->version, best->score), texts_.emplace_back(std::move(best->source))};
      }
      found = ratings_.emplace(std::pair(finding.id, finding.advisory_number), rating).first;
    }
    if (found->second.severity == Severity::unknown) return {};
    finding.severity = found->second.severity;
    finding.severity_word = name_of(finding.severity);
    finding.severity_source = found->second.source;
    return {};
  }

  Finding finding(std::uint32_t index, const std::vector<const Judged*>& hits, std::span<const Judged> group) {
    const Judged& first = *hits.front();
    const Package& package = image_.packages[index];
    const std::string_view version = first.by_source ? package.source_version : package.version;
    Finding finding;
    finding.package = index;
    finding.id = first.id;
    finding.advisory = first.statement->id;
    finding.advisory_number = first.statement->advisory;
    finding.feed = first.statement->feed;
    finding.key = first.statement->package;
    finding.evaluation = *first.evaluation;
    finding.by_source = first.by_source;
    finding.kind = first.statement->kind;
    finding.status = first.statement->status;
    finding.uncertain = first.uncertain;
    std::vector<const Statement*>& statements = deciding_;
    statements.clear();
    for (const Judged* hit : hits) statements.push_back(hit->statement);
    const auto fixable = [](const Statement* statement) { return ends_are_fixes(*statement); };
    if (finding.status != Status::not_affected && std::ranges::all_of(statements, fixable)) {
      if (const auto fixed = version_free_of(statements, version, rebuilt_)) {
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
  const bool of_parent_;  // the image's distribution is held against the advisories of the one that it is made of
  ImageProducts products_;
  std::string asked_namespace_, namespace_;
  // Reused from package to package.
  std::vector<Asked> asked_, of_source_;
  const Package* last_ = nullptr;        // the one that `of_source_` is of
  bool rebuilt_ = false;                 // it is a rebuild of RHEL's, held against what is said of that
  std::vector<vulndb::Glance> glances_;  // at what was asked
  vulndb::CveSet cves_;
  std::vector<Statement> statements_;
  std::vector<std::size_t> ends_;
  std::vector<Judged> judged_, named_;
  std::array<std::vector<const Judged*>, 3> chosen_;
  std::vector<const Statement*> deciding_;
  Ids flaws_told_;
  Verdicts verdicts_;
  std::map<std::uint32_t, std::vector<std::string_view>> flaws_;
  struct Rating {
    Severity severity = Severity::unknown;
    std::string_view source;
  };
  std::map<std::pair<std::string_view, std::uint32_t>, Rating> ratings_;
  std::list<std::string>& texts_;
};

// Of packages that were judged in another order than theirs, and by several: what was found of one stands together.
void gather(std::vector<Matches>& parts, Matches& matches) {
  std::vector<Finding*> order;
  for (Matches& part : parts) {
    for (Finding& finding : part.findings) order.push_back(&finding);
    matches.unmatched.insert(matches.unmatched.end(), part.unmatched.begin(), part.unmatched.end());
    matches.texts.splice(matches.texts.end(), part.texts);
  }
  std::ranges::stable_sort(order, {}, [](const Finding* finding) { return finding->package; });
  matches.findings.reserve(order.size());
  for (Finding* finding : order) matches.findings.push_back(std::move(*finding));
  std::ranges::sort(matches.unmatched, {}, &Unmatched::package);
}

// As many as have enough to do: starting a thread takes as long as judging some dozens of packages.
unsigned threads_for(std::size_t packages, unsigned at_most) {
  constexpr std::size_t kPackagesEach = 100;
  return static_cast<unsigned>(std::clamp<std::size_t>(packages / kPackagesEach, 1, std::max(1U, at_most)));
}

void warn(const inventory::ImageInventory& image, std::string_view parent, Matches& matches) {
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
  if (!parent.empty())
    matches.warnings.push_back(
        base::cat({"The database has no advisories for ", distribution.name_space, ": the packages that it takes from ",
                   parent, " are held against that one's, and those that it builds itself are not."}));
  if (!matches.covered)
    matches.warnings.push_back(base::cat({"The database has no advisories for ", distribution.name_space,
                                          ": no findings here does not mean no flaws."}));
}

}  // namespace

Result<Matches> match_image(const inventory::ImageInventory& image, const vulndb::Database& database,
                            const MatchOptions& options) {
  Matches matches;
  LIMPID_ASSIGN_WITHIN(const ImageProducts products, ImageProducts::find(image, database), {"repositories"});
  const Origins origins = options.one_image ? origins_of(image) : Origins();
  Matcher matcher(image, database, options, origins, products, matches);
  matches.covered = !image.distribution.name_space.empty() && matcher.has_advisories(image.distribution.name_space);
  matches.support = support_of(image.distribution, database, options.today);
  matches.unsupported = find_unsupported(image, matches.support, database, options.today);

  const std::vector<std::uint32_t> order = by_source(image.packages);
  // One package may have as much to say as a hundred others: each thread takes a few more when it is done.
  constexpr std::size_t kPackagesAtOnce = 16;
  std::atomic<std::size_t> next = 0;
  std::vector<Matches> parts(threads_for(order.size(), options.threads));
  std::vector<Result<void>> results(parts.size());
  const auto match_some = [&](Matcher& own, Matches& part) -> Result<void> {
    // Memory that is touched for the first time is what costs most here: a vector that grows would touch twice as much.
    constexpr std::size_t kFindingsPerPackage = 2;
    part.findings.reserve(kFindingsPerPackage * order.size() / parts.size());
    for (std::size_t at = next.fetch_add(kPackagesAtOnce); at < order.size(); at = next.fetch_add(kPackagesAtOnce))
      for (const std::uint32_t index : std::span(order).subspan(at, std::min(kPackagesAtOnce, order.size() - at)))
        LIMPID_TRY_WITHIN(own.match(index, part), {"package ", image.packages[index].name});
    return {};
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < parts.size(); ++i)
      threads.emplace_back([&, i] {
        Matcher own(image, database, options, origins, products, parts[i]);
        results[i] = match_some(own, parts[i]);
      });
    results[0] = match_some(matcher, parts[0]);
  }
  for (const Result<void>& result : results) LIMPID_TRY(result);
  gather(parts, matches);
  for (std::uint32_t index = 0; index < image.packages.size(); ++index)
    LIMPID_TRY_WITHIN(matcher.find_newer(index, matches), {"package ", image.packages[index].name});
  warn(image, parent_space(database, origins), matches);
  return matches;
}

}  // namespace limpid::match

// `limpid scan -f table`: the summary first, then the findings by package with what to upgrade to, then what a reader
// should know about what was not checked.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/text.h"
#include "report/terminal.h"

namespace limpid::report {
namespace {

using match::Finding;

// The packages that come from one source in one layer at one version: what is upgraded together.
struct Group {
  std::uint32_t layer = 0;
  std::string source, installed, fixed_in;
  std::set<std::string> packages;
  std::uint64_t weight = 0;
  // Flaws on one line: same severity, same status, same fixed version.
  std::map<std::tuple<int, std::string>, std::set<std::string>> lines;  // (-severity, what to do) → ids
};

std::string status_of(const Finding& finding) {
  using advisory::Status;
  if (!finding.fixed_in.empty()) return base::cat({"fixed in ", base::printable(finding.fixed_in)});
  if (!finding.fixed_for_subscribers.empty())
    return base::cat({"fixed with Ubuntu Pro in ", base::printable(finding.fixed_for_subscribers)});
  switch (finding.status) {
    case Status::will_not_fix:
      return "will not be fixed";
    case Status::fix_deferred:
      return "fix deferred";
    case Status::end_of_life:
      return "no fix: end of life";
    case Status::under_investigation:
      return "under investigation";
    case Status::not_affected:
      return "not affected, by the vendor's word";
    default:
      return "no fix yet";
  }
}

std::string advice(const Finding& finding) {
  return finding.not_running ? status_of(finding) + "; this kernel does not run here" : status_of(finding);
}

// The flaws among the findings that are known to be exploited.
Result<std::set<std::string_view>> exploited(const ScanResult& result) {
  std::set<std::string_view> asked, found;
  if (result.database.info().enrichments == 0) return found;
  for (const Finding& finding : result.matches.findings) {
    if (!asked.insert(finding.id).second) continue;
    LIMPID_ASSIGN(const auto known, result.database.enrichment(finding.id));
    if (known && !known->kev_added.empty()) found.insert(finding.id);
  }
  return found;
}

std::vector<Group> group(const ScanResult& result, const std::set<std::string_view>& exploited) {
  std::map<std::tuple<std::uint32_t, std::string, std::string>, Group> groups;
  for (const Finding& finding : result.matches.findings) {
    const inventory::Package& package = result.subject.inventory.packages[finding.package];
    const bool source = !package.source_name.empty();
    const std::string& name = source ? package.source_name : package.name;
    const std::string& version = source ? package.source_version : package.version;
    Group& group = groups[{package.layer, name, version}];
    group.layer = package.layer;
    group.source = name;
    group.installed = version;
    group.packages.insert(base::printable(package.name));
    group.weight += match::weight_of(finding.severity);
    std::string id = base::printable(finding.id);
    if (exploited.contains(finding.id)) id += " (exploited)";
    if (finding.uncertain) id += " (uncertain)";
    if (finding.kind == advisory::Kind::malware) id += " (malware)";
    group.lines[{-static_cast<int>(finding.severity), advice(finding)}].insert(std::move(id));
  }
  for (const match::Upgrade& upgrade : result.plan.upgrades) {
    const auto found = groups.find({upgrade.layer, upgrade.source, upgrade.from});
    if (found != groups.end())
      found->second.fixed_in = upgrade.available.empty() ? upgrade.fixed_in : upgrade.available;
  }
  std::vector<Group> ordered;
  for (auto& [key, value] : groups) ordered.push_back(std::move(value));
  // The most severe flaw first, then the heaviest sum.
  const auto severest = [](const Group& one) { return std::get<0>(one.lines.begin()->first); };
  std::ranges::stable_sort(ordered, [&](const Group& a, const Group& b) {
    return std::tuple(severest(a), b.weight) < std::tuple(severest(b), a.weight);
  });
  return ordered;
}

std::string by_severity(const match::Count& count, const Style& style) {
  std::string text;
  for (const match::Severity severity : match::kSeverities) {
    const std::size_t number = count.by_severity[static_cast<std::size_t>(severity)];
    if (number == 0) continue;
    if (!text.empty()) text += ", ";
    const bool unknown = severity == match::Severity::unknown;
    const std::string words = unknown ? "of unknown severity" : std::string(match::name_of(severity));
    text += paint(style, ink_of(severity), base::cat({number, " ", words}));
  }
  return text;
}

void write_group(std::string& text, const Group& group, const Style& style) {
  constexpr std::size_t kSeverityWidth = 12, kIndent = 2;
  std::string title = base::cat({base::printable(group.source), " ", base::printable(group.installed)});
  if (!group.fixed_in.empty()) base::append(title, {" → ", base::printable(group.fixed_in)});
  base::append(text, {paint(style, Ink::bold, fit(title, style.width, false)), "\n"});
  std::vector<std::string> packages(group.packages.begin(), group.packages.end());
  const std::string where = base::cat({"layer ", group.layer + 1, ": "});
  base::append(text, {std::string(kIndent, ' '),
                      paint(style, Ink::dim, where + wrap_list(packages, kIndent + where.size(), style.width)), "\n"});
  for (const auto& [key, ids] : group.lines) {
    const auto severity = static_cast<match::Severity>(-std::get<0>(key));
    const std::string& what = std::get<1>(key);
    base::append(text,
                 {std::string(kIndent, ' '),
                  paint(style, ink_of(severity), fit(match::name_of(severity), kSeverityWidth, true)), what, "\n"});
    base::append(text, {std::string(kIndent + kSeverityWidth, ' '),
                        wrap_list({ids.begin(), ids.end()}, kIndent + kSeverityWidth, style.width), "\n"});
  }
  text += '\n';
}

// "12 packages from third parties: a, b, c", at most a few lines of names.
void write_names(std::string& text, std::string_view title, const std::set<std::string>& names, const Style& style) {
  constexpr std::size_t kShown = 12;
  std::vector<std::string> shown;
  for (const std::string& name : names) {
    if (shown.size() == kShown) break;
    shown.push_back(name);
  }
  if (names.size() > shown.size()) shown.push_back(base::cat({"and ", names.size() - shown.size(), " more"}));
  base::append(
      text, {wrap_text(title, 2, style.width), "\n  ", paint(style, Ink::dim, wrap_list(shown, 2, style.width)), "\n"});
}

// How many packages have less support than the release; "" if none has.
std::string unsupported_summary(const ScanResult& result) {
  const auto count = [&](match::Unsupported::State state) {
    return static_cast<std::size_t>(std::ranges::count_if(
        result.matches.unsupported, [&](const match::Unsupported& one) { return one.package && one.state == state; }));
  };
  const std::size_t ended = count(match::Unsupported::State::ended);
  const std::size_t limited = count(match::Unsupported::State::limited);
  if (ended + limited == 0) return {};
  return base::cat(
      {plural(ended, "package"), " without security support, ", limited, " with limited support (below)."});
}

// "suricata since 2026-04-30: Upstream ended its support", and the packages built from it.
void write_unsupported(std::string& text, const ScanResult& result, const Style& style) {
  using State = match::Unsupported::State;
  std::map<std::string, std::set<std::string>> packages;  // by id
  for (const match::Unsupported& one : result.matches.unsupported)
    if (one.package) packages[one.id].insert(base::printable(result.subject.inventory.packages[*one.package].name));
  for (const State state : {State::ended, State::limited}) {
    std::string title(state == State::ended ? "Without security support, though the release has it:\n"
                                            : "With limited security support only:\n");
    std::set<std::string_view> seen;
    for (const match::Unsupported& one : result.matches.unsupported) {
      if (!one.package || one.state != state || !seen.insert(one.id).second) continue;
      if (!title.empty()) text += paint(style, state == State::ended ? Ink::red : Ink::plain, title);
      title.clear();
      const std::string_view source = std::string_view(one.id).substr(one.id.rfind('/') + 1);
      std::string line = base::cat({base::printable(source), one.until.empty() ? "" : " since ", one.until});
      if (!one.detail.empty()) base::append(line, {": ", base::printable(one.detail)});
      base::append(text, {"  ", wrap_text(line, 4, style.width), "\n    "});
      const std::vector<std::string> names(packages[one.id].begin(), packages[one.id].end());
      base::append(text, {paint(style, Ink::dim, wrap_list(names, 4, style.width)), "\n"});
    }
    if (title.empty()) text += '\n';
  }
}

void write_unmatched(std::string& text, const ScanResult& result, const Style& style) {
  std::map<match::Unmatched::Why, std::set<std::string>> names;
  for (const match::Unmatched& unmatched : result.matches.unmatched)
    names[unmatched.why].insert(base::printable(result.subject.inventory.packages[unmatched.package].name));
  for (const auto& [why, packages] : names)
    write_names(text, base::cat({"Not checked, ", match::describe(why), ":"}), packages, style);
}

void write_outdated(std::string& text, const ScanResult& result, const Style& style) {
  std::set<std::uint32_t> vulnerable;
  for (const Finding& finding : result.matches.findings) vulnerable.insert(finding.package);
  std::set<std::string> names;
  for (const match::Outdated& outdated : result.matches.outdated) {
    if (vulnerable.contains(outdated.package)) continue;
    const inventory::Package& package = result.subject.inventory.packages[outdated.package];
    names.insert(base::cat({base::printable(package.name), " ", base::printable(package.version), " → ",
                            base::printable(outdated.available)}));
  }
  if (!names.empty()) write_names(text, "Outdated, though nothing known is fixed by it:", names, style);
}

}  // namespace

Result<std::string> scan_table(const ScanResult& result, const Style& style) {
  LIMPID_ASSIGN(const auto known_exploited, exploited(result));
  std::string text = opening(result, style);
  const match::Count count = match::count(result.matches.findings);
  text += '\n';
  if (count.findings == 0) {
    text += result.matches.covered ? "No findings.\n" : "No findings, but see the warning above.\n";
  } else {
    base::append(text,
                 {paint(style, Ink::bold, plural(count.findings, "finding")), ": ", by_severity(count, style), ".\n"});
    const std::string cure = base::cat({plural(count.cured, "goes", "go"), " away with ",
                                        plural(result.plan.upgrades.size(), "package upgrade"), "; ", result.plan.left,
                                        " cannot be fixed by upgrading."});
    base::append(text, {paint(style, Ink::green, wrap_text(cure, 0, style.width)), "\n"});
    const auto asleep = std::ranges::count_if(result.matches.findings, &Finding::not_running);
    if (asleep != 0)
      base::append(text, {wrap_text(base::cat({asleep,
                                               " of them in a kernel that a container does not run "
                                               "(--ignore-not-running hides them)."}),
                                    0, style.width),
                          "\n"});
    if (!known_exploited.empty()) {
      const std::string warning =
          base::cat({plural(known_exploited.size(), "flaw is", "flaws are"), " known to be exploited (marked below)."});
      base::append(text, {paint(style, Ink::red, wrap_text(warning, 0, style.width)), "\n"});
    }
  }
  if (const std::string summary = unsupported_summary(result); !summary.empty())
    base::append(text, {wrap_text(summary, 0, style.width), "\n"});
  for (const auto& [why, number] : result.hidden) base::append(text, {"Hidden (", why, "): ", number, ".\n"});
  text += '\n';
  for (const Group& one : group(result, known_exploited)) write_group(text, one, style);
  write_unsupported(text, result, style);
  write_outdated(text, result, style);
  write_unmatched(text, result, style);
  text += incomplete(result.subject, style);
  return text;
}

}  // namespace limpid::report

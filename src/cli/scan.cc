// `limpid scan` and `limpid plan`: the same flow, told as findings or as upgrades.
#include "scan/scan.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/heap.h"
#include "base/log.h"
#include "cli/common.h"
#include "image/source.h"
#include "match/match.h"
#include "match/plan.h"
#include "match/policy.h"

namespace limpid::cli {
namespace {

using Render = Result<std::string> (*)(const report::ScanResult&, const report::Style&);

Result<std::vector<match::IgnoreRule>> read_ignore_file(const ScanCommand& command) {
  if (!command.ignore_file_named && !std::filesystem::exists(command.ignore_file))
    return std::vector<match::IgnoreRule>{};
  LIMPID_ASSIGN_WITHIN(const std::string text, base::read_file(command.ignore_file, match::kIgnoreFileSizeMax),
                       {"ignore file"});
  std::vector<std::string> warnings;
  auto rules = match::parse_trivyignore(text, warnings);
  for (const std::string& warning : warnings)
    base::log(base::LogLevel::warn, "ignore file", {{"file", command.ignore_file}, {"problem", warning}});
  return rules;
}

Result<match::Policy> policy_of(const ScanCommand& command) {
  match::Policy policy;
  if (!command.severities.empty()) {
    LIMPID_ASSIGN(policy.severities, match::parse_severities(command.severities));
  }
  policy.only_fixed = command.only_fixed;
  LIMPID_ASSIGN(policy.ignore, read_ignore_file(command));
  if (!command.fail_on.empty()) {
    policy.fail_on = match::parse_severity(command.fail_on);
    if (!policy.fail_on)
      return fail(Code::usage,
                  {"--fail-on ", command.fail_on, ": use critical, high, medium, low, negligible or unknown"});
  }
  return policy;
}

struct Outcome {
  std::string text;
  bool tripped = false;  // --fail-on
  bool any_finding = false;
  bool incomplete = false;
};

// From a target to its report.
Result<Outcome> scan_target(const std::string& target, const ScanCommand& command, const image::OpenOptions& open,
                            const match::Policy& policy, const vulndb::Database& database, scan::LayerCache* cache,
                            Render render) {
  LIMPID_ASSIGN(const std::unique_ptr<image::ImageSource> source, image::open_image(target, open));
  LIMPID_ASSIGN_WITHIN(const scan::ScannedImage scanned, scan::scan_image(*source, scan_options(command.image), cache),
                       {target});
  LIMPID_ASSIGN(match::Matches matches, match::match_image(scanned.inventory, database, {policy.today}));
  const match::Hidden hidden = match::apply(policy, matches.findings);
  const match::Plan plan = match::plan_upgrades(scanned.inventory, matches);
  const report::ScanResult result{{target, scanned.manifest, scanned.inventory}, matches, plan, hidden, database};
  Outcome outcome;
  LIMPID_ASSIGN(outcome.text, render(result, style_for(command.output)));
  outcome.tripped = match::trips(policy, matches.findings);
  outcome.any_finding = !matches.findings.empty();
  outcome.incomplete = !scanned.inventory.skipped.empty();
  if (!command.quiet && !command.output.file.empty())
    for (const std::string& warning : matches.warnings) base::log(base::LogLevel::warn, warning, {{"target", target}});
  return outcome;
}

// Several JSON documents are one array; several tables follow each other.
std::string join(const std::vector<Outcome>& outcomes, bool json) {
  if (outcomes.size() == 1) return outcomes.front().text;
  std::string text = json ? "[\n" : "";
  for (const Outcome& outcome : outcomes) {
    if (&outcome != &outcomes.front()) text += json ? ",\n" : "\n";
    text += outcome.text;
  }
  return json ? text + "]\n" : text;
}

Result<int> run(const ScanCommand& command, Render report::Format::* render) {
  base::prepare_heap(kHeapAtFirst);
  LIMPID_ASSIGN(const report::Format* format, find_format(command.output.format));
  LIMPID_ASSIGN(const match::Policy policy, policy_of(command));
  LIMPID_ASSIGN(const image::OpenOptions open, open_options(command.image));
  LIMPID_ASSIGN(const vulndb::Database database, open_database(command.database));
  const std::unique_ptr<scan::LayerCache> cache = open_cache(command.image.cache, open, scan_options(command.image));
  std::vector<Outcome> outcomes;
  bool tripped = false, incomplete = false;
  for (const std::string& target : command.targets) {
    LIMPID_ASSIGN(Outcome outcome, scan_target(target, command, open, policy, database, cache.get(), format->*render));
    // As in Trivy, --exit-code alone trips on whatever is left.
    tripped = tripped || outcome.tripped || (command.exit_code > 0 && command.fail_on.empty() && outcome.any_finding);
    incomplete = incomplete || outcome.incomplete;
    outcomes.push_back(std::move(outcome));
  }
  LIMPID_TRY(deliver(command.output, join(outcomes, format->name == "json")));
  if (incomplete && command.fail_on_incomplete)
    return fail(Code::invalid,
                {"a part of the image was not read (see what was skipped), and --fail-on-incomplete is set"});
  if (tripped) return command.exit_code >= 0 ? command.exit_code : kGateTripped;
  return kDone;
}

int status_of(const Result<int>& result) { return result ? *result : failed(result.error()); }

}  // namespace

int run_scan(const ScanCommand& command) { return status_of(run(command, &report::Format::scan)); }
int run_plan(const ScanCommand& command) { return status_of(run(command, &report::Format::plan)); }

}  // namespace limpid::cli

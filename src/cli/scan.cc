// `limpid scan` and `limpid plan`: the same flow, told as findings or as upgrades.
#include "scan/scan.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/heap.h"
#include "base/log.h"
#include "base/pool.h"
#include "base/text.h"
#include "cli/common.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/sandbox.h"
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
    LIMPID_ASSIGN_WITHIN(policy.severities, match::parse_severities(command.severities), {"--severity"});
  }
  if (!command.statuses.empty()) {
    LIMPID_ASSIGN_WITHIN(policy.statuses, match::parse_statuses(command.statuses), {"--status"});
  }
  if (!command.ignored_statuses.empty()) {
    LIMPID_ASSIGN_WITHIN(policy.ignored_statuses, match::parse_statuses(command.ignored_statuses), {"--ignore-status"});
  }
  policy.only_fixed = command.only_fixed;
  policy.only_unfixed = command.only_unfixed;
  policy.ignore_not_running = command.ignore_not_running;
  policy.ignore_data_only = command.ignore_data_only;
  LIMPID_ASSIGN(policy.ignore, read_ignore_file(command));
  if (!command.fail_on.empty()) LIMPID_TRY_WITHIN(match::parse_gates(command.fail_on, policy), {"--fail-on"});
  // As in Trivy, --exit-code alone trips on whatever is left.
  policy.fail_on_any = command.exit_code > 0 && command.fail_on.empty();
  return policy;
}

// "rootfs:/": the system that this runs on, and no container.
bool is_this_machine(std::string_view target) {
  base::strip_prefix(target, "rootfs:");
  base::strip_prefix(target, "dir:");
  return std::filesystem::path(target).lexically_normal() == "/";
}

// What the images come to, one after the other.
struct Outcome {
  std::vector<std::string> reports;
  bool tripped = false;  // --fail-on, or --exit-code alone
  bool ended = false;    // the release of one of them
  bool incomplete = false;
};

// What every image of a run is held against.
struct Run {
  const ScanCommand& command;
  Targets& targets;
  const scan::ScanOptions& options;
  ProgressDisplay* display;
  const match::Policy& policy;
  const vulndb::Database& database;
  scan::LayerCache* cache;
  Render render;
};

Result<void> scan_one(const std::string& target, const image::ImageSource& source, const Run& run, Outcome& outcome) {
  const ScanCommand& command = run.command;
  LIMPID_ASSIGN(const scan::ScannedImage scanned, scan::scan_image(source, run.options, run.cache));
  match::MatchOptions options = match::match_options(run.policy);
  options.kernel_runs = is_this_machine(target);
  options.threads = base::processors();
  LIMPID_ASSIGN(match::Matches matches, match::match_image(scanned.inventory, run.database, options));
  const match::Hidden hidden = match::apply(run.policy, matches);
  const match::Plan plan = match::plan_upgrades(scanned.inventory, matches);
  const report::ScanResult result{{target, scanned.manifest, scanned.inventory}, matches, plan, hidden, run.database};
  LIMPID_ASSIGN(std::string text, run.render(result, style_for(command.output)));
  outcome.reports.push_back(std::move(text));
  outcome.tripped = outcome.tripped || match::trips(run.policy, matches);
  outcome.ended = outcome.ended || match::release_ended(matches);
  outcome.incomplete = outcome.incomplete || !scanned.inventory.skipped.empty();
  if (!command.quiet && !command.output.file.empty())
    for (const std::string& warning : matches.warnings) base::log(base::LogLevel::warn, warning, {{"target", target}});
  return {};
}

// From a target to its reports: one, or with --platform all one for each platform.
Result<void> scan_target(std::size_t index, const Run& run, Outcome& outcome) {
  const std::string& target = run.command.targets[index];
  if (run.display != nullptr) run.display->target_begins(target);
  LIMPID_ASSIGN(const auto images, run.targets.open(index));
  for (const auto& image : images)
    LIMPID_TRY_WITHIN(scan_one(target, *image, run, outcome), {name_for_errors(target, *image, images.size())});
  return {};
}

Result<int> run(const ScanCommand& command, Render report::Format::* render, const std::atomic<bool>* cancel) {
  base::prepare_heap(kHeapAtFirst);
  LIMPID_ASSIGN(const report::Format* format, find_format(command.output.format));
  LIMPID_ASSIGN(const match::Policy policy, policy_of(command));
  LIMPID_ASSIGN(image::OpenOptions open, open_options(command.image, cancel));
  LIMPID_ASSIGN(const vulndb::Database database, open_database(command.database));
  scan::ScanOptions options = scan_options(command.image, cancel);
  const std::unique_ptr<scan::LayerCache> cache = open_cache(command.image.cache, open, options);
  std::unique_ptr<ProgressDisplay> display = ProgressDisplay::start(command.quiet);
  open.observer = options.progress = display.get();
  LIMPID_ASSIGN(Targets targets, Targets::confine_and_open(command.targets, open, command.image, command.output));
  const Run this_run{command, targets, options, display.get(), policy, database, cache.get(), format->*render};
  Outcome outcome;
  for (std::size_t i = 0; i < command.targets.size(); ++i) LIMPID_TRY(scan_target(i, this_run, outcome));
  display.reset();
  LIMPID_TRY(
      deliver(command.output, join_reports(outcome.reports, *format, open.platform == image::kAllPlatforms), cancel));
  if (outcome.incomplete && command.fail_on_incomplete)
    return fail(Code::invalid,
                {"a part of the image was not read (see what was skipped), and --fail-on-incomplete is set"});
  if (outcome.ended && command.exit_on_eol > 0) return command.exit_on_eol;
  if (outcome.tripped) return command.exit_code >= 0 ? command.exit_code : kGateTripped;
  return kDone;
}

int run_as(const ScanCommand& command, Render report::Format::* render) {
  return run_interruptibly(command.image.timeout,
                           [&](const std::atomic<bool>* cancel) { return run(command, render, cancel); });
}

}  // namespace

int run_scan(const ScanCommand& command) { return run_as(command, &report::Format::scan); }
int run_plan(const ScanCommand& command) { return run_as(command, &report::Format::plan); }

}  // namespace limpid::cli

// `limpid db build`: local copies of feeds, each in its upstream's own format → one database file.
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/text.h"
#include "cli/common.h"
#include "service/compile.h"

namespace limpid::cli {
namespace {

void tell(const vulndb::FeedInfo& feed, const SkippedList& skipped) {
  std::fprintf(stderr, "%s: %llu records, %llu statements", base::printable(feed.name).c_str(),
               static_cast<unsigned long long>(feed.records), static_cast<unsigned long long>(feed.statements));
  for (const auto& [reason, number] : feed.dropped)
    std::fprintf(stderr, ", %llu dropped (%s)", static_cast<unsigned long long>(number),
                 base::printable(reason).c_str());
  std::fprintf(stderr, "\n");
  constexpr std::size_t kShown = 10;
  for (std::size_t i = 0; i < skipped.size() && i < kShown; ++i)
    std::fprintf(stderr, "  not read: %s: %s\n", base::printable(skipped[i].path).c_str(),
                 base::printable(skipped[i].detail).c_str());
  if (skipped.size() > kShown) std::fprintf(stderr, "  and %zu more\n", skipped.size() - kShown);
}

Result<int> run(const DbBuildCommand& command) {
  std::vector<FeedArgument> feeds;
  for (const std::string& text : command.feeds) {
    LIMPID_ASSIGN(FeedArgument argument, parse_feed_argument(text, "PATH"));
    feeds.push_back(std::move(argument));
  }
  service::Compilation compilation;
  std::vector<service::Compilation::Input> inputs;
  for (const FeedArgument& feed : feeds)
    inputs.push_back({.feed = feed.feed,
                      .input = {feed.place, feed.name_space},
                      .shown = std::filesystem::path(feed.place).filename().string()});
  const auto results = compilation.add_all(inputs);
  // The error that made the others end, rather than their ending.
  for (const auto& result : results)
    if (!result && result.error().code() != Code::cancelled) return std::unexpected(result.error());
  for (const auto& result : results) {
    if (!result) return std::unexpected(result.error());
    if (!command.quiet) tell(result->info, result->skipped);
  }
  const std::string path = database_path(command.file);
  if (command.file.empty()) LIMPID_TRY(make_parent_folder(path));
  LIMPID_ASSIGN(const vulndb::Info info, compilation.write(path));
  tell_written(path, info, command.quiet);
  return kDone;
}

}  // namespace

int run_db_build(const DbBuildCommand& command) {
  const Result<int> result = run(command);
  return result ? *result : failed(result.error());
}

}  // namespace limpid::cli

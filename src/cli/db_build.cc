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
  for (const FeedArgument& feed : feeds) {
    const std::string shown = std::filesystem::path(feed.place).filename().string();
    LIMPID_ASSIGN(const service::CompiledFeed compiled,
                  compilation.add(*feed.feed, {feed.place, feed.name_space}, shown));
    if (!command.quiet) tell(compiled.info, compiled.skipped);
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

// `limpid db build`: local copies of feeds, each in its upstream's own format → one database file.
#include <cstdio>
#include <filesystem>
#include <string>

#include "advisory/feed.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/common.h"
#include "vulndb/compiler.h"

namespace limpid::cli {
namespace {

class CompilerSink : public advisory::Sink {
 public:
  explicit CompilerSink(vulndb::Compiler& compiler) : compiler_(compiler) {}
  void advisory(advisory::Advisory&& advisory) override { compiler_.add(std::move(advisory)); }
  void available(advisory::Available&& available) override { compiler_.add(std::move(available)); }
  void end_of_life(advisory::EndOfLife&& end_of_life) override { compiler_.add(std::move(end_of_life)); }

 private:
  vulndb::Compiler& compiler_;
};

struct FeedArgument {
  const advisory::Feed* feed = nullptr;
  advisory::FeedInput input;
};

Result<FeedArgument> parse_feed(std::string_view text) {
  std::string_view path = text;
  const std::string_view left = base::take_until(path, '=');
  std::string_view name_space = left;
  const std::string_view name = base::take_until(name_space, '@');
  FeedArgument argument{advisory::find_feed(name), {std::string(path), std::string(name_space)}};
  if (path.empty()) return fail(Code::usage, {"--feed ", text, ": write NAME=PATH or NAME@NAMESPACE=PATH"});
  if (argument.feed != nullptr) return argument;
  std::string known;
  for (const advisory::Feed* feed : advisory::feeds()) base::append(known, {known.empty() ? "" : ", ", feed->name()});
  return fail(Code::usage, {"--feed ", text, ": there is no feed '", name, "'; the feeds are ", known});
}

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

Result<void> compile_feed(const FeedArgument& argument, vulndb::Compiler& compiler, bool quiet) {
  CompilerSink sink(compiler);
  const std::string base_name = std::filesystem::path(argument.input.path).filename().string();
  compiler.begin_feed(argument.feed->name(), base_name);
  LIMPID_ASSIGN_WITHIN(const advisory::FeedCounts counts, argument.feed->read(argument.input, sink),
                       {"feed ", argument.feed->name()});
  const vulndb::FeedInfo info{std::string(argument.feed->name()),
                              base_name,
                              counts.records,
                              counts.statements,
                              counts.dropped,
                              counts.skipped.size(),
                              counts.as_of};
  compiler.end_feed(info);
  if (!quiet) tell(info, counts.skipped);
  return {};
}

Result<int> run(const DbBuildCommand& command) {
  std::vector<FeedArgument> feeds;
  for (const std::string& text : command.feeds) {
    LIMPID_ASSIGN(FeedArgument argument, parse_feed(text));
    feeds.push_back(std::move(argument));
  }
  vulndb::Compiler compiler;
  for (const advisory::EndOfLife& lifecycle : advisory::known_lifecycles())
    compiler.add(advisory::EndOfLife(lifecycle));
  for (const FeedArgument& feed : feeds) LIMPID_TRY(compile_feed(feed, compiler, command.quiet));
  const std::string path = database_path(command.file);
  if (command.file.empty()) {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    if (error) return fail(Code::io, {std::filesystem::path(path).parent_path().string(), ": ", error.message()});
  }
  LIMPID_ASSIGN(const vulndb::Info info, compiler.write(path));
  if (info.statements == 0)
    base::log(base::LogLevel::warn, "no feed had a single statement: this database knows of no flaw");
  if (!command.quiet)
    std::fprintf(stderr, "%s: %llu advisories, %llu statements, %llu bytes\n", base::printable(path).c_str(),
                 static_cast<unsigned long long>(info.advisories), static_cast<unsigned long long>(info.statements),
                 static_cast<unsigned long long>(info.size));
  return kDone;
}

}  // namespace

int run_db_build(const DbBuildCommand& command) {
  const Result<int> result = run(command);
  return result ? *result : failed(result.error());
}

}  // namespace limpid::cli

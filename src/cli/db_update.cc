// `limpid db update`: fetches the feeds as far as they changed, and compiles them to the database that scans use.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "cli/common.h"
#include "service/update.h"

namespace limpid::cli {
namespace {

// $XDG_CACHE_HOME/limpid/feeds, beside the database's default place.
std::string feeds_folder(const std::string& named) {
  if (!named.empty()) return named;
  const std::string database = database_path("");
  return database.substr(0, database.rfind('/')) + "/feeds";
}

void say(const std::string& line) { std::fprintf(stderr, "%s\n", base::printable(line).c_str()); }

// Which feeds failed, in one line, and what that means.
void tell_failures(const service::UpdateOutcome& outcome, bool quiet) {
  std::string names;
  for (const store::FeedState& feed : outcome.feeds) {
    if (feed.problem.empty()) continue;
    base::append(names, {names.empty() ? "" : ", ", feed.name});
    // Otherwise the progress has told it.
    if (quiet) say(base::cat({feed.name, ": failed: ", feed.problem}));
  }
  const std::string_view meaning =
      outcome.current ? "their last good copies are used, if there are any" : "the database was left as it is";
  say(base::cat({"limpid: ", outcome.failed, " of ", outcome.feeds.size(), " feeds failed (", names, "): ", meaning}));
}

Result<int> run(const DbUpdateCommand& command) {
  service::UpdateOptions options;
  for (const std::string& text : command.feeds) {
    LIMPID_ASSIGN(FeedArgument argument, parse_feed_argument(text, "URL"));
    options.config.feeds.push_back({std::string(argument.feed->name()), std::move(argument.place),
                                    std::move(argument.name_space), command.ca_file});
  }
  if (options.config.feeds.empty()) {
    options.config.feeds = service::default_feeds();
    for (service::FeedSource& source : options.config.feeds) source.ca_file = command.ca_file;
  }
  options.folder = feeds_folder(command.folder);
  options.output = database_path(command.file);
  LIMPID_TRY(make_parent_folder(options.output));
  if (!command.quiet) options.progress = say;
  LIMPID_ASSIGN(const service::UpdateOutcome outcome, service::update_database(options));
  if (outcome.compiled) tell_written(options.output, outcome.info, command.quiet);
  if (outcome.current && !outcome.compiled && !command.quiet)
    say(base::cat({options.output, ": nothing changed since it was compiled"}));
  if (outcome.failed > 0) tell_failures(outcome, command.quiet);
  return outcome.current && outcome.failed < outcome.feeds.size() ? kDone : kFailed;
}

}  // namespace

int run_db_update(const DbUpdateCommand& command) {
  const Result<int> result = run(command);
  return result ? *result : failed(result.error());
}

}  // namespace limpid::cli

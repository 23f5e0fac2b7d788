#include "service/update.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <list>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/date.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "service/compile.h"
#include "service/feed_source.h"
#include "service/files.h"

namespace limpid::service {
namespace {

constexpr std::size_t kMarkerSizeMax = 4 << 10;

// Two updates in one folder would take each other's files away. The kernel lets go of it when the process ends.
Result<base::File> lock_folder(const std::string& folder) {
  const std::string path = folder + "/lock";
  base::File file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file.is_open()) return base::fail_errno({path});
  if (::flock(file.descriptor(), LOCK_EX | LOCK_NB) == 0) return file;
  if (errno != EWOULDBLOCK) return base::fail_errno({path, ": lock"});
  return fail(Code::io, {folder, ": another update is using this folder"});
}

// This program as it is installed: another build may read the same feeds differently.
std::string program_identity() {
  struct stat status{};
  if (::stat("/proc/self/exe", &status) != 0) return {};
  return base::cat({status.st_size, " ", status.st_mtim.tv_sec, ".", status.st_mtim.tv_nsec});
}

class DatabaseUpdate {
 public:
  explicit DatabaseUpdate(const UpdateOptions& options) : options_(options) {}

  Result<UpdateOutcome> run();

 private:
  void set_up_feeds();
  void say(const std::string& line) const {
    if (options_.progress) options_.progress(line);
  }
  bool may_compile() const;
  Result<void> compile();
  // False if a feed that seemed to be readable was not: it is out now, and the rest may be tried again.
  Result<bool> try_to_compile();
  std::string fingerprint() const;
  bool is_up_to_date(const std::string& fingerprint) const;
  Result<void> remember(const std::string& fingerprint) const;
  std::string marker() const { return options_.folder + "/compiled"; }
  void tell_states();

  const UpdateOptions& options_;
  std::list<FeedUpdate> feeds_;
  UpdateOutcome outcome_;
};

void DatabaseUpdate::set_up_feeds() {
  const std::vector<FeedSource>& sources = options_.config.feeds.empty() ? default_feeds() : options_.config.feeds;
  const std::vector<std::string> labels = labels_of(sources);
  const store::Seconds time = base::seconds_now();
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto before = std::ranges::find(options_.before, labels[i], &store::FeedState::name);
    feeds_.emplace_back(sources[i], labels[i], options_, before == options_.before.end() ? nullptr : &*before, time);
  }
}

Result<UpdateOutcome> DatabaseUpdate::run() {
  LIMPID_TRY(make_folders(options_.folder));
  LIMPID_ASSIGN(const base::File lock, lock_folder(options_.folder));
  set_up_feeds();
  for (FeedUpdate& feed : feeds_) {
    LIMPID_TRY(feed.run());
    say(feed.summary());
  }
  LIMPID_TRY(compile());
  tell_states();
  return std::move(outcome_);
}

void DatabaseUpdate::tell_states() {
  for (const FeedUpdate& feed : feeds_) {
    outcome_.feeds.push_back(feed.state());
    outcome_.failed += feed.has_failed() ? 1 : 0;
  }
}

bool DatabaseUpdate::may_compile() const {
  bool may = true;
  for (const FeedUpdate& feed : feeds_) {
    if (!feed.would_lose()) continue;
    say(base::cat({"no new database, since it would lose what the last one knew from the feed ", feed.label()}));
    may = false;
  }
  return may;
}

std::string DatabaseUpdate::fingerprint() const {
  base::Hasher hasher;
  hasher.update(base::as_bytes(base::cat({program_identity(), "\n"})));
  for (const FeedUpdate& feed : feeds_) {
    if (!feed.input().empty()) hasher.update(base::as_bytes(base::cat({feed.fingerprint(), "\n\n"})));
  }
  return hasher.finish().hex();
}

bool DatabaseUpdate::is_up_to_date(const std::string& fingerprint) const {
  const auto text = base::read_file(marker(), kMarkerSizeMax);
  if (!text) return false;
  std::string_view rest = *text;
  if (base::take_line(rest) != fingerprint) return false;
  const auto hash = hash_file(options_.output, options_.cancel);
  return hash && base::take_line(rest) == hash->sha256;
}

Result<void> DatabaseUpdate::remember(const std::string& fingerprint) const {
  LIMPID_ASSIGN(const FileHash hash, hash_file(options_.output, options_.cancel));
  const std::string text = base::cat({fingerprint, "\n", hash.sha256, "\n"});
  return base::write_file_atomically(marker(), base::as_bytes(text));
}

Result<void> DatabaseUpdate::compile() {
  while (may_compile()) {
    if (std::ranges::all_of(feeds_, [](const FeedUpdate& feed) { return feed.input().empty(); })) {
      if (feeds_.empty()) return fail(Code::usage, {"no feed is configured"});
      return fail(Code::not_found, {"no feed could be had; ", feeds_.front().label(), ": ", feeds_.front().problem()});
    }
    const std::string fingerprint = this->fingerprint();
    outcome_.current = is_up_to_date(fingerprint);
    if (outcome_.current) return {};
    LIMPID_ASSIGN(outcome_.compiled, try_to_compile());
    outcome_.current = outcome_.compiled;
    if (outcome_.compiled) return remember(fingerprint);
  }
  return {};
}

Result<bool> DatabaseUpdate::try_to_compile() {
  Compilation compilation(options_.cancel);
  std::vector<Compilation::Input> inputs;
  std::vector<FeedUpdate*> given;
  for (FeedUpdate& feed : feeds_) {
    if (feed.input().empty()) continue;
    inputs.push_back(
        {.feed = &feed.feed(), .input = {feed.input(), feed.name_space()}, .shown = std::string(feed.shown())});
    given.push_back(&feed);
  }
  const auto added = compilation.add_all(inputs);
  // The one whose error made the others end, rather than their ending.
  for (std::size_t i = 0; i < added.size(); ++i) {
    if (added[i] || added[i].error().code() == Code::cancelled) continue;
    given[i]->spoil(added[i].error());
    say(given[i]->summary());
    return false;
  }
  for (const auto& one : added)
    if (!one) return std::unexpected(one.error());
  if (is_set(options_.cancel)) return fail(Code::cancelled, {"cancelled"});
  LIMPID_ASSIGN(outcome_.info, compilation.write(options_.output));
  return true;
}

}  // namespace

Result<UpdateOutcome> update_database(const UpdateOptions& options) { return DatabaseUpdate(options).run(); }

}  // namespace limpid::service

// One configured source of a feed in one update: what is fetched of it, whether it is taken, and what is left to
// compile if it is not. Private to the updater.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "advisory/feed.h"
#include "base/error.h"
#include "service/feed_fetch.h"
#include "service/feed_folder.h"
#include "service/feed_places.h"
#include "service/update.h"

namespace limpid::service {

class FeedUpdate {
 public:
  // `label` is the name in FeedState; `before` is nullptr if the last update did not know it.
  FeedUpdate(const FeedSource& source, std::string label, const UpdateOptions& options, const store::FeedState* before,
             store::Seconds now);

  // Fails only on cancellation: all else becomes the state's problem.
  Result<void> run();

  const std::string& label() const { return label_; }
  bool has_failed() const { return !problem_.empty(); }
  const std::string& problem() const { return problem_; }
  store::FeedState state() const;
  // For people, about what run() did.
  std::string summary() const;

  // What is there to compile, "" if nothing.
  const std::string& input() const { return input_; }
  const advisory::Feed& feed() const { return *feed_; }
  const std::string& name_space() const { return source_.name_space; }
  const std::string& shown() const { return place_.shown; }
  // Tells what input() holds apart from anything else that it could hold.
  std::string fingerprint() const;
  // Whether a database without what failed here would lose statements that an earlier one has: then none is made. Such
  // are a feed whose files are gone, and one that another node has read since this one did.
  bool would_lose() const;
  // Its files turned out to be unreadable.
  void spoil(const Error& error);

 private:
  Result<void> update();
  Result<void> fetch_all();
  Result<Fetched> fetch(const FeedFile& file, const std::string& kept, const std::string& to);
  Result<void> fetch_one(const FeedFile& file, const std::string& next, std::vector<FeedFolder::File>& taken);
  Result<void> take(std::vector<FeedFolder::File> files, const std::string& next);
  Result<void> read_in_place();
  // Reads the input through and judges it.
  Result<FeedRecord> judge(const std::string& path, const std::string& fingerprint) const;
  Result<void> use_kept();
  std::string path_in(const std::string& folder, const std::vector<FeedFolder::File>& files) const;

  FeedSource source_;
  std::string label_;
  const UpdateOptions& options_;
  const store::FeedState* before_;
  store::Seconds now_;
  const advisory::Feed* feed_ = nullptr;
  Fetcher fetcher_;
  std::optional<FeedFolder> folder_;
  FeedPlace place_;
  std::string input_, problem_;
  std::size_t files_ = 0, files_changed_ = 0, files_failed_ = 0;
  std::string first_failure_;
};

// A label for each source: the feed's name, with its namespace if it has one, with its place where that is not enough.
std::vector<std::string> labels_of(const std::vector<FeedSource>& sources);

}  // namespace limpid::service

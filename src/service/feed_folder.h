// The local copy of one source of a feed, with the last good version and the next one side by side:
//   <folder>/files-7/…            a version: the files, and the state of each beside it
//   <folder>/current → files-7    the version that is in use; replaced by a rename, so that no crash leaves half of one
//   <folder>/feed.state           what is known of the version in use
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "service/feed_fetch.h"
#include "store/types.h"

namespace limpid::service {

// Of the last version that was taken.
struct FeedRecord {
  std::uint64_t records = 0, statements = 0;
  std::string as_of;
  std::string fingerprint;                  // of what was read
  store::Seconds checked = 0, changed = 0;  // when it was last found to be the upstream's, and when it was another
};

class FeedFolder {
 public:
  // Made if missing; what an interrupted update left behind is removed.
  static Result<FeedFolder> open(std::string path);

  const FeedRecord& record() const { return record_; }
  Result<void> set_record(const FeedRecord& record);

  // The folder of the version in use, "" if there is none.
  const std::string& current() const { return current_; }
  // Its file of that name, "" if it has none.
  std::string current_file(const std::string& name) const;
  // The names of its files, but for those in folders.
  std::vector<std::string> current_names() const;
  // All its files, sorted by name; Code::mismatch if one is not what its state says.
  struct File {
    std::string name;
    FileState state;
  };
  Result<std::vector<File>> current_files(const std::atomic<bool>* cancel) const;

  // An empty folder for the next version; one that was begun before is removed.
  Result<std::string> begin();
  // The next version becomes the one in use, durably, and the one before is removed.
  Result<void> commit();
  void abandon();

 private:
  explicit FeedFolder(std::string path) : path_(std::move(path)) {}
  Result<void> find_current();
  void read_record();

  std::string path_, current_, next_;
  std::uint64_t number_ = 0;  // of the version in use
  FeedRecord record_;
};

}  // namespace limpid::service

// One URL, kept as a file: fetched again only if it changed, as HTTP's conditional requests tell
// (RFC 9110 section 13), and whole or not at all. What is remembered of it lies beside it as "<file>.state".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "net/client.h"

namespace limpid::service {

inline constexpr std::uint64_t kFeedFileMax = std::uint64_t{8} << 30;    // as sent
inline constexpr std::uint64_t kIndexPageMax = std::uint64_t{64} << 20;  // Red Hat's list of changes: 15 MB
inline constexpr unsigned kFetchAttempts = 3;

struct FileState {
  std::string url;
  // Of the answer, as the server wrote them; for local files the time of the last modification.
  std::string etag, last_modified;
  std::string sha256;  // hex
  std::uint64_t size = 0;
  std::string version = {};  // as a list of changes has it, "" where none does
};

// Nothing if there is none, or if it is damaged: then the file is fetched unconditionally.
std::optional<FileState> read_file_state(const std::string& file);
Result<void> write_file_state(const std::string& file, const FileState& state);
// The same, but nothing either if the file is not what the state says of it.
Result<std::optional<FileState>> checked_file_state(const std::string& file, const std::atomic<bool>* cancel);

struct Fetched {
  FileState state;
  bool changed = false;  // the bytes differ from the kept ones, or there were none
};

// Tries each thing kFetchAttempts times, waiting with back-off and jitter in between, or as long as Retry-After says.
// Errors name the place without credentials.
class Fetcher {
 public:
  explicit Fetcher(net::Options options) : options_(std::move(options)) {}

  // A page in memory.
  Result<std::string> page(const std::string& url) const;
  // Brings the URL's bytes to `to`, a new file: those of `kept` ("" for none), an earlier copy with its state, if it
  // has not changed. The state is not written. On an error there is nothing at `to`.
  Result<Fetched> file(const std::string& url, const std::string& kept, const std::string& to) const;
  // The same for a file of this machine.
  Result<Fetched> local_file(const std::string& path, const std::string& kept, const std::string& to) const;

 private:
  template <class Attempt>
  Result<net::Response> with_retries(const std::string& url, const Attempt& attempt) const;
  Result<void> wait(std::chrono::milliseconds time) const;

  net::Options options_;
};

}  // namespace limpid::service

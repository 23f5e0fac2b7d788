#include "service/feed_fetch.h"

#include <algorithm>
#include <map>
#include <thread>

#include <sys/stat.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "service/feed_places.h"
#include "service/files.h"

namespace limpid::service {
namespace {

constexpr std::size_t kStateSizeMax = 64 << 10;
constexpr std::size_t kValidatorMax = 8 << 10;  // a longer ETag is not worth sending back
constexpr std::chrono::milliseconds kFirstWait{1'000}, kLongestWait{8'000}, kRetryAfterMax{60'000};
constexpr std::chrono::milliseconds kCancelCheck{50};

std::string state_path(const std::string& file) { return file + ".state"; }

// What may stand in the state file and be sent back.
std::string validator(std::string_view value) {
  const bool plain = value.size() <= kValidatorMax && std::ranges::all_of(value, [](char c) {
                       return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
                     });
  return plain ? std::string(value) : std::string();
}

Error cancelled() { return {Code::cancelled, "cancelled"}; }

// When a local file was last written, in nanoseconds; "" if there is none.
std::string modification_of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return {};
  return base::cat({status.st_mtim.tv_sec, ".", status.st_mtim.tv_nsec});
}

// `state` is what is newly there, `before` what was kept.
Fetched outcome(FileState state, const std::optional<FileState>& before) {
  const bool changed = !before || before->sha256 != state.sha256;
  return {std::move(state), changed};
}

}  // namespace

std::optional<FileState> read_file_state(const std::string& file) {
  const auto text = base::read_file(state_path(file), kStateSizeMax);
  if (!text) return std::nullopt;
  std::map<std::string, std::string, std::less<>> values;
  std::string_view rest = *text;
  while (const auto line = base::take_line(rest)) {
    std::string_view value = *line;
    const std::string key(base::take_until(value, '='));
    if (!values.emplace(key, value).second) return std::nullopt;
  }
  const std::size_t fields = values.contains("version") ? 7 : 6;
  FileState state{values["url"], values["etag"], values["last-modified"], values["sha256"], 0, {}};
  if (fields == 7) state.version = values["version"];
  const auto size = base::parse_unsigned(values["size"]);
  // Written last: a file that was cut has no such line.
  const bool is_whole = values["end"] == "yes" && values.size() == fields;
  if (!is_whole || !size || !base::Digest::parse("sha256:" + state.sha256) || state.url.empty()) return std::nullopt;
  state.size = *size;
  return state;
}

Result<void> write_file_state(const std::string& file, const FileState& state) {
  const std::string text = base::cat(
      {"url=", state.url, "\netag=", state.etag, "\nlast-modified=", state.last_modified, "\nsha256=", state.sha256,
       "\nsize=", state.size, state.version.empty() ? "" : base::cat({"\nversion=", state.version}), "\nend=yes\n"});
  return base::write_file_atomically(state_path(file), base::as_bytes(text));
}

Result<std::optional<FileState>> checked_file_state(const std::string& file, const std::atomic<bool>* cancel) {
  auto state = read_file_state(file);
  if (!state) return std::nullopt;
  const auto hash = hash_file(file, cancel);
  if (!hash && hash.error().code() == Code::cancelled) return std::unexpected(hash.error());
  if (!hash || hash->sha256 != state->sha256 || hash->size != state->size) state.reset();
  return state;
}

Result<void> Fetcher::wait(std::chrono::milliseconds time) const {
  const auto until = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < until) {
    if (is_set(options_.cancel)) return std::unexpected(cancelled());
    std::this_thread::sleep_for(std::min(time, kCancelCheck));
  }
  return {};
}

template <class Attempt>
Result<net::Response> Fetcher::with_retries(const std::string& url, const Attempt& attempt) const {
  net::Backoff backoff(kFirstWait, kLongestWait);
  for (unsigned tries = 1;; ++tries) {
    if (is_set(options_.cancel)) return std::unexpected(cancelled());
    Result<net::Response> response = attempt();
    if (response && (response->status == 200 || response->status == 304)) return response;
    if (!response && response.error().code() == Code::cancelled) return response;
    if (tries == kFetchAttempts || !net::is_transient(response)) {
      if (!response) return std::unexpected(std::move(response).error().within({printable_place(url)}));
      const Code code = response->status == 404 || response->status == 410 ? Code::not_found : Code::io;
      return fail(code, {printable_place(url), ": the server answered ", response->status});
    }
    std::chrono::milliseconds pause = backoff.next();
    if (response)
      pause = std::max(pause, std::min<std::chrono::milliseconds>(net::retry_after(*response), kRetryAfterMax));
    LIMPID_TRY(wait(pause));
  }
}

Result<std::string> Fetcher::page(const std::string& url) const {
  net::Options options = options_;
  options.limits.bytes_max = kIndexPageMax;
  LIMPID_ASSIGN(net::Response response, with_retries(url, [&] {
                  return net::fetch({.method = "GET", .url = url, .headers = {}, .body = {}}, options);
                }));
  if (response.status != 200) return fail(Code::io, {printable_place(url), ": the server answered ", response.status});
  return std::move(response.body);
}

Result<Fetched> Fetcher::file(const std::string& url, const std::string& kept, const std::string& to) const {
  std::optional<FileState> before;
  if (!kept.empty()) {
    LIMPID_ASSIGN(before, checked_file_state(kept, options_.cancel));
  }
  net::Request request{.method = "GET", .url = url, .headers = {}, .body = {}};
  if (before && before->url == url) {
    if (!before->etag.empty()) request.headers.emplace_back("If-None-Match", before->etag);
    if (!before->last_modified.empty()) request.headers.emplace_back("If-Modified-Since", before->last_modified);
  }
  net::Options options = options_;
  options.limits.bytes_max = std::min(options.limits.bytes_max, kFeedFileMax);
  LIMPID_ASSIGN(const net::Response response,
                with_retries(url, [&] { return net::fetch_to_file(request, to, options); }));
  if (response.status == 304) {
    if (request.headers.empty())
      return fail(Code::invalid, {printable_place(url), ": the server answered 304 to an unconditional request"});
    LIMPID_TRY(link_file(kept, to));
    return Fetched{*before, false};
  }
  LIMPID_ASSIGN(const FileHash hash, hash_file(to, options_.cancel));
  return outcome({url,
                  validator(response.header("etag")),
                  validator(response.header("last-modified")),
                  hash.sha256,
                  hash.size,
                  {}},
                 before);
}

Result<Fetched> Fetcher::local_file(const std::string& path, const std::string& kept, const std::string& to) const {
  std::optional<FileState> before;
  if (!kept.empty()) {
    LIMPID_ASSIGN(before, checked_file_state(kept, options_.cancel));
  }
  // Taken before the copy is made: what is written meanwhile makes a later time, and is seen the next time.
  const std::string modified = modification_of(path);
  if (before && before->url == path && !modified.empty() && before->last_modified == modified) {
    LIMPID_TRY(link_file(kept, to));
    return Fetched{*before, false};
  }
  LIMPID_TRY(copy_file(path, to));
  LIMPID_ASSIGN(const FileHash hash, hash_file(to, options_.cancel));
  return outcome({path, "", modified, hash.sha256, hash.size, {}}, before);
}

}  // namespace limpid::service

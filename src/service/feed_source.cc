#include "service/feed_source.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>

#include <sys/stat.h>

#include "base/date.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "service/compile.h"
#include "service/files.h"

namespace limpid::service {
namespace {

namespace fs = std::filesystem;
// For one file. A whole ecosystem of OSV's has hundreds of megabytes.
constexpr std::chrono::milliseconds kFetchTimeMax{3'600'000};
constexpr std::size_t kFolderNameDigits = 16;
constexpr std::size_t kAsOfMax = 64;

net::Options fetch_options(const FeedSource& source, const UpdateOptions& options) {
  net::Options fetch;
  fetch.proxy = options.config.proxy;
  fetch.tls.ca_file = source.ca_file;
  fetch.limits.total = kFetchTimeMax;
  fetch.cancel = options.cancel;
  return fetch;
}

// A folder of its own for each place, whatever else is configured beside it.
std::string folder_of(const FeedSource& source) {
  const std::string key = base::cat({source.feed, "\n", source.name_space, "\n", source.url});
  const std::string digest = base::sha256(base::as_bytes(key)).hex();
  std::string name;
  for (const char c : source.feed) name += base::is_alnum(c) ? c : '-';
  return base::cat({name, "-", digest.substr(0, kFolderNameDigits)});
}

std::string fingerprint_of(const std::vector<FeedFolder::File>& files) {
  base::Hasher hasher;
  for (const FeedFolder::File& file : files)
    hasher.update(base::as_bytes(base::cat({file.name, "\n", file.state.sha256, "\n"})));
  return hasher.finish().hex();
}

// Of a folder's names, sizes and times: reading all its bytes to learn whether they changed would be reading the feed.
Result<std::string> fingerprint_in_place(const std::string& path, const std::atomic<bool>* cancel) {
  std::vector<std::string> lines;
  std::error_code error;
  auto entry = fs::recursive_directory_iterator(path, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (is_set(cancel)) return fail(Code::cancelled, {"cancelled"});
    struct stat status{};
    if (::stat(entry->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    lines.push_back(base::cat({entry->path().native(), "\n", status.st_size, "\n", status.st_mtim.tv_sec, ".",
                               status.st_mtim.tv_nsec, "\n"}));
  }
  if (error) return fail(Code::io, {path, ": ", error.message()});
  std::ranges::sort(lines);
  base::Hasher hasher;
  for (const std::string& line : lines) hasher.update(base::as_bytes(line));
  return hasher.finish().hex();
}

// What the data says, as far as it may stand in a line of its own.
std::string clean_date(std::string text) {
  const bool plain = text.size() <= kAsOfMax && std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
  return plain ? text : std::string();
}

std::string format_time(store::Seconds time) {
  const auto point = std::chrono::sys_seconds(std::chrono::seconds(time));
  return base::format_date(std::chrono::floor<std::chrono::days>(point));
}

}  // namespace

FeedUpdate::FeedUpdate(const FeedSource& source, std::string label, const UpdateOptions& options,
                       const store::FeedState* before, store::Seconds now)
    : source_(source),
      label_(std::move(label)),
      options_(options),
      before_(before),
      now_(now),
      feed_(advisory::find_feed(source.feed)),
      fetcher_(fetch_options(source, options)) {}

Result<void> FeedUpdate::run() {
  auto done = update();
  if (done) return done;
  if (done.error().code() == Code::cancelled) return done;
  problem_ = done.error().describe();
  const auto kept = use_kept();
  if (!kept && kept.error().code() == Code::cancelled) return kept;
  if (!kept) base::append(problem_, {"; ", kept.error().describe()});
  return {};
}

Result<void> FeedUpdate::update() {
  if (feed_ == nullptr) return fail(Code::usage, {"there is no feed '", source_.feed, "'"});
  LIMPID_ASSIGN(place_, find_place(source_));
  LIMPID_ASSIGN(folder_, FeedFolder::open(base::cat({options_.folder, "/", folder_of(source_)})));
  return place_.is_local && place_.is_folder ? read_in_place() : fetch_all();
}

Result<void> FeedUpdate::fetch_all() {
  LIMPID_ASSIGN(
      const std::vector<FeedFile> files,
      list_files(
          source_, place_, [&](const std::string& url) { return fetcher_.page(url); }, folder_->current_names()));
  files_ = files.size();
  LIMPID_ASSIGN(const std::string next, folder_->begin());
  std::vector<FeedFolder::File> taken;
  for (const FeedFile& file : files) {
    auto fetched = fetch_one(file, next, taken);
    if (!fetched) {
      folder_->abandon();
      return fetched;
    }
  }
  auto done = take(std::move(taken), next);
  folder_->abandon();  // nothing, once it was committed
  if (!done || files_failed_ == 0) return done;
  problem_ =
      files_ == 1 ? first_failure_ : base::cat({files_failed_, " of ", files_, " files failed: ", first_failure_});
  return {};
}

// The copy that we have, where it is known to be the upstream's.
Result<Fetched> FeedUpdate::fetch(const FeedFile& file, const std::string& kept, const std::string& to) {
  if (!file.version.empty() && !kept.empty()) {
    LIMPID_ASSIGN(auto state, checked_file_state(kept, options_.cancel));
    if (state && state->url == file.url && state->version == file.version) {
      LIMPID_TRY(link_file(kept, to));
      return Fetched{std::move(*state), false};
    }
  }
  if (!file.text.empty()) {
    LIMPID_TRY(base::write_file_atomically(to, base::as_bytes(file.text)));
    LIMPID_ASSIGN(const FileHash hash, hash_file(to, options_.cancel));
    return Fetched{{file.url, {}, {}, hash.sha256, hash.size, {}}, true};
  }
  return place_.is_local ? fetcher_.local_file(file.url, kept, to) : fetcher_.file(file.url, kept, to);
}

// One file that cannot be had does not keep the others from being taken: its last copy goes on.
Result<void> FeedUpdate::fetch_one(const FeedFile& file, const std::string& next,
                                   std::vector<FeedFolder::File>& taken) {
  const std::string to = base::cat({next, "/", file.name});
  LIMPID_TRY(make_folders(fs::path(to).parent_path().string()));
  const std::string kept = folder_->current_file(file.name);
  auto fetched = fetch(file, kept, to);
  if (!fetched) {
    if (fetched.error().code() == Code::cancelled) return std::unexpected(fetched.error());
    if (files_failed_++ == 0) first_failure_ = fetched.error().describe();
    if (kept.empty()) return {};
    LIMPID_ASSIGN(auto state, checked_file_state(kept, options_.cancel));
    if (!state) return std::unexpected(fetched.error());  // use_kept() finds the damage, and says so
    LIMPID_TRY(link_file(kept, to));
    fetched = Fetched{std::move(*state), false};
  } else {
    fetched->state.version = file.version;
  }
  files_changed_ += fetched->changed ? 1 : 0;
  LIMPID_TRY(write_file_state(to, fetched->state));
  taken.push_back({file.name, std::move(fetched->state)});
  return {};
}

std::string FeedUpdate::path_in(const std::string& folder, const std::vector<FeedFolder::File>& files) const {
  return place_.is_folder ? folder : base::cat({folder, "/", files[0].name});
}

Result<void> FeedUpdate::take(std::vector<FeedFolder::File> files, const std::string& next) {
  if (files.empty()) return fail(Code::io, {first_failure_});
  FeedRecord record = folder_->record();
  const std::string fingerprint = fingerprint_of(files);
  if (fingerprint != record.fingerprint) {
    LIMPID_ASSIGN(record, judge(path_in(next, files), fingerprint));
  }
  LIMPID_TRY(folder_->commit());
  if (files_failed_ == 0) record.checked = now_;
  LIMPID_TRY(folder_->set_record(record));
  input_ = path_in(folder_->current(), files);
  return {};
}

Result<void> FeedUpdate::read_in_place() {
  LIMPID_ASSIGN(const std::string fingerprint, fingerprint_in_place(place_.path, options_.cancel));
  FeedRecord record = folder_->record();
  if (fingerprint != record.fingerprint) {
    LIMPID_ASSIGN(record, judge(place_.path, fingerprint));
    files_changed_ = 1;
  }
  record.checked = now_;
  LIMPID_TRY(folder_->set_record(record));
  input_ = place_.path;
  return {};
}

Result<FeedRecord> FeedUpdate::judge(const std::string& path, const std::string& fingerprint) const {
  LIMPID_ASSIGN(const advisory::FeedCounts counts, count_feed(*feed_, {path, source_.name_space}, options_.cancel));
  if (counts.records == 0) return fail(Code::invalid, {printable_place(source_.url), ": it holds not one record"});
  const std::uint64_t last = before_ != nullptr && before_->records > 0 ? before_->records : folder_->record().records;
  const double least = options_.config.shrink_min * static_cast<double>(last);
  if (static_cast<double>(counts.records) < least)
    return fail(Code::mismatch, {printable_place(source_.url), ": it shrank from ", last, " to ", counts.records,
                                 " records, below ", std::lround(options_.config.shrink_min * 100), " %: refused"});
  return FeedRecord{counts.records, counts.statements,         clean_date(counts.as_of),
                    fingerprint,    folder_->record().checked, now_};
}

// What was taken last, if it is still what it was then.
Result<void> FeedUpdate::use_kept() {
  input_.clear();
  if (!folder_ || folder_->current().empty()) return {};
  LIMPID_ASSIGN(const auto files, folder_->current_files(options_.cancel));
  if (files.empty() || fingerprint_of(files) != folder_->record().fingerprint) return {};
  input_ = path_in(folder_->current(), files);
  return {};
}

std::string FeedUpdate::fingerprint() const {
  return base::cat({source_.feed, "\n", source_.name_space, "\n", place_.shown, "\n", folder_->record().fingerprint});
}

bool FeedUpdate::would_lose() const {
  if (problem_.empty()) return false;
  const store::Seconds checked = folder_ ? folder_->record().checked : 0;
  const store::Seconds known = before_ != nullptr ? before_->last_success : 0;
  return known > checked || (input_.empty() && checked > 0);
}

void FeedUpdate::spoil(const Error& error) {
  problem_ = error.describe();
  input_.clear();
  if (!folder_) return;
  // Whatever comes next is judged anew, even if it is the same.
  FeedRecord record = folder_->record();
  record.fingerprint.clear();
  if (const auto set = folder_->set_record(record); !set) base::append(problem_, {"; ", set.error().describe()});
}

store::FeedState FeedUpdate::state() const {
  store::FeedState state = before_ != nullptr ? *before_ : store::FeedState{};
  state.name = label_;
  state.last_attempt = now_;
  state.problem = problem_;
  if (!folder_ || (input_.empty() && before_ != nullptr)) return state;
  const FeedRecord& record = folder_->record();
  state.last_success = std::max(state.last_success, record.checked);
  state.last_change = std::max(state.last_change, record.changed);
  state.records = record.records;
  state.statements = record.statements;
  state.as_of = record.as_of;
  return state;
}

std::string FeedUpdate::summary() const {
  if (!problem_.empty()) {
    if (input_.empty()) return base::cat({label_, ": failed: ", problem_, "; there is no good copy of it"});
    const store::Seconds checked = folder_->record().checked;
    return base::cat({label_, ": failed: ", problem_, "; ",
                      checked > 0 ? base::cat({"the copy of ", format_time(checked), " is used"})
                                  : std::string("what could be had is used")});
  }
  std::string text = base::cat({label_, ": ", folder_->record().records, " records, "});
  if (place_.is_local && place_.is_folder) return base::cat({text, files_changed_ > 0 ? "read anew" : "unchanged"});
  if (files_changed_ == 0) return base::cat({text, "unchanged"});
  return base::cat({text, files_changed_, " of ", files_, files_ == 1 ? " file" : " files", " changed"});
}

std::vector<std::string> labels_of(const std::vector<FeedSource>& sources) {
  std::map<std::string, int> count;
  const auto plain = [](const FeedSource& source) {
    return source.name_space.empty() ? source.feed : base::cat({source.feed, "@", source.name_space});
  };
  for (const FeedSource& source : sources) ++count[plain(source)];
  std::vector<std::string> labels;
  for (const FeedSource& source : sources) {
    std::string label = plain(source);
    if (count[label] > 1) base::append(label, {" ", printable_place(source.url)});
    labels.push_back(std::move(label));
  }
  return labels;
}

}  // namespace limpid::service

#include "service/feed_folder.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/file.h"
#include "base/text.h"
#include "service/files.h"

namespace limpid::service {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kRecordSizeMax = 64 << 10;
constexpr std::string_view kVersionPrefix = "files-";
constexpr std::string_view kStateSuffix = ".state";

std::optional<std::uint64_t> version_number(std::string_view name) {
  if (!base::strip_prefix(name, kVersionPrefix)) return std::nullopt;
  return base::parse_unsigned(name);
}

// Every file and folder of a version, so that a power failure after commit() loses none of it.
Result<void> sync_all(const std::string& folder) {
  std::error_code error;
  auto entry = fs::recursive_directory_iterator(folder, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error))
    LIMPID_TRY(sync_path(entry->path().string()));
  if (error) return fail(Code::io, {folder, ": ", error.message()});
  return sync_path(folder);
}

}  // namespace

Result<FeedFolder> FeedFolder::open(std::string path) {
  FeedFolder folder(std::move(path));
  LIMPID_TRY(make_folders(folder.path_));
  LIMPID_TRY(folder.find_current());
  folder.read_record();
  return folder;
}

Result<void> FeedFolder::find_current() {
  std::error_code error;
  const std::string target = fs::read_symlink(path_ + "/current", error).string();
  const auto number = error ? std::nullopt : version_number(target);
  if (number && fs::is_directory(path_ + "/" + target, error)) {
    number_ = *number;
    current_ = path_ + "/" + target;
  }
  for (auto entry = fs::directory_iterator(path_, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const bool is_leftover = (version_number(name) && name != target) || name == "current.new";
    if (is_leftover) remove_quietly(entry->path().string());
  }
  if (error) return fail(Code::io, {path_, ": ", error.message()});
  return {};
}

void FeedFolder::read_record() {
  const auto text = base::read_file(path_ + "/feed.state", kRecordSizeMax);
  if (!text) return;
  std::map<std::string, std::string, std::less<>> values;
  std::string_view rest = *text;
  while (const auto line = base::take_line(rest)) {
    std::string_view value = *line;
    const std::string key(base::take_until(value, '='));
    values[key] = value;
  }
  const auto number = [&](std::string_view key) { return base::parse_unsigned(values[std::string(key)]); };
  const auto records = number("records"), statements = number("statements"), checked = number("checked"),
             changed = number("changed");
  // Damaged: nothing is known, and the files are read again.
  if (!records || !statements || !checked || !changed || values["end"] != "yes") return;
  record_ = {*records,
             *statements,
             values["as-of"],
             values["fingerprint"],
             static_cast<store::Seconds>(*checked),
             static_cast<store::Seconds>(*changed)};
}

Result<void> FeedFolder::set_record(const FeedRecord& record) {
  record_ = record;
  const std::string text = base::cat({"records=", record.records, "\nstatements=", record.statements,
                                      "\nas-of=", record.as_of, "\nfingerprint=", record.fingerprint,
                                      "\nchecked=", record.checked, "\nchanged=", record.changed, "\nend=yes\n"});
  return base::write_file_atomically(path_ + "/feed.state", base::as_bytes(text));
}

std::string FeedFolder::current_file(const std::string& name) const {
  std::error_code error;
  const std::string path = current_ + "/" + name;
  return !current_.empty() && fs::is_regular_file(path, error) ? path : std::string();
}

std::vector<std::string> FeedFolder::current_names() const {
  std::vector<std::string> names;
  std::error_code error;
  if (current_.empty()) return names;
  for (auto entry = fs::directory_iterator(current_, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (entry->is_regular_file(error) && !name.ends_with(kStateSuffix)) names.push_back(std::move(name));
  }
  return names;
}

Result<std::vector<FeedFolder::File>> FeedFolder::current_files(const std::atomic<bool>* cancel) const {
  std::vector<File> files;
  if (current_.empty()) return files;
  std::error_code error;
  auto entry = fs::recursive_directory_iterator(current_, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const std::string path = entry->path().string();
    if (!entry->is_regular_file(error) || path.ends_with(kStateSuffix)) continue;
    LIMPID_ASSIGN(auto state, checked_file_state(path, cancel));
    if (!state)
      return fail(Code::mismatch, {path, ": not what was fetched: it or what is remembered of it is damaged"});
    files.push_back({path.substr(current_.size() + 1), std::move(*state)});
  }
  if (error) return fail(Code::io, {current_, ": ", error.message()});
  std::ranges::sort(files, {}, &File::name);
  return files;
}

Result<std::string> FeedFolder::begin() {
  abandon();
  next_ = base::cat({path_, "/", kVersionPrefix, number_ + 1});
  LIMPID_TRY(make_folders(next_));
  return next_;
}

Result<void> FeedFolder::commit() {
  LIMPID_TRY(sync_all(next_));
  const std::string link = path_ + "/current";
  const std::string beside = link + ".new";
  remove_quietly(beside);
  std::error_code error;
  fs::create_symlink(next_.substr(path_.size() + 1), beside, error);
  if (error) return fail(Code::io, {beside, ": ", error.message()});
  LIMPID_TRY(rename_file(beside, link));
  LIMPID_TRY(sync_path(path_));
  if (!current_.empty()) remove_quietly(current_);
  current_ = std::move(next_);
  next_.clear();
  ++number_;
  return {};
}

void FeedFolder::abandon() {
  if (!next_.empty()) remove_quietly(next_);
  next_.clear();
}

}  // namespace limpid::service

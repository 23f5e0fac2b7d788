#include "service/redhat_vex.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include "base/text.h"

namespace limpid::service {
namespace {

constexpr std::size_t kNameMax = 100;
constexpr std::string_view kArchiveEnding = ".tar.zst";
constexpr std::size_t kDayLength = 10;      // "2031-01-02"
constexpr std::size_t kSecondsLength = 19;  // "2031-01-02T03:04:05"
// Says of a document no more than that it is not there any more, in the words of Red Hat's own.
constexpr std::string_view kDeleted = R"({"document":{"tracking":{"status":"deleted"}}})";

bool is_plain(std::string_view name) {
  return !name.empty() && name.size() <= kNameMax && !name.starts_with('.') &&
         std::ranges::all_of(name, [](char c) { return base::is_alnum(c) || c == '.' || c == '_' || c == '-'; });
}

// "2031/cve-2031-0001.json"
bool is_document(std::string_view path) {
  const auto folder = base::take_until(path, '/');
  return folder.size() == 4 && std::ranges::all_of(folder, base::is_digit) && is_plain(path) && path.ends_with(".json");
}

// Seconds of UTC, in which both lists state them: they are compared as texts.
bool is_time(std::string_view text) {
  static constexpr std::string_view kShape = "0000-00-00T00:00:00";
  if (text.size() < kSecondsLength) return false;
  for (std::size_t i = 0; i < kSecondsLength; ++i)
    if (kShape[i] == '0' ? !base::is_digit(text[i]) : text[i] != kShape[i]) return false;
  const auto zone = text.substr(kSecondsLength);
  return zone == "+00:00" || zone == "Z" || zone.starts_with('.');
}

// Of "csaf_vex_2031-01-02.tar.zst" the day; nothing for an archive that does not tell when it was made.
std::optional<std::string> day_of(std::string_view archive) {
  if (!base::strip_suffix(archive, kArchiveEnding) || archive.size() < kDayLength) return std::nullopt;
  std::string day(archive.substr(archive.size() - kDayLength));
  if (!is_time(day + "T00:00:00Z")) return std::nullopt;
  return day;
}

using Times = std::map<std::string, std::string>;  // by document

// Lines of "path","time". The newest of several for one path counts.
Result<Times> read_times(const std::string& place, std::string_view page, std::string_view since) {
  Times times;
  while (const auto line = base::take_line(page)) {
    if (base::trim(*line).empty()) continue;
    std::string_view time = base::trim(*line);
    std::string_view path = base::take_until(time, ',');
    for (std::string_view* field : {&path, &time}) {
      *field = base::trim(*field);
      if (base::strip_prefix(*field, "\"")) base::strip_suffix(*field, "\"");
    }
    if (!is_document(path) || !is_time(time))
      return fail(Code::invalid, {printable_place(place), ": a line that names no document and its time"});
    if (time.substr(0, kSecondsLength) < since) continue;
    auto& known = times[std::string(path)];
    known = std::max(known, std::string(time.substr(0, kSecondsLength)));
    if (times.size() > kVexDocumentsMax)
      return fail(Code::limit, {printable_place(place), ": more than ", kVexDocumentsMax, " documents"});
  }
  return times;
}

// Nothing where there is no such list.
Result<std::optional<Times>> fetch_times(const std::string& place, std::string_view since,
                                         const PageReader& read_page) {
  const auto page = read_page(place);
  if (!page && page.error().code() == Code::not_found) return std::nullopt;
  if (!page) return std::unexpected(page.error());
  LIMPID_ASSIGN(Times times, read_times(place, *page, since));
  return times;
}

}  // namespace

Result<std::vector<FeedFile>> redhat_vex_files(const std::string& base_url, std::span<const std::string> kept,
                                               const PageReader& read_page) {
  const std::string place = base_url + "archive_latest.txt";
  LIMPID_ASSIGN(const std::string page, read_page(place));
  std::string archive(base::trim(page));
  if (!is_plain(archive)) return fail(Code::invalid, {printable_place(place), ": names no archive"});

  const auto newest = day_of(archive);
  std::string since = newest.value_or("");
  std::string older;  // that we have, of an earlier day
  for (const std::string& name : kept) {
    const auto day = day_of(name);
    if (!newest || !day || *day >= *newest || !is_plain(name) || (!older.empty() && *day < since)) continue;
    older = name;
    since = *day;
  }
  std::vector<FeedFile> files;
  if (newest) {
    // An archive is made in the course of its day: what changed on that day may not be in it.
    LIMPID_ASSIGN(auto changed, fetch_times(base_url + "changes.csv", since, read_page));
    if (changed && !older.empty() && changed->size() <= kVexChangesMax) {
      archive = older;
    } else if (changed && !older.empty()) {
      since = *newest;
      std::erase_if(*changed, [&](const auto& one) { return one.second < since; });
    }
    if (changed) {
      LIMPID_ASSIGN(const auto deleted, fetch_times(base_url + "deletions.csv", since, read_page));
      for (const auto& [path, time] : deleted.value_or(Times{})) {
        // One that came back is there again.
        const auto again = changed->find(path);
        if (again != changed->end() && again->second > time) continue;
        if (again != changed->end()) changed->erase(again);
        files.push_back({.url = base_url + path, .name = path, .version = time, .text = std::string(kDeleted)});
      }
      for (const auto& [path, time] : *changed)
        files.push_back({.url = base_url + path, .name = path, .version = time, .text = {}});
    }
  }
  // One that tells its day never changes.
  files.push_back({.url = base_url + archive, .name = archive, .version = newest ? archive : "", .text = {}});
  return files;
}

}  // namespace limpid::service

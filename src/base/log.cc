#include "base/log.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>

#include <unistd.h>

#include "base/date.h"

namespace limpid::base {
namespace {

std::atomic<LogLevel> threshold{LogLevel::warn};
std::atomic<LogWriter> writer{nullptr};

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
    case LogLevel::off:
      break;
  }
  return "off";
}

bool as_json() {
  static const bool json = [] {
    const char* format = std::getenv("LIMPID_LOG_FORMAT");
    return format != nullptr && std::string_view(format) == "json";
  }();
  return json;
}

std::string timestamp() {
  using namespace std::chrono;
  const auto now = floor<milliseconds>(system_clock::now());
  const auto day = floor<days>(now);
  const hh_mm_ss time{now - day};
  const auto padded = [](auto number, std::size_t width) {
    std::string text = cat({static_cast<std::int64_t>(number)});
    return text.insert(0, width - text.size(), '0');
  };
  return cat({format_date(day), "T", padded(time.hours().count(), 2), ":", padded(time.minutes().count(), 2), ":",
              padded(time.seconds().count(), 2), ".", padded(time.subseconds().count(), 3), "Z"});
}

// printable() leaves only quotes and backslashes for us; both formats quote them alike.
std::string json_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result += '"';
}

bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text)
    if (!is_alnum(c) && std::string_view("-_./:@+%,").find(c) == std::string_view::npos) return true;
  return false;
}

}  // namespace

void set_log_writer(LogWriter new_writer) { writer.store(new_writer); }
void set_log_level(LogLevel level) { threshold.store(level, std::memory_order_relaxed); }
bool log_enabled(LogLevel level) { return level >= threshold.load(std::memory_order_relaxed); }

std::string log_line(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  std::string line;
  if (as_json()) {
    append(line, {"{\"time\":", json_string(timestamp()), ",\"level\":", json_string(name_of(level)),
                  ",\"event\":", json_string(event)});
    for (const LogField& field : fields)
      append(line, {",", json_string(field.key), ":", json_string(field.value.view())});
    line += "}\n";
  } else {
    append(line, {timestamp(), " ", name_of(level), " ", printable(event)});
    for (const LogField& field : fields) {
      const std::string_view value = field.value.view();
      append(line, {" ", field.key, "=", needs_quotes(value) ? json_string(value) : std::string(value)});
    }
    line += '\n';
  }
  return line;
}

void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!log_enabled(level)) return;
  const std::string line = log_line(level, event, fields);
  if (const LogWriter other = writer.load()) return other(line);
  // A log that cannot be written has nowhere to complain.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace limpid::base

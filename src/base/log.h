// Structured logging to standard error: one line an event, `key=value` pairs, or JSON with LIMPID_LOG_FORMAT=json.
// Logging is for operators. What a scan could not read is part of its result (base/skipped.h), never only a log line.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace limpid::base {

enum class LogLevel : std::uint8_t { debug, info, warn, error, off };
void set_log_level(LogLevel level);
bool log_enabled(LogLevel level);

struct LogField {
  std::string_view key;
  Piece value;
};
// Thread-safe; a line is written with one system call.
void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});
// Who else draws on standard error writes lines there instead (nullptr: nobody does): what it draws must not mix with
// them. Set before threads log.
using LogWriter = void (*)(std::string_view line);
void set_log_writer(LogWriter writer);
// The line itself, with its end, for a log that is written in batches.
std::string log_line(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

}  // namespace limpid::base

#include "cli/common.h"

#include <cstdio>
#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

namespace limpid::cli {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : value;
}

bool to_standard_output(const OutputOptions& output) { return output.file.empty() || output.file == "-"; }

}  // namespace

std::string database_path(const std::string& named) {
  if (!named.empty()) return named;
  if (const std::string_view cache = environment("XDG_CACHE_HOME"); cache.starts_with('/'))
    return base::cat({cache, "/limpid/limpid.db"});
  return base::cat({environment("HOME"), "/.cache/limpid/limpid.db"});
}

Result<vulndb::Database> open_database(const std::string& named) {
  const std::string path = database_path(named);
  auto database = vulndb::Database::open(path);
  if (database || database.error().code() != Code::not_found) return database;
  return fail(Code::not_found, {"no vulnerability database at ", path,
                                ": build one with 'limpid db build --feed NAME=PATH', or name one with --db"});
}

Result<const report::Format*> find_format(const std::string& name) {
  if (const report::Format* format = report::find_format(name)) return format;
  std::string known;
  for (const report::Format& format : report::formats()) base::append(known, {known.empty() ? "" : ", ", format.name});
  return fail(Code::usage, {"unknown format '", name, "': use ", known});
}

report::Style style_for(const OutputOptions& output) {
  report::Style style;
  const bool terminal = to_standard_output(output) && ::isatty(STDOUT_FILENO) == 1;
  if (terminal) {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) style.width = size.ws_col;
    style.colour = environment("TERM") != "dumb";
  }
  if (const auto columns = base::parse_unsigned(environment("COLUMNS")); columns && *columns > 0)
    style.width = *columns;
  constexpr std::size_t kNarrowest = 40;
  if (style.width < kNarrowest) style.width = kNarrowest;
  if (const std::string_view force = environment("CLICOLOR_FORCE"); !force.empty() && force != "0") style.colour = true;
  if (!environment("NO_COLOR").empty()) style.colour = false;
  return style;
}

Result<void> deliver(const OutputOptions& output, std::string_view text) {
  if (!to_standard_output(output)) return base::write_file_atomically(output.file, base::as_bytes(text));
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    return base::fail_errno({"standard output"});
  return {};
}

int failed(const Error& error) {
  std::fprintf(stderr, "limpid: %s\n", error.describe().c_str());
  return kFailed;
}

}  // namespace limpid::cli

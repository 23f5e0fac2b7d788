#include "cli/common.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "net/allow_list.h"

namespace limpid::cli {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : value;
}

constexpr std::size_t kPasswordMax = std::size_t{64} << 10;

// All of standard input but the line's end, as docker login reads it.
Result<std::string> read_password() {
  std::string text(kPasswordMax + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), stdin));
  if (std::ferror(stdin) != 0) return base::fail_errno({"--password-stdin"});
  if (text.size() > kPasswordMax) return fail(Code::limit, {"--password-stdin: more than ", kPasswordMax, " bytes"});
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  if (text.empty()) return fail(Code::usage, {"--password-stdin: standard input is empty"});
  return text;
}

Result<std::string> password_for(const RegistryArguments& registry) {
  if (registry.password_from_input && registry.username.empty())
    return fail(Code::usage, {"--password-stdin: give --username, too"});
  if (registry.password_from_input) return read_password();
  std::string password(environment("LIMPID_PASSWORD"));
  if (!registry.username.empty() && password.empty())
    return fail(Code::usage, {"--username: give --password-stdin, too, or set LIMPID_PASSWORD"});
  return password;
}

}  // namespace

bool to_standard_output(const OutputOptions& output) {
  if (output.file.empty() || output.file == "-") return true;
  // "/dev/stdout" and its like: links to what the output was redirected to, which is written to, not replaced.
  struct stat link{}, target{}, standard{};
  return ::lstat(output.file.c_str(), &link) == 0 && S_ISLNK(link.st_mode) &&
         ::stat(output.file.c_str(), &target) == 0 && ::fstat(STDOUT_FILENO, &standard) == 0 &&
         target.st_dev == standard.st_dev && target.st_ino == standard.st_ino;
}

std::string cache_folder(const std::string& named) {
  if (!named.empty()) return named;
  if (const std::string_view cache = environment("XDG_CACHE_HOME"); cache.starts_with('/'))
    return base::cat({cache, "/limpid"});
  return base::cat({environment("HOME"), "/.cache/limpid"});
}

std::string database_path(const std::string& named) { return named.empty() ? cache_folder("") + "/limpid.db" : named; }

std::unique_ptr<scan::LayerCache> open_cache(const CacheOptions& cache, const image::OpenOptions& open,
                                             const scan::ScanOptions& options) {
  if (cache.off) return nullptr;
  return std::make_unique<scan::LayerCache>(
      scan::CacheOptions{cache_folder(cache.folder), cache.size_max, options.limits, open.inflate, open.tar});
}

scan::ScanOptions scan_options(const ImageOptions& image, const std::atomic<bool>* cancel) {
  scan::ScanOptions options;
  options.threads = image.jobs;
  options.lazy = image.lazy;
  options.distribution = image.distribution;
  options.cancel = cancel;
  options.limits = image.limits.layer;
  options.memory_max = image.limits.scan.bytes_max;
  return options;
}

Result<vulndb::Database> open_database(const std::string& named) {
  const std::string path = database_path(named);
  auto database = vulndb::Database::open(path);
  if (database || database.error().code() != Code::not_found) return database;
  return fail(Code::not_found, {"no vulnerability database at ", path,
                                ": fetch one with 'limpid db update', build one with 'limpid db build --feed "
                                "NAME=PATH', or name one with --db"});
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

// Not through stdio, which would go on writing at the process's end what a full pipe did not take.
Result<void> deliver(const OutputOptions& output, std::string_view text, const std::atomic<bool>* cancel) {
  LIMPID_TRY(base::check_cancelled(cancel));
  if (!to_standard_output(output)) return base::write_file_atomically(output.file, base::as_bytes(text));
  while (!text.empty()) {
    // A signal ends a write that waits: with an error, or with what was written until then.
    LIMPID_TRY(base::check_cancelled(cancel));
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno != EINTR) return base::fail_errno({"standard output"});
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    // A signal may also have ended a write in its midst.
    if (!text.empty()) LIMPID_TRY(base::check_cancelled(cancel));
  }
  return {};
}

std::string name_for_errors(const std::string& target, const image::ImageSource& image, std::size_t images) {
  if (images == 1) return target;
  return base::cat({target, " for ", to_string(image.manifest().platform)});
}

std::string join_reports(const std::vector<std::string>& reports, const report::Format& format, bool is_list) {
  const bool json = format.name == "json";
  if (reports.size() == 1 && !(json && is_list)) return reports.front();
  std::string text = json ? "[\n" : "";
  for (const std::string& report : reports) {
    if (&report != &reports.front()) text += json ? ",\n" : "\n";
    text += report;
  }
  return json ? text + "]\n" : text;
}

Result<image::OpenOptions> open_options(const ImageOptions& arguments, const std::atomic<bool>* cancel) {
  const RegistryArguments& registry = arguments.registry;
  if (registry.cert_file.empty() != registry.key_file.empty())
    return fail(Code::usage, {"--registry-cert and --registry-key: give both"});
  image::OpenOptions options;
  options.platform = arguments.platform;
  options.cancel = cancel;
  scan::apply(arguments.limits, options);
  LIMPID_ASSIGN(options.registry.password, password_for(registry));
  options.registry.username = registry.username;
  options.registry.insecure = registry.insecure;
  options.registry.plain_http = registry.plain_http;
  options.registry.ca_file = registry.ca_file;
  options.registry.cert_file = registry.cert_file;
  options.registry.key_file = registry.key_file;
  options.registry.registries_conf = registry.registries_conf;
  options.registry.mirrors = registry.mirrors;
  for (const std::string& entry : arguments.foreign_layers_from) {
    net::AllowList checked;
    LIMPID_TRY_WITHIN(checked.allow(entry), {"--foreign-layers-from"});
  }
  options.foreign_layers_from = arguments.foreign_layers_from;
  options.containerd_root = arguments.containerd_root;
  return options;
}

Result<FeedArgument> parse_feed_argument(std::string_view text, std::string_view place) {
  std::string_view rest = text;
  const std::string_view left = base::take_until(rest, '=');
  std::string_view name_space = left;
  const std::string_view name = base::take_until(name_space, '@');
  FeedArgument argument{advisory::find_feed(name), std::string(rest), std::string(name_space)};
  if (rest.empty()) return fail(Code::usage, {"--feed ", text, ": write NAME=", place, " or NAME@NAMESPACE=", place});
  if (argument.feed != nullptr) return argument;
  std::string known;
  for (const advisory::Feed* feed : advisory::feeds()) base::append(known, {known.empty() ? "" : ", ", feed->name()});
  return fail(Code::usage, {"--feed ", text, ": there is no feed '", name, "'; the feeds are ", known});
}

Result<void> make_parent_folder(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) return fail(Code::io, {folder.string(), ": ", error.message()});
  return {};
}

void tell_written(const std::string& path, const vulndb::Info& info, bool quiet) {
  if (info.statements == 0)
    base::log(base::LogLevel::warn, "no feed had a single statement: this database knows of no flaw");
  if (quiet) return;
  std::fprintf(stderr, "%s: %llu advisories, %llu statements, %llu bytes\n", base::printable(path).c_str(),
               static_cast<unsigned long long>(info.advisories), static_cast<unsigned long long>(info.statements),
               static_cast<unsigned long long>(info.size));
}

int failed(const Error& error) {
  std::fprintf(stderr, "limpid: %s\n", error.describe().c_str());
  return kFailed;
}

}  // namespace limpid::cli

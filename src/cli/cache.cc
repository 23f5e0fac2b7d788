// `limpid cache info|prune`: what is kept of layers so that they need not be read again.
#include "scan/cache.h"

#include <cstdint>
#include <string>

#include "base/text.h"
#include "cli/common.h"
#include "report/json_writer.h"
#include "report/terminal.h"
#include "scan/cache_prune.h"

namespace limpid::cli {
namespace {

// As the flag takes it: a whole number of the largest unit that fits.
std::string size_text(std::uint64_t bytes) {
  constexpr std::string_view kUnits[] = {" bytes", " KiB", " MiB", " GiB", " TiB"};
  std::size_t unit = 0;
  while (bytes >= 1024 && bytes % 1024 == 0 && unit + 1 < std::size(kUnits)) {
    bytes /= 1024;
    ++unit;
  }
  return base::cat({bytes, kUnits[unit]});
}

Result<int> info(const CacheCommand& command) {
  LIMPID_TRY(find_format(command.format));
  const std::string path = scan::cache_files_folder(cache_folder(command.cache.folder));
  scan::CacheUsage usage;  // nothing, where there is none yet
  if (const auto folder = scan::CacheFolder::open(path, false)) {
    LIMPID_ASSIGN_WITHIN(usage, scan::usage_of(*folder), {path});
  } else if (folder.error().code() != Code::not_found) {
    return std::unexpected(folder.error());
  }
  const OutputOptions output{command.format, ""};
  if (command.format == "json") {
    report::JsonWriter json;
    json.open();
    json.text("directory", path);
    json.number("entries", usage.layers + usage.blobs);
    json.number("layers", usage.layers);
    json.number("blobs", usage.blobs);
    json.number("bytes", usage.bytes);
    json.number("limit", command.cache.size_max);
    json.close();
    LIMPID_TRY(deliver(output, json.take()));
    return kDone;
  }
  const std::vector<std::vector<std::string>> rows{
      {"ENTRIES", "LAYERS", "BLOBS", "SIZE", "LIMIT"},
      {base::cat({usage.layers + usage.blobs}), base::cat({usage.layers}), base::cat({usage.blobs}),
       size_text(usage.bytes), size_text(command.cache.size_max)}};
  LIMPID_TRY(deliver(output, base::cat({base::printable(path), "\n\n", report::columns(rows, style_for(output))})));
  return kDone;
}

Result<int> prune(const CacheCommand& command) {
  const std::string path = scan::cache_files_folder(cache_folder(command.cache.folder));
  const auto folder = scan::CacheFolder::open(path, false);
  scan::Pruned pruned;
  if (folder) {
    LIMPID_ASSIGN_WITHIN(pruned, scan::prune(*folder, command.all ? 0 : command.cache.size_max), {path});
  } else if (folder.error().code() != Code::not_found) {
    return std::unexpected(folder.error());
  }
  LIMPID_TRY(deliver({}, pruned.busy
                             ? base::cat({base::printable(path), ": another process is pruning it\n"})
                             : base::cat({base::printable(path), ": removed ", report::plural(pruned.files, "file"),
                                          ", ", size_text(pruned.bytes), "\n"})));
  return kDone;
}

int status_of(const Result<int>& result) { return result ? *result : failed(result.error()); }

}  // namespace

int run_cache_info(const CacheCommand& command) { return status_of(info(command)); }
int run_cache_prune(const CacheCommand& command) { return status_of(prune(command)); }

}  // namespace limpid::cli

// What the commands share: where the database is, how results leave, how an error is told.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/feed.h"
#include "base/error.h"
#include "cli/options.h"
#include "image/source.h"
#include "report/report.h"
#include "scan/scan.h"
#include "vulndb/database.h"

namespace limpid::cli {

// What a scan of known layers allocates: base::prepare_heap().
inline constexpr std::size_t kHeapAtFirst = std::size_t{3} << 19;

// `named`, or $XDG_CACHE_HOME/limpid/limpid.db, or ~/.cache/limpid/limpid.db.
std::string database_path(const std::string& named);
// Opens it; without one, an error that says in one line how to get one.
Result<vulndb::Database> open_database(const std::string& named);

// `named`, or $XDG_CACHE_HOME/limpid, or ~/.cache/limpid.
std::string cache_folder(const std::string& named);
// The cache of layers that are read with these options; null with --no-cache.
std::unique_ptr<scan::LayerCache> open_cache(const CacheOptions& cache, const image::OpenOptions& open,
                                             const scan::ScanOptions& options);
// What a command's flags say of how layers are read, until `cancel` is set.
scan::ScanOptions scan_options(const ImageOptions& image, const std::atomic<bool>* cancel);

Result<const report::Format*> find_format(const std::string& name);
// Whether the result goes there, by whatever name.
bool to_standard_output(const OutputOptions& output);
// Colour and width for where the result goes: a terminal, or anything else. NO_COLOR, CLICOLOR_FORCE and TERM=dumb are
// honoured (https://no-color.org, https://bixense.com/clicolors).
report::Style style_for(const OutputOptions& output);
// To standard output, or to the file, atomically. Not at all once `cancel` is set.
Result<void> deliver(const OutputOptions& output, std::string_view text, const std::atomic<bool>* cancel = nullptr);

// Where an error was: the target, and, where it is several images, the platform.
std::string name_for_errors(const std::string& target, const image::ImageSource& image, std::size_t images);

// Several reports as one text: JSON documents are an array if there are several or may be (`is_list`); tables follow
// each other.
std::string join_reports(const std::vector<std::string>& reports, const report::Format& format, bool is_list);

// How the image is to be opened. Reads standard input for --password-stdin: once a command.
Result<image::OpenOptions> open_options(const ImageOptions& arguments, const std::atomic<bool>* cancel);

// --feed NAME[@NAMESPACE]=PLACE, where `place` is what the command calls it: "PATH", "URL".
struct FeedArgument {
  const advisory::Feed* feed = nullptr;
  std::string place, name_space;
};
Result<FeedArgument> parse_feed_argument(std::string_view text, std::string_view place);
// The folder that the file shall stand in, with those above it.
Result<void> make_parent_folder(const std::string& path);
// What a new database holds, on standard error; a warning if it knows of nothing.
void tell_written(const std::string& path, const vulndb::Info& info, bool quiet);

// One line on standard error; returns kFailed.
int failed(const Error& error);

}  // namespace limpid::cli

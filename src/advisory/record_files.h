// A feed whose records are small files, in whatever they are packed: a folder, a zip, a tar archive, or one of them
// alone.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "advisory/feed.h"

namespace limpid::advisory {

struct RecordFiles {
  // Whether a path, in an archive or a folder, is that of a record.
  std::function<bool(std::string_view path)> is_record;
  // Reads one record. The text may be changed within its capacity. `name` says where it lies, for messages.
  std::function<Result<void>(const std::string& name, std::string& text)> read;
  std::uint64_t record_size_max = 0;
  // Whether the first bytes of a file that is no zip are those of a record: if not, they should be a tar archive.
  std::function<bool(std::string_view beginning)> begins_record;
};

// What is wrong with a record that stands alone is an error; among others it is noted in `counts.skipped`. A damaged
// archive fails.
Result<void> read_record_files(const std::string& path, const RecordFiles& files, FeedCounts& counts, const Sink& sink);

}  // namespace limpid::advisory

// A feed's local copy: a file, possibly compressed, or a folder of such files.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "archive/compression.h"
#include "base/file.h"

namespace limpid::advisory {

inline constexpr std::size_t kInputFilesMax = 5'000'000;

// `path` itself if it is no folder; else every regular file below it whose name ends in one of `suffixes`, sorted.
// Symbolic links to files are followed, those to folders are not. Code::not_found if there is nothing.
Result<std::vector<std::string>> list_inputs(const std::string& path, std::initializer_list<std::string_view> suffixes);
// The same, for what `wanted` says of a path.
Result<std::vector<std::string>> list_inputs(const std::string& path,
                                             const std::function<bool(std::string_view path)>& wanted);

// What a feed may expand to: far above every upstream's size (tens of GB of VEX documents), far
// below what never ends.
inline constexpr std::uint64_t kInputSizeMax = std::uint64_t{256} << 30;

// An open file, decompressed if its first bytes say so (gzip, zstd, xz, bzip2).
class InputFile {
 public:
  static Result<InputFile> open(const std::string& path);
  archive::Source& source() { return *source_; }

 private:
  InputFile(std::unique_ptr<base::File> file, std::unique_ptr<archive::Source> source)
      : file_(std::move(file)), source_(std::move(source)) {}

  std::unique_ptr<base::File> file_;  // on the heap: the source keeps its address
  std::unique_ptr<archive::Source> source_;
};

// The whole file, decompressed, refused with Code::limit beyond `size_max`.
Result<std::string> read_input(const std::string& path, std::uint64_t size_max);

}  // namespace limpid::advisory

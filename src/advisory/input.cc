#include "advisory/input.h"

#include <algorithm>
#include <filesystem>

#include "base/pool.h"
#include "base/spare.h"

namespace limpid::advisory {

Result<std::vector<std::string>> list_inputs(const std::string& path,
                                             std::initializer_list<std::string_view> suffixes) {
  const auto wanted = [&](std::string_view name) {
    return std::ranges::any_of(suffixes, [&](std::string_view suffix) { return name.ends_with(suffix); });
  };
  return list_inputs(path, wanted);
}

Result<std::vector<std::string>> list_inputs(const std::string& path,
                                             const std::function<bool(std::string_view path)>& wanted) {
  namespace fs = std::filesystem;
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status)) return fail(Code::not_found, {path, ": no such file or folder"});
  std::vector<std::string> files;
  if (!fs::is_directory(status)) {
    files.push_back(path);
    return files;
  }
  auto entry = fs::recursive_directory_iterator(path, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const auto& name = entry->path().native();
    if (!wanted(name)) continue;
    std::error_code ignored;
    if (!entry->is_regular_file(ignored)) continue;
    if (files.size() == kInputFilesMax) return fail(Code::limit, {path, ": more than ", kInputFilesMax, " files"});
    files.push_back(name);
  }
  if (error) return fail(Code::io, {path, ": ", error.message()});
  if (files.empty()) return fail(Code::not_found, {path, ": no file of this feed in the folder"});
  std::ranges::sort(files);
  return files;
}

Result<InputFile> InputFile::open(const std::string& path) {
  LIMPID_ASSIGN(auto opened, base::File::open(path));
  auto file = std::make_unique<base::File>(std::move(opened));
  LIMPID_ASSIGN_WITHIN(const auto size, file->size(), {path});
  archive::InflateLimits limits;
  limits.output_max = kInputSizeMax;
  LIMPID_ASSIGN_WITHIN(auto source, archive::decompress_any(archive::file_source(*file, 0, size), limits), {path});
  // What unpacks slowly (bzip2) does so beside its reader. More threads than processors are at work then, if several
  // feeds are read at once: those that read wait for those that unpack.
  static base::SpareThreads spare(base::processors() > 1 ? base::processors() : 0);
  source->may_use(spare, size);
  return InputFile(std::move(file), std::move(source));
}

Result<std::string> read_input(const std::string& path, std::uint64_t size_max) {
  LIMPID_ASSIGN(auto file, InputFile::open(path));
  LIMPID_ASSIGN_WITHIN(auto bytes, archive::read_all(file.source(), size_max), {path});
  return bytes;
}

}  // namespace limpid::advisory

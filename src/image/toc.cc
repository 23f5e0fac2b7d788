#include "image/toc.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "archive/skip_log.h"
#include "image/json_text.h"

namespace limpid::image {
namespace {

using archive::EntryType;

constexpr std::uint64_t kVersion = 1;
constexpr std::uint64_t kPermissions = 07777;
constexpr std::uint64_t kDeviceNumberMax = 0xfffff;
// What Go's JSON writer puts in the place of bytes that are no UTF-8.
constexpr std::string_view kReplacement = "\xef\xbf\xbd";

Result<std::uint64_t> number(const Fields& fields, std::string_view name) {
  const auto value = fields.find(name);
  std::uint64_t result = 0;
  if (value && value->get(result) != simdjson::SUCCESS) return fields.wrong(name, "a number that is not negative");
  return result;
}

Result<Digest> digest(const Fields& fields, std::string_view name) {
  LIMPID_ASSIGN(const std::string text, fields.text(name));
  if (text.empty()) return Digest();
  LIMPID_ASSIGN_WITHIN(Digest parsed, Digest::parse(text), {name});
  return parsed;
}

// A regular file whose chunks are being read.
struct File {
  std::string raw_name;
  Digest digest;              // of its whole content
  std::uint64_t size = 0;     // of it
  std::uint64_t covered = 0;  // by the chunks so far
  std::uint64_t end = 0;      // zstd:chunked: of the last chunk in the blob; 0 where it is not told
  std::size_t first_chunk = 0;
  bool kept = false;  // as the last of toc_.entries
};

class Parser {
 public:
  Parser(TocPromise::Format format, std::uint64_t content_end, const archive::TarLimits& limits,
         const ImageLimits& bounds)
      : format_(format), content_end_(content_end), limits_(limits), bounds_(bounds), skips_(limits.skipped_max) {}

  Result<Toc> parse(std::string_view json) {
    if (json.size() > bounds_.toc_size_max)
      return fail(Code::limit, {"has ", json.size(), " bytes, beyond the limit toc-size=", bounds_.toc_size_max});
    LIMPID_TRY(remember(parsed_size(json)));
    Text text;
    LIMPID_ASSIGN(const dom::element root, text.parse(json));
    LIMPID_ASSIGN(const Fields fields, Fields::of(root, "the table", {"version", "entries"}));
    LIMPID_ASSIGN(const std::uint64_t version, number(fields, "version"));
    if (version != kVersion)
      return fail(Code::unsupported, {"is of version ", version, ", and we know version ", kVersion});
    const std::size_t entries_max = static_cast<std::size_t>(std::min<std::uint64_t>(limits_.entries_max, 0xffffff));
    LIMPID_ASSIGN(const dom::array entries, fields.list("entries", "entries", entries_max));
    std::size_t index = 0;
    for (const dom::element element : entries) {
      LIMPID_TRY_WITHIN(add(element), {"entry ", index + 1});
      ++index;
    }
    LIMPID_TRY(end_file());
    LIMPID_TRY(set_ends());
    toc_.skipped = skips_.list();
    return std::move(toc_);
  }

 private:
  Result<void> add(dom::element element) {
    LIMPID_ASSIGN(const Fields fields,
                  Fields::of(element, "it",
                             {"name", "type", "size", "linkName", "mode", "devMajor", "devMinor", "offset", "endOffset",
                              "innerOffset", "chunkSize", "chunkOffset", "chunkDigest", "chunkType", "digest"}));
    LIMPID_ASSIGN(std::string name, fields.text("name"));
    LIMPID_ASSIGN(const std::string type, fields.text("type"));
    if (type == "chunk") {
      if (!file_ || file_->raw_name != name)
        return fail(Code::invalid, {"a chunk of '", name, "' that does not follow its file"});
      return add_chunk(fields);
    }
    LIMPID_TRY(end_file());
    const auto kind = type_of(type);
    if (!kind) return fail(Code::unsupported, {"'", name, "' is of the unknown type '", type, "'"});
    LIMPID_TRY(refuse_replaced(name));
    if (*kind == EntryType::file) return add_file(fields, std::move(name));
    LIMPID_ASSIGN(const std::string link, fields.text("linkName"));
    LIMPID_TRY(refuse_replaced(link));
    LIMPID_TRY(add_other(fields, *kind, name, link));
    return {};
  }

  static std::optional<EntryType> type_of(std::string_view type) {
    if (type == "reg") return EntryType::file;
    if (type == "dir") return EntryType::directory;
    if (type == "symlink") return EntryType::symlink;
    if (type == "hardlink") return EntryType::hard_link;
    if (type == "char") return EntryType::char_device;
    if (type == "block") return EntryType::block_device;
    if (type == "fifo") return EntryType::fifo;
    return std::nullopt;
  }

  // What simdjson makes of a text, about: a copy, the texts in it, and two words and the place of each value.
  static std::uint64_t parsed_size(std::string_view json) {
    constexpr std::uint64_t kValueSize = 24;
    const auto values =
        std::ranges::count_if(json, [](char c) { return c == ',' || c == ':' || c == '[' || c == '{'; });
    return 2 * json.size() + kValueSize * static_cast<std::uint64_t>(values);
  }

  // A table in memory, parsed and then as entries, is many times its text.
  Result<void> remember(std::uint64_t bytes) {
    memory_ += bytes;
    if (memory_ <= bounds_.toc_memory_max) return {};
    return fail(Code::limit, {"it takes more than the limit memory=", bounds_.toc_memory_max});
  }

  static Result<void> refuse_replaced(std::string_view name) {
    if (name.find(kReplacement) == std::string_view::npos) return {};
    return fail(Code::unsupported, {"'", name, "' stands for a name that is no UTF-8"});
  }

  bool skip(std::string_view name, std::string_view detail) {
    skips_.add(name, SkipReason::unsafe, {detail});
    return false;
  }

  // The same entries are given, and the same skipped, as by a reader of the tar (archive/tar.cc). True if it was given.
  Result<bool> add_other(const Fields& fields, EntryType type, std::string_view raw_name, std::string_view link) {
    archive::Entry entry;
    entry.type = type;
    LIMPID_ASSIGN(const std::uint64_t mode, number(fields, "mode"));
    entry.mode = static_cast<std::uint32_t>(mode & kPermissions);
    if (!archive::normalise_path(raw_name, entry.path, entry.outside_root))
      return skip(raw_name, "a name that no file can have");
    if (entry.path.empty() && type != EntryType::directory)
      return skip(raw_name, "the root itself, but not as a directory");
    if (type == EntryType::symlink) {
      if (link.size() > archive::kPathLengthMax || link.find('\0') != std::string_view::npos)
        return skip(entry.path, "a symlink to a name that no file can have");
      entry.link_target = link;
    }
    if (type == EntryType::hard_link) {
      bool target_outside = false;
      if (!archive::normalise_path(link, entry.link_target, target_outside))
        return skip(entry.path, "a hard link to a name that no file can have");
      entry.outside_root = entry.outside_root || target_outside;
    }
    if (type == EntryType::char_device || type == EntryType::block_device) {
      LIMPID_ASSIGN(const std::uint64_t major, number(fields, "devMajor"));
      LIMPID_ASSIGN(const std::uint64_t minor, number(fields, "devMinor"));
      if (major > 0xfff || minor > kDeviceNumberMax) return fail(Code::invalid, {"a device that cannot be"});
      entry.device = static_cast<std::uint32_t>(major << 20 | minor);
    }
    LIMPID_TRY(remember(sizeof(TocEntry) + entry.path.size() + entry.link_target.size()));
    toc_.entries.push_back({std::move(entry), 0, 0});
    return true;
  }

  Result<void> add_file(const Fields& fields, std::string name) {
    LIMPID_ASSIGN(const std::uint64_t size, number(fields, "size"));
    LIMPID_ASSIGN(const bool kept, add_other(fields, EntryType::file, name, {}));
    if (kept) toc_.entries.back().entry.size = size;
    file_ = File{};
    file_->raw_name = std::move(name);
    file_->size = size;
    file_->first_chunk = toc_.chunks.size();
    file_->kept = kept;
    LIMPID_ASSIGN(file_->digest, digest(fields, "digest"));
    LIMPID_ASSIGN(file_->end, number(fields, "endOffset"));
    if (format_ == TocPromise::Format::estargz) file_->end = 0;  // unknown there
    return size == 0 ? Result<void>() : add_chunk(fields);
  }

  Result<void> add_chunk(const Fields& fields) {
    TocChunk chunk;
    LIMPID_ASSIGN(const std::uint64_t at, number(fields, "chunkOffset"));
    LIMPID_ASSIGN(chunk.size, number(fields, "chunkSize"));
    LIMPID_ASSIGN(chunk.digest, digest(fields, "chunkDigest"));
    LIMPID_ASSIGN(const std::string type, fields.text("chunkType"));
    if (at != file_->covered)
      return fail(Code::invalid, {"a chunk of '", file_->raw_name, "' begins at byte ", at, ", and not at ",
                                  file_->covered, ", where the one before ends"});
    const std::uint64_t left = file_->size - file_->covered;
    if (chunk.size == 0) chunk.size = left;  // the last one may leave it out
    if (chunk.size == 0 || chunk.size > left)
      return fail(Code::invalid, {"a chunk of '", file_->raw_name, "' has ", chunk.size, " bytes, where ", left,
                                  " are left of the file"});
    file_->covered += chunk.size;
    if (type == "zeros") {
      chunk.zeros = true;
    } else if (!type.empty()) {
      return fail(Code::unsupported, {"a chunk of the unknown type '", type, "'"});
    } else {
      if (!fields.has("offset")) return fail(Code::invalid, {"'", file_->raw_name, "' has content, but no offset"});
      LIMPID_ASSIGN(chunk.offset, number(fields, "offset"));
      LIMPID_ASSIGN(chunk.inner_offset, number(fields, "innerOffset"));
      if (chunk.offset >= content_end_)
        return fail(Code::invalid, {"'", file_->raw_name, "' begins at byte ", chunk.offset,
                                    " of the blob, beyond the files' end at ", content_end_});
    }
    LIMPID_TRY(remember(sizeof(TocChunk) + sizeof(std::uint64_t)));  // set_ends() needs another number
    toc_.chunks.push_back(chunk);
    return {};
  }

  // All of a file's chunks are there, or it has none.
  Result<void> end_file() {
    if (!file_) return {};
    const File& file = *file_;
    if (file.covered != file.size)
      return fail(Code::invalid, {"'", file.raw_name, "' has ", file.size, " bytes, its chunks cover ", file.covered});
    const std::size_t count = toc_.chunks.size() - file.first_chunk;
    if (count == 1 && toc_.chunks.back().digest.empty()) toc_.chunks.back().digest = file.digest;
    if (file.end != 0 && count != 0 && !toc_.chunks.back().zeros) toc_.chunks.back().end = file.end;
    if (file.kept) {
      toc_.entries.back().first_chunk = file.first_chunk;
      toc_.entries.back().chunk_count = count;
    }
    file_.reset();
    return {};
  }

  // Where it is not told where a chunk ends, it ends where the next one in the blob begins.
  Result<void> set_ends() {
    std::vector<std::uint64_t> offsets;
    for (const TocChunk& chunk : toc_.chunks)
      if (!chunk.zeros) offsets.push_back(chunk.offset);
    std::ranges::sort(offsets);
    for (TocChunk& chunk : toc_.chunks) {
      if (chunk.zeros) continue;
      if (chunk.end == 0) {
        const auto next = std::ranges::upper_bound(offsets, chunk.offset);
        chunk.end = next == offsets.end() ? content_end_ : *next;
      }
      if (chunk.end <= chunk.offset || chunk.end > content_end_)
        return fail(Code::invalid, {"a chunk lies between the bytes ", chunk.offset, " and ", chunk.end,
                                    " of the blob, whose files end at ", content_end_});
    }
    return {};
  }

  TocPromise::Format format_;
  std::uint64_t content_end_;
  const archive::TarLimits& limits_;
  const ImageLimits& bounds_;
  archive::SkipLog skips_;
  std::uint64_t memory_ = 0;  // of the parsed text and of toc_, about
  Toc toc_;
  std::optional<File> file_;
};

}  // namespace

Result<Toc> parse_toc(std::string_view json, TocPromise::Format format, std::uint64_t content_end,
                      const archive::TarLimits& limits, const ImageLimits& bounds) {
  return Parser(format, content_end, limits, bounds).parse(json);
}

}  // namespace limpid::image

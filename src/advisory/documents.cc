#include "advisory/documents.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "advisory/input.h"
#include "archive/peeked.h"
#include "archive/tar.h"
#include "archive/zip.h"

namespace limpid::advisory {
namespace {

constexpr std::string_view kArchives[] = {".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.zst", ".tar.bz2"};
constexpr std::string_view kCompressions[] = {"", ".gz", ".xz", ".zst", ".bz2"};

// What is looked at to tell a document from an archive: as much as a tar has before the first file's bytes.
constexpr std::size_t kBeginning = 512;

class DocumentReader {
 public:
  DocumentReader(const DocumentKind& kind, const Sink& sink, FeedCounts& counts, const DocumentVisitor& visit)
      : kind_(kind), sink_(sink), counts_(counts), visit_(visit) {}

  // In a folder, where documents may be compressed one by one.
  bool is_document(std::string_view path) const {
    if (kind_.is_document) return kind_.is_document(path);
    return std::ranges::any_of(kCompressions, [&](std::string_view compression) {
      std::string_view name = path;
      return base::strip_suffix(name, compression) && name.ends_with(kind_.suffix);
    });
  }

  // A document or archive that stands alone: what is wrong with it is an error.
  Result<void> read_file(const std::string& path) {
    LIMPID_ASSIGN(const auto file, base::MappedFile::open(path));
    if (base::as_text(file.bytes()).starts_with("PK")) return read_zip(path, file.bytes());
    LIMPID_ASSIGN(auto input, InputFile::open(path));
    LIMPID_ASSIGN_WITHIN(const auto source, archive::PeekedSource::peek(input.source(), kBeginning), {path});
    return begins_document(base::as_text(source->first())) ? read_document(path, *source) : read_tar(path, *source);
  }

  // One of many: what is wrong with it is noted.
  Result<void> read_one_of_many(const std::string& path) {
    if (!is_document(path)) return read_file(path);
    return note(path, read_file(path));
  }

 private:
  bool is_member(std::string_view path) const {
    return kind_.is_document ? kind_.is_document(path) : path.ends_with(kind_.suffix);
  }
  // Nothing at all is a document too, if a damaged one.
  bool begins_document(std::string_view beginning) const {
    const auto text = base::trim(beginning);
    if (text.empty()) return true;
    if (kind_.begins_document) return kind_.begins_document(beginning);
    return text.starts_with('{') || text.starts_with('[') || text.starts_with('<');
  }

  Result<void> read_document(const std::string& path, archive::Source& source) {
    LIMPID_ASSIGN_WITHIN(auto text, archive::read_all(source, kind_.size_max), {path});
    LIMPID_TRY_WITHIN(visit_(path, text), {path});
    return {};
  }

  Result<void> read_zip(const std::string& path, Bytes bytes) {
    LIMPID_ASSIGN_WITHIN(const auto zip, archive::ZipReader::open(bytes), {path});
    append_skipped(path, zip.skipped());
    for (const auto& member : zip.members()) {
      if (sink_.is_cancelled()) return cancelled();
      if (member.directory || !is_member(member.path)) continue;
      const auto name = base::cat({path, "/", member.path});
      if (is_too_big(name, member.size)) continue;
      LIMPID_ASSIGN_WITHIN(const auto source, zip.read(member), {name});
      LIMPID_ASSIGN_WITHIN(auto text, archive::read_all(*source, kind_.size_max), {name});
      LIMPID_TRY(note(name, visit_(name, text)));
    }
    return {};
  }

  Result<void> read_tar(const std::string& path, archive::Source& source) {
    const auto files = archive::open_tar(source);
    for (;;) {
      if (sink_.is_cancelled()) return cancelled();
      LIMPID_ASSIGN_WITHIN(const auto* entry, files->next(), {path});
      if (entry == nullptr) break;
      if (entry->type != archive::EntryType::file || !is_member(entry->path)) continue;
      const auto name = base::cat({path, "/", entry->path});
      if (is_too_big(name, entry->size)) continue;
      LIMPID_ASSIGN_WITHIN(auto text, archive::read_content(*files, kind_.size_max), {name});
      LIMPID_TRY(note(name, visit_(name, text)));
    }
    append_skipped(path, files->skipped());
    return {};
  }

  bool is_too_big(const std::string& name, std::uint64_t size) {
    if (size <= kind_.size_max) return false;
    add_skipped(name, Error(Code::limit, base::cat({"larger than ", kind_.size_max, " bytes"})));
    return true;
  }
  Result<void> note(const std::string& name, const Result<void>& read) {
    if (read) return {};
    if (read.error().code() == Code::cancelled) return read;
    add_skipped(name, read.error());
    return {};
  }
  void add_skipped(const std::string& name, const Error& error) {
    counts_.skipped.push_back({.path = name,
                               .layer = {},
                               .reason = error.code() == Code::limit ? SkipReason::too_big : SkipReason::damaged,
                               .detail = error.describe()});
  }
  void append_skipped(const std::string& path, const SkippedList& list) {
    for (const auto& skipped : list) {
      counts_.skipped.push_back(skipped);
      counts_.skipped.back().path = base::cat({path, "/", skipped.path});
    }
  }

  const DocumentKind& kind_;
  const Sink& sink_;
  FeedCounts& counts_;
  const DocumentVisitor& visit_;
};

}  // namespace

Result<void> each_document(const FeedInput& input, const DocumentKind& kind, const Sink& sink, FeedCounts& counts,
                           const DocumentVisitor& visit) {
  DocumentReader reader(kind, sink, counts, visit);
  LIMPID_ASSIGN(const auto paths, list_inputs(input.path, [&](std::string_view name) {
                  return reader.is_document(name) ||
                         std::ranges::any_of(kArchives, [&](auto suffix) { return name.ends_with(suffix); });
                }));
  const bool alone = paths.size() == 1 && paths[0] == input.path;
  for (const auto& path : paths) {
    if (sink.is_cancelled()) return cancelled();
    LIMPID_TRY(alone ? reader.read_file(path) : reader.read_one_of_many(path));
  }
  return {};
}

}  // namespace limpid::advisory

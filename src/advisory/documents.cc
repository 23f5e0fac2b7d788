#include "advisory/documents.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "advisory/input.h"
#include "archive/tar.h"
#include "archive/zip.h"

namespace limpid::advisory {
namespace {

constexpr std::string_view kArchives[] = {".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.zst", ".tar.bz2"};
constexpr std::string_view kCompressions[] = {"", ".gz", ".xz", ".zst", ".bz2"};

// Gives back the first piece of a stream, which was looked at to tell what the stream is.
class PeekedSource final : public archive::Source {
 public:
  static Result<std::unique_ptr<PeekedSource>> open(archive::Source& source) {
    auto peeked = std::unique_ptr<PeekedSource>(new PeekedSource(source));
    LIMPID_ASSIGN(peeked->first_, source.next());
    return peeked;
  }
  Bytes first() const { return first_; }
  Result<Bytes> next() override {
    if (std::exchange(given_, true)) return source_.next();
    return first_;
  }

 private:
  explicit PeekedSource(archive::Source& source) : source_(source) {}
  archive::Source& source_;
  Bytes first_;
  bool given_ = false;
};

class DocumentReader {
 public:
  DocumentReader(const DocumentKind& kind, const Sink& sink, FeedCounts& counts, const DocumentVisitor& visit)
      : kind_(kind), sink_(sink), counts_(counts), visit_(visit) {}

  bool is_document(std::string_view path) const {
    for (const auto compression : kCompressions) {
      std::string_view name = path;
      if (base::strip_suffix(name, compression) && name.ends_with(kind_.suffix)) return true;
    }
    return false;
  }

  // A document or archive that stands alone: what is wrong with it is an error.
  Result<void> read_file(const std::string& path) {
    LIMPID_ASSIGN(const auto file, base::MappedFile::open(path));
    if (base::as_text(file.bytes()).starts_with("PK")) return read_zip(path, file.bytes());
    LIMPID_ASSIGN(auto input, InputFile::open(path));
    LIMPID_ASSIGN_WITHIN(const auto source, PeekedSource::open(input.source()), {path});
    const auto text = base::trim(base::as_text(source->first()));
    const bool is_tar = !text.empty() && !text.starts_with('{') && !text.starts_with('[') && !text.starts_with('<');
    return is_tar ? read_tar(path, *source) : read_document(path, *source);
  }

  // One of many: what is wrong with it is noted.
  Result<void> read_one_of_many(const std::string& path) {
    if (!is_document(path)) return read_file(path);
    return note(path, read_file(path));
  }

 private:
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
      if (member.directory || !member.path.ends_with(kind_.suffix)) continue;
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
      if (entry->type != archive::EntryType::file || !entry->path.ends_with(kind_.suffix)) continue;
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

#include "advisory/record_files.h"

#include <utility>

#include "advisory/input.h"
#include "archive/tar.h"
#include "archive/zip.h"

namespace limpid::advisory {
namespace {

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

class RecordFilesReader {
 public:
  RecordFilesReader(const RecordFiles& files, FeedCounts& counts, const Sink& sink)
      : files_(files), counts_(counts), sink_(sink) {}

  // A record that stands alone: what is wrong with it is an error.
  Result<void> read_file(const std::string& path) {
    LIMPID_ASSIGN(const auto file, base::MappedFile::open(path));
    if (base::as_text(file.bytes()).starts_with("PK")) return read_zip(path, file.bytes());
    LIMPID_ASSIGN(auto input, InputFile::open(path));
    LIMPID_ASSIGN_WITHIN(const auto source, PeekedSource::open(input.source()), {path});
    const auto beginning = base::as_text(source->first());
    if (base::trim(beginning).empty() || files_.begins_record(beginning)) return read_document(path, *source);
    return read_tar(path, *source);
  }

  // One of many: what is wrong with it is noted.
  Result<void> read_one_of_many(const std::string& path) {
    if (!files_.is_record(path)) return read_file(path);
    return note(path, read_file(path));
  }

 private:
  Result<void> read_document(const std::string& path, archive::Source& source) {
    LIMPID_ASSIGN_WITHIN(auto text, archive::read_all(source, files_.record_size_max), {path});
    LIMPID_TRY_WITHIN(files_.read(path, text), {path});
    return {};
  }

  Result<void> read_zip(const std::string& path, Bytes bytes) {
    LIMPID_ASSIGN_WITHIN(const auto zip, archive::ZipReader::open(bytes), {path});
    append_skipped(path, zip.skipped());
    for (const auto& member : zip.members()) {
      if (sink_.is_cancelled()) return cancelled();
      if (member.directory || !files_.is_record(member.path)) continue;
      const auto name = base::cat({path, "/", member.path});
      if (member.size > files_.record_size_max) {
        LIMPID_TRY(note(name, fail(Code::limit, {"larger than ", files_.record_size_max, " bytes"})));
        continue;
      }
      LIMPID_ASSIGN_WITHIN(const auto source, zip.read(member), {name});
      LIMPID_ASSIGN_WITHIN(auto text, archive::read_all(*source, files_.record_size_max), {name});
      LIMPID_TRY(note(name, files_.read(name, text)));
    }
    return {};
  }

  Result<void> read_tar(const std::string& path, archive::Source& source) {
    const auto files = archive::open_tar(source);
    for (;;) {
      if (sink_.is_cancelled()) return cancelled();
      LIMPID_ASSIGN_WITHIN(const auto* entry, files->next(), {path});
      if (entry == nullptr) break;
      if (entry->type != archive::EntryType::file || !files_.is_record(entry->path)) continue;
      const auto name = base::cat({path, "/", entry->path});
      if (entry->size > files_.record_size_max) {
        LIMPID_TRY(note(name, fail(Code::limit, {"larger than ", files_.record_size_max, " bytes"})));
        continue;
      }
      LIMPID_ASSIGN_WITHIN(auto text, archive::read_content(*files, files_.record_size_max), {name});
      LIMPID_TRY(note(name, files_.read(name, text)));
    }
    append_skipped(path, files->skipped());
    return {};
  }

  // The user's wish to stop is no fault of the record.
  Result<void> note(const std::string& name, Result<void> read) {
    if (read) return {};
    if (read.error().code() == Code::cancelled) return read;
    counts_.skipped.push_back({.path = name,
                               .layer = {},
                               .reason = read.error().code() == Code::limit ? SkipReason::too_big : SkipReason::damaged,
                               .detail = read.error().describe()});
    return {};
  }
  void append_skipped(const std::string& path, const SkippedList& list) {
    for (const auto& skipped : list) {
      counts_.skipped.push_back(skipped);
      counts_.skipped.back().path = base::cat({path, "/", skipped.path});
    }
  }

  const RecordFiles& files_;
  FeedCounts& counts_;
  const Sink& sink_;
};

}  // namespace

Result<void> read_record_files(const std::string& path, const RecordFiles& files, FeedCounts& counts,
                               const Sink& sink) {
  LIMPID_ASSIGN(
      const auto paths, list_inputs(path, [&](std::string_view name) {
        for (const std::string_view suffix : {".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.zst", ".tar.bz2"})
          if (name.ends_with(suffix)) return true;
        return files.is_record(name);
      }));
  RecordFilesReader reader(files, counts, sink);
  const bool alone = paths.size() == 1 && paths[0] == path;
  for (const auto& one : paths) {
    if (sink.is_cancelled()) return cancelled();
    LIMPID_TRY(alone ? reader.read_file(one) : reader.read_one_of_many(one));
  }
  return {};
}

}  // namespace limpid::advisory

// Feed "osv": records of https://osv.dev/ as its bucket serves them (all.zip per ecosystem), as others publish them
// (tar archives, git checkouts), or one by one. Only packages whose versions we can order are kept.
//
// A record is a JSON document, a statement one element of its `affected`.
#include "advisory/input.h"
#include "advisory/list.h"
#include "advisory/osv_record.h"
#include "archive/tar.h"
#include "archive/zip.h"

namespace limpid::advisory {
namespace {

bool is_record_name(std::string_view path) { return path.ends_with(".json"); }

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

class OsvReader {
 public:
  OsvReader(FeedCounts& counts, Sink& sink) : counts_(counts), sink_(sink) {}

  // A record that stands alone: what is wrong with it is an error.
  Result<void> read_file(const std::string& path) {
    LIMPID_ASSIGN(const auto file, base::MappedFile::open(path));
    if (base::as_text(file.bytes()).starts_with("PK")) return read_zip(path, file.bytes());
    LIMPID_ASSIGN(auto input, InputFile::open(path));
    LIMPID_ASSIGN_WITHIN(const auto source, PeekedSource::open(input.source()), {path});
    const auto text = base::trim(base::as_text(source->first()));
    if (text.starts_with('{') || text.starts_with('[') || text.empty()) return read_document(path, *source);
    return read_tar(path, *source);
  }

  // One of many: what is wrong with it is noted.
  Result<void> read_one_of_many(const std::string& path) {
    if (!is_record_name(path)) return read_file(path);
    note(path, read_file(path));
    return {};
  }

 private:
  Result<void> read_document(const std::string& path, archive::Source& source) {
    LIMPID_ASSIGN_WITHIN(auto text, archive::read_all(source, kOsvRecordSizeMax), {path});
    LIMPID_TRY_WITHIN(records_.read(path, text, counts_, sink_), {path});
    return {};
  }

  Result<void> read_zip(const std::string& path, Bytes bytes) {
    LIMPID_ASSIGN_WITHIN(const auto zip, archive::ZipReader::open(bytes), {path});
    append_skipped(path, zip.skipped());
    for (const auto& member : zip.members()) {
      if (sink_.is_cancelled()) return cancelled();
      if (member.directory || !is_record_name(member.path)) continue;
      const auto name = base::cat({path, "/", member.path});
      if (member.size > kOsvRecordSizeMax) {
        note(name, fail(Code::limit, {"larger than ", kOsvRecordSizeMax, " bytes"}));
        continue;
      }
      LIMPID_ASSIGN_WITHIN(const auto source, zip.read(member), {name});
      LIMPID_ASSIGN_WITHIN(auto text, archive::read_all(*source, kOsvRecordSizeMax), {name});
      note(name, records_.read(name, text, counts_, sink_));
    }
    return {};
  }

  Result<void> read_tar(const std::string& path, archive::Source& source) {
    const auto files = archive::open_tar(source);
    for (;;) {
      if (sink_.is_cancelled()) return cancelled();
      LIMPID_ASSIGN_WITHIN(const auto* entry, files->next(), {path});
      if (entry == nullptr) break;
      if (entry->type != archive::EntryType::file || !is_record_name(entry->path)) continue;
      const auto name = base::cat({path, "/", entry->path});
      if (entry->size > kOsvRecordSizeMax) {
        note(name, fail(Code::limit, {"larger than ", kOsvRecordSizeMax, " bytes"}));
        continue;
      }
      LIMPID_ASSIGN_WITHIN(auto text, archive::read_content(*files, kOsvRecordSizeMax), {name});
      note(name, records_.read(name, text, counts_, sink_));
    }
    append_skipped(path, files->skipped());
    return {};
  }

  void note(const std::string& name, const Result<void>& read) {
    if (read) return;
    counts_.skipped.push_back({.path = name,
                               .layer = {},
                               .reason = read.error().code() == Code::limit ? SkipReason::too_big : SkipReason::damaged,
                               .detail = read.error().describe()});
  }
  void append_skipped(const std::string& path, const SkippedList& list) {
    for (const auto& skipped : list) {
      counts_.skipped.push_back(skipped);
      counts_.skipped.back().path = base::cat({path, "/", skipped.path});
    }
  }

  FeedCounts& counts_;
  Sink& sink_;
  OsvRecordReader records_;
};

class OsvFeed final : public Feed {
 public:
  std::string_view name() const override { return "osv"; }
  std::string_view description() const override {
    return "OSV records: all.zip, a tar archive, one .json file, or a folder of such (npm, Go, crates.io, Debian, …)";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    LIMPID_ASSIGN(const auto paths, list_inputs(input.path, {".json", ".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz",
                                                             ".tar.zst", ".tar.bz2"}));
    OsvReader reader(counts, sink);
    const bool alone = paths.size() == 1 && paths[0] == input.path;
    for (const auto& path : paths) {
      if (sink.is_cancelled()) return cancelled();
      LIMPID_TRY(alone ? reader.read_file(path) : reader.read_one_of_many(path));
    }
    return counts;
  }
};

}  // namespace

const Feed& osv_feed() {
  static const OsvFeed feed;
  return feed;
}

}  // namespace limpid::advisory

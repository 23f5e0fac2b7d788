// Feed "osv": records of https://osv.dev/ as its bucket serves them (all.zip per ecosystem), as others publish them
// (tar archives, git checkouts), or one by one. Only packages whose versions we can order are kept.
//
// A record is a JSON document, a statement one element of its `affected`.
#include "advisory/list.h"
#include "advisory/osv_record.h"
#include "advisory/record_files.h"

namespace limpid::advisory {
namespace {

class OsvFeed final : public Feed {
 public:
  std::string_view name() const override { return "osv"; }
  std::string_view description() const override {
    return "OSV records: all.zip, a tar archive, one .json file, or a folder of such (npm, Go, crates.io, Debian, …)";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    OsvRecordReader records;
    const RecordFiles files{
        .is_record = [](std::string_view path) { return path.ends_with(".json"); },
        .read = [&](const std::string& name, std::string& text) { return records.read(name, text, counts, sink); },
        .record_size_max = kOsvRecordSizeMax,
        .begins_record =
            [](std::string_view beginning) {
              const auto text = base::trim(beginning);
              return text.starts_with('{') || text.starts_with('[');
            },
    };
    LIMPID_TRY(read_record_files(input.path, files, counts, sink));
    return counts;
  }
};

}  // namespace

const Feed& osv_feed() {
  static const OsvFeed feed;
  return feed;
}

}  // namespace limpid::advisory

// Feed "osv": records of https://osv.dev/ as its bucket serves them (all.zip per ecosystem), as others publish them
// (tar archives, git checkouts), or one by one. Only packages whose versions we can order are kept.
//
// A record is a JSON document, a statement one element of its `affected`.
#include "advisory/documents.h"
#include "advisory/list.h"
#include "advisory/osv_record.h"

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
    const auto visit = [&](const std::string& name, std::string& text) {
      return records.read(name, text, counts, sink);
    };
    LIMPID_TRY(each_document(input, {.suffix = ".json", .size_max = kOsvRecordSizeMax}, sink, counts, visit));
    return counts;
  }
};

}  // namespace

const Feed& osv_feed() {
  static const OsvFeed feed;
  return feed;
}

}  // namespace limpid::advisory

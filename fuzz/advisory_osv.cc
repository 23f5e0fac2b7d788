// One OSV record.
#include "advisory/osv_record.h"
#include "base/bytes.h"
#include "feeds.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid;
  std::string text(base::as_text({data, size}));
  static advisory::OsvRecordReader reader;
  advisory::FeedCounts counts;
  fuzz::CheckingSink sink;
  if (reader.read("record", text, counts, sink)) fuzz::check(counts, sink);
  return 0;
}

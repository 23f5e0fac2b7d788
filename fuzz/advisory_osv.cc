// One OSV record: every statement must be kept or counted, and no range may be empty of meaning.
#include <cstdint>
#include <string>

#include "advisory/osv_record.h"
#include "base/bytes.h"

namespace {

struct CountingSink final : limpid::advisory::Sink {
  std::uint64_t statements = 0;
  void advisory(limpid::advisory::Advisory&& advisory) override {
    statements += advisory.affected.size();
    for (const auto& affected : advisory.affected) {
      for (const auto& range : affected.ranges) {
        if (!range.fixed.empty() && !range.last_affected.empty()) __builtin_trap();
      }
    }
  }
  void available(limpid::advisory::Available&& /*available*/) override {}
  void end_of_life(limpid::advisory::EndOfLife&& /*end_of_life*/) override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid;
  std::string text(base::as_text({data, size}));
  static advisory::OsvRecordReader reader;
  advisory::FeedCounts counts;
  CountingSink sink;
  (void)reader.read("record", text, counts, sink);
  std::uint64_t dropped = 0;
  for (const auto& [reason, count] : counts.dropped) dropped += count;
  if (counts.statements != sink.statements + dropped) __builtin_trap();
  return 0;
}

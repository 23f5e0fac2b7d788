// One OSV record, https://ossf.github.io/osv-schema/ (1.0 to 1.7), as an Advisory.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "advisory/feed.h"

namespace limpid::advisory {

inline constexpr std::uint64_t kOsvRecordSizeMax = std::uint64_t{64} << 20;

class OsvRecordReader {
 public:
  OsvRecordReader();
  ~OsvRecordReader();
  OsvRecordReader(const OsvRecordReader&) = delete;
  OsvRecordReader& operator=(const OsvRecordReader&) = delete;

  // Hands what can be used to the sink and counts the rest; an error if the text is no OSV record at all, and then
  // nothing was counted. `name` is for messages; `text` only grows its capacity.
  Result<void> read(const std::string& name, std::string& text, FeedCounts& counts, Sink& sink);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace limpid::advisory

// The tar reader: what it says must not depend on how the bytes are cut, nor on whether contents are read.
#include <cstdlib>

#include "archive/tar.h"
#include "archive/testing.h"

namespace {
using namespace limpid::archive;

testing::Walk walk(std::string_view bytes, std::size_t piece, bool contents) {
  testing::ChoppedSource source(bytes, piece);
  TarLimits limits;
  limits.sparse_size_max = 1 << 16;
  const auto reader = open_tar(source, limits);
  return testing::walk(*reader, contents);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = limpid::base::as_text({data, size});
  const auto whole = walk(bytes, size + 1, true);
  const auto chopped = walk(bytes, 61, true);
  const auto unread = walk(bytes, 513, false);
  if (whole.lines != chopped.lines || whole.error != chopped.error) std::abort();
  if (whole.error.empty() && unread.lines.size() != whole.lines.size()) std::abort();
  return 0;
}

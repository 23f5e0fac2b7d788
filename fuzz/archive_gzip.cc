// All decompressors, by their first bytes. The output must not depend on how the input is cut.
#include <cstdlib>

#include "archive/compression.h"
#include "archive/testing.h"

namespace {
using namespace limpid::archive;

std::string inflate(std::string_view bytes, std::size_t piece) {
  InflateLimits limits;
  limits.output_max = 1 << 22;
  limits.zstd_window_log_max = 20;
  limits.xz_memory_max = 1 << 24;
  auto source = decompress_any(std::make_unique<testing::ChoppedSource>(bytes, piece), limits);
  if (!source) return "error";
  auto all = read_all(**source, 1 << 22);
  return all ? *all : "error";
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = limpid::base::as_text({data, size});
  if (inflate(bytes, size + 1) != inflate(bytes, 7)) std::abort();
  return 0;
}

// One header blob of rpm: arbitrary bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/bytes.h"
#include "inventory/rpm_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid;
  const auto header = inventory::read_rpm_header({data, size});
  if (!header) return 0;
  std::size_t files = 0;
  inventory::each_rpm_file(*header, [&](std::string_view path) {
    if (path.size() > inventory::kRpmPathMax + size) std::abort();
    ++files;
  });
  if (files > size) std::abort();  // each takes a byte at least
  if (!header->key_id.empty() && header->key_id.size() != 16) std::abort();
  return 0;
}

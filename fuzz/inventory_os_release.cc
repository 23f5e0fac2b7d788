// The files that tell the distribution, and the decision made from them. The first byte says which file it is.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "inventory/distribution.h"
#include "inventory/layer.h"
#include "inventory/merge.h"
#include "inventory/testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid::inventory;
  static constexpr std::array kPaths = {
      "etc/os-release",
      "usr/lib/os-release",
      "etc/alpine-release",
      "etc/apk/repositories",
      "etc/debian_version",
      "etc/lsb-release",
      "etc/openwrt_release",
      "etc/redhat-release",
      "etc/SuSE-release",
      "usr/lib/system-release",
      "var/lib/ubuntu-advantage/status.json",
  };
  if (size == 0) return 0;
  const std::string content(limpid::base::as_text({data + 1, size - 1}));
  testing::MemoryReader reader({testing::file(kPaths[data[0] % kPaths.size()], content)}, 997);
  const auto layer = read_layer(reader);
  if (!layer) std::abort();
  const auto image = merge_layers({&*layer, 1});
  for (const char c : image.distribution.name_space) {
    if (c == '\n' || c == '\x1b' || c == '\0') std::abort();
  }
  if (const auto parsed = parse_distribution(content); parsed && parsed->name_space.empty()) std::abort();
  return 0;
}

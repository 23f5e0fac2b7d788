// What images say of their repositories. The first byte says which file it is.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "inventory/layer.h"
#include "inventory/merge.h"
#include "inventory/testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid::inventory;
  static constexpr std::array kPaths = {
      "root/buildinfo/content_manifests/ubi9-container-9.4-1.json",
      "usr/share/buildinfo/labels.json",
      "etc/yum.repos.d/redhat.repo",
  };
  if (size == 0) return 0;
  const std::string content(limpid::base::as_text({data + 1, size - 1}));
  testing::MemoryReader reader({testing::file(kPaths[data[0] % kPaths.size()], content)}, 997);
  const auto layer = read_layer(reader);
  if (!layer) std::abort();
  const auto image = merge_layers({&*layer, 1});
  if (image.repositories.size() > 1) std::abort();
  for (const auto& evidence : image.repositories) {
    for (const auto* ids : {&evidence.content_sets, &evidence.configured}) {
      if (ids->size() > 1'000) std::abort();
      for (const auto& id : *ids) {
        for (const char c : id) {
          if (static_cast<unsigned char>(c) <= ' ') std::abort();
        }
      }
    }
  }
  return 0;
}

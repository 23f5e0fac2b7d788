// The small readers of package managers: the first byte chooses the file, the rest is its content.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/bytes.h"
#include "inventory/layer.h"
#include "inventory/merge.h"
#include "inventory/testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid::inventory;
  static constexpr std::array<const char*, 17> kFiles = {
      "var/db/pkg/a/b-1-r2/PF",
      "var/db/pkg/a/b-1-r2/CONTENTS",
      "var/db/pkg/a/b-1-r2/SLOT",
      "var/db/pkg/a/b-1-r2/CHOST",
      "var/lib/chisel/manifest.wall",
      "etc/cos-package-info.json",
      "usr/share/bottlerocket/application-inventory.json",
      "var/db/xbps/pkgdb-0.38.plist",
      "meta/snap.yaml",
      "snap/x/1/snap/manifest.yaml",
      "usr/share/snappy/dpkg.yaml",
      "Caskroom/a/.metadata/INSTALL_RECEIPT.json",
      "var/lib/flatpak/app/a/b/export/share/metainfo/a.metainfo.xml",
      "",  // the content is the path
      "var/lib/pkgtools/packages/",
      "opt/bitnami/x/.spdx-x.spdx",
      "opt/bitnami/.bitnami_components.json",
  };
  if (size == 0) return 0;
  std::string path = kFiles[data[0] % kFiles.size()];
  std::string content(limpid::base::as_text({data + 1, size - 1}));
  std::vector<testing::MemoryEntry> entries;
  if (path.empty() || path.ends_with('/')) {
    for (char& c : content)
      if (c == '/' || c == '\0') c = '_';
    if (content.empty() || content == "." || content == "..") return 0;
    entries.push_back(path.empty() ? testing::directory("nix/store/" + content)
                                   : testing::file(path + content, "PACKAGE NAME: x\n"));
  } else {
    entries.push_back(testing::file(path, std::move(content)));
  }
  testing::MemoryReader reader(std::move(entries), 997);
  const auto layer = read_layer(reader);
  if (!layer) std::abort();  // the reader has no faults, and those of the content are not the layer's
  for (const auto& evidence : layer->evidence) {
    for (const auto& package : evidence.packages) {
      if (package.name.empty() || package.version.empty() || package.source_name.empty()) std::abort();
      if (purl(package).find_first_of(" \n\x1b") != std::string::npos) std::abort();
    }
  }
  merge_layers({&*layer, 1});
  return 0;
}

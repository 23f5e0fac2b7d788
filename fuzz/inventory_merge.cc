// Several layers made from the bytes, read and merged, twice if the first merge asks for more. Each entry is a byte
// that says what it is, one each for three words of its path, and two for the words of a link's target.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "inventory/layer.h"
#include "inventory/merge.h"
#include "inventory/testing.h"

namespace {

using namespace limpid;
using namespace limpid::inventory;
using testing::MemoryEntry;

constexpr std::array<std::string_view, 24> kWords = {
    "",        "var/lib/dpkg", "lib/apk/db", "usr",         "lib",  "etc",  "a",          "..",
    "status",  "status.d",     "installed",  "os-release",  "b",    "/",    ".wh.status", ".wh..wh..opq",
    ".wh.lib", ".wh.a",        "usr/lib",    "info/x.list", "../a", "/usr", "var",        ".wh.",
};

// Normalised as an EntryReader's paths are.
std::string path_of(const std::uint8_t* words, std::size_t count) {
  std::string path;
  for (std::size_t i = 0; i < count; ++i) {
    std::string_view rest = kWords[words[i] % kWords.size()];
    while (!rest.empty()) {
      const auto word = base::take_until(rest, '/');
      if (word.empty()) continue;
      if (word == "..") {
        const auto slash = path.rfind('/');
        path.resize(slash == std::string::npos ? 0 : slash);
      } else {
        if (!path.empty()) path.push_back('/');
        path.append(word);
      }
    }
  }
  return path;
}

MemoryEntry entry_of(const std::uint8_t* bytes) {
  const std::string path = path_of(bytes + 1, 3);
  switch (bytes[0] % 8) {
    case 0:
      return testing::directory(path);
    case 1:
      return testing::symlink(path,
                              base::cat({kWords[bytes[4] % kWords.size()], "/", kWords[bytes[5] % kWords.size()]}));
    case 2:
      return testing::hard_link(path, path_of(bytes + 4, 2));
    case 3:
      return testing::of_type(archive::EntryType::char_device, path);
    case 4:
      return testing::of_type(archive::EntryType::fifo, path);
    case 5:
      return testing::file(path, "ID=debian\nVERSION_ID=12\n\nP:a\nV:1\n");
    default:
      return testing::file(path, base::cat({"Package: ", bytes[4] % 3, "\nStatus: install ok installed\nVersion: ",
                                            bytes[5] % 3, "\n\nP:a\nV:", bytes[5], "\n"}));
  }
}

LayerInventory read(const std::vector<MemoryEntry>& entries, std::span<const Unread> wanted = {}) {
  testing::MemoryReader reader(entries);
  auto layer = read_layer(reader, {}, wanted);
  if (!layer) std::abort();
  return *std::move(layer);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kEntrySize = 6;
  std::vector<std::vector<MemoryEntry>> layers(1);
  for (; size >= kEntrySize; data += kEntrySize, size -= kEntrySize) {
    if (data[0] == 255) {
      if (layers.size() < 8) layers.emplace_back();
    } else {
      layers.back().push_back(entry_of(data));
    }
  }
  std::vector<LayerInventory> inventories;
  for (const auto& layer : layers) inventories.push_back(read(layer));
  auto image = merge_layers(inventories);
  for (int round = 0; !image.unread.empty(); ++round) {
    if (round == 50) std::abort();  // a question that no answer ends
    std::map<std::uint32_t, std::vector<Unread>> by_layer;
    for (const Unread& unread : image.unread) by_layer[unread.layer].push_back(unread);
    for (const auto& [layer, wanted] : by_layer) add_reading(inventories[layer], read(layers[layer], wanted));
    image = merge_layers(inventories);
  }
  for (const Package& package : image.packages) {
    if (package.layer >= layers.size() || package.name.empty()) std::abort();
  }
  return 0;
}

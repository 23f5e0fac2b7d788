#include "scan/reading.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "inventory/matcher.h"

namespace limpid::scan {
namespace {

using inventory::Unread;

std::uint64_t size_wanted(std::string_view path) {
  std::uint64_t size_max = 0;
  const inventory::Wanted wanted = inventory::matcher().look(path);
  for (const auto& by : wanted.detectors()) size_max = std::max(size_max, by.size_max);
  return size_max;
}

image::WantedSize only(std::span<const Unread> also_wanted) {
  std::map<std::string, std::uint64_t, std::less<>> sizes;
  for (const Unread& one : also_wanted) {
    std::uint64_t& size = sizes[one.path];
    size = std::max(size, size_wanted(one.wanted));
  }
  return [sizes = std::move(sizes)](std::string_view path) {
    const auto found = sizes.find(path);
    return found == sizes.end() ? 0 : found->second;
  };
}

Result<ReadLayer> read(const image::ImageSource& source, std::size_t index, const inventory::LayerLimits& limits,
                       std::span<const Unread> also_wanted) {
  const image::WantedSize wanted = also_wanted.empty() ? image::WantedSize(size_wanted) : only(also_wanted);
  LIMPID_ASSIGN(const auto reader, source.open_layer_lazily(index, wanted));
  return read_to_end(*reader, limits, also_wanted);
}

}  // namespace

Result<ReadLayer> read_to_end(image::LayerReader& reader, const inventory::LayerLimits& limits,
                              std::span<const Unread> also_wanted) {
  ReadLayer layer;
  LIMPID_ASSIGN(layer.inventory, inventory::read_layer(reader.entries(), limits, also_wanted));
  LIMPID_ASSIGN(layer.measured, reader.finish());
  layer.inventory.diff_id = layer.measured.diff_id;
  for (Skipped& skipped : layer.inventory.skipped) skipped.layer = layer.measured.diff_id.to_string();
  return layer;
}

Result<ReadLayer> read_lazily(const image::ImageSource& source, std::size_t index, const inventory::LayerLimits& limits,
                              std::span<const Unread> also_wanted) {
  auto layer = read(source, index, limits, also_wanted);
  if (!layer && layer.error().code() != Code::cancelled) {
    const image::LayerDescriptor& promised = source.manifest().layers[index];
    // A layer that promises no table of contents is nothing special.
    const bool expected = promised.toc.format == image::TocPromise::Format::none;
    base::log(
        expected ? base::LogLevel::debug : base::LogLevel::info, "layer is read whole",
        {{"layer", index + 1}, {"digest", promised.digest.to_string()}, {"not_lazily", layer.error().describe()}});
  }
  return layer;
}

std::string note_of_lazy_layers(const image::Manifest& manifest) {
  std::vector<std::string> numbers;
  std::uint64_t fetched = 0, size = 0;
  for (std::size_t i = 0; i < manifest.layers.size(); ++i) {
    const image::LayerDescriptor& layer = manifest.layers[i];
    if (!layer.lazy) continue;
    numbers.push_back(std::to_string(i + 1));
    fetched += layer.fetched;
    size += layer.size;
  }
  if (numbers.empty()) return {};
  return base::cat({numbers.size() == 1 ? "layer " : "layers ", base::join(numbers, ", "),
                    numbers.size() == 1 ? " was" : " were", " read by the table of contents, ", fetched, " of ", size,
                    " bytes: what was read has the digests there, and their table of contents the manifest's, but the "
                    "layers' own digests and diff IDs were not measured"});
}

}  // namespace limpid::scan

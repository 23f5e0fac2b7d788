// Every JSON document of an image; the first byte chooses which, the rest is its text.
#include <cstddef>
#include <cstdint>

#include "image/json.h"

using namespace limpid;  // NOLINT: a program of one function

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = base::as_text({data + 1, size - 1});
  switch (data[0] % 6) {
    case 0:
      if (const auto document = image::parse_document(text)) {
        if (const auto* manifest = std::get_if<image::ImageManifest>(&*document)) {
          image::Manifest made;
          made.layers.resize(manifest->layers.size());
          image::apply_config({}, made);
        }
      }
      break;
    case 1:
      if (const auto config = image::parse_config(text)) {
        image::Manifest made;
        made.layers.resize(config->diff_ids.size());
        image::apply_config(*config, made);
      }
      break;
    case 2:
      (void)image::check_layout_marker(text);
      break;
    case 3:
      (void)image::parse_docker_manifest(text);
      break;
    case 4:
      (void)image::parse_repositories(text);
      break;
    default:
      (void)image::parse_legacy_layer(text);
  }
  return 0;
}

// What daemons answer, docker's contexts, and the manifest of an App Container Image; the first byte chooses which, the
// rest is its text.
#include <cstddef>
#include <cstdint>

#include "image/local_json.h"

using namespace limpid;  // NOLINT: a program of one function

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = base::as_text({data + 1, size - 1});
  switch (data[0] % 6) {
    case 0:
      if (const auto image = image::parse_inspected(text)) {
        image::Manifest made;
        made.layers.resize(image->config.diff_ids.size());
        image::apply_config(image->config, made);
      }
      break;
    case 1:
      (void)image::parse_daemon_history(text, data[0] / 6);
      break;
    case 2:
      (void)image::parse_daemon_message(text);
      break;
    case 3:
      (void)image::parse_current_context(text);
      break;
    case 4:
      (void)image::parse_context(text);
      break;
    default:
      if (const auto manifest = image::parse_aci_manifest(text)) {
        image::Manifest made;
        image::apply_config(manifest->config, made);
      }
  }
  return 0;
}

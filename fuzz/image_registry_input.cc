// What registries and people say to get at an image: WWW-Authenticate, Content-Range, names, files of credentials. The
// first byte chooses which, the rest is its text.
#include <cstddef>
#include <cstdint>

#include "image/challenge.h"
#include "image/docker_config.h"
#include "image/name.h"
#include "image/registry_client.h"

using namespace limpid;  // NOLINT: a program of one function

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = base::as_text({data + 1, size - 1});
  switch (data[0] % 4) {
    case 0:
      (void)image::parse_challenges(text);
      break;
    case 1:
      // What a name says of itself is the same name.
      if (const auto name = image::parse_name(text)) {
        const auto again = image::parse_name(name->text());
        if (!again || *again != *name) __builtin_trap();
      }
      break;
    case 2:
      if (const auto file = image::parse_credential_file(text, "config.json"))
        for (const auto& [key, credentials] : file->entries)
          if (image::normalised_key(image::normalised_key(key)).size() > key.size() + image::kDockerHub.size())
            __builtin_trap();
      (void)image::parse_credential_file(text, ".dockercfg", image::CredentialFile::Form::old);
      break;
    default:
      if (const auto range = image::parse_content_range(text); range && range->last < range->first) __builtin_trap();
  }
  return 0;
}

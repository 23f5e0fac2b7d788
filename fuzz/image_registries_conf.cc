// registries.conf, and what it makes of names: whatever it says, each place to go to has a name that reads back.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "image/registries_conf.h"

using namespace limpid;  // NOLINT: a program of one function

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto conf = image::parse_registries_conf(base::as_text({data, size}), "registries.conf");
  if (!conf) return 0;
  for (const char* text : {"alpine", "team/app:1", "a.example:5000/x/y", "b.a.example/x:2", "docker.io/x"}) {
    const auto names = image::names_meant(*conf, text);
    if (!names) continue;
    for (const image::Name& name : *names) {
      const auto endpoints = image::endpoints_of(*conf, name);
      if (!endpoints) continue;
      if (endpoints->empty() || endpoints->back().is_mirror) __builtin_trap();
      for (const image::Endpoint& endpoint : *endpoints) {
        const auto again = image::parse_name(endpoint.name.text());
        if (!again || *again != endpoint.name) __builtin_trap();
      }
    }
  }
  return 0;
}

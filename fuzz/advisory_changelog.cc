// Debian changelogs, and what they say for a release.
#include <cstdint>

#include "advisory/changelog.h"
#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid;
  const auto entries = advisory::parse_changelog(base::as_text({data, size}));
  for (const auto* name_space : {"debian:12", "ubuntu:22.04", ""}) {
    for (const auto& fix : advisory::facts_for_release(entries, name_space).fixes) {
      if (!fix.id.starts_with("CVE-") || fix.version.empty()) __builtin_trap();
    }
  }
  return 0;
}

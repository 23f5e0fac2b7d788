// Alpine's secdb, JSON and YAML, and the ids in its strings.
#include <cstdint>
#include <string>

#include "advisory/secdb.h"
#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid;
  std::string text(base::as_text({data, size}));
  const auto check = [](const Result<advisory::Secdb>& secdb) {
    if (!secdb) return;
    for (const auto& package : secdb->packages) {
      if (package.name.empty()) __builtin_trap();
      for (const auto& fix : package.fixes) {
        for (const auto& id : fix.ids) {
          for (const auto& flaw : advisory::read_secdb_ids(id)) {
            if (flaw.id.empty() || flaw.id.size() > 128) __builtin_trap();
          }
        }
      }
    }
  };
  check(advisory::parse_secdb_yaml(text));
  check(advisory::parse_secdb_json(text));
  return 0;
}

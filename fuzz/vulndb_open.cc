// A database file of hostile bytes: opened and asked everything, once as they are and once with every checksum made
// right, so that the checks behind the checksums are reached.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "vulndb/repair.h"
#include "vulndb/testing.h"

namespace {

using namespace limpid;
using namespace limpid::vulndb;

constexpr std::size_t kSizeMax = 1 << 20;

void ask(const std::string& path, Access access) {
  const auto database = Database::open(path, access);
  if (!database) return;
  const auto answers = vulndb::testing::all_answers(*database);
  (void)database->verify();
  // Asking again gives the same, whatever the first time has kept.
  if (vulndb::testing::all_answers(*database) != answers) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const vulndb::testing::MemoryFile file;
  std::string bytes(base::as_text({data, std::min(size, kSizeMax)}));
  if (!file.assign(bytes)) return 0;
  ask(file.path(), Access::read);
  repair_checksums(bytes);
  if (!file.assign(bytes)) return 0;
  ask(file.path(), Access::map);
  return 0;
}

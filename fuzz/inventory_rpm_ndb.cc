// rpm's database in its form of NDB: arbitrary bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "inventory/rpm_databases.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid;
  SkippedList skipped;
  std::uint64_t taken = 0;
  {
    inventory::Notes notes("Packages", skipped);
    const auto take = [&](std::uint64_t, Bytes blob) {
      taken += blob.size();
      (void)inventory::read_rpm_header(blob);
      return true;
    };
    (void)inventory::read_rpm_ndb(inventory::RandomBytes(Bytes(data, size)), take, notes);
  }
  if (taken > size) std::abort();  // no part of the file is handed out twice
  if (skipped.size() > inventory::kNotesPerFileMax + 1) std::abort();
  return 0;
}

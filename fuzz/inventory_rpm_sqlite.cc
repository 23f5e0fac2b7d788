// rpm's database in its form of SQLite: arbitrary bytes of the database and of its write-ahead log. The first three
// bytes of the input tell, big-endian, how many of the rest are the database's.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "inventory/rpm_databases.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid;
  if (size < 3) return 0;
  const Bytes rest(data + 3, size - 3);
  const std::size_t split = std::min<std::size_t>(rest.size(), std::size_t{data[0]} << 16 | data[1] << 8 | data[2]);
  const inventory::RandomBytes file(rest.first(split)), log(rest.subspan(split));
  SkippedList skipped;
  std::uint64_t taken = 0;
  {
    inventory::Notes notes("rpmdb.sqlite", skipped);
    const auto take = [&](std::uint64_t, Bytes blob) {
      taken += blob.size();
      (void)inventory::read_rpm_header(blob);
      return true;
    };
    (void)inventory::read_rpm_sqlite(file, log.size() == 0 ? nullptr : &log, take, notes);
  }
  if (taken > size) std::abort();  // no part of the files is handed out twice
  if (skipped.size() > inventory::kNotesPerFileMax + 1) std::abort();
  return 0;
}

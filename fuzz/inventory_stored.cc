// The fields of a stored inventory, as bytes from anywhere: what restores must store to something that restores to the
// same.
#include <cstdlib>

#include "inventory/stored.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto layer = limpid::inventory::restore_fields(limpid::base::as_text({data, size}));
  if (!layer) return 0;
  const auto bytes = limpid::inventory::store(*layer);
  if (!bytes) std::abort();
  const auto again = limpid::inventory::restore(*bytes);
  if (!again || limpid::inventory::store(*again).value() != *bytes) std::abort();
  return 0;
}

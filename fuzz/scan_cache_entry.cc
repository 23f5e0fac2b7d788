// A file of the layer cache, as anybody may have left it there: as it is, and with its checksum made right, since no
// fuzzer guesses one. What is taken for an entry must be one: sealed again it is the same bytes.
#include <cstdlib>

#include "inventory/stored.h"
#include "scan/cache_entry.h"

namespace {

constexpr std::string_view kKey = "key";

void open(std::string_view bytes) {
  const auto content = limpid::scan::unseal_entry(bytes, kKey);
  if (!content) return;
  const auto sealed = limpid::scan::seal_entry(kKey, *content);
  // A length may be written in more bytes than it needs: only then do they differ.
  if (sealed.size() > bytes.size() || limpid::scan::unseal_entry(sealed, kKey).value() != *content) std::abort();
  (void)limpid::inventory::restore(*content);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = limpid::base::as_text({data, size});
  open(bytes);
  open(std::string(bytes) + limpid::base::sha256({data, size}).hex());
  open(limpid::scan::seal_entry(kKey, bytes));
  const auto blob = limpid::scan::unpack_blob(bytes);
  if (blob && limpid::scan::unpack_blob(limpid::scan::pack_blob(*blob)).value() != *blob) std::abort();
  return 0;
}

// The service's configuration, and that what describe() shows of one reads back to the same.
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/duration.h"
#include "service/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid;
  const std::string text(base::as_text({data, size}));
  (void)base::parse_duration(text);
  (void)service::parse_endpoint(text);
  (void)service::parse_config("", "fuzz", {{"LIMPID_DATABASE_URL", text}});
  const auto config = service::parse_config(text, "fuzz", {});
  if (!config) return 0;
  const std::string shown = service::describe(*config);
  const auto again = service::parse_config(shown, "shown", {});
  if (!again || service::describe(*again) != shown) __builtin_trap();
  return 0;
}

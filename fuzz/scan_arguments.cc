// What people write on command lines and in configurations about a scan: platforms, distributions, severities,
// statuses, gates, limits. The first byte chooses which, the rest is its text.
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/text.h"
#include "image/platform.h"
#include "image/reference.h"
#include "inventory/distribution.h"
#include "match/policy.h"
#include "scan/limits.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid;
  if (size == 0) return 0;
  std::string_view text = base::as_text({data + 1, size - 1});
  switch (data[0] % 5) {
    case 0:
      if (const auto platform = image::parse_platform(text)) {
        const image::Platform usual = image::normalised(*platform);
        if (image::distance(usual, usual) != 0U) __builtin_trap();
      }
      break;
    case 1:
      if (const auto distribution = inventory::parse_distribution(text))
        if (distribution->name_space.empty()) __builtin_trap();
      break;
    case 2:
      (void)match::parse_severities(text);
      if (const auto statuses = match::parse_statuses(text))
        if (statuses->empty()) __builtin_trap();
      {
        match::Policy policy;
        if (match::parse_gates(text, policy) && !policy.fail_on && !policy.fail_on_end_of_life) __builtin_trap();
      }
      break;
    case 3: {
      scan::Limits limits;
      const std::string_view name = base::take_until(text, '=');
      if (!scan::set_limit(limits, name, text)) break;
      const scan::Limit& limit = *scan::find_limit(name);
      const std::uint64_t value = limit.get(limits);
      if (value > limit.most) __builtin_trap();
      scan::Limits again;
      if (!scan::set_limit(again, name, scan::print_limit(limit, value)) || limit.get(again) != value) __builtin_trap();
      break;
    }
    default: {
      const std::string_view stored = base::take_until(text, '\n');
      if (!stored.empty() && !image::reference_matches(stored, stored)) __builtin_trap();
      (void)image::reference_matches(stored, text);
    }
  }
  return 0;
}

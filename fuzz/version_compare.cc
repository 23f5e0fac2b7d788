// Every ordering over hostile versions: no crash, and the laws of an order hold. The first byte chooses the scheme; the
// rest is up to three versions, a line each.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/bytes.h"
#include "base/text.h"
#include "version/ordering.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid;
  if (size == 0) return 0;
  const auto& all = version::orderings();
  const version::Ordering& ordering = *all[data[0] % all.size()];
  std::string_view rest = base::as_text({data + 1, size - 1});
  const version::Version a = ordering.parse(base::take_until(rest, '\n'));
  const version::Version b = ordering.parse(base::take_until(rest, '\n'));
  const version::Version c = ordering.parse(rest);
  for (const version::Version* each : {&a, &b, &c}) {
    require(each->scheme == ordering.scheme());
    require(each->valid == each->problem.empty());
    require(ordering.compare(*each, *each) == 0);
  }
  const auto ab = ordering.compare(a, b);
  const auto bc = ordering.compare(b, c);
  const auto ac = ordering.compare(a, c);
  require((0 <=> ordering.compare(b, a)) == ab);
  if (ab <= 0 && bc <= 0) require(ac <= 0);
  if (ab >= 0 && bc >= 0) require(ac >= 0);
  if (ab == 0 && bc == 0) require(ac == 0);
  if (a.valid && !b.valid) require(ab > 0);
  return 0;
}

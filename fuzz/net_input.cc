// What servers and configurations say of where to connect: URLs and redirects, lists of hosts and networks, proxies,
// Retry-After. The first byte chooses which; lines are what belongs together.
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/text.h"
#include "net/allow_list.h"
#include "net/client.h"
#include "net/proxy.h"
#include "net/url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid;
  if (size == 0) return 0;
  std::string_view rest = base::as_text({data + 1, size - 1});
  const std::string first(base::take_until(rest, '\n'));
  const std::string second(base::take_until(rest, '\n'));
  switch (data[0] % 4) {
    case 0: {
      auto url = net::Url::parse(first);
      if (!url) break;
      const auto again = net::Url::parse(url->full_text());
      if (!again || again->origin() != url->origin() || again->text() != url->text()) __builtin_trap();
      if (url->follow(second) && url->host().empty()) __builtin_trap();
      break;
    }
    case 1: {
      (void)net::parse_network(first);
      net::AllowList list;
      (void)list.allow(first);
      const net::AllowList nothing_listed;
      if (nothing_listed.check_url(second) && !list.check_url(second)) __builtin_trap();  // listing takes nothing away
      break;
    }
    case 2: {
      const auto url = net::Url::parse(second);
      if (!url) break;
      const auto environment = [&](const char* name) {
        return std::string_view(name) == "no_proxy" ? first : std::string(rest);
      };
      (void)net::choose_proxy("", *url, environment);
      (void)net::choose_proxy(first, *url, environment);
      break;
    }
    default: {
      net::Response response;
      response.headers = {{"retry-after", first}, {"date", second}};
      const auto wait = net::retry_after(response);
      if (wait.count() < 0 || wait > std::chrono::days(1)) __builtin_trap();
    }
  }
  return 0;
}

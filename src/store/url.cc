#include "store/store.h"

namespace limpid::store {

std::string printable_url(std::string_view url) {
  std::string text(url);
  // postgresql://user:password@host/…
  const std::size_t host = text.find("://");
  if (host == std::string::npos) return text;
  // To libpq, a '?' before the '@' belongs to the password.
  const std::size_t end = text.find('/', host + 3);
  const std::size_t at = text.rfind('@', end == std::string::npos ? text.size() : end);
  if (at != std::string::npos && at > host) {
    const std::size_t colon = text.find(':', host + 3);
    if (colon != std::string::npos && colon < at) text.replace(colon + 1, at - colon - 1, "***");
  }
  // …?password=…
  for (std::size_t from = text.find("password="); from != std::string::npos; from = text.find("password=", from + 12)) {
    const std::size_t value = from + 9;
    const std::size_t stop = text.find('&', value);
    text.replace(value, (stop == std::string::npos ? text.size() : stop) - value, "***");
  }
  return text;
}

}  // namespace limpid::store

// The single values of the configuration: their forms as text, there and back. parse_endpoint() is in config.h,
// durations are in base/duration.h.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/error.h"

namespace limpid::service {

// Messages of all of these say what is wrong and never repeat the text, which may be or hold a secret.

// "268435456", "256MiB" (also KiB, GiB, TiB).
Result<std::uint64_t> parse_size(std::string_view text);
// An absolute URL with one of the schemes (lower case), a host, and neither blanks nor a backslash.
Result<void> check_url(std::string_view url, std::initializer_list<std::string_view> schemes);
// What database.source may be → StoreConfig.url: "sqlite:PATH" and "postgresql://…" as they are; libpq's "host=db
// dbname=clair password='a b'" as "postgresql:///?host=db&dbname=clair&password=a%20b", which means the same to libpq.
Result<std::string> store_url_of(std::string_view source);
// No control characters, bidirectional overrides or stray bytes.
bool is_clean(std::string_view text);

std::string print_size(std::uint64_t size);  // "10GiB", "1001"
std::string print_endpoint(std::string_view address, std::uint16_t port);

// What stands for a secret in describe().
inline constexpr std::string_view kMask = "***";
// The URL with *** for the password (or for a name without one, which is a token) and for the query.
std::string mask_url(std::string_view url);

}  // namespace limpid::service

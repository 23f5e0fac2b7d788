// What stands in a request's target: path segments and query, percent-decoded.
// https://www.rfc-editor.org/rfc/rfc3986
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpid::service::http {

// Nothing for a '%' without two hexadecimal digits behind it. '+' is a blank in queries only.
std::optional<std::string> decode_percent(std::string_view text, bool plus_is_blank = false);
// "/v1/layers/a%2Fb/" → {"v1", "layers", "a/b"}; one trailing slash is as none. Nothing for a bad escape.
std::optional<std::vector<std::string>> split_path(std::string_view path);
// The value of the first `key` in a query: "" for a key alone; nothing if it is absent.
std::optional<std::string> query_value(std::string_view query, std::string_view key);
// Without decoding or allocating: is there a `key`, with or without a value?
bool query_has(std::string_view query, std::string_view key);

}  // namespace limpid::service::http

// What the routes share: answers, and values of the query. Private to api*.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "service/http/server.h"

namespace limpid::service::v1 {

inline constexpr std::string_view kNotFound = "the resource cannot be found";

http::Response json(int status, std::string body);
http::Response text(int status, std::string_view body);
http::Response error(int status, std::string_view message);
http::Response empty();
// A failure of the store. What no store could keep is the client's fault: a NUL byte, a name of a million letters.
http::Response store_error(const Error& problem);
// The compiled database is damaged, or we are wrong.
http::Response internal_error(const Error& problem);
// What an edit of a vulnerability ended with: a failure, or an answer for the client that is none of ours.
http::Response answer_of(const Error& problem);

bool wants_gzip(const http::Request& request);
// Puts `body` into the response where the client takes it compressed and it is worth it.
bool compress(const http::Request& request, std::string_view body, http::Response& response);

// A value of "limit", read as Go's ParseInt does: a sign and digits.
Result<std::int64_t> parse_limit(const std::string& value);

}  // namespace limpid::service::v1

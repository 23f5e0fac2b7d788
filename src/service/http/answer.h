// What the server and make_ready() share in writing an answer.
#pragma once

#include <string>

#include "service/http/server.h"

namespace limpid::service::http {

// RFC 9110: these statuses never have a body, nor a Content-Length that would speak of one.
constexpr bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

// Status line and headers with Content-Length, without the empty line that ends them.
void append_head(std::string& to, const Response& response);

// The headers that differ from answer to answer (Date and what is told here), and the empty line.
struct Tail {
  bool retry_after = false;
  bool keep_alive = false;
  bool is_http_1_0 = false;  // which has to be told that the connection stays
};
void write_tail(std::string& to, const Tail& tail);

}  // namespace limpid::service::http

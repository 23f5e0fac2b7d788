// How an answer's status line and headers are written.
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/text.h"
#include "service/http/answer.h"
#include "service/http/server.h"

namespace limpid::service::http {

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Payload Too Large";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Entity";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

void append_head(std::string& to, const Response& response) {
  base::append(to, {"HTTP/1.1 ", response.status, " ", reason_of(response.status), "\r\n"});
  for (const auto& [name, value] : response.headers) {
    const std::size_t begin = to.size();
    base::append(to, {name, ": ", value});
    // A value that came from a client must not be able to end its line and begin another header.
    for (std::size_t at = begin; at < to.size(); ++at) {
      if (to[at] == '\r' || to[at] == '\n' || to[at] == '\0') to[at] = ' ';
    }
    to += "\r\n";
  }
  if (has_body(response.status)) base::append(to, {"Content-Length: ", response.body.size(), "\r\n"});
}

ReadyPointer make_ready(Response response, std::function<void(std::string body)> reclaim) {
  if (response.ready) return response.ready;
  std::shared_ptr<Ready> ready;
  if (reclaim) {
    const auto give_back = [reclaim = std::move(reclaim)](Ready* done) {
      const std::unique_ptr<Ready> owned(done);
      reclaim(std::move(owned->body));
    };
    ready = std::shared_ptr<Ready>(new Ready, give_back);
  } else {
    ready = std::make_shared<Ready>();
  }
  ready->status = response.status;
  append_head(ready->head, response);
  ready->body = std::move(response.body);
  return ready;
}

}  // namespace limpid::service::http

#include "base/error.h"

#include <cerrno>
#include <cstring>

namespace limpid::base {

std::string_view name_of(Code code) {
  switch (code) {
    case Code::invalid:
      return "invalid";
    case Code::truncated:
      return "truncated";
    case Code::mismatch:
      return "mismatch";
    case Code::limit:
      return "limit";
    case Code::unsupported:
      return "unsupported";
    case Code::not_found:
      return "not found";
    case Code::io:
      return "io";
    case Code::usage:
      return "usage";
    case Code::cancelled:
      return "cancelled";
    case Code::internal:
      return "internal";
  }
  return "unknown";
}

std::string Error::describe() const {
  std::string text;
  for (auto where = context_.rbegin(); where != context_.rend(); ++where) append(text, {*where, ": "});
  text += message_;
  return printable(text);
}

Error Error::within(std::initializer_list<Piece> where) && {
  context_.push_back(cat(where));
  return std::move(*this);
}

std::unexpected<Error> fail_errno(std::initializer_list<Piece> what) {
  const int number = errno;
  const Code code = number == ENOENT || number == ENOTDIR ? Code::not_found : Code::io;
  char buffer[128];
  // The GNU strerror_r: returns its text, in the buffer or not.
  return fail(code, {cat(what), ": ", static_cast<const char*>(strerror_r(number, buffer, sizeof buffer))});
}

}  // namespace limpid::base

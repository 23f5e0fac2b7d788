// Errors as values: what went wrong, and, outermost first, where. No exception crosses a room's border.
#pragma once

#include <cstdint>
#include <expected>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"

namespace limpid::base {

enum class Code : std::uint8_t {
  invalid,      // the input breaks its format
  truncated,    // the input ends too early
  mismatch,     // a digest, checksum or size differs from what was promised
  limit,        // a named limit was exceeded
  unsupported,  // well-formed, but a kind that we do not read
  not_found,    // nothing there by that name
  io,           // the operating system said no
  usage,        // the command line or configuration is wrong
  cancelled,    // the caller asked to stop
  internal,     // a bug of ours
};
std::string_view name_of(Code code);

class Error {
 public:
  Error(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  Code code() const { return code_; }
  // The innermost text, without the context.
  const std::string& message() const { return message_; }
  // "outermost: …: innermost", safe to print on a terminal whatever bytes the input held.
  std::string describe() const;
  // Adds one more "where" in front of what is there.
  Error within(std::initializer_list<Piece> where) &&;

 private:
  Code code_;
  std::string message_;
  std::vector<std::string> context_;  // innermost first
};

template <class T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(Code code, std::initializer_list<Piece> message) {
  return std::unexpected(Error(code, cat(message)));
}
// "<what>: <strerror(errno)>"; the code is not_found for ENOENT and ENOTDIR, else io.
[[nodiscard]] std::unexpected<Error> fail_errno(std::initializer_list<Piece> what);

}  // namespace limpid::base

namespace limpid {
using base::Code;
using base::Error;
using base::fail;
using base::Result;
}  // namespace limpid

#define LIMPID_CONCAT_INNER(a, b) a##b
#define LIMPID_CONCAT(a, b) LIMPID_CONCAT_INNER(a, b)

// Returns the error of `expression` to the caller, if it is one.
#define LIMPID_TRY(expression)                                                                                    \
  do {                                                                                                            \
    if (auto limpid_tried = (expression); !limpid_tried) return std::unexpected(std::move(limpid_tried).error()); \
  } while (false)

// The same with a "where": LIMPID_TRY_WITHIN(read(x), {"layer ", i}).
#define LIMPID_TRY_WITHIN(expression, ...)                                         \
  do {                                                                             \
    if (auto limpid_tried = (expression); !limpid_tried)                           \
      return std::unexpected(std::move(limpid_tried).error().within(__VA_ARGS__)); \
  } while (false)

// Declares or assigns `target` from a Result, or returns its error.
#define LIMPID_ASSIGN_INNER(result, target, expression, ...)                  \
  auto result = (expression);                                                 \
  if (!result) return std::unexpected(std::move(result).error() __VA_ARGS__); \
  target = *std::move(result)
#define LIMPID_ASSIGN(target, expression) \
  LIMPID_ASSIGN_INNER(LIMPID_CONCAT(limpid_result_, __LINE__), target, expression)
#define LIMPID_ASSIGN_WITHIN(target, expression, ...) \
  LIMPID_ASSIGN_INNER(LIMPID_CONCAT(limpid_result_, __LINE__), target, expression, .within(__VA_ARGS__))

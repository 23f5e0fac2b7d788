// v1's JSON, both ways. Reading is as tolerant as Clair was: the first value only, keys in any case (an exact one
// wins), unknown keys ignored, null is absent. Boost.JSON is in codec.cc alone.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "service/v1/types.h"

namespace limpid::service::v1 {

inline constexpr int kJsonDepthMax = 64;

// Errors carry the text that the answer shall carry: "EOF" for an empty body, "unexpected EOF" for one that ends within
// its first value, "failed to provide layer" where the envelope lacks its object.
Result<LayerRequest> parse_layer(std::string_view body);
Result<VulnerabilityRequest> parse_vulnerability(std::string_view body);
Result<FeatureRequest> parse_feature(std::string_view body);

// A revision of a vulnerability as the store keeps it, and back.
std::string stored(const Vulnerability& vulnerability);
Result<Vulnerability> parse_stored(std::string_view document);

// ── Writing: compact JSON appended to a string ──

std::string repaired(std::string_view text);                 // with U+FFFD for each stray byte
void append_string(std::string& to, std::string_view text);  // quoted and escaped; stray bytes become U+FFFD
// Members of an object, in order; the first comma is kept track of.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& to) : to_(to) { to_ += '{'; }
  void text(std::string_view name, std::string_view value);  // always
  void text_unless_empty(std::string_view name, std::string_view value) {
    if (!value.empty()) text(name, value);
  }
  void number(std::string_view name, std::int64_t value);
  void raw(std::string_view name, std::string_view json);  // a value that is JSON already
  std::string& member(std::string_view name);              // the caller writes the value
  void close() { to_ += '}'; }

 private:
  std::string& to_;
  bool first_ = true;
};

void append_fix(std::string& to, const Fix& fix, std::string_view name_space);
// With FixedIn where `with_fixes` and there are any.
void append_vulnerability(std::string& to, const Vulnerability& vulnerability, bool with_fixes);
void append_feature(std::string& to, const FeatureRequest& feature);
// Whole bodies, with the newline at their end. What was posted comes back, as the request had it; of headers only the
// names, since clients ignore the echo and the values are often credentials.
std::string layer_echo(const LayerRequest& request);
std::string vulnerability_echo(const VulnerabilityRequest& request);
std::string fixes_body(const Vulnerability& vulnerability);
std::string error_body(std::string_view message);

}  // namespace limpid::service::v1

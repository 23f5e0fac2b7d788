// Writing v1's JSON: an appending writer, since a report of 800 kB is made for each question that was not asked before.
#include <algorithm>
#include <array>
#include <map>

#include "base/text.h"
#include "service/v1/codec.h"

namespace limpid::service::v1 {
namespace {

// What a byte of a string needs: 0 nothing, 1 an escape, 2 a look at the UTF-8 sequence that it begins.
constexpr std::array<std::uint8_t, 256> kNeeds = [] {
  std::array<std::uint8_t, 256> needs{};
  for (std::size_t c = 0; c < 256; ++c) needs[c] = c < 0x20 || c == '"' || c == '\\' ? 1 : c >= 0x80 ? 2 : 0;
  return needs;
}();

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

std::uint8_t byte_at(std::string_view text, std::size_t at) { return static_cast<std::uint8_t>(text[at]); }

// The length of the valid sequence at `at`, 0 if there is none.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const std::uint8_t lead = byte_at(text, at);
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || length > text.size() - at) return 0;
  return base::is_utf8(text.substr(at, length)) ? length : 0;
}

void append_escape(std::string& to, std::uint8_t byte) {
  switch (byte) {
    case '"':
      to += "\\\"";
      return;
    case '\\':
      to += "\\\\";
      return;
    case '\n':
      to += "\\n";
      return;
    case '\r':
      to += "\\r";
      return;
    case '\t':
      to += "\\t";
      return;
    default:
      to += "\\u00";
      to += base::hex(&byte, 1);
  }
}

}  // namespace

std::string repaired(std::string_view text) {
  std::string to;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = kNeeds[byte_at(text, at)] == 2 ? sequence_length(text, at) : 1;
    length == 0 ? to += kReplacement : to += text.substr(at, length);
    at += std::max<std::size_t>(length, 1);
  }
  return to;
}

void append_string(std::string& to, std::string_view text) {
  to += '"';
  std::size_t copied = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::uint8_t need = kNeeds[byte_at(text, at)];
    if (need == 0) {
      ++at;
      continue;
    }
    if (need == 2) {
      if (const std::size_t length = sequence_length(text, at)) {
        at += length;
        continue;
      }
    }
    to.append(text, copied, at - copied);
    need == 1 ? append_escape(to, byte_at(text, at)) : void(to += kReplacement);
    copied = ++at;
  }
  to.append(text, copied);
  to += '"';
}

std::string& ObjectWriter::member(std::string_view name) {
  if (!first_) to_ += ',';
  first_ = false;
  append_string(to_, name);
  to_ += ':';
  return to_;
}

void ObjectWriter::text(std::string_view name, std::string_view value) { append_string(member(name), value); }
void ObjectWriter::number(std::string_view name, std::int64_t value) { base::append(member(name), {value}); }
void ObjectWriter::raw(std::string_view name, std::string_view json) { member(name) += json; }

void append_fix(std::string& to, const Fix& fix, std::string_view name_space) {
  ObjectWriter out(to);
  out.text("Name", fix.package);
  out.text_unless_empty("NamespaceName", name_space);
  out.text_unless_empty("VersionFormat", version_format(fix.scheme));
  out.text("Version", fix.version.empty() ? "None" : std::string_view(fix.version));
  out.close();
}

void append_vulnerability(std::string& to, const Vulnerability& vulnerability, bool with_fixes) {
  ObjectWriter out(to);
  out.text_unless_empty("Name", vulnerability.name);
  out.text_unless_empty("NamespaceName", vulnerability.name_space);
  out.text_unless_empty("Description", vulnerability.description);
  out.text_unless_empty("Link", vulnerability.link);
  out.text("Severity", name_of(vulnerability.severity));
  if (!vulnerability.metadata.empty()) out.raw("Metadata", vulnerability.metadata);
  if (with_fixes && !vulnerability.fixed_in.empty()) {
    std::string& fixes = out.member("FixedIn");
    fixes += '[';
    for (const Fix& fix : vulnerability.fixed_in) {
      if (&fix != &vulnerability.fixed_in.front()) fixes += ',';
      append_fix(fixes, fix, vulnerability.name_space);
    }
    fixes += ']';
  }
  out.close();
}

std::string error_body(std::string_view message) {
  std::string to;
  ObjectWriter out(to);
  ObjectWriter error(out.member("Error"));
  error.text("Message", message);
  error.close();
  out.close();
  to += '\n';
  return to;
}

void append_feature(std::string& to, const FeatureRequest& feature) {
  ObjectWriter out(to);
  out.text_unless_empty("Name", feature.name);
  out.text_unless_empty("NamespaceName", feature.name_space);
  out.text_unless_empty("VersionFormat", feature.version_format);
  out.text_unless_empty("Version", feature.version);
  out.close();
}

std::string vulnerability_echo(const VulnerabilityRequest& request) {
  std::string body;
  ObjectWriter envelope(body);
  ObjectWriter out(envelope.member("Vulnerability"));
  out.text_unless_empty("Name", request.name);
  out.text_unless_empty("NamespaceName", request.name_space);
  out.text_unless_empty("Description", request.description);
  out.text_unless_empty("Link", request.link);
  out.text_unless_empty("Severity", request.severity);
  if (!request.metadata.empty()) out.raw("Metadata", request.metadata);
  if (!request.fixed_in.empty()) {
    out.member("FixedIn") += '[';
    for (const FeatureRequest& feature : request.fixed_in) {
      if (&feature != &request.fixed_in.front()) body += ',';
      append_feature(body, feature);
    }
    body += ']';
  }
  out.close();
  envelope.close();
  body += '\n';
  return body;
}

std::string layer_echo(const LayerRequest& request) {
  std::string body;
  ObjectWriter envelope(body);
  ObjectWriter out(envelope.member("Layer"));
  out.text("Name", request.name);
  out.text("Path", request.path);
  if (!request.headers.empty()) {
    // Clients ignore the echo; the values are often credentials.
    std::map<std::string, bool> names;
    for (const auto& [name, value] : request.headers) names[name] = true;
    ObjectWriter headers(out.member("Headers"));
    for (const auto& [name, yes] : names) headers.text(name, "***");
    headers.close();
  }
  out.text_unless_empty("ParentName", request.parent);
  out.text("Format", request.format);
  out.number("IndexedByVersion", kEngine);
  out.close();
  envelope.close();
  body += '\n';
  return body;
}

std::string fixes_body(const Vulnerability& vulnerability) {
  std::string body;
  ObjectWriter envelope(body);
  envelope.member("Features") += '[';
  for (const Fix& fix : vulnerability.fixed_in) {
    if (&fix != &vulnerability.fixed_in.front()) body += ',';
    append_fix(body, fix, vulnerability.name_space);
  }
  body += ']';
  envelope.close();
  body += '\n';
  return body;
}

}  // namespace limpid::service::v1

#include "service/v1/codec.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <boost/json/src.hpp>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include "base/text.h"
#include "version/ordering.h"

namespace limpid::service::v1 {
namespace {

namespace json = boost::json;

// The first value of `body`; what follows it is not looked at.
Result<json::value> parse_first(std::string_view body) {
  if (base::trim(body).empty()) return fail(Code::invalid, {"EOF"});
  try {
    json::parse_options options;
    options.max_depth = kJsonDepthMax;
    options.allow_invalid_utf8 = true;  // repaired when it is written
    json::stream_parser parser({}, options);
    json::error_code error;
    parser.write_some(body.data(), body.size(), error);
    if (error) return fail(Code::invalid, {"invalid JSON: ", error.message()});
    if (!parser.done()) {
      parser.finish(error);  // a number may end with the body
      if (error) return fail(Code::truncated, {"unexpected EOF"});
    }
    return parser.release();
  } catch (const std::exception& exception) {
    return fail(Code::invalid, {"invalid JSON: ", exception.what()});
  }
}

// The member by that name: exact if there is one, else in any case. Nothing if absent or null.
const json::value* find(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(json::string_view(name.data(), name.size()));
  if (found == nullptr) {
    for (const auto& member : object)
      if (base::equal_ignoring_case({member.key().data(), member.key().size()}, name)) found = &member.value();
  }
  return found == nullptr || found->is_null() ? nullptr : found;
}

std::string text_of(const json::string& text) { return {text.data(), text.size()}; }

// The shortest text that reads back as the same number, as Go writes it: 5, not 5E0. Boost 1.81 may read a long one as
// the number beside it: then that one's, and so on until one is read as it was written.
std::string text_of(double number) {
  if (number == 0) return "0";  // "-0" is read as the integer
  constexpr int kTries = 10;
  std::array<char, 40> buffer{};
  std::string text;
  for (int i = 0; i < kTries; ++i) {
    text.assign(buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr);
    json::error_code error;
    const json::value again = json::parse(text, error);
    if (error || !again.is_double() || again.get_double() == number) break;
    number = again.get_double();
  }
  return text;
}

// Reads members and remembers the first that had the wrong type.
class Members {
 public:
  Members(const json::object& object, std::string_view what) : object_(object), what_(what) {}

  std::string text(std::string_view name) {
    const json::value* value = find(object_, name);
    if (value == nullptr) return {};
    if (const json::string* text = value->if_string()) return text_of(*text);
    return wrong(name, "a string"), std::string();
  }
  const json::object* object(std::string_view name) {
    const json::value* value = find(object_, name);
    if (value == nullptr) return nullptr;
    if (!value->is_object()) return wrong(name, "an object"), nullptr;
    return value->if_object();
  }
  const json::array* array(std::string_view name) {
    const json::value* value = find(object_, name);
    if (value == nullptr) return nullptr;
    if (!value->is_array()) return wrong(name, "a list"), nullptr;
    return value->if_array();
  }
  void wrong(std::string_view name, std::string_view expected) {
    if (problem_.empty()) problem_ = base::cat({"invalid JSON: ", what_, ".", name, " must be ", expected});
  }
  Result<void> done() const {
    if (!problem_.empty()) return fail(Code::invalid, {problem_});
    return {};
  }

 private:
  const json::object& object_;
  std::string_view what_;
  std::string problem_;
};

// The envelope's object, whatever else is in it. `value` owns it.
Result<const json::object*> open_envelope(const json::value& value, std::string_view member, std::string_view absent) {
  const json::object* envelope = value.if_object();
  if (envelope == nullptr) return fail(Code::invalid, {"invalid JSON: the body must be an object"});
  const json::value* inner = find(*envelope, member);
  if (inner == nullptr) return fail(Code::invalid, {absent});
  if (!inner->is_object()) return fail(Code::invalid, {"invalid JSON: ", member, " must be an object"});
  return inner->if_object();
}

Result<FeatureRequest> read_feature(const json::object& object) {
  Members members(object, "Feature");
  FeatureRequest feature;
  feature.name = members.text("Name");
  feature.name_space = members.text("NamespaceName");
  feature.version_format = members.text("VersionFormat");
  feature.version = members.text("Version");
  LIMPID_TRY(members.done());
  return feature;
}

// Any JSON, written the same way whatever order its keys came in.
void append_sorted(std::string& to, const json::value& value) {
  if (const json::object* object = value.if_object()) {
    std::map<std::string, const json::value*> members;  // as they are written; of several by one name the last counts
    for (const auto& member : *object)
      members.insert_or_assign(repaired({member.key().data(), member.key().size()}), &member.value());
    ObjectWriter out(to);
    for (const auto& [key, member] : members) append_sorted(out.member(key), *member);
    out.close();
  } else if (const json::array* array = value.if_array()) {
    to += '[';
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (i != 0) to += ',';
      append_sorted(to, (*array)[i]);
    }
    to += ']';
  } else if (const json::string* text = value.if_string()) {
    append_string(to, {text->data(), text->size()});
  } else if (const double* number = value.if_double()) {
    to += text_of(*number);
  } else {
    to += json::serialize(value);
  }
}

// A number beyond a double's range has no text that reads back.
bool is_finite(const json::value& value) {
  if (const json::object* object = value.if_object()) {
    for (const auto& member : *object)
      if (!is_finite(member.value())) return false;
    return true;
  }
  if (const json::array* array = value.if_array()) {
    for (const json::value& one : *array)
      if (!is_finite(one)) return false;
    return true;
  }
  const double* number = value.if_double();
  return number == nullptr || std::isfinite(*number);
}

std::vector<std::string> read_texts(const json::array* array) {
  std::vector<std::string> texts;
  if (array == nullptr) return texts;
  for (const json::value& value : *array)
    if (const json::string* text = value.if_string()) texts.push_back(text_of(*text));
  return texts;
}

void append_texts(std::string& to, std::initializer_list<std::string_view> texts) {
  to += '[';
  bool first = true;
  for (const std::string_view text : texts) {
    if (!first) to += ',';
    first = false;
    append_string(to, text);
  }
  to += ']';
}

version::Scheme scheme_by_name(std::string_view name) {
  const version::Ordering* ordering = version::find_ordering(name);
  return ordering == nullptr ? version::Scheme::none : ordering->scheme();
}
std::string_view name_of_scheme(version::Scheme scheme) {
  const version::Ordering* ordering = version::find_ordering(scheme);
  return ordering == nullptr ? "" : ordering->name();
}

}  // namespace

Result<LayerRequest> parse_layer(std::string_view body) {
  LIMPID_ASSIGN(const json::value value, parse_first(body));
  LIMPID_ASSIGN(const json::object* object, open_envelope(value, "Layer", "failed to provide layer"));
  Members members(*object, "Layer");
  LayerRequest layer;
  layer.name = members.text("Name");
  layer.path = members.text("Path");
  layer.parent = members.text("ParentName");
  layer.format = members.text("Format");
  if (const json::object* headers = members.object("Headers")) {
    for (const auto& member : *headers) {
      const json::string* text = member.value().if_string();
      if (text == nullptr) {
        members.wrong("Headers", "an object of strings");
        break;
      }
      layer.headers.emplace_back(std::string(member.key().data(), member.key().size()), text_of(*text));
    }
  }
  LIMPID_TRY(members.done());
  return layer;
}

Result<VulnerabilityRequest> parse_vulnerability(std::string_view body) {
  LIMPID_ASSIGN(const json::value value, parse_first(body));
  LIMPID_ASSIGN(const json::object* object, open_envelope(value, "Vulnerability", "failed to provide vulnerability"));
  Members members(*object, "Vulnerability");
  VulnerabilityRequest vulnerability;
  vulnerability.name = members.text("Name");
  vulnerability.name_space = members.text("NamespaceName");
  vulnerability.description = members.text("Description");
  vulnerability.link = members.text("Link");
  vulnerability.severity = members.text("Severity");
  if (const json::value* metadata = find(*object, "Metadata")) {
    if (!metadata->is_object()) members.wrong("Metadata", "an object");
    if (!is_finite(*metadata)) return fail(Code::invalid, {"invalid JSON: a number in Metadata is out of range"});
    if (metadata->is_object() && !metadata->get_object().empty()) append_sorted(vulnerability.metadata, *metadata);
  }
  if (const json::array* fixes = members.array("FixedIn")) {
    for (const json::value& fix : *fixes) {
      if (!fix.is_object()) return fail(Code::invalid, {"invalid JSON: an entry of FixedIn must be an object"});
      LIMPID_ASSIGN(FeatureRequest feature, read_feature(fix.get_object()));
      vulnerability.fixed_in.push_back(std::move(feature));
    }
  }
  LIMPID_TRY(members.done());
  return vulnerability;
}

Result<FeatureRequest> parse_feature(std::string_view body) {
  LIMPID_ASSIGN(const json::value value, parse_first(body));
  LIMPID_ASSIGN(const json::object* object, open_envelope(value, "Feature", "failed to provide feature"));
  return read_feature(*object);
}

std::string stored(const Vulnerability& vulnerability) {
  std::string to;
  ObjectWriter out(to);
  out.text("name", vulnerability.name);
  out.text("namespace", vulnerability.name_space);
  out.text_unless_empty("description", vulnerability.description);
  out.text_unless_empty("link", vulnerability.link);
  out.text("severity", name_of(vulnerability.severity));
  if (!vulnerability.metadata.empty()) out.raw("metadata", vulnerability.metadata);
  std::string& fixes = out.member("fixed_in");
  fixes += '[';
  for (const Fix& fix : vulnerability.fixed_in) {
    if (&fix != &vulnerability.fixed_in.front()) fixes += ',';
    append_texts(fixes, {fix.package, name_of_scheme(fix.scheme), fix.version});
  }
  fixes += ']';
  std::string& all = out.member("affects");
  all += '[';
  for (const Affects& affects : vulnerability.affects) {
    if (&affects != &vulnerability.affects.front()) all += ',';
    ObjectWriter one(all);
    one.text("package", affects.package);
    one.text("scheme", name_of_scheme(affects.scheme));
    std::string& ranges = one.member("ranges");
    ranges += '[';
    for (const advisory::Range& range : affects.ranges) {
      if (&range != &affects.ranges.front()) ranges += ',';
      append_texts(ranges, {range.introduced, range.fixed, range.last_affected});
    }
    ranges += ']';
    std::string& versions = one.member("versions");
    versions += '[';
    for (const std::string& version : affects.versions) {
      if (&version != &affects.versions.front()) versions += ',';
      append_string(versions, version);
    }
    versions += ']';
    one.close();
  }
  all += ']';
  out.close();
  return to;
}

Result<Vulnerability> parse_stored(std::string_view document) {
  LIMPID_ASSIGN_WITHIN(const json::value value, parse_first(document), {"stored vulnerability"});
  const json::object* object = value.if_object();
  if (object == nullptr) return fail(Code::invalid, {"stored vulnerability: not an object"});
  Members members(*object, "vulnerability");
  Vulnerability vulnerability;
  vulnerability.name = members.text("name");
  vulnerability.name_space = members.text("namespace");
  vulnerability.description = members.text("description");
  vulnerability.link = members.text("link");
  const std::optional<Severity> severity = parse_severity(members.text("severity"));
  if (!severity) return fail(Code::invalid, {"stored vulnerability: unknown severity"});
  vulnerability.severity = *severity;
  if (const json::value* metadata = find(*object, "metadata")) {
    if (!is_finite(*metadata)) return fail(Code::invalid, {"stored vulnerability: a number is out of range"});
    append_sorted(vulnerability.metadata, *metadata);
  }
  if (const json::array* fixes = members.array("fixed_in")) {
    for (const json::value& fix : *fixes) {
      std::vector<std::string> texts = read_texts(fix.if_array());
      if (texts.size() != 3) return fail(Code::invalid, {"stored vulnerability: damaged fix"});
      vulnerability.fixed_in.push_back({std::move(texts[0]), std::move(texts[2]), scheme_by_name(texts[1])});
    }
  }
  if (const json::array* all = members.array("affects")) {
    for (const json::value& one : *all) {
      if (!one.is_object()) return fail(Code::invalid, {"stored vulnerability: damaged affects"});
      Members inner(one.get_object(), "affects");
      Affects affects;
      affects.package = inner.text("package");
      affects.scheme = scheme_by_name(inner.text("scheme"));
      affects.versions = read_texts(inner.array("versions"));
      if (const json::array* ranges = inner.array("ranges")) {
        for (const json::value& range : *ranges) {
          std::vector<std::string> texts = read_texts(range.if_array());
          if (texts.size() != 3) return fail(Code::invalid, {"stored vulnerability: damaged range"});
          affects.ranges.push_back({std::move(texts[0]), std::move(texts[1]), std::move(texts[2])});
        }
      }
      LIMPID_TRY(inner.done());
      vulnerability.affects.push_back(std::move(affects));
    }
  }
  LIMPID_TRY(members.done());
  return vulnerability;
}

}  // namespace limpid::service::v1

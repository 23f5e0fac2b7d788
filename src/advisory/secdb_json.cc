#include "advisory/json_parser.h"
#include "advisory/secdb.h"

namespace limpid::advisory {
namespace {

// The member as T; nothing where it is absent or null.
template <class T>
Result<std::optional<T>> optional_member(const json::object& object, std::string_view key) {
  json::element element;
  if (object.at_key(key).get(element) != simdjson::SUCCESS || element.is_null()) return std::nullopt;
  T value;
  if (element.get(value) != simdjson::SUCCESS) return fail(Code::invalid, {"\"", key, "\" is of another type"});
  return value;
}

Result<SecdbFix> read_fix(std::string_view version, const json::element& value) {
  SecdbFix fix;
  fix.version = version;
  if (value.is_null()) return fix;
  json::array ids;
  if (value.get(ids) != simdjson::SUCCESS) return fail(Code::invalid, {"version ", version, ": no list of ids"});
  for (const auto element : ids) {
    if (element.is_null()) continue;
    std::string_view id;
    if (element.get(id) != simdjson::SUCCESS)
      return fail(Code::invalid, {"version ", version, ": an id that is no text"});
    fix.ids.emplace_back(id);
  }
  return fix;
}

Result<SecdbPackage> read_package(const json::element& value) {
  json::object entry;
  if (value.get(entry) != simdjson::SUCCESS) return fail(Code::invalid, {"no object"});
  SecdbPackage package;
  LIMPID_ASSIGN(const auto pkg, optional_member<json::object>(entry, "pkg"));
  if (!pkg) return fail(Code::invalid, {"no \"pkg\""});
  package.name = text_or_empty(*pkg, "name");
  if (package.name.empty()) return fail(Code::invalid, {"no name"});
  LIMPID_ASSIGN_WITHIN(const auto secfixes, optional_member<json::object>(*pkg, "secfixes"), {package.name});
  if (!secfixes) return package;
  for (const auto [version, ids] : *secfixes) {
    LIMPID_ASSIGN_WITHIN(auto fix, read_fix(version, ids), {package.name});
    package.fixes.push_back(std::move(fix));
  }
  return package;
}

}  // namespace

Result<Secdb> parse_secdb_json(std::string& text) {
  JsonParser parser;
  LIMPID_ASSIGN(const auto element, parser.parse(text));
  json::object root;
  if (element.get(root) != simdjson::SUCCESS) return fail(Code::invalid, {"secdb: the document is no object"});
  Secdb secdb;
  secdb.distroversion = text_or_empty(root, "distroversion");
  secdb.reponame = text_or_empty(root, "reponame");
  secdb.urlprefix = text_or_empty(root, "urlprefix");
  json::element listed;
  if (root.at_key("packages").get(listed) != simdjson::SUCCESS) {
    return fail(Code::invalid, {"secdb: the document has no \"packages\""});
  }
  if (listed.is_null()) return secdb;
  json::array packages;
  if (listed.get(packages) != simdjson::SUCCESS) return fail(Code::invalid, {"secdb: \"packages\" is no list"});
  for (const auto value : packages) {
    LIMPID_ASSIGN_WITHIN(auto package, read_package(value), {"secdb: package ", secdb.packages.size()});
    secdb.packages.push_back(std::move(package));
  }
  return secdb;
}

}  // namespace limpid::advisory

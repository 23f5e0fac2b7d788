#include "inventory/json_record.h"

#include <simdjson.h>

namespace limpid::inventory {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

void use_each(const array& list, const UseRecord& use);

class Record final : public JsonRecord {
 public:
  explicit Record(const object& members) : members_(members) {}
  std::string_view text(std::string_view member) const override {
    std::string_view value;
    return members_.at_key(member).get(value) == simdjson::SUCCESS ? value : std::string_view{};
  }
  std::vector<std::string> texts(std::string_view member) const override {
    std::vector<std::string> all;
    array list;
    if (members_.at_key(member).get(list) != simdjson::SUCCESS) return all;
    for (const element one : list)
      if (std::string_view value; one.get(value) == simdjson::SUCCESS) all.emplace_back(value);
    return all;
  }
  void each(std::string_view member, const UseRecord& use) const override {
    array list;
    if (members_.at_key(member).get(list) == simdjson::SUCCESS) use_each(list, use);
  }

 private:
  const object& members_;
};

void use_each(const array& list, const UseRecord& use) {
  for (const element one : list)
    if (object record; one.get(record) == simdjson::SUCCESS) use(Record(record));
}

Result<object> parse(simdjson::dom::parser& parser, std::string_view document) {
  element root;
  if (const auto error = parser.parse(document.data(), document.size()).get(root); error != simdjson::SUCCESS)
    return fail(Code::invalid, {"JSON: ", simdjson::error_message(error)});
  object members;
  if (root.get(members) != simdjson::SUCCESS) return fail(Code::invalid, {"JSON: no object"});
  return members;
}

}  // namespace

Result<void> read_json_object(std::string_view document, std::string_view member, const UseRecord& use) {
  simdjson::dom::parser parser;
  LIMPID_ASSIGN(object members, parse(parser, document));
  if (!member.empty() && members.at_key(member).get(members) != simdjson::SUCCESS)
    return fail(Code::invalid, {"JSON: no object \"", member, "\""});
  use(Record(members));
  return {};
}

Result<void> read_json_list(std::string_view document, std::string_view list, const UseRecord& use) {
  simdjson::dom::parser parser;
  LIMPID_ASSIGN(const object members, parse(parser, document));
  array elements;
  if (members.at_key(list).get(elements) != simdjson::SUCCESS)
    return fail(Code::invalid, {"JSON: no list \"", list, "\""});
  use_each(elements, use);
  return {};
}

Result<void> read_json_members(std::string_view document,
                               const std::function<void(std::string_view name, const JsonRecord& record)>& use) {
  simdjson::dom::parser parser;
  LIMPID_ASSIGN(const object members, parse(parser, document));
  for (const auto& [name, value] : members)
    if (object record; value.get(record) == simdjson::SUCCESS) use(name, Record(record));
  return {};
}

}  // namespace limpid::inventory

// Reading of JSON that is not to be trusted, over simdjson: what image documents, credential files and token servers'
// answers have in common. Private to this room. No message repeats a value: some are secrets.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "base/error.h"
#include "image/json.h"

namespace limpid::image {

namespace dom = simdjson::dom;

// One parsed text; elements live as long as it does.
class Text {
 public:
  Result<dom::element> parse(std::string_view text, std::uint64_t depth_max = kJsonDepthMax) {
    if (const auto error = parser_.allocate(text.size() + 1, depth_max); error != simdjson::SUCCESS)
      return fail(Code::limit, {"JSON of ", text.size(), " bytes: ", simdjson::error_message(error)});
    dom::element root;
    const auto error = parser_.parse(text.data(), text.size()).get(root);
    if (error == simdjson::DEPTH_ERROR)
      return fail(Code::limit, {"JSON is nested beyond the limit json-depth=", depth_max});
    if (error != simdjson::SUCCESS)
      return fail(Code::invalid, {"not JSON as we need it: ", simdjson::error_message(error)});
    return root;
  }

 private:
  dom::parser parser_;
};

// The fields of one object that the caller asked for. null counts as absent, as Go's writers mean it.
class Fields {
 public:
  static constexpr std::size_t kNamesMax = 16;

  static Result<Fields> of(dom::element element, std::string_view what, std::initializer_list<std::string_view> names) {
    dom::object object;
    if (element.get(object) != simdjson::SUCCESS) return fail(Code::invalid, {what, " is not a JSON object"});
    Fields fields;
    fields.what_ = what;
    for (const std::string_view name : names) fields.names_.at(fields.count_++) = name;
    std::array<bool, kNamesMax> seen{};
    for (const auto field : object) {
      for (std::size_t i = 0; i < fields.count_; ++i) {
        if (field.key != fields.names_[i]) continue;
        if (seen[i]) return fail(Code::invalid, {what, " has two fields '", field.key, "'"});
        seen[i] = true;
        if (!field.value.is_null()) fields.values_[i] = field.value;
      }
    }
    return fields;
  }

  std::optional<dom::element> find(std::string_view name) const {
    for (std::size_t i = 0; i < count_; ++i)
      if (names_[i] == name) return values_[i];
    return std::nullopt;
  }
  bool has(std::string_view name) const { return find(name).has_value(); }

  Result<std::string> text(std::string_view name) const {
    const auto value = find(name);
    if (!value) return std::string();
    std::string_view view;
    if (value->get(view) != simdjson::SUCCESS) return wrong(name, "text");
    return std::string(view);
  }

  // A lone text counts as a list of one: old writers of Entrypoint and Cmd.
  Result<std::vector<std::string>> texts(std::string_view name) const {
    std::vector<std::string> list;
    const auto value = find(name);
    if (!value) return list;
    std::string_view view;
    if (value->get(view) == simdjson::SUCCESS) {
      list.emplace_back(view);
      return list;
    }
    dom::array array;
    if (value->get(array) != simdjson::SUCCESS) return wrong(name, "a list of texts");
    for (const dom::element item : array) {
      if (item.get(view) != simdjson::SUCCESS) return wrong(name, "a list of texts");
      list.emplace_back(view);
    }
    return list;
  }

  Result<std::map<std::string, std::string>> text_map(std::string_view name) const {
    std::map<std::string, std::string> map;
    const auto value = find(name);
    if (!value) return map;
    dom::object object;
    if (value->get(object) != simdjson::SUCCESS) return wrong(name, "an object of texts");
    for (const auto field : object) {
      std::string_view view;
      if (!field.value.is_null() && field.value.get(view) != simdjson::SUCCESS)
        return wrong(name, "an object of texts");
      map.insert_or_assign(std::string(field.key), std::string(view));
    }
    return map;
  }

  // The elements of a list; `limit` is what its size is limited by.
  Result<dom::array> list(std::string_view name, std::string_view limit, std::uint64_t size_max) const {
    const auto value = find(name);
    dom::array array;
    if (!value || value->get(array) != simdjson::SUCCESS) return wrong(name, "a list");
    // simdjson's own count stops at 2^24.
    if (array.size() > size_max)
      return fail(Code::limit,
                  {what_, ".", name, " has ", array.size(), " elements, beyond the limit ", limit, "=", size_max});
    return array;
  }

  std::unexpected<Error> wrong(std::string_view name, std::string_view expected) const {
    return fail(Code::invalid, {what_, ".", name, " is not ", expected});
  }

 private:
  std::string_view what_;
  std::array<std::string_view, kNamesMax> names_{};
  std::array<std::optional<dom::element>, kNamesMax> values_{};
  std::size_t count_ = 0;
};

// User, Entrypoint, …: the runtime part of a config, the same in every generation and at daemons.
Result<void> read_runtime(dom::element element, Config& config);

}  // namespace limpid::image

// simdjson for records that are whole in memory: one parser and no fresh memory per record. Only for .cc files: the
// header is heavy.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "base/error.h"

namespace limpid::advisory {

namespace json = simdjson::dom;

// Deeper documents are refused (Code::invalid): no feed nests by more than a dozen levels.
inline constexpr std::size_t kJsonDepthMax = 64;

class JsonParser {
 public:
  // The result lives until the next call. `text` only grows its capacity (simdjson reads some bytes past the end).
  Result<json::element> parse(std::string& text) {
    if (!sized_) {
      if (parser_.allocate(0, kJsonDepthMax) != simdjson::SUCCESS) return fail(Code::internal, {"JSON: no memory"});
      sized_ = true;
    }
    text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    json::element root;
    if (const auto error = parser_.parse(text.data(), text.size(), false).get(root); error != simdjson::SUCCESS) {
      return fail(Code::invalid, {"JSON: ", simdjson::error_message(error)});
    }
    return root;
  }

 private:
  json::parser parser_;
  bool sized_ = false;
};

// The member's text, nothing if it is absent or of another type.
inline std::optional<std::string_view> text_member(const json::object& object, std::string_view key) {
  std::string_view text;
  if (object.at_key(key).get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

inline std::string text_or_empty(const json::object& object, std::string_view key) {
  return std::string(text_member(object, key).value_or(""));
}

inline std::optional<json::object> object_member(const json::object& object, std::string_view key) {
  json::object value;
  if (object.at_key(key).get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

// The elements of a list, nothing if it is absent, null or something else.
inline std::vector<json::element> list_member(const json::object& object, std::string_view key) {
  std::vector<json::element> elements;
  json::array array;
  if (object.at_key(key).get(array) != simdjson::SUCCESS) return elements;
  for (const auto element : array) elements.push_back(element);
  return elements;
}

// Those of its elements that are objects.
inline std::vector<json::object> objects_member(const json::object& object, std::string_view key) {
  std::vector<json::object> objects;
  json::array array;
  if (object.at_key(key).get(array) != simdjson::SUCCESS) return objects;
  for (const auto element : array) {
    json::object one;
    if (element.get(one) == simdjson::SUCCESS) objects.push_back(one);
  }
  return objects;
}

// Those that are texts, and not empty.
inline std::vector<std::string> texts_member(const json::object& object, std::string_view key) {
  std::vector<std::string> texts;
  for (const auto element : list_member(object, key)) {
    std::string_view text;
    if (element.get(text) == simdjson::SUCCESS && !text.empty()) texts.emplace_back(text);
  }
  return texts;
}

}  // namespace limpid::advisory

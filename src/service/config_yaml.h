// A YAML text as a small tree, for the configuration. yaml-cpp is behind it, in config_yaml.cc alone, and nothing that
// it throws gets out. It is not made for hostile texts, so that what it is given and what it may build is bounded here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace limpid::service {

inline constexpr std::size_t kConfigBytesMax = std::size_t{1} << 20;
inline constexpr std::size_t kYamlDepthMax = 16;
inline constexpr std::size_t kYamlNodesMax = 20'000;
inline constexpr std::size_t kYamlKeysMax = 1'000;  // of one mapping
// yaml-cpp reads a whole nest of brackets before it tells of the first: 240 bytes of memory for each.
inline constexpr std::size_t kYamlBracketsMax = 10'000;

struct YamlNode {
  enum class Kind : std::uint8_t { null, text, list, map };
  Kind kind = Kind::null;
  std::string key;                 // as written; "" for an item of a list
  std::size_t line = 0;            // of the key, or of the item; the first is 1
  std::string text;                // of Kind::text
  std::vector<YamlNode> children;  // of lists and maps, in the text's order
};

// One document, or an empty text (Kind::null). Code::usage, "NAME:LINE: problem", for aliases, tags, a key that stands
// twice in a mapping (in whatever case), characters that YAML does not allow, and whatever yaml-cpp cannot read;
// Code::limit beyond the numbers above.
Result<YamlNode> parse_yaml(std::string_view text, std::string_view name);

}  // namespace limpid::service

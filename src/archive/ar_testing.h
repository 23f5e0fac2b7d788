// ar archives and Debian packages made by hand.
#pragma once

#include <string>
#include <string_view>

#include "base/text.h"

namespace limpid::archive::testing {

inline std::string blank_padded(std::string text, std::size_t length) {
  text.resize(length, ' ');
  return text;
}
inline std::string ar_member(const std::string& name, const std::string& content, const std::string& size = "") {
  std::string member = blank_padded(name, 16) + blank_padded("1700000000", 12) + blank_padded("0", 6) +
                       blank_padded("0", 6) + blank_padded("100644", 8) +
                       blank_padded(size.empty() ? std::to_string(content.size()) : size, 10) + "`\n" + content;
  if (content.size() % 2 == 1) member += '\n';
  return member;
}
inline const std::string kArMagic = "!<arch>\n";

}  // namespace limpid::archive::testing

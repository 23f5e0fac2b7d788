// XML as a stream of elements, from bytes that nobody vouches for: nothing but one element's text is in memory.
// Format: https://www.w3.org/TR/xml/. Only the elements and attributes of a document are given, no comments or
// instructions.
//
// A document that declares an entity is refused (Code::unsupported), and nothing outside of it is ever read; a document
// type declaration that only names its DTD is overlooked. Encodings are UTF-8, UTF-16, ISO-8859-1 and ASCII; texts come
// in UTF-8. A document that ends before its root element is closed is Code::truncated.
#pragma once

#include <cstddef>
#include <string_view>

#include "archive/source.h"

namespace limpid::advisory {

struct XmlLimits {
  std::size_t depth_max = 64;
  std::size_t text_size_max = std::size_t{4} << 20;   // of one element, without its inner ones
  std::size_t token_size_max = std::size_t{1} << 20;  // of one tag, comment or instruction
};

// The attributes of one start tag. Valid during XmlHandler::start only.
class XmlAttributes {
 public:
  explicit XmlAttributes(const char* const* pairs) : pairs_(pairs) {}
  // The attribute of that name as written ("xsi:type"); "" if there is none.
  std::string_view operator[](std::string_view name) const;
  // Calls `use` with the name and value of each.
  template <class Use>
  void each(const Use& use) const {
    for (const char* const* at = pairs_; *at != nullptr; at += 2) use(std::string_view(at[0]), std::string_view(at[1]));
  }

 private:
  const char* const* pairs_;  // name, value, …, null
};

class XmlHandler {
 public:
  virtual ~XmlHandler() = default;
  // `element` without its namespace prefix. Views are valid during the call.
  virtual Result<void> start(std::string_view element, const XmlAttributes& attributes) = 0;
  // `text` is the element's own, in one piece and as written, without that of inner elements.
  virtual Result<void> end(std::string_view element, std::string_view text) = 0;
};

// An error of the handler ends the reading and is returned.
Result<void> parse_xml(archive::Source& source, XmlHandler& handler, const XmlLimits& limits = {});

}  // namespace limpid::advisory

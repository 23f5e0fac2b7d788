// The elements of a small XML document that stands in an image, https://www.w3.org/TR/xml/. A document that declares
// an entity is refused, and nothing outside of it is ever read.
#pragma once

#include <functional>
#include <string_view>

#include "base/error.h"

namespace limpid::inventory {

class XmlElements {
 public:
  // The value of an attribute, "" if there is none. Valid during start() only.
  using Attribute = std::function<std::string_view(std::string_view name)>;

  virtual ~XmlElements() = default;
  // `depth` is 1 for the document's root. Views are valid during the call.
  virtual void start(std::size_t depth, std::string_view element, const Attribute& attribute) = 0;
  // `text` is the element's own, without that of inner elements, and no longer than a name or version may be: what is
  // longer is cut.
  virtual void end(std::size_t depth, std::string_view element, std::string_view text) = 0;
};

// Code::truncated where the document ends too early, Code::invalid, Code::limit and Code::unsupported. What was read
// before that was given.
Result<void> read_xml(std::string_view document, XmlElements& elements);

}  // namespace limpid::inventory

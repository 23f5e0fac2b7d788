// A streaming parser of XML (https://www.w3.org/TR/xml/), with bounds: elements come one by one, nothing is kept.
//
// Entities of a document's own are refused, whatever they stand for; so is what nests too deeply. Namespaces are not
// looked at: a name is what stands behind its prefix.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "archive/source.h"

namespace limpid::advisory {

inline constexpr std::size_t kXmlDepthMax = 64;
inline constexpr std::size_t kXmlTextMax = std::size_t{8} << 20;   // of one element
inline constexpr std::size_t kXmlTokenMax = std::size_t{8} << 20;  // one tag with its attributes

class XmlAttributes {
 public:
  explicit XmlAttributes(const char* const* list) : list_(list) {}
  // The value, "" if there is no such attribute.
  std::string_view operator[](std::string_view name) const;

 private:
  const char* const* list_;  // names and values in turn, ended by null
};

class XmlHandler {
 public:
  virtual ~XmlHandler() = default;
  virtual Result<void> start(std::string_view name, const XmlAttributes& attributes) = 0;
  // `text` is what stood inside the element since its start or its last child. Both views end with the call.
  virtual Result<void> end(std::string_view name, std::string_view text) = 0;
};

// Code::truncated for a document that ends before its root element does; errors name the line.
Result<void> parse_xml(archive::Source& source, XmlHandler& handler);

}  // namespace limpid::advisory

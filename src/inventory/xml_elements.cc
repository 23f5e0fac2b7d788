#include "inventory/xml_elements.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <expat.h>

namespace limpid::inventory {
namespace {

static_assert(std::is_same_v<XML_Char, char>);

constexpr std::size_t kDepthMax = 64;
constexpr std::size_t kTextMax = 4'096;
constexpr std::size_t kTagMax = std::size_t{256} << 10;
constexpr std::size_t kPieceSize = std::size_t{64} << 10;

class Reader {
 public:
  explicit Reader(XmlElements& elements) : elements_(elements), parser_(XML_ParserCreate(nullptr)) {}

  Result<void> read(std::string_view document) {
    if (parser_ == nullptr) return fail(Code::internal, {"XML: no memory"});
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), on_start, on_end);
    XML_SetCharacterDataHandler(parser_.get(), on_text);
    XML_SetEntityDeclHandler(parser_.get(), on_entity);
    XML_SetParamEntityParsing(parser_.get(), XML_PARAM_ENTITY_PARSING_NEVER);
    std::size_t parsed = 0;
    for (std::size_t at = 0;; at += kPieceSize) {
      const auto piece = document.substr(std::min(at, document.size()), kPieceSize);
      const bool last = at + piece.size() >= document.size();
      if (XML_Parse(parser_.get(), piece.data(), static_cast<int>(piece.size()), last) != XML_STATUS_OK && !error_) {
        return fail(last ? Code::truncated : Code::invalid, {"XML: line ", XML_GetCurrentLineNumber(parser_.get()),
                                                             ": ", XML_ErrorString(XML_GetErrorCode(parser_.get()))});
      }
      if (error_) return std::unexpected(*error_);
      if (last) return {};
      // What is given but not yet parsed is the beginning of one token, which the parser looks at anew each time.
      if (const auto now = XML_GetCurrentByteIndex(parser_.get()); now > 0)  // -1: not known now
        parsed = std::max(parsed, static_cast<std::size_t>(now));
      if (at + piece.size() > parsed + kTagMax)
        return fail(Code::limit, {"XML: a tag longer than ", kTagMax, " bytes"});
    }
  }

 private:
  struct FreeParser {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
  };
  static Reader& self(void* data) { return *static_cast<Reader*>(data); }
  static void on_start(void* data, const char* name, const char** attributes) { self(data).start(name, attributes); }
  static void on_end(void* data, const char* name) { self(data).end(name); }
  static void on_text(void* data, const char* text, int size) {
    self(data).text({text, static_cast<std::size_t>(size)});
  }
  static void on_entity(void* data, const char* /*name*/, int /*is_parameter*/, const char* /*value*/, int /*size*/,
                        const char* /*base*/, const char* /*system_id*/, const char* /*public_id*/,
                        const char* /*notation*/) {
    self(data).stop(Error(Code::unsupported, "XML: the document declares an entity"));
  }

  void start(std::string_view name, const char** attributes) {
    if (error_) return;
    if (texts_.size() == kDepthMax)
      return stop(Error(Code::limit, base::cat({"XML: elements nested deeper than ", kDepthMax})));
    texts_.emplace_back();
    elements_.start(texts_.size(), name, [attributes](std::string_view wanted) {
      for (const char** at = attributes; *at != nullptr; at += 2)
        if (wanted == at[0]) return std::string_view(at[1]);
      return std::string_view();
    });
  }
  void end(std::string_view name) {
    if (error_) return;
    elements_.end(texts_.size(), name, texts_.back());
    texts_.pop_back();
  }
  void text(std::string_view piece) {
    if (error_ || texts_.empty()) return;
    texts_.back().append(piece.substr(0, kTextMax - texts_.back().size()));
  }
  // The parser ends its work soon after, not at once: the callbacks look at error_.
  void stop(Error error) {
    if (error_) return;
    error_ = std::move(error);
    XML_StopParser(parser_.get(), XML_FALSE);
  }

  XmlElements& elements_;
  std::unique_ptr<std::remove_pointer_t<XML_Parser>, FreeParser> parser_;
  std::vector<std::string> texts_;  // of the open elements
  std::optional<Error> error_;
};

}  // namespace

Result<void> read_xml(std::string_view document, XmlElements& elements) { return Reader(elements).read(document); }

}  // namespace limpid::inventory

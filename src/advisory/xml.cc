#include "advisory/xml.h"

#include <cstring>
#include <memory>
#include <optional>

#include <expat.h>

namespace limpid::advisory {
namespace {

std::string_view local_name(const char* name) {
  const char* colon = std::strrchr(name, ':');
  return colon == nullptr ? name : colon + 1;
}

struct FreeParser {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

class Parser {
 public:
  explicit Parser(XmlHandler& handler) : handler_(handler), parser_(XML_ParserCreate(nullptr)) {
    if (!parser_) return;
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), on_start, on_end);
    XML_SetCharacterDataHandler(parser_.get(), on_text);
    XML_SetEntityDeclHandler(parser_.get(), on_entity);
  }

  Result<void> run(archive::Source& source) {
    if (!parser_) return fail(Code::internal, {"XML: no memory"});
    for (;;) {
      LIMPID_ASSIGN(const auto piece, source.next());
      LIMPID_TRY(feed(piece));
      if (piece.empty()) return {};
    }
  }

 private:
  Result<void> feed(Bytes piece) {
    const bool last = piece.empty();
    const auto status = XML_Parse(parser_.get(), reinterpret_cast<const char*>(piece.data()),
                                  static_cast<int>(piece.size()), last ? XML_TRUE : XML_FALSE);
    if (error_) return std::unexpected(*std::move(error_));
    const auto line = std::uint64_t{XML_GetCurrentLineNumber(parser_.get())};
    if (status != XML_STATUS_OK) {
      const auto problem = XML_GetErrorCode(parser_.get());
      const bool cut = last && (problem == XML_ERROR_NO_ELEMENTS || problem == XML_ERROR_UNCLOSED_TOKEN ||
                                problem == XML_ERROR_PARTIAL_CHAR || problem == XML_ERROR_UNCLOSED_CDATA_SECTION);
      return fail(cut ? Code::truncated : Code::invalid, {"XML, line ", line, ": ", XML_ErrorString(problem)});
    }
    // What the parser holds back is a token that has not ended.
    fed_ += piece.size();
    const auto at = XML_GetCurrentByteIndex(parser_.get());
    if (at >= 0 && fed_ > static_cast<std::uint64_t>(at) + kXmlTokenMax) {
      return fail(Code::limit, {"XML, line ", line, ": a tag larger than ", kXmlTokenMax, " bytes"});
    }
    return {};
  }

  void stop(Error error) {
    if (error_) return;
    error_ = std::move(error);
    XML_StopParser(parser_.get(), XML_FALSE);
  }
  void refuse(Code code, std::string_view problem) {
    stop(Error(code, base::cat({"XML, line ", std::uint64_t{XML_GetCurrentLineNumber(parser_.get())}, ": ", problem})));
  }

  static void XMLCALL on_start(void* self, const char* name, const char** attributes) {
    auto& parser = *static_cast<Parser*>(self);
    if (parser.error_) return;
    if (++parser.depth_ > kXmlDepthMax) return parser.refuse(Code::limit, "nested too deeply");
    parser.text_.clear();
    if (auto done = parser.handler_.start(local_name(name), XmlAttributes(attributes)); !done) {
      parser.stop(std::move(done).error());
    }
  }
  static void XMLCALL on_end(void* self, const char* name) {
    auto& parser = *static_cast<Parser*>(self);
    if (parser.error_) return;
    --parser.depth_;
    if (auto done = parser.handler_.end(local_name(name), parser.text_); !done) parser.stop(std::move(done).error());
    parser.text_.clear();
  }
  static void XMLCALL on_text(void* self, const char* text, int length) {
    auto& parser = *static_cast<Parser*>(self);
    if (parser.error_) return;
    if (parser.text_.size() + static_cast<std::size_t>(length) > kXmlTextMax) {
      return parser.refuse(Code::limit, "a text that is too long");
    }
    parser.text_.append(text, static_cast<std::size_t>(length));
  }
  static void XMLCALL on_entity(void* self, const char* /*name*/, int /*is_parameter*/, const char* /*value*/,
                                int /*length*/, const char* /*base*/, const char* /*system_id*/,
                                const char* /*public_id*/, const char* /*notation*/) {
    static_cast<Parser*>(self)->refuse(Code::invalid, "declares an entity");
  }

  XmlHandler& handler_;
  std::unique_ptr<std::remove_pointer_t<XML_Parser>, FreeParser> parser_;
  std::string text_;
  std::size_t depth_ = 0;
  std::uint64_t fed_ = 0;
  std::optional<Error> error_;
};

}  // namespace

std::string_view XmlAttributes::operator[](std::string_view name) const {
  for (const char* const* at = list_; *at != nullptr; at += 2) {
    if (local_name(*at) == name) return at[1];
  }
  return {};
}

Result<void> parse_xml(archive::Source& source, XmlHandler& handler) { return Parser(handler).run(source); }

}  // namespace limpid::advisory

#include "advisory/xml.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include <expat.h>

#include "base/text.h"

namespace limpid::advisory {
namespace {

static_assert(std::is_same_v<XML_Char, char>);

std::string_view local_name(std::string_view name) {
  const auto colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

class Reader {
 public:
  Reader(XmlHandler& handler, const XmlLimits& limits) : handler_(handler), limits_(limits) {}

  Result<void> read(archive::Source& source);

 private:
  struct FreeParser {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
  };

  static Reader& self(void* data) { return *static_cast<Reader*>(data); }
  static void on_begin(void* data, const char* name, const char** attributes) {
    self(data).begin(local_name(name), attributes);
  }
  static void on_end(void* data, const char* name) { self(data).end(local_name(name)); }
  static void on_text(void* data, const char* text, int size) {
    self(data).text({text, static_cast<std::size_t>(size)});
  }
  static void on_entity(void* data, const char* /*name*/, int /*is_parameter*/, const char* /*value*/, int /*size*/,
                        const char* /*base*/, const char* /*system_id*/, const char* /*public_id*/,
                        const char* /*notation*/) {
    self(data).stop(Error(Code::unsupported, "XML: the document declares an entity"));
  }

  void begin(std::string_view name, const char** attributes) {
    if (error_) return;
    if (depth_ == limits_.depth_max)
      return stop(Error(Code::limit, base::cat({"XML: elements nested deeper than ", limits_.depth_max})));
    if (depth_ == texts_.size()) texts_.emplace_back();
    texts_[depth_++].clear();
    check(handler_.start(name, XmlAttributes(attributes)));
  }
  void end(std::string_view name) {
    if (error_) return;
    check(handler_.end(name, texts_[--depth_]));
  }
  void text(std::string_view piece) {
    if (error_ || depth_ == 0) return;
    std::string& text = texts_[depth_ - 1];
    if (text.size() + piece.size() > limits_.text_size_max)
      return stop(Error(Code::limit, base::cat({"XML: a text longer than ", limits_.text_size_max, " bytes"})));
    text += piece;
  }

  void check(const Result<void>& result) {
    if (!result) stop(result.error());
  }
  // The parser ends its work soon after, not at once: the callbacks look at error_.
  void stop(Error error) {
    if (error_) return;
    error_ = std::move(error);
    XML_StopParser(parser_.get(), XML_FALSE);
  }
  Result<void> feed(Bytes bytes, bool last);

  XmlHandler& handler_;
  XmlLimits limits_;
  std::unique_ptr<std::remove_pointer_t<XML_Parser>, FreeParser> parser_;
  std::deque<std::string> texts_;  // of the open elements; their memory is used again
  std::size_t depth_ = 0;
  std::uint64_t fed_ = 0, parsed_ = 0;
  std::optional<Error> error_;
};

Result<void> Reader::feed(Bytes bytes, bool last) {
  const auto status =
      XML_Parse(parser_.get(), reinterpret_cast<const char*>(bytes.data()), static_cast<int>(bytes.size()), last);
  if (error_) return std::unexpected(*error_);
  if (status != XML_STATUS_OK) {
    const auto line = XML_GetCurrentLineNumber(parser_.get());
    // Whatever was expected when the input ended.
    return fail(last ? Code::truncated : Code::invalid,
                {"XML: line ", line, ": ", XML_ErrorString(XML_GetErrorCode(parser_.get()))});
  }
  fed_ += bytes.size();
  // What is fed but not yet parsed is the beginning of one token.
  const auto parsed = XML_GetCurrentByteIndex(parser_.get());
  if (parsed > 0) parsed_ = std::max(parsed_, static_cast<std::uint64_t>(parsed));  // -1: not known now
  if (fed_ > parsed_ + limits_.token_size_max)
    return fail(Code::limit, {"XML: a tag longer than ", limits_.token_size_max, " bytes at offset ", parsed_});
  return {};
}

Result<void> Reader::read(archive::Source& source) {
  parser_.reset(XML_ParserCreate(nullptr));
  if (parser_ == nullptr) return fail(Code::internal, {"XML: no memory"});
  XML_SetUserData(parser_.get(), this);
  XML_SetElementHandler(parser_.get(), on_begin, on_end);
  XML_SetCharacterDataHandler(parser_.get(), on_text);
  XML_SetEntityDeclHandler(parser_.get(), on_entity);
  XML_SetParamEntityParsing(parser_.get(), XML_PARAM_ENTITY_PARSING_NEVER);
  // One large piece at once would let one token be as large.
  constexpr std::size_t kPieceSize = std::size_t{64} << 10;
  for (;;) {
    LIMPID_ASSIGN(auto bytes, source.next());
    if (bytes.empty()) return feed({}, true);
    while (!bytes.empty()) {
      const auto piece = bytes.first(std::min(bytes.size(), kPieceSize));
      LIMPID_TRY(feed(piece, false));
      bytes = bytes.subspan(piece.size());
    }
  }
}

}  // namespace

std::string_view XmlAttributes::operator[](std::string_view name) const {
  for (const char* const* at = pairs_; *at != nullptr; at += 2)
    if (name == at[0]) return at[1];
  return {};
}

Result<void> parse_xml(archive::Source& source, XmlHandler& handler, const XmlLimits& limits) {
  return Reader(handler, limits).read(source);
}

}  // namespace limpid::advisory

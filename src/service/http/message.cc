// Beast's parser is lenient where two readers of one stream may come to differ about where a request ends (request
// smuggling), so every head is checked before it is parsed, and its framing headers after.
#include "service/http/message.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <optional>

#include "base/text.h"
#include "service/http/server.h"

namespace limpid::service::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using HttpError = beast::http::error;

std::string_view view_of(beast::string_view text) { return {text.data(), text.size()}; }

// Hands on what Beast's parser finds.
class Parser final : public beast::http::basic_parser<true> {
 public:
  Parser(Message& message, std::size_t body_max) : message_(message), body_max_(body_max) {
    header_limit(static_cast<std::uint32_t>(kHeaderBytesMax) + 4);
    body_limit(boost::none);  // we count ourselves: what is too much is dropped, not refused
  }
  std::uint64_t body_seen() const { return body_seen_; }

 private:
  void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int version,
                       error_code& error) override {
    message_.method = view_of(method);
    message_.target = view_of(target);
    message_.is_http_1_0 = version == 10;
    error = {};
  }
  void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value,
                     error_code& error) override {
    // Trailers are dropped: nothing that comes after the body may change what the request meant.
    if (!is_header_done()) message_.headers.emplace_back(view_of(name), view_of(value));
    error = {};
  }
  std::size_t on_body_impl(beast::string_view bytes, error_code& error) override {
    body_seen_ += bytes.size();
    const std::size_t room = body_max_ - message_.body.size();
    message_.body.append(bytes.data(), std::min(room, bytes.size()));
    if (bytes.size() > room) message_.body_cut = true;
    error = {};
    return bytes.size();
  }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, error_code& error) override {
    return on_body_impl(bytes, error);
  }
  void on_response_impl(int, beast::string_view, int, error_code& error) override { error = {}; }
  void on_header_impl(error_code& error) override { error = {}; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code& error) override { error = {}; }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code& error) override { error = {}; }
  void on_finish_impl(error_code& error) override { error = {}; }

  Message& message_;
  std::size_t body_max_;
  std::uint64_t body_seen_ = 0;
};

// Where the head ends, looked for as bytes come, and that no byte of it can be read in two ways.
class HeadScan {
 public:
  enum class Found : std::uint8_t { nothing_yet, end, control, bare_line_end, fold };
  // `size` is the head's size with its empty line where the end is found.
  Found scan(std::string_view input, std::size_t& size) {
    for (; at_ < input.size(); ++at_) {
      const auto c = static_cast<unsigned char>(input[at_]);
      if ((c >= 0x20 && c != 0x7f) || c == '\t') continue;
      if (c == '\n') return Found::bare_line_end;
      if (c != '\r') return Found::control;
      if (at_ + 1 == input.size()) return Found::nothing_yet;
      if (input[at_ + 1] != '\n') return Found::bare_line_end;
      if (at_ + 2 == input.size()) return Found::nothing_yet;
      if (input[at_ + 2] == ' ' || input[at_ + 2] == '\t') return Found::fold;
      if (input[at_ + 2] == '\r') {
        if (at_ + 3 == input.size()) return Found::nothing_yet;
        if (input[at_ + 3] != '\n') return Found::bare_line_end;
        size = at_ + 4;
        return Found::end;
      }
      ++at_;
    }
    return Found::nothing_yet;
  }

 private:
  std::size_t at_ = 0;
};

// Path and query of a target, which may name its host (RFC 9112, 3.2.2).
void split_target(Message& message) {
  std::string_view rest = message.target;
  if (!rest.empty() && rest.front() != '/') {
    const std::size_t host = rest.find("://");
    if (host != std::string_view::npos && host < rest.find_first_of("/?")) {
      rest.remove_prefix(host + 3);
      rest.remove_prefix(std::min(rest.find_first_of("/?"), rest.size()));
    }
  }
  const std::size_t mark = rest.find('?');
  message.path = rest.substr(0, mark);
  message.query = mark == std::string_view::npos ? std::string_view() : rest.substr(mark + 1);
  if (message.path.empty()) message.path = "/";
}

}  // namespace

std::string_view Message::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (base::equal_ignoring_case(key, name)) return value;
  }
  return {};
}

class RequestReader::State {
 public:
  void begin(Message& message, std::size_t body_max) {
    message_ = &message;
    body_max_ = body_max;
    message.body.clear();
    message.headers.clear();
    message.method = message.target = message.path = message.query = {};
    message.body_cut = message.keep_alive = message.is_http_1_0 = false;
    scan_ = {};
    head_done_ = expects_ = blank_skipped_ = false;
    parser_.emplace(message, body_max);
  }

  Progress take(std::string_view input, std::size_t& used) {
    used = 0;
    if (!head_done_) {
      const Progress progress = take_head(input, used);
      if (progress != Progress::complete) return progress;
      input.remove_prefix(used);
    }
    return take_body(input, used);
  }

  bool head_done() const { return head_done_; }
  bool take_expectation() { return std::exchange(expects_, false); }
  const Refusal& refusal() const { return refusal_; }

 private:
  Progress refuse(int status, std::string_view reason) {
    refusal_ = {status, reason};
    message_->keep_alive = false;
    return Progress::refused;
  }

  // Complete: the head is done, and a body may follow.
  Progress take_head(std::string_view input, std::size_t& used) {
    // RFC 9112, 2.2: an empty line before a request is an old client's, and forgiven once.
    if (!blank_skipped_ && input.starts_with("\r\n")) {
      blank_skipped_ = true;
      used = 2;
      input.remove_prefix(2);
    }
    if (input.starts_with('\r') && (input.size() > 1 || blank_skipped_)) return refuse(400, "empty request line");
    if (input.empty() || input == "\r") return Progress::need_more;
    std::size_t size = 0;
    switch (scan_.scan(input.substr(0, kHeaderBytesMax), size)) {
      case HeadScan::Found::nothing_yet:
        if (input.size() >= kHeaderBytesMax) return refuse(431, "the headers are too large");
        return Progress::need_more;
      case HeadScan::Found::control:
        return refuse(400, "a control character in the headers");
      case HeadScan::Found::bare_line_end:
        return refuse(400, "a line of the headers does not end in CRLF");
      case HeadScan::Found::fold:
        return refuse(400, "a folded header");
      case HeadScan::Found::end:
        break;
    }
    message_->head.assign(input.substr(0, size));
    used += size;
    return parse_head();
  }

  Progress parse_head() {
    error_code error;
    parser_->put(boost::asio::const_buffer(message_->head.data(), message_->head.size()), error);
    if (error == HttpError::bad_version) return refuse_version();
    if (error || !parser_->is_header_done()) return refuse(400, "malformed request line or headers");
    split_target(*message_);
    message_->keep_alive = parser_->keep_alive();
    if (const Progress checked = check_framing(); checked != Progress::complete) return checked;
    head_done_ = true;
    return Progress::complete;
  }

  // Beast has one error for what is no version at all and for one that we do not speak.
  Progress refuse_version() {
    std::string_view rest = message_->head;
    const std::string_view line = base::take_line(rest).value_or("");
    const std::size_t space = line.rfind(' ');
    const std::string_view version = line.substr(std::min(line.size(), space + 1));
    const bool is_one = version.size() == 8 && version.starts_with("HTTP/") && base::is_digit(version[5]) &&
                        version[6] == '.' && base::is_digit(version[7]);
    const bool is_line = std::count(line.begin(), line.end(), ' ') == 2;
    return is_one && is_line ? refuse(505, "only HTTP/1.0 and HTTP/1.1 are spoken here")
                             : refuse(400, "malformed request line");
  }

  // Where the request ends must be told once, in one way.
  Progress check_framing() {
    std::size_t lengths = 0;
    std::size_t encodings = 0;
    std::size_t hosts = 0;
    std::string_view length, encoding, expectation;
    for (const auto& [name, value] : message_->headers) {
      if (base::equal_ignoring_case(name, "Content-Length")) {
        ++lengths;
        length = value;
      } else if (base::equal_ignoring_case(name, "Transfer-Encoding")) {
        ++encodings;
        encoding = value;
      } else if (base::equal_ignoring_case(name, "Host")) {
        ++hosts;
      } else if (base::equal_ignoring_case(name, "Expect")) {
        expectation = value;
      }
    }
    if (lengths + encodings > 1) return refuse(400, "more than one Content-Length or Transfer-Encoding");
    if (lengths == 1 && !base::parse_unsigned(length)) return refuse(400, "malformed Content-Length");
    if (encodings == 1 && message_->is_http_1_0) return refuse(400, "Transfer-Encoding in HTTP/1.0");
    if (encodings == 1 && !base::equal_ignoring_case(encoding, "chunked"))
      return refuse(501, "a Transfer-Encoding other than chunked");
    if (hosts > 1 || (hosts == 0 && !message_->is_http_1_0)) return refuse(400, "not exactly one Host header");
    if (expectation.empty() || message_->is_http_1_0) return Progress::complete;
    if (!base::equal_ignoring_case(expectation, "100-continue"))
      return refuse(417, "an expectation other than 100-continue");
    expects_ = true;
    return Progress::complete;
  }

  Progress take_body(std::string_view input, std::size_t& used) {
    // Who asks before sending is told that it is too much, before it is sent.
    if (expects_ && input.empty() && parser_->content_length().value_or(0) > body_max_) return cut();
    while (!parser_->is_done()) {
      if (input.empty()) return Progress::need_more;
      expects_ = false;  // it did not wait
      // Beast takes it for granted that what begins like the last chunk comes in at least as many bytes as the shortest
      // one has; no message that is still to end has fewer left.
      constexpr std::string_view kLastChunk = "0\r\n\r\n";
      if (parser_->chunked() && input.size() < kLastChunk.size() && input.front() == '0') return Progress::need_more;
      error_code error;
      const std::size_t taken = parser_->put(boost::asio::const_buffer(input.data(), input.size()), error);
      used += taken;
      input.remove_prefix(taken);
      if (parser_->body_seen() > kBodyBytesMax) return cut();
      if (error == HttpError::need_more) {
        if (input.size() > kChunkHeadMax) return refuse(400, "the head of a chunk or the trailers are too large");
        return Progress::need_more;
      }
      if (error) return refuse(400, "malformed chunk");
    }
    if (message_->body_cut) return cut();
    expects_ = false;
    return Progress::complete;
  }

  Progress cut() {
    expects_ = false;
    message_->body_cut = true;
    message_->keep_alive = false;
    return Progress::complete;
  }

  Message* message_ = nullptr;
  std::size_t body_max_ = 0;
  HeadScan scan_;
  std::optional<Parser> parser_;
  bool head_done_ = false;
  bool expects_ = false;
  bool blank_skipped_ = false;
  Refusal refusal_;
};

RequestReader::RequestReader() : state_(std::make_unique<State>()) {}
RequestReader::~RequestReader() = default;
void RequestReader::begin(Message& message, std::size_t body_max) { state_->begin(message, body_max); }
RequestReader::Progress RequestReader::take(std::string_view input, std::size_t& used) {
  return state_->take(input, used);
}
bool RequestReader::head_is_done() const { return state_->head_done(); }
bool RequestReader::take_expectation() { return state_->take_expectation(); }
const Refusal& RequestReader::refusal() const { return state_->refusal(); }

}  // namespace limpid::service::http

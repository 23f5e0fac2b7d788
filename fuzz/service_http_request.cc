// Requests as they come off a connection, in one piece and in pieces: both must give the same requests and the same
// refusal.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "service/http/message.h"
#include "service/http/target.h"

namespace {

using limpid::service::http::Message;
using limpid::service::http::RequestReader;

constexpr std::size_t kBodyMax = 1'000;
constexpr int kRequestsMax = 100;

// What is read from `input` when it arrives in pieces of `piece` bytes.
std::vector<std::string> read(std::string_view input, std::size_t piece) {
  std::vector<std::string> seen;
  RequestReader reader;
  Message message;
  std::string waiting;
  reader.begin(message, kBodyMax);
  for (std::size_t at = 0; at < input.size() || !waiting.empty();) {
    const std::size_t take = std::min(piece, input.size() - at);
    waiting += input.substr(at, take);
    at += take;
    std::size_t used = 0;
    const RequestReader::Progress progress = reader.take(waiting, used);
    if (used > waiting.size()) std::abort();
    waiting.erase(0, used);
    if (progress == RequestReader::Progress::refused) {
      seen.push_back("refused " + std::to_string(reader.refusal().status));
      return seen;
    }
    if (progress == RequestReader::Progress::need_more) {
      if (at == input.size()) return seen;
      continue;
    }
    if (message.body.size() > kBodyMax) std::abort();
    std::string text(message.method);
    text.append(" ").append(message.target).append(message.keep_alive ? " keep " : " close ").append(message.body);
    for (const auto& [name, value] : message.headers) text.append("|").append(name).append(":").append(value);
    seen.push_back(text);
    (void)limpid::service::http::split_path(message.path);
    (void)limpid::service::http::query_value(message.query, "limit");
    if (static_cast<int>(seen.size()) == kRequestsMax) return seen;
    message = Message();
    reader.begin(message, kBodyMax);
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input = limpid::base::as_text({data + 1, size - 1});
  if (read(input, input.size()) != read(input, 1 + data[0] % 7)) std::abort();
  return 0;
}

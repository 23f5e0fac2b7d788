// Bodies, stored revisions and page tokens of the v1 API: what is read must be written so that it reads the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/bytes.h"
#include "service/v1/codec.h"
#include "service/v1/tokens.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid::service::v1;
  const std::string_view text = limpid::base::as_text({data, size});
  (void)parse_layer(text);
  (void)parse_feature(text);
  if (const auto request = parse_vulnerability(text); request && !request->metadata.empty()) {
    // Metadata is kept as text: it must stay what it is.
    std::string again = "{\"Vulnerability\":{\"Metadata\":" + request->metadata + "}}";
    const auto second = parse_vulnerability(again);
    if (!second || second->metadata != request->metadata) std::abort();
  }
  if (const auto revision = parse_stored(text)) {
    const auto again = parse_stored(stored(*revision));
    if (!again || stored(*again) != stored(*revision)) std::abort();
  }
  static const Tokens tokens = Tokens::make("").value();
  if (tokens.open(text, 1'000)) std::abort();  // nobody guesses the key
  if (tokens.open(tokens.seal(text, 1'000), 1'000) != text && tokens.seal(text, 1'000).size() <= 16'384) std::abort();
  return 0;
}

// The smallest parsers: base64, days, digests, sizes, packed numbers; and that what is shown to people is harmless. The
// first byte chooses which, the rest is its text.
#include <cstdint>
#include <string>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/date.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "base/size.h"
#include "base/text.h"

namespace {

using namespace limpid;

void check(bool holds) {
  if (!holds) __builtin_trap();
}

// Each call of the decoder is chosen by a byte of what it decodes.
void decode(std::string_view text) {
  base::Decoder in(base::as_bytes(text));
  for (std::size_t i = 0; i < text.size() && in.ok(); ++i) {
    const std::size_t before = in.remaining();
    switch (text[i] & 7) {
      case 0:
        (void)in.u8();
        break;
      case 1:
        (void)in.u64();
        break;
      case 2: {
        base::Encoder out;
        out.varint(in.varint());
        break;
      }
      case 3:
        check(in.text().size() <= before);
        break;
      case 4:
        check(in.count(3) <= before / 3);
        break;
      case 5:
        check(in.raw(static_cast<std::size_t>(text[i] & 0x70)).size() <= before);
        break;
      default:
        (void)in.varint32();
    }
    check(in.remaining() <= before);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = base::as_text({data + 1, size - 1});
  switch (data[0] % 6) {
    case 0:
      // Of any bytes there is one spelling in each alphabet.
      check(base::from_base64(base::to_base64(text)) == std::string(text));
      if (const auto bytes = base::from_base64(text))
        check(base::from_base64(base::to_base64(*bytes, base::Base64::url_safe)) == bytes);
      break;
    case 1:
      if (const auto date = base::parse_date(text)) check(text.starts_with(base::format_date(*date)));
      break;
    case 2:
      if (const auto digest = Digest::parse(text)) check(Digest::parse(digest->to_string()) == *digest);
      break;
    case 3:
      if (const auto bytes = base::parse_size(text)) check(base::parse_size(base::print_size(*bytes)) == *bytes);
      break;
    case 4: {
      const std::string shown = base::printable(text);
      check(base::is_utf8(shown));
      check(base::printable(shown) == shown);
      check(base::display_width(shown) <= 2 * shown.size());
      for (const char c : shown) check(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
      break;
    }
    default:
      decode(text);
  }
  return 0;
}

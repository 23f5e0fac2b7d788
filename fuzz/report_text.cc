// What hostile texts look like in a report: nothing that moves a terminal's cursor, nothing wider than the terminal,
// and JSON of valid UTF-8. The first byte is the width, and each line a text.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/text.h"
#include "report/json_writer.h"
#include "report/terminal.h"

namespace {

void check(bool holds) {
  if (!holds) __builtin_trap();
}
bool is_harmless(std::string_view text) {
  return limpid::base::is_utf8(text) && std::ranges::all_of(text, [](char c) {
           return c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
         });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid;
  if (size == 0) return 0;
  const std::size_t width = 40 + data[0] % 100;
  std::vector<std::string> texts;
  report::JsonWriter json;
  json.open();
  for (const std::string_view line : base::split(base::as_text({data + 1, size - 1}), '\n')) {
    json.text("text", line);
    const std::string text = base::printable(line);  // as every text is on its way to a terminal
    const std::string cut = report::fit(text, width, true);
    check(is_harmless(cut) && base::display_width(cut) == width);
    check(is_harmless(report::wrap_text(text, 4, width)));
    texts.push_back(text);
  }
  json.list("all", texts);
  json.close();
  check(is_harmless(json.take()));
  check(is_harmless(report::wrap_list(texts, 2, width)));
  report::Style style;
  style.width = width;
  style.colour = false;
  if (texts.size() >= 4) {
    const std::vector<std::vector<std::string>> rows{{texts[0], texts[1]}, {texts[2], texts[3]}};
    check(is_harmless(report::columns(rows, style)));
  }
  return 0;
}

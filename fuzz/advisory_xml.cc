// XML: whatever the bytes are, elements open and close in turn and the limits hold.
#include <cstddef>
#include <cstdint>

#include "advisory/xml.h"

namespace {

using namespace limpid;

constexpr advisory::XmlLimits kLimits{.depth_max = 8, .text_size_max = 256, .token_size_max = 1024};

struct Checker final : advisory::XmlHandler {
  std::size_t depth = 0;
  Result<void> start(std::string_view /*element*/, const advisory::XmlAttributes& attributes) override {
    if (++depth > kLimits.depth_max) __builtin_trap();
    attributes.each([](std::string_view name, std::string_view) {
      if (name.empty()) __builtin_trap();
    });
    return {};
  }
  Result<void> end(std::string_view /*element*/, std::string_view text) override {
    if (depth-- == 0 || text.size() > kLimits.text_size_max) __builtin_trap();
    return {};
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Checker checker;
  const auto source = archive::memory_source({data, size});
  const auto read = advisory::parse_xml(*source, checker, kLimits);
  if (read && checker.depth != 0) __builtin_trap();
  return 0;
}

// ar archives, and Debian packages made of them.
#include <cstdlib>

#include "archive/ar.h"
#include "archive/deb.h"
#include "archive/testing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid::archive;
  const std::string_view bytes = limpid::base::as_text({data, size});
  testing::Walk walks[2];
  for (const std::size_t i : {0U, 1U}) {
    testing::ChoppedSource source(bytes, i == 0 ? size + 1 : 13);
    walks[i] = testing::walk(*open_ar(source));
  }
  if (walks[0].lines != walks[1].lines || walks[0].error != walks[1].error) std::abort();

  const auto source = memory_source({data, size});
  std::string control;
  (void)read_deb(
      *source,
      [&](std::string_view text) -> limpid::Result<void> {
        control = text;
        return {};
      },
      [](EntryReader& files) -> limpid::Result<void> {
        for (;;) {
          LIMPID_ASSIGN(const Entry* entry, files.next());
          if (entry == nullptr) return {};
          LIMPID_TRY(read_content(files, 1 << 20));
        }
      });
  return 0;
}

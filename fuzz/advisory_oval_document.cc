// OVAL documents, read from a file as the feeds do.
#include <cstddef>
#include <cstdint>
#include <fstream>

#include "advisory/oval_document.h"
#include "base/bytes.h"
#include "base/file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid;
  static const auto folder = base::TemporaryDirectory::make("fuzz").value();
  const auto path = folder.path() + "/oval.xml";
  std::ofstream(path, std::ios::binary) << base::as_text({data, size});
  std::size_t seen = 0;
  (void)advisory::read_oval_document(
      path, [&](const advisory::OvalDocumentDefinition& definition, const advisory::OvalDocumentParts& parts) {
        // Every id that can be followed leads somewhere or nowhere.
        const auto follow = [&](const auto& self, const advisory::OvalDocumentCriteria& node) -> void {
          for (const auto& child : node.children) self(self, child);
          const auto* test = parts.test(node.reference);
          if (test == nullptr) return;
          if (const auto* object = parts.object(test->object)) seen += object->text("name").size();
          for (const auto state : test->states)
            if (const auto* fields = parts.state(state)) seen += fields->text("evr").size();
        };
        follow(follow, definition.criteria);
        return Result<void>{};
      });
  return seen == std::size_t(-1) ? 1 : 0;
}

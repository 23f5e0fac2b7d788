// `limpid inventory`: what is inside, without a database.
#include <memory>

#include "base/heap.h"
#include "cli/common.h"
#include "image/source.h"
#include "scan/scan.h"

namespace limpid::cli {
namespace {

Result<int> run(const InventoryCommand& command) {
  base::prepare_heap(kHeapAtFirst);
  LIMPID_ASSIGN(const report::Format* format, find_format(command.output.format));
  LIMPID_ASSIGN(const image::OpenOptions open, open_options(command.image));
  LIMPID_ASSIGN(const std::unique_ptr<image::ImageSource> source, image::open_image(command.target, open));
  const scan::ScanOptions options = scan_options(command.image);
  const std::unique_ptr<scan::LayerCache> cache = open_cache(command.image.cache, open, options);
  LIMPID_ASSIGN_WITHIN(const scan::ScannedImage scanned, scan::scan_image(*source, options, cache.get()),
                       {command.target});
  const report::Subject subject{command.target, scanned.manifest, scanned.inventory};
  LIMPID_ASSIGN(const std::string text, format->inventory(subject, style_for(command.output)));
  LIMPID_TRY(deliver(command.output, text));
  if (command.fail_on_incomplete && !scanned.inventory.skipped.empty())
    return fail(Code::invalid,
                {"a part of the image was not read (see what was skipped), and --fail-on-incomplete is set"});
  return kDone;
}

}  // namespace

int run_inventory(const InventoryCommand& command) {
  const Result<int> result = run(command);
  return result ? *result : failed(result.error());
}

}  // namespace limpid::cli

// `limpid inventory`: what is inside, without a database.
#include <memory>

#include "base/cancel.h"
#include "cli/common.h"
#include "cli/interrupt.h"
#include "image/source.h"
#include "scan/scan.h"

namespace limpid::cli {
namespace {

Result<int> run(const InventoryCommand& command, const std::atomic<bool>* cancel) {
  LIMPID_ASSIGN(const report::Format* format, find_format(command.output.format));
  LIMPID_ASSIGN(const image::OpenOptions open, open_options(command.image, cancel));
  LIMPID_ASSIGN(const std::unique_ptr<image::ImageSource> source, image::open_image(command.target, open));
  const scan::ScanOptions options = scan_options(command.image, cancel);
  const std::unique_ptr<scan::LayerCache> cache = open_cache(command.image.cache, open, options);
  LIMPID_ASSIGN_WITHIN(const scan::ScannedImage scanned, scan::scan_image(*source, options, cache.get()),
                       {command.target});
  const report::Subject subject{command.target, scanned.manifest, scanned.inventory};
  LIMPID_ASSIGN(const std::string text, format->inventory(subject, style_for(command.output)));
  LIMPID_TRY(base::check_cancelled(cancel));
  LIMPID_TRY(deliver(command.output, text));
  if (command.fail_on_incomplete && !scanned.inventory.skipped.empty())
    return fail(Code::invalid,
                {"a part of the image was not read (see what was skipped), and --fail-on-incomplete is set"});
  return kDone;
}

}  // namespace

int run_inventory(const InventoryCommand& command) {
  return run_interruptibly(command.image.timeout,
                           [&](const std::atomic<bool>* cancel) { return run(command, cancel); });
}

}  // namespace limpid::cli

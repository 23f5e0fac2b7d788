// `limpid inventory`: what is inside, without a database.
#include <memory>

#include "base/heap.h"
#include "cli/common.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/sandbox.h"
#include "image/source.h"
#include "scan/scan.h"

namespace limpid::cli {
namespace {

Result<int> run(const InventoryCommand& command, const std::atomic<bool>* cancel) {
  base::prepare_heap(kHeapAtFirst);
  LIMPID_ASSIGN(const report::Format* format, find_format(command.output.format));
  LIMPID_ASSIGN(image::OpenOptions open, open_options(command.image, cancel));
  scan::ScanOptions options = scan_options(command.image, cancel);
  std::unique_ptr<ProgressDisplay> display = ProgressDisplay::start(command.quiet);
  open.observer = options.progress = display.get();
  if (display) display->target_begins(command.target);
  const std::unique_ptr<scan::LayerCache> cache = open_cache(command.image.cache, open, options);
  LIMPID_ASSIGN(Targets targets, Targets::confine_and_open({command.target}, open, command.image, command.output));
  LIMPID_ASSIGN(const auto images, targets.open(0));
  std::vector<std::string> reports;
  bool incomplete = false;
  for (const auto& image : images) {
    LIMPID_ASSIGN_WITHIN(const scan::ScannedImage scanned, scan::scan_image(*image, options, cache.get()),
                         {name_for_errors(command.target, *image, images.size())});
    const report::Subject subject{command.target, scanned.manifest, scanned.inventory};
    LIMPID_ASSIGN(std::string text, format->inventory(subject, style_for(command.output)));
    reports.push_back(std::move(text));
    incomplete = incomplete || !scanned.inventory.skipped.empty();
  }
  display.reset();
  LIMPID_TRY(deliver(command.output, join_reports(reports, *format, open.platform == image::kAllPlatforms), cancel));
  if (incomplete && command.fail_on_incomplete)
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

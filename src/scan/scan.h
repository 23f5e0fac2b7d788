// The flow from an image to its inventory: which layers are read, on which threads, and what is read again for links.
#pragma once

#include <atomic>
#include <string>

#include "base/error.h"
#include "image/source.h"
#include "inventory/layer.h"
#include "inventory/types.h"
#include "scan/cache.h"
#include "scan/progress.h"

namespace limpid::scan {

struct ScanOptions {
  unsigned threads = 0;      // 0: one for each processor
  std::string distribution;  // overrides what the image says ("debian:12")
  inventory::LayerLimits limits;
  const std::atomic<bool>* cancel = nullptr;  // set by another thread or a signal handler: ends with Code::cancelled
  Progress* progress = nullptr;               // hears how far it is
};

struct ScannedImage {
  image::Manifest manifest;  // with the digests, diff IDs and sizes that were measured
  inventory::ImageInventory inventory;
};

// Reads every layer that `cache` does not know once, largest first, and merges. An unreadable layer fails the whole: a
// part is never presented as the image. The result is the same with and without a cache, which must have been opened
// with the same limits.
Result<ScannedImage> scan_image(const image::ImageSource& source, const ScanOptions& options = {},
                                LayerCache* cache = nullptr);

}  // namespace limpid::scan

// What a scan tells of itself while it runs, for whoever wants to show it: the layers, one after the other, and through
// image::ReadObserver (which OpenOptions name) the bytes of each.
#pragma once

#include <cstddef>

#include "image/source.h"

namespace limpid::scan {

// Called from the threads that read; must be quick. Indexes are those of the manifest's layers.
class Progress : public image::ReadObserver {
 public:
  // Before anything of it is read. Layers that stand in it twice are told of once.
  virtual void image_begins(const image::Manifest& manifest) = 0;
  // The cache knows it: it will not be read.
  virtual void layer_known(std::size_t index) = 0;
  // Read to its end and verified. A layer may be read again, for files behind links.
  virtual void layer_done(std::size_t index) = 0;
};

}  // namespace limpid::scan

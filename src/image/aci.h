// App Container Images, as rkt and the first Clair read them.
// https://github.com/appc/spec/blob/master/spec/aci.md#image-layout
#pragma once

#include <memory>

#include "archive/entry.h"

namespace limpid::image {

// Yields the entries below rootfs/ under their paths in the image. `inner` must outlive it.
std::unique_ptr<archive::EntryReader> aci_entries(archive::EntryReader& inner);

}  // namespace limpid::image

// Room on disk for what has to be read out of order. Private to this room.
#pragma once

#include "base/file.h"

namespace limpid::image {

// A file without a name in $TMPDIR, else /tmp: it goes when its descriptor does, whatever becomes of this process.
Result<base::File> temporary_file();

}  // namespace limpid::image

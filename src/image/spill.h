// Room on disk for what has to be read out of order. Private to this room.
#pragma once

#include "base/bytes.h"
#include "base/file.h"

namespace limpid::image {

// A file without a name in $TMPDIR, else /tmp: it goes when its descriptor does, whatever becomes of this process.
Result<base::File> temporary_file();

// Appends; `doing` says in an error what the file is for.
Result<void> write_all(const base::File& file, Bytes bytes, std::string_view doing);

}  // namespace limpid::image

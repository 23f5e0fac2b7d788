// Disks of virtual machines, which are told, and not read. Private to this room.
#pragma once

#include <string_view>

#include "base/file.h"

namespace limpid::image {

// "qcow2", "an ext file system", …: what `file` begins like; "" for anything else.
std::string_view disk_image_kind(const base::File& file);

// Code::unsupported, with what to do instead, if it is one.
Result<void> refuse_disk_image(const base::File& file);

}  // namespace limpid::image

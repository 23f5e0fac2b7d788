// CVSS vectors as feeds write them.
#pragma once

#include <string_view>

#include "advisory/types.h"

namespace limpid::advisory {

// Keeps a vector that looks like one, once; anything else is left out.
void add_cvss(Advisory& advisory, std::string_view vector);

}  // namespace limpid::advisory

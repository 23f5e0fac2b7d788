// How openEuler's documents spell releases and packages.
#pragma once

#include <string>
#include <string_view>

#include "advisory/feed.h"
#include "advisory/rpm_statements.h"

namespace limpid::advisory {

// "openeuler:24.03-LTS-SP1" of "openEuler-24.03-LTS-SP1"; "" for anything else.
std::string openeuler_namespace(std::string_view product);

// The source that a file is of, "vim-9.0-33.oe2203sp3.src.rpm". False, and why, for any other: each release that has
// packages has their source. No file's name tells the epoch, which installed packages have (vim's is 2) and a source's
// version has not.
bool read_openeuler_file(std::string_view file, RpmStatement& statement, std::string_view& why_not);

}  // namespace limpid::advisory

// Packages that carry less than their source package's flaws are in: those of the Linux kernel, whose flaws are those
// of the kernel that runs, and a container brings none that does; and those without a program.
#pragma once

#include <cstdint>

#include "inventory/types.h"

namespace limpid::match {

enum class KernelPart : std::uint8_t {
  none,     // not of a kernel, or a program that is built from its source (perf, kernel-tools)
  headers,  // header files, documentation and what modules are built with: no code that its flaws are in
  code,     // the kernel itself or its modules
};
KernelPart kernel_part(const inventory::Package& package);

// Documentation, translations or empty folders, by the name: "emacs-filesystem", "samba-doc". A name may be wrong, so
// that they are told apart and hidden only where that is asked for.
bool is_data_only(const inventory::Package& package);

}  // namespace limpid::match

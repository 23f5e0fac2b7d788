#include <cstdio>
#include <exception>

#include "cli/options.h"

int main(int argc, char** argv) {
  // Errors are values everywhere; what still arrives here is a want of memory or a bug, and must not look like a
  // result.
  try {
    return limpid::cli::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "limpid: %s\n", error.what());
    return limpid::cli::kFailed;
  }
}

#include <csignal>
#include <cstdio>
#include <exception>

#include "cli/options.h"

int main(int argc, char** argv) {
  // A file that may not grow (ulimit -f) is an error to tell, as a full disk is, and no reason to die.
  std::signal(SIGXFSZ, SIG_IGN);
  // Errors are values everywhere; what still arrives here is a want of memory or a bug, and must not look like a
  // result.
  try {
    return limpid::cli::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "limpid: %s\n", error.what());
    return limpid::cli::kFailed;
  }
}

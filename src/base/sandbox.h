// Giving up what a process will not need, for good: it may read and write only what is named here, start no program
// and, if so wished, open no connection. For what reads bytes that are not to be trusted: should a flaw in a parser
// hand the process to whoever wrote them, there is little to be had.
//
// Files are Landlock's (Linux 5.13; https://docs.kernel.org/userspace-api/landlock.html), the rest is a seccomp filter
// (https://docs.kernel.org/userspace-api/seccomp_filter.html). Either may be missing, which its part of the result
// says.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace limpid::base {

struct Confinement {
  // Files, and folders with all below them. What is not there is passed over.
  std::vector<std::string> readable;
  // Files; of folders, what is in them may also be made, renamed and removed.
  std::vector<std::string> writable;
  bool network = false;  // new connections; nobody can connect to us in any case
};

struct Confined {
  struct Part {
    bool active = false;
    std::string detail;  // how far it goes, or why it does not
  };
  Part files, calls;
};

// Holds for the calling thread and those that it starts; the calls, too, for threads that are running already. What is
// open stays open.
Confined confine(const Confinement& to);

// The numbers of the system calls that fail with EPERM in it, whatever their arguments.
std::span<const int> forbidden_calls();

}  // namespace limpid::base

// Commands that end early: at Ctrl-C, SIGTERM and SIGHUP, and when --timeout is over. Either sets one flag, at which
// all that reads ends in order (base/cancel.h), so that nothing is left behind: no lock, no temporary file, no part of
// a result. A second signal ends the process where it stands.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "base/error.h"

namespace limpid::cli {

// The process's exit status: what `command` says; or kFailed after an error, which is told; or 128 and the signal's
// number, as a shell has it of a process that a signal ended. `timeout` is what base/duration.h reads, "" or 0 for
// none. Once at a time: signals are a matter of the process. One that was ignored at the start (nohup) stays so.
using Interruptible = std::function<Result<int>(const std::atomic<bool>* cancel)>;
int run_interruptibly(const std::string& timeout, const Interruptible& command);

}  // namespace limpid::cli

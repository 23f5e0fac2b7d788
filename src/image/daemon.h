// Images that a container daemon of this machine keeps. Private to this room.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "image/daemon_place.h"
#include "image/source.h"

namespace limpid::image {

// Code::not_found where the daemon has no such image, Code::io where none can be spoken to.
Result<std::unique_ptr<ImageSource>> open_in_daemon(DaemonKind kind, const std::string& name,
                                                    const OpenOptions& options);

// For a name of which nobody said where it is: whatever daemon has it. nullptr where none does, and then `asked` says
// who was asked, and why it was in vain. A place where no socket is, is not worth a word.
std::unique_ptr<ImageSource> find_in_daemons(const std::string& name, const OpenOptions& options,
                                             std::vector<std::string>& asked);

}  // namespace limpid::image

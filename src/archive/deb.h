// A Debian binary package, deb(5): an ar archive of debian-binary, control.tar[.gz|.xz|.zst] and
// data.tar[.gz|.xz|.zst|.bz2].
#pragma once

#include <functional>
#include <string>

#include "archive/entry.h"

namespace limpid::archive {

inline constexpr std::uint64_t kDebControlSizeMax = std::uint64_t{1} << 20;

// Reads one package front to back. `control` gets the text of the control file; then `data` gets the reader of the data
// tar, and may stop early (the rest of the package is then not read). Errors name the member.
Result<void> read_deb(Source& source, const std::function<Result<void>(std::string_view text)>& control,
                      const std::function<Result<void>(EntryReader& files)>& data);

}  // namespace limpid::archive

// ar archives as Debian packages use them (deb(5)): a magic line, then members behind 60-byte headers.
#pragma once

#include <memory>

#include "archive/entry.h"

namespace limpid::archive {

inline constexpr std::uint64_t kArEntriesMax = 1'000;

// GNU ("name/", "//" tables refused) and common ("name") member names. `source` must outlive the reader.
std::unique_ptr<EntryReader> open_ar(Source& source);

}  // namespace limpid::archive

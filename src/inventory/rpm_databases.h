// The three forms in which rpm stores its headers, each read by offset with memory for one header at a time. Private to
// the room.
//
// Each hands every header blob with its number to `take`. What is damaged is noted with its place and the rest read; an
// error means that nothing of the file could be used. No page is followed twice, so that no file makes more work than
// its size.
#pragma once

#include <vector>

#include "inventory/notes.h"
#include "inventory/random_bytes.h"
#include "inventory/rpm_header.h"

namespace limpid::inventory {

// Berkeley DB's hash pages, of either byte order: `Packages` until rpm 4.16 (rpm_bdb.cc).
Result<void> read_rpm_bdb(const RandomBytes& file, const RpmBlobTaker& take, Notes& notes);
// SUSE's `Packages.db` (rpm_ndb.cc).
Result<void> read_rpm_ndb(const RandomBytes& file, const RpmBlobTaker& take, Notes& notes);
// `rpmdb.sqlite` with what its write-ahead log holds; nullptr if there is no log (rpm_sqlite.cc).
Result<void> read_rpm_sqlite(const RandomBytes& file, const RandomBytes* log, const RpmBlobTaker& take, Notes& notes);

// By the file's first bytes.
bool is_rpm_bdb(Bytes head);
bool is_rpm_ndb(Bytes head);
bool is_rpm_sqlite(Bytes head);
inline constexpr std::size_t kRpmHeadSize = 32;  // that they want to see

}  // namespace limpid::inventory

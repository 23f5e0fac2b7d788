// Red Hat's folder of VEX documents, https://security.access.redhat.com/data/csaf/v2/vex/: an archive of all of them,
// and beside it the documents one by one, with lists of those that changed (changes.csv) and that were taken away
// (deletions.csv). The archive has hundreds of megabytes: an archive that we have is kept, and the documents that
// changed since are fetched beside it, until there are too many of them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "service/feed_places.h"

namespace limpid::service {

// With fewer documents changed since it was made, an archive that we have is as good as the newest.
inline constexpr std::size_t kVexChangesMax = 3'000;
// Nobody changes so many between two archives; a list that says so is refused.
inline constexpr std::size_t kVexDocumentsMax = 400'000;

// `kept`: the names of the files that we have. A document that was taken away becomes a file that says so, which hides
// the archive's. Without lists of changes there is only the newest archive.
Result<std::vector<FeedFile>> redhat_vex_files(const std::string& base_url, std::span<const std::string> kept,
                                               const PageReader& read_page);

}  // namespace limpid::service

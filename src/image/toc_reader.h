// Finding a layer's table of contents in its blob, by way of what the manifest promises of it. Private to this room.
#pragma once

#include <map>
#include <string>

#include "archive/compression.h"
#include "image/blob_ranges.h"
#include "image/source.h"
#include "image/toc.h"

namespace limpid::image {

// What a layer's annotations promise, in whichever format; Format::none if nothing that we understand.
TocPromise promised_toc(const std::map<std::string, std::string>& annotations);

struct StoredToc {
  Toc toc;
  archive::Compression compression = archive::Compression::none;  // of the files' contents
};
// Fetches and verifies it. Code::unsupported where nothing is promised: a table for which nobody vouches could hide
// files. Other errors as parse_toc(), and those of fetching.
Result<StoredToc> read_toc(BlobRanges& blob, const TocPromise& promise, const OpenOptions& options);

}  // namespace limpid::image

// eStargz: a gzip layer of many members, so that each file's content can be inflated alone. Its last member is empty
// and says where the one before it begins, which holds a tar with the table of contents (toc.h).
// https://github.com/containerd/stargz-snapshotter/blob/main/docs/estargz.md. Private to this room.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "archive/source.h"
#include "base/error.h"
#include "image/limits.h"
#include "image/types.h"

namespace limpid::image {

inline constexpr std::uint64_t kEstargzFooterSize = 51;

// What the annotations of a layer promise; Format::none without the one for the table's digest.
TocPromise estargz_promise(const std::map<std::string, std::string>& annotations);

// The offset of the table's gzip member; Code::unsupported for what is no such footer (of 51 bytes).
Result<std::uint64_t> parse_estargz_footer(Bytes footer);

// The JSON in the table's gzip member. Code::mismatch if its digest is not the one promised.
Result<std::string> read_estargz_toc(std::unique_ptr<archive::Source> stored, const Digest& promised,
                                     std::uint64_t size_max = kTocSizeMax);

}  // namespace limpid::image

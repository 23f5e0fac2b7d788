#include "image/toc_reader.h"

#include "image/estargz.h"
#include "image/zstd_chunked.h"

namespace limpid::image {
namespace {

std::unexpected<Error> too_small(std::uint64_t size) {
  return fail(Code::unsupported, {"has ", size, " bytes, too few for a table of contents"});
}

Result<void> check_stored_size(std::uint64_t size, const ImageLimits& limits) {
  if (size <= limits.toc_stored_max) return {};
  return fail(Code::limit, {"its table of contents has ", size,
                            " bytes as stored, beyond the limit toc-stored-size=", limits.toc_stored_max});
}

Result<StoredToc> read_estargz(BlobRanges& blob, const TocPromise& promise, const OpenOptions& options) {
  if (blob.size() <= kEstargzFooterSize) return too_small(blob.size());
  const std::uint64_t footer_at = blob.size() - kEstargzFooterSize;
  LIMPID_ASSIGN(const std::string footer, blob.read({footer_at, blob.size()}));
  LIMPID_ASSIGN(const std::uint64_t at, parse_estargz_footer(base::as_bytes(footer)));
  if (at >= footer_at)
    return fail(Code::invalid, {"its table of contents is said to begin at byte ", at, " of ", blob.size()});
  LIMPID_TRY(check_stored_size(footer_at - at, options.limits));
  LIMPID_ASSIGN(auto stored, blob.open({at, footer_at}));
  LIMPID_ASSIGN(const std::string json,
                read_estargz_toc(std::move(stored), promise.digest, options.limits.toc_size_max));
  LIMPID_ASSIGN_WITHIN(Toc toc, parse_toc(json, promise.format, at, options.tar, options.limits),
                       {"its table of contents"});
  return StoredToc{std::move(toc), archive::Compression::gzip};
}

Result<StoredToc> read_zstd_chunked(BlobRanges& blob, TocPromise promise, const OpenOptions& options) {
  if (blob.size() <= kZstdChunkedFooterSize + 2 * kSkippableHeaderSize) return too_small(blob.size());
  if (promise.size == 0) {
    LIMPID_ASSIGN(const std::string footer, blob.read({blob.size() - kZstdChunkedFooterSize, blob.size()}));
    LIMPID_TRY(parse_zstd_chunked_footer(base::as_bytes(footer), promise));
  }
  if (promise.offset <= kSkippableHeaderSize || promise.offset >= blob.size() || promise.size == 0 ||
      promise.size > blob.size() - promise.offset)
    return fail(Code::invalid, {"its table of contents is said to be ", promise.size, " bytes from byte ",
                                promise.offset, " on, of ", blob.size()});
  LIMPID_TRY(check_stored_size(promise.size, options.limits));
  std::string json;
  {
    LIMPID_ASSIGN(const std::string stored, blob.read({promise.offset, promise.offset + promise.size}));
    LIMPID_ASSIGN(json, read_zstd_chunked_toc(stored, promise, options.limits.toc_size_max));
  }
  const std::uint64_t content_end = promise.offset - kSkippableHeaderSize;
  LIMPID_ASSIGN_WITHIN(Toc toc, parse_toc(json, promise.format, content_end, options.tar, options.limits),
                       {"its table of contents"});
  return StoredToc{std::move(toc), archive::Compression::zstd};
}

}  // namespace

TocPromise promised_toc(const std::map<std::string, std::string>& annotations) {
  // Where both stand, the table is stored as zstd:chunked has it.
  TocPromise promise = zstd_chunked_promise(annotations);
  if (promise.format == TocPromise::Format::none) promise = estargz_promise(annotations);
  return promise;
}

Result<StoredToc> read_toc(BlobRanges& blob, const TocPromise& promise, const OpenOptions& options) {
  switch (promise.format) {
    case TocPromise::Format::estargz:
      return read_estargz(blob, promise, options);
    case TocPromise::Format::zstd_chunked:
      return read_zstd_chunked(blob, promise, options);
    case TocPromise::Format::none:
      break;
  }
  return fail(Code::unsupported, {"the manifest promises no table of contents of it"});
}

}  // namespace limpid::image

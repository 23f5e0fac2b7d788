#include "image/zstd_chunked.h"

#include <memory>
#include <optional>

#include "archive/compression.h"
#include "image/toc.h"

namespace limpid::image {
namespace {

constexpr std::string_view kMagic = "GNUlInUx";
// The one kind of table there is: JSON as eStargz has it.
constexpr std::uint64_t kKindOfTable = 1;

const std::string* find(const std::map<std::string, std::string>& annotations, std::string_view name) {
  for (const std::string_view prefix : {"io.github.containers.zstd-chunked.", "io.containers.zstd-chunked."})
    if (const auto found = annotations.find(base::cat({prefix, name})); found != annotations.end())
      return &found->second;
  return nullptr;
}

// "offset:size:size of the JSON:kind".
bool parse_position(std::string_view text, TocPromise& promise) {
  const auto offset = base::parse_unsigned(base::take_until(text, ':'));
  const auto size = base::parse_unsigned(base::take_until(text, ':'));
  const auto json_size = base::parse_unsigned(base::take_until(text, ':'));
  if (!offset || !size || *size == 0 || !json_size || base::parse_unsigned(text) != kKindOfTable) return false;
  promise.offset = *offset;
  promise.size = *size;
  promise.json_size = *json_size;
  return true;
}

}  // namespace

TocPromise zstd_chunked_promise(const std::map<std::string, std::string>& annotations) {
  const std::string* const checksum = find(annotations, "manifest-checksum");
  if (checksum == nullptr) return {};
  const auto digest = Digest::parse(*checksum);
  if (!digest) return {};
  TocPromise promise;
  promise.format = TocPromise::Format::zstd_chunked;
  promise.digest = *digest;
  const std::string* const position = find(annotations, "manifest-position");
  if (position != nullptr && !parse_position(*position, promise)) return {};
  return promise;
}

Result<void> parse_zstd_chunked_footer(Bytes footer, TocPromise& promise) {
  constexpr std::size_t kKindAt = 24, kMagicAt = 56;
  if (footer.size() != kZstdChunkedFooterSize || base::as_text(footer.subspan(kMagicAt)) != kMagic)
    return fail(Code::unsupported, {"does not end with the footer of zstd:chunked"});
  const auto kind = base::load_le<std::uint64_t>(footer.data() + kKindAt);
  if (kind != kKindOfTable) return fail(Code::unsupported, {"its table of contents is of the unknown kind ", kind});
  promise.offset = base::load_le<std::uint64_t>(footer.data());
  promise.size = base::load_le<std::uint64_t>(footer.data() + 8);
  promise.json_size = base::load_le<std::uint64_t>(footer.data() + 16);
  return {};
}

Result<std::string> read_zstd_chunked_toc(std::string_view stored, const TocPromise& promise, std::uint64_t size_max) {
  if (promise.json_size > size_max)
    return fail(Code::limit,
                {"its table of contents has ", promise.json_size, " bytes, beyond the limit toc-size=", size_max});
  base::Hasher hasher(promise.digest.algorithm());
  hasher.update(base::as_bytes(stored));
  if (const Digest found = hasher.finish(); found != promise.digest)
    return fail(Code::mismatch, {"the digest of its table of contents is ", found.to_string(), ", but ",
                                 promise.digest.to_string(), " was promised"});
  LIMPID_ASSIGN(const auto inflated,
                archive::decompress(archive::memory_source(base::as_bytes(stored)), archive::Compression::zstd));
  LIMPID_ASSIGN(std::string json, archive::read_all(*inflated, size_max));
  if (json.size() != promise.json_size)
    return fail(Code::mismatch,
                {"its table of contents has ", json.size(), " bytes, but ", promise.json_size, " were promised"});
  return json;
}

}  // namespace limpid::image

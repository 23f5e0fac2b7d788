#include "image/estargz.h"

#include <charconv>

#include "archive/compression.h"
#include "archive/tar.h"
#include "image/toc.h"

namespace limpid::image {
namespace {

constexpr std::string_view kDigestAnnotation = "containerd.io/snapshot/stargz/toc.digest";
constexpr std::string_view kTocName = "stargz.index.json";

}  // namespace

TocPromise estargz_promise(const std::map<std::string, std::string>& annotations) {
  const auto found = annotations.find(std::string(kDigestAnnotation));
  if (found == annotations.end()) return {};
  const auto digest = Digest::parse(found->second);
  if (!digest) return {};
  TocPromise promise;
  promise.format = TocPromise::Format::estargz;
  promise.digest = *digest;
  return promise;
}

Result<std::uint64_t> parse_estargz_footer(Bytes footer) {
  // RFC 1952: magic, deflate, FEXTRA; then the time, flags and system, which do not matter.
  constexpr std::string_view kGzip("\x1f\x8b\x08\x04", 4);
  constexpr std::size_t kExtraAt = 10;
  // XLEN, and a subfield "SG" with its length: 16 hex digits and "STARGZ".
  constexpr std::string_view kExtra("\x1a\0SG\x16\0", 6);
  constexpr std::string_view kMagic = "STARGZ";
  constexpr std::size_t kDigits = 16;
  const std::string_view text = base::as_text(footer);
  const auto no = [] { return fail(Code::unsupported, {"does not end with the footer of eStargz"}); };
  if (text.size() != kEstargzFooterSize || !text.starts_with(kGzip)) return no();
  std::string_view rest = text.substr(kExtraAt);
  if (!base::strip_prefix(rest, kExtra)) return no();
  if (rest.substr(kDigits, kMagic.size()) != kMagic) return no();
  std::uint64_t offset = 0;
  const char* const end = rest.data() + kDigits;
  const auto [stop, error] = std::from_chars(rest.data(), end, offset, 16);
  if (error != std::errc() || stop != end) return no();
  return offset;
}

Result<std::string> read_estargz_toc(std::unique_ptr<archive::Source> stored, const Digest& promised,
                                     std::uint64_t size_max) {
  LIMPID_ASSIGN(const auto inflated, archive::decompress(std::move(stored), archive::Compression::gzip));
  const auto tar = archive::open_tar(*inflated);
  LIMPID_ASSIGN(const archive::Entry* entry, tar->next());
  if (entry == nullptr || entry->type != archive::EntryType::file || entry->path != kTocName)
    return fail(Code::invalid, {"where its table of contents should stand, there is no ", kTocName});
  if (entry->size > size_max)
    return fail(Code::limit, {kTocName, " has ", entry->size, " bytes, beyond the limit toc-size=", size_max});
  LIMPID_ASSIGN_WITHIN(std::string json, archive::read_content(*tar, size_max), {kTocName});
  base::Hasher hasher(promised.algorithm());
  hasher.update(base::as_bytes(json));
  if (const Digest found = hasher.finish(); found != promised)
    return fail(Code::mismatch, {"the digest of its table of contents is ", found.to_string(), ", but ",
                                 promised.to_string(), " was promised"});
  return json;
}

}  // namespace limpid::image

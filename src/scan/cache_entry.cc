#include "scan/cache_entry.h"

#include "base/bytes.h"
#include "base/encoding.h"

namespace limpid::scan {
namespace {

constexpr std::string_view kMagic = "LIMPIDLC";
constexpr std::size_t kChecksumSize = 64;

std::string checksum_of(std::string_view bytes) { return base::sha256(base::as_bytes(bytes)).hex(); }

}  // namespace

std::string seal_entry(std::string_view key, std::string_view content) {
  base::Encoder out;
  out.raw(kMagic);
  out.u32(kCacheFormat);
  out.text(key);
  out.raw(content);
  return out.bytes() + checksum_of(out.bytes());
}

Result<std::string_view> unseal_entry(std::string_view bytes, std::string_view key) {
  if (bytes.size() < kMagic.size() + kChecksumSize)
    return fail(Code::truncated, {"cache entry: shorter than its head"});
  if (!bytes.starts_with(kMagic)) return fail(Code::invalid, {"cache entry: not one"});
  const std::string_view sealed = bytes.substr(0, bytes.size() - kChecksumSize);
  if (bytes.substr(sealed.size()) != checksum_of(sealed)) return fail(Code::mismatch, {"cache entry: wrong checksum"});
  base::Decoder in(base::as_bytes(sealed));
  in.raw(kMagic.size());
  const std::uint32_t format = in.u32();
  if (in.ok() && format != kCacheFormat) return fail(Code::unsupported, {"cache entry: format ", format});
  const std::string_view found = in.text();
  if (!in.ok()) return fail(Code::truncated, {"cache entry: shorter than its head"});
  if (found != key) return fail(Code::invalid, {"cache entry: of another key"});
  return sealed.substr(in.position());
}

std::string pack_blob(const KnownBlob& blob) {
  base::Encoder out;
  out.text(blob.digest.to_string());
  out.text(blob.diff_id.to_string());
  out.u64(blob.size);
  return out.bytes();
}

Result<KnownBlob> unpack_blob(std::string_view content) {
  base::Decoder in(base::as_bytes(content));
  KnownBlob blob;
  const std::string_view digest = in.text();
  const std::string_view diff_id = in.text();
  blob.size = in.u64();
  if (!in.finished()) return fail(Code::invalid, {"known blob: damaged at byte ", in.position()});
  LIMPID_ASSIGN_WITHIN(blob.digest, Digest::parse(digest), {"known blob"});
  LIMPID_ASSIGN_WITHIN(blob.diff_id, Digest::parse(diff_id), {"known blob"});
  return blob;
}

}  // namespace limpid::scan

// The layout: a head of magic, format and unpacked size, then one zstd frame (with its own checksum) of every field of
// LayerInventory in the order of its declaration.
#include "inventory/stored.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <zstd.h>

#include "base/encoding.h"

namespace limpid::inventory {
namespace {

using base::Decoder;
using base::Encoder;

constexpr std::string_view kMagic = "LIMPIDLI";
constexpr std::size_t kHeadSize = 8 + 4 + 8;
constexpr int kLevel = 1;  // lists of paths shrink tenfold at the lowest level; more would cost time at each indexing

// As many are made room for at once; what a damaged list claims beyond is not believed before it is read.
constexpr std::size_t kReservedMax = 4096;

// One list of a thing that takes at least `size_min` bytes.
template <class T, class Read>
void read_list(Decoder& in, std::vector<T>& out, std::size_t size_min, const Read& read) {
  const std::size_t count = in.count(size_min);
  out.reserve(std::min(count, kReservedMax));
  for (std::size_t i = 0; i < count && in.ok(); ++i) out.push_back(read());
}
template <class T, class Write>
void write_list(Encoder& out, const std::vector<T>& list, const Write& write) {
  out.varint(list.size());
  for (const T& element : list) write(element);
}

void put(Encoder& out, const std::vector<std::string>& texts) {
  write_list(out, texts, [&](const std::string& text) { out.text(text); });
}
void take(Decoder& in, std::vector<std::string>& texts) {
  read_list(in, texts, 1, [&] { return std::string(in.text()); });
}

void put(Encoder& out, const Package& package) {
  for (const std::string* text : {&package.ecosystem, &package.name_space, &package.name, &package.version,
                                  &package.arch, &package.source_name, &package.source_version, &package.maintainer,
                                  &package.module, &package.key_id, &package.location, &package.detector})
    out.text(*text);
  put(out, package.licenses);
  put(out, package.owned);
  out.u8(static_cast<std::uint8_t>(package.kind));
  out.u8(static_cast<std::uint8_t>(package.repository));
  out.u8(static_cast<std::uint8_t>(package.scheme));
}
constexpr std::size_t kPackageSizeMin = 12 + 2 + 3;

// A number that stands for one of `count` enumerators.
template <class E>
E take_enum(Decoder& in, unsigned count, bool& fits) {
  const std::uint8_t number = in.u8();
  if (number >= count) fits = false;
  return static_cast<E>(number);
}

Package take_package(Decoder& in, bool& fits) {
  Package package;
  for (std::string* text : {&package.ecosystem, &package.name_space, &package.name, &package.version, &package.arch,
                            &package.source_name, &package.source_version, &package.maintainer, &package.module,
                            &package.key_id, &package.location, &package.detector})
    *text = in.text();
  take(in, package.licenses);
  take(in, package.owned);
  package.kind = take_enum<PackageKind>(in, 2, fits);
  package.repository = take_enum<Repository>(in, 2, fits);
  package.scheme = static_cast<version::Scheme>(in.u8());
  return package;
}

void put(Encoder& out, const Evidence& evidence) {
  out.text(evidence.path);
  out.text(evidence.detector);
  out.text(evidence.read_from);
  write_list(out, evidence.packages, [&](const Package& package) { put(out, package); });
  out.varint(evidence.facts.size());
  for (const auto& [key, value] : evidence.facts) {
    out.text(key);
    out.text(value);
  }
  put(out, evidence.owned);
  out.text(evidence.owner);
}

Evidence take_evidence(Decoder& in, bool& fits) {
  Evidence evidence;
  evidence.path = in.text();
  evidence.detector = in.text();
  evidence.read_from = in.text();
  read_list(in, evidence.packages, kPackageSizeMin, [&] { return take_package(in, fits); });
  const std::size_t facts = in.count(2);
  for (std::size_t i = 0; i < facts && in.ok(); ++i) {
    std::string key(in.text());
    evidence.facts[std::move(key)] = in.text();
  }
  take(in, evidence.owned);
  evidence.owner = in.text();
  return evidence;
}

void put(Encoder& out, const std::vector<Link>& links) {
  write_list(out, links, [&](const Link& link) {
    out.text(link.path);
    out.text(link.target);
  });
}
void take(Decoder& in, std::vector<Link>& links) {
  read_list(in, links, 2, [&] {
    Link link;
    link.path = in.text();
    link.target = in.text();
    return link;
  });
}

void put(Encoder& out, const SkippedList& skipped) {
  write_list(out, skipped, [&](const Skipped& one) {
    out.text(one.path);
    out.text(one.layer);
    out.u8(static_cast<std::uint8_t>(one.reason));
    out.text(one.detail);
  });
}
void take(Decoder& in, SkippedList& skipped, bool& fits) {
  read_list(in, skipped, 4, [&] {
    Skipped one;
    one.path = in.text();
    one.layer = in.text();
    one.reason = take_enum<SkipReason>(in, static_cast<unsigned>(SkipReason::unresolved) + 1, fits);
    one.detail = in.text();
    return one;
  });
}

Result<std::string> unpack(std::string_view frame, std::uint64_t size) {
  if (size > kStoredSizeMax)
    return fail(Code::limit, {"stored inventory: ", size, " bytes, more than ", kStoredSizeMax});
  // The frame says its own size; a head that claims more must not make us allocate it.
  if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != size)
    return fail(Code::mismatch, {"stored inventory: its parts disagree on its size"});
  constexpr std::uint64_t kRatioMax =
      1'100;  // zstd's own bound is a block of 128 KiB in 4 bytes; ours is what lists do
  if (size > 4'096 + frame.size() * kRatioMax)
    return fail(Code::invalid, {"stored inventory: ", frame.size(), " bytes can't hold ", size});
  std::string bytes(size, '\0');
  const std::size_t got = ZSTD_decompress(bytes.data(), bytes.size(), frame.data(), frame.size());
  if (ZSTD_isError(got) != 0U) return fail(Code::invalid, {"stored inventory: ", ZSTD_getErrorName(got)});
  if (got != size) return fail(Code::mismatch, {"stored inventory: ", got, " bytes instead of ", size});
  return bytes;
}

}  // namespace

Result<std::string> store(const LayerInventory& layer) {
  Encoder out;
  out.text(layer.diff_id.to_string());
  write_list(out, layer.evidence, [&](const Evidence& evidence) { put(out, evidence); });
  put(out, layer.whiteouts);
  put(out, layer.opaque);
  put(out, layer.symlinks);
  put(out, layer.hard_links);
  put(out, layer.directories);
  put(out, layer.files);
  out.varint(layer.entries);
  put(out, layer.skipped);
  if (out.size() > kStoredSizeMax)
    return fail(Code::limit,
                {"inventory of ", layer.diff_id.brief(), ": ", out.size(), " bytes, more than ", kStoredSizeMax});

  Encoder head;
  head.raw(kMagic);
  head.u32(kStoredFormat);
  head.u64(out.size());
  std::string bytes = head.bytes();
  bytes.resize(kHeadSize + ZSTD_compressBound(out.size()));
  struct FreeContext {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  const std::size_t size =
      ZSTD_compress2(context.get(), bytes.data() + kHeadSize, bytes.size() - kHeadSize, out.bytes().data(), out.size());
  if (ZSTD_isError(size) != 0U) return fail(Code::internal, {"packing an inventory: ", ZSTD_getErrorName(size)});
  bytes.resize(kHeadSize + size);
  return bytes;
}

Result<LayerInventory> restore(std::string_view bytes) {
  Decoder head(base::as_bytes(bytes));
  if (head.raw(kMagic.size()) != kMagic) return fail(Code::invalid, {"stored inventory: not one"});
  const std::uint32_t format = head.u32();
  const std::uint64_t size = head.u64();
  if (!head.ok()) return fail(Code::truncated, {"stored inventory: shorter than its head"});
  if (format != kStoredFormat) return fail(Code::unsupported, {"stored inventory: format ", format});
  LIMPID_ASSIGN(const std::string unpacked, unpack(bytes.substr(kHeadSize), size));
  return restore_fields(unpacked);
}

Result<LayerInventory> restore_fields(std::string_view unpacked) {
  Decoder in(base::as_bytes(unpacked));
  LayerInventory layer;
  bool fits = true;
  const std::string_view diff_id = in.text();
  if (!diff_id.empty()) {
    LIMPID_ASSIGN_WITHIN(layer.diff_id, Digest::parse(diff_id), {"stored inventory"});
  }
  constexpr std::size_t kEvidenceSizeMin = 7;
  read_list(in, layer.evidence, kEvidenceSizeMin, [&] { return take_evidence(in, fits); });
  take(in, layer.whiteouts);
  take(in, layer.opaque);
  take(in, layer.symlinks);
  take(in, layer.hard_links);
  take(in, layer.directories);
  take(in, layer.files);
  layer.entries = in.varint();
  take(in, layer.skipped, fits);
  if (!in.finished() || !fits) return fail(Code::invalid, {"stored inventory: damaged at byte ", in.position()});
  return layer;
}

}  // namespace limpid::inventory

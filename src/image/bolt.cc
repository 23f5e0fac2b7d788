#include "image/bolt.h"

#include <algorithm>
#include <array>
#include <utility>

namespace limpid::image {
namespace {

// A page: id u64, flags u16, count u16, overflow u32, then `count` elements of 16 bytes. Everything is in the machine's
// order of bytes, which is little-endian wherever containerd runs.
constexpr std::size_t kPageHeader = 16, kElementSize = 16, kBucketHeader = 16;
constexpr std::uint16_t kBranchPage = 0x01, kLeafPage = 0x02, kMetaPage = 0x04;
constexpr std::uint32_t kBucketFlag = 0x01;

// A meta: magic u32, version u32, page size u32, flags u32, root bucket (page u64, sequence u64), free list u64, number
// of pages u64, transaction u64, checksum u64 of what stands before it.
constexpr std::uint32_t kMagic = 0xED0CDAED, kVersion = 2;
constexpr std::size_t kMetaSize = 64, kChecksummed = 56;
constexpr std::uint64_t kPageSizeMin = 512, kPageSizeMax = 65536;

// FNV-1a, 64 bits.
std::uint64_t checksum(Bytes bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

template <class T>
T load(std::string_view bytes, std::size_t at) {
  return base::load_le<T>(base::as_bytes(bytes).data() + at);
}

std::unexpected<Error> damaged(std::string_view how) { return fail(Code::invalid, {"a damaged bolt database: ", how}); }

}  // namespace

std::optional<Bolt::Meta> Bolt::parse_meta(Bytes bytes) {
  const std::string_view page = base::as_text(bytes);
  if (page.size() < kPageHeader + kMetaSize || (load<std::uint16_t>(page, 8) & kMetaPage) == 0) return std::nullopt;
  const std::string_view meta = page.substr(kPageHeader, kMetaSize);
  if (load<std::uint32_t>(meta, 0) != kMagic || load<std::uint32_t>(meta, 4) != kVersion) return std::nullopt;
  if (checksum(base::as_bytes(meta.substr(0, kChecksummed))) != load<std::uint64_t>(meta, kChecksummed))
    return std::nullopt;
  Meta found{load<std::uint32_t>(meta, 8), load<std::uint64_t>(meta, 16), load<std::uint64_t>(meta, 40),
             load<std::uint64_t>(meta, 48)};
  if (found.page_size < kPageSizeMin || found.page_size > kPageSizeMax) return std::nullopt;
  return found;
}

// The first meta says where the second one is; where it is broken, the second is looked for at every size of a page.
Result<Bolt::Meta> Bolt::newest_meta(const base::File& file) {
  std::array<std::uint8_t, kPageHeader + kMetaSize> bytes{};
  const auto at = [&](std::uint64_t offset) -> Result<std::optional<Meta>> {
    LIMPID_ASSIGN(const std::size_t got, file.read_at(offset, bytes));
    return parse_meta(Bytes(bytes).first(got));
  };
  LIMPID_ASSIGN(std::optional<Meta> best, at(0));
  for (std::uint64_t size = kPageSizeMin; size <= kPageSizeMax; size *= 2) {
    if (best && best->page_size != size) continue;
    LIMPID_ASSIGN(const std::optional<Meta> second, at(size));
    if (second && second->page_size == size && (!best || second->version > best->version)) return *second;
  }
  if (!best) return fail(Code::invalid, {"not a bolt database: none of its meta pages is whole"});
  return *best;
}

Result<Bolt> Bolt::open(base::File file) {
  Bolt bolt;
  LIMPID_ASSIGN(bolt.meta_, newest_meta(file));
  bolt.file_ = std::move(file);
  bolt.root_ = bolt.meta_.root;
  return bolt;
}

Result<bool> Bolt::is_current() const {
  LIMPID_ASSIGN(const Meta now, newest_meta(file_));
  return now.version == meta_.version;
}

Result<Bolt::Page> Bolt::read_page(std::uint64_t id) {
  if (id < 2 || id >= meta_.pages || id > ~std::uint64_t{0} / meta_.page_size) return damaged("a page out of range");
  if (++pages_read_ > kBoltPagesMax)
    return fail(Code::limit, {"more than the ", kBoltPagesMax, " pages of a bolt database that we read"});
  const std::uint64_t offset = id * meta_.page_size;
  LIMPID_ASSIGN(const std::uint64_t file_size, file_.size());
  if (offset > file_size || file_size - offset < meta_.page_size) return damaged("a page behind the end of the file");
  std::array<std::uint8_t, kPageHeader> header{};
  LIMPID_TRY(file_.read_exactly_at(offset, header));
  if (base::load_le<std::uint64_t>(header.data()) != id) return damaged("a page that says it is another");
  const std::uint64_t size = (std::uint64_t{base::load_le<std::uint32_t>(header.data() + 12)} + 1) * meta_.page_size;
  if (size > kBoltPageBytesMax)
    return fail(Code::limit, {"a page of ", size, " bytes, more than the ", kBoltPageBytesMax, " that we read"});
  if (size > file_size - offset) return damaged("a page behind the end of the file");
  std::vector<std::uint8_t> bytes(size);
  LIMPID_TRY(file_.read_exactly_at(offset, bytes));
  return parse_page(std::string(base::as_text(bytes)));
}

Result<Bolt::Page> Bolt::parse_page(std::string bytes) {
  if (bytes.size() < kPageHeader) return damaged("a page without a header");
  Page page;
  const auto flags = load<std::uint16_t>(bytes, 8);
  page.is_leaf = (flags & kLeafPage) != 0;
  if (!page.is_leaf && (flags & kBranchPage) == 0) return damaged("a page of another kind");
  page.count = load<std::uint16_t>(bytes, 10);
  if (page.count > (bytes.size() - kPageHeader) / kElementSize) return damaged("more elements than a page can hold");
  page.bytes = std::move(bytes);
  return page;
}

// Of a leaf: flags u32, position u32, key's and value's size u32; of a branch: position u32, key's size u32, page u64.
// Positions count from the element.
Result<Bolt::Element> Bolt::element(const Page& page, std::size_t index) {
  const std::size_t at = kPageHeader + index * kElementSize;
  const std::string_view bytes = page.bytes;
  Element found;
  const std::uint64_t position = load<std::uint32_t>(bytes, page.is_leaf ? at + 4 : at);
  const std::uint64_t key_size = load<std::uint32_t>(bytes, page.is_leaf ? at + 8 : at + 4);
  const std::uint64_t value_size = page.is_leaf ? load<std::uint32_t>(bytes, at + 12) : 0;
  if (at + position + key_size + value_size > bytes.size()) return damaged("an element that reaches out of its page");
  found.key = bytes.substr(at + position, key_size);
  if (page.is_leaf) {
    found.value = bytes.substr(at + position + key_size, value_size);
    found.is_bucket = (load<std::uint32_t>(bytes, at) & kBucketFlag) != 0;
  } else {
    found.child = load<std::uint64_t>(bytes, at + 8);
  }
  return found;
}

// The root's page u64, sequence u64; a small bucket has no page of its own, but one behind these.
Result<Bolt::Bucket> Bolt::parse_bucket(std::string_view value) {
  if (value.size() < kBucketHeader) return damaged("a bucket without a header");
  Bucket bucket{load<std::uint64_t>(value, 0), {}};
  if (bucket.root == 0) bucket.inlined = value.substr(kBucketHeader);
  return bucket;
}

Result<Bolt::Page> Bolt::root_page(const Bucket& bucket) {
  return bucket.root == 0 ? parse_page(bucket.inlined) : read_page(bucket.root);
}

Result<std::optional<Bolt::Found>> Bolt::find(const Bucket& in, std::string_view key) {
  LIMPID_ASSIGN(Page page, root_page(in));
  for (std::size_t depth = 0; !page.is_leaf; ++depth) {
    if (depth == kBoltDepthMax) return damaged("a tree without an end");
    // The last child whose first key is not behind `key`.
    std::uint64_t child = 0;
    for (std::size_t i = 0; i < page.count; ++i) {
      LIMPID_ASSIGN(const Element entry, element(page, i));
      if (i > 0 && entry.key > key) break;
      child = entry.child;
    }
    LIMPID_ASSIGN(page, read_page(child));
  }
  for (std::size_t i = 0; i < page.count; ++i) {
    LIMPID_ASSIGN(const Element entry, element(page, i));
    if (entry.key == key) return Found{entry.is_bucket, std::string(entry.value)};
  }
  return std::nullopt;
}

Result<std::optional<Bolt::Bucket>> Bolt::bucket(const Bucket& in, std::string_view key) {
  LIMPID_ASSIGN(const auto found, find(in, key));
  if (!found || !found->is_bucket) return std::nullopt;
  LIMPID_ASSIGN(Bucket bucket, parse_bucket(found->value));
  return bucket;
}

Result<std::optional<std::string>> Bolt::value(const Bucket& in, std::string_view key) {
  LIMPID_ASSIGN(auto found, find(in, key));
  if (!found || found->is_bucket) return std::nullopt;
  return std::move(found->value);
}

Result<void> Bolt::list(const Page& page, std::size_t depth, std::vector<std::string>& keys) {
  if (depth == kBoltDepthMax) return damaged("a tree without an end");
  for (std::size_t i = 0; i < page.count; ++i) {
    LIMPID_ASSIGN(const Element entry, element(page, i));
    if (page.is_leaf) {
      if (entry.is_bucket) keys.emplace_back(entry.key);
      continue;
    }
    LIMPID_ASSIGN(const Page child, read_page(entry.child));
    LIMPID_TRY(list(child, depth + 1, keys));
  }
  return {};
}

Result<std::vector<std::string>> Bolt::buckets(const Bucket& in) {
  std::vector<std::string> keys;
  LIMPID_ASSIGN(const Page page, root_page(in));
  LIMPID_TRY(list(page, 0, keys));
  return keys;
}

}  // namespace limpid::image

// A look into a bolt database, the file in which containerd keeps which image is what: pages of a B+tree, reached from
// one of two meta pages. https://github.com/etcd-io/bbolt (internal/common: page.go, meta.go, inode.go, bucket.go)
//
// The file belongs to another program, which may write to it meanwhile, and its bytes are not trusted: every offset is
// checked, depth and the number of pages read are bounded. Private to this room.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace limpid::image {

inline constexpr std::size_t kBoltDepthMax = 32;
inline constexpr std::size_t kBoltPagesMax = 100'000;                        // read in all
inline constexpr std::uint64_t kBoltPageBytesMax = std::uint64_t{16} << 20;  // one with its overflow

class Bolt {
 public:
  // A set of keys, each with a value or a bucket of its own.
  struct Bucket {
    std::uint64_t root = 0;  // its page; 0: the page is in `inlined`
    std::string inlined;
  };

  // Chooses the newer of the meta pages that are whole.
  static Result<Bolt> open(base::File file);

  Bucket top() const { return {root_, {}}; }
  // Nothing where there is no such key, or the key is of the other kind.
  Result<std::optional<Bucket>> bucket(const Bucket& in, std::string_view key);
  Result<std::optional<std::string>> value(const Bucket& in, std::string_view key);
  // The keys of the buckets in it, in order.
  Result<std::vector<std::string>> buckets(const Bucket& in);

  // False if the writer has begun another version since open(): pages of this one may have been written over.
  Result<bool> is_current() const;

 private:
  struct Meta {
    std::uint64_t page_size = 0, root = 0, pages = 0, version = 0;
  };
  struct Page {
    std::string bytes;
    bool is_leaf = false;
    std::size_t count = 0;
  };
  struct Found {
    bool is_bucket = false;
    std::string value;
  };
  struct Element {
    std::string_view key, value;
    std::uint64_t child = 0;
    bool is_bucket = false;
  };
  static Result<Meta> newest_meta(const base::File& file);
  static std::optional<Meta> parse_meta(Bytes bytes);
  static Result<Page> parse_page(std::string bytes);
  static Result<Element> element(const Page& page, std::size_t index);
  static Result<Bucket> parse_bucket(std::string_view value);

  Result<Page> root_page(const Bucket& bucket);
  Result<Page> read_page(std::uint64_t id);
  Result<std::optional<Found>> find(const Bucket& in, std::string_view key);
  Result<void> list(const Page& page, std::size_t depth, std::vector<std::string>& keys);

  base::File file_;
  Meta meta_;
  std::uint64_t root_ = 0;
  std::size_t pages_read_ = 0;
};

}  // namespace limpid::image

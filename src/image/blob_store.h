// Where the pieces of an image lie: the files of a layout's directory, or the members of an archive. Both are asked by
// the same names ("index.json", "blobs/sha256/<hex>"), so that one reader serves both.
#pragma once

#include <memory>
#include <string>

#include "archive/source.h"
#include "base/digest.h"
#include "image/json.h"

namespace limpid::image {

struct Blob {
  std::unique_ptr<archive::Source> source;  // lives on its own, apart from needing the store
  std::uint64_t size = 0;
  bool size_is_known = true;  // a registry may send a blob without saying how long it is
};

class BlobStore {
 public:
  virtual ~BlobStore() = default;
  // Thread-safe; Code::not_found where there is nothing by that name. Never leaves the store, whatever the name.
  virtual Result<Blob> open(const std::string& name) const = 0;
  // The bytes [offset, offset + size) of it, for stores that can give them without the rest: Code::unsupported for
  // others. Fewer are Code::truncated, told when they are read.
  virtual Result<std::unique_ptr<archive::Source>> open_range(const std::string& name, std::uint64_t offset,
                                                              std::uint64_t size) const;
  virtual bool contains(const std::string& name) const = 0;
  // By which name it has a manifest or an index: a blob like any other, save in registries.
  virtual std::string manifest_name(const Digest& digest) const;
};

// "blobs/<algorithm>/<hex>": nothing but what a parsed digest can hold.
std::string blob_name(const Digest& digest);

// What may be read at once, and the limit's name where the user can set it.
struct SizeLimit {
  SizeLimit(std::uint64_t bytes_max) : bytes(bytes_max) {}
  SizeLimit(std::string_view limit, std::uint64_t bytes_max) : name(limit), bytes(bytes_max) {}
  std::string_view name{};
  std::uint64_t bytes;
};
Result<std::string> read_blob(const BlobStore& store, const std::string& name, SizeLimit limit);
// The bytes that `descriptor` promises: size and digest are compared.
Result<std::string> read_verified(const BlobStore& store, const Descriptor& descriptor, SizeLimit limit);
Result<std::string> read_verified(const BlobStore& store, const std::string& name, const Descriptor& descriptor,
                                  SizeLimit limit);

// `path` itself may be a link; nothing below it is followed through one.
Result<std::unique_ptr<BlobStore>> open_directory_store(const std::string& path);

// A file's bytes as a source that owns the file.
Result<Blob> blob_of_file(base::File file);

}  // namespace limpid::image

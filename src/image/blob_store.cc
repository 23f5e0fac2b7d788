// Files below one directory, reached component by component without following a link.
// https://github.com/opencontainers/image-spec/blob/main/image-layout.md
#include "image/blob_store.h"

#include <cerrno>

#include <fcntl.h>

namespace limpid::image {
namespace {

class OwnedFile final : public archive::Source {
 public:
  OwnedFile(base::File file, std::uint64_t offset, std::uint64_t size)
      : file_(std::move(file)), bytes_(archive::file_source(file_, offset, size)) {}
  Result<Bytes> next() override { return bytes_->next(); }

 private:
  base::File file_;
  std::unique_ptr<archive::Source> bytes_;
};

class DirectoryStore final : public BlobStore {
 public:
  explicit DirectoryStore(base::File directory) : directory_(std::move(directory)) {}

  Result<Blob> open(const std::string& name) const override {
    LIMPID_ASSIGN(base::File file, open_file(name));
    auto blob = blob_of_file(std::move(file));
    if (!blob) return std::unexpected(std::move(blob).error().within({name}));
    return blob;
  }
  Result<std::unique_ptr<archive::Source>> open_range(const std::string& name, std::uint64_t offset,
                                                      std::uint64_t size) const override {
    LIMPID_ASSIGN(base::File file, open_file(name));
    return std::make_unique<OwnedFile>(std::move(file), offset, size);
  }
  bool contains(const std::string& name) const override { return open_file(name).has_value(); }

 private:
  Result<base::File> open_file(const std::string& name) const {
    if (name.ends_with('/')) return fail(Code::invalid, {"'", name, "' is no name in a layout"});
    base::File folder;
    std::string_view rest = name;
    for (;;) {
      const std::string part(base::take_until(rest, '/'));
      if (part.empty() || part == "." || part == ".." || part.find('\0') != std::string::npos)
        return fail(Code::invalid, {"'", name, "' is no name in a layout"});
      const int from = folder.is_open() ? folder.descriptor() : directory_.descriptor();
      // O_NONBLOCK: a fifo must not hold us up.
      const int kind = rest.empty() ? O_NONBLOCK | O_NOCTTY : O_DIRECTORY;
      const int descriptor = ::openat(from, part.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | kind);
      if (descriptor < 0 && (errno == ELOOP || errno == EMLINK))
        return fail(Code::invalid, {"'", name, "' is a symbolic link, which is not followed out of a layout"});
      if (descriptor < 0) return base::fail_errno({name});
      base::File opened(descriptor);
      if (rest.empty()) return opened;
      folder = std::move(opened);
    }
  }

  base::File directory_;
};

}  // namespace

Result<std::unique_ptr<archive::Source>> BlobStore::open_range(const std::string& name, std::uint64_t,
                                                               std::uint64_t) const {
  return fail(Code::unsupported, {name, ": cannot be read in parts here"});
}

std::string BlobStore::manifest_name(const Digest& digest) const { return blob_name(digest); }

std::string blob_name(const Digest& digest) {
  return base::cat(
      {digest.algorithm() == base::HashAlgorithm::sha512 ? "blobs/sha512/" : "blobs/sha256/", digest.hex()});
}

Result<Blob> blob_of_file(base::File file) {
  LIMPID_ASSIGN(const std::uint64_t size, file.size());
  return Blob{std::make_unique<OwnedFile>(std::move(file), 0, size), size};
}

Result<std::string> read_blob(const BlobStore& store, const std::string& name, SizeLimit limit) {
  LIMPID_ASSIGN(const Blob blob, store.open(name));
  if (blob.size_is_known && blob.size > limit.bytes) {
    if (limit.name.empty())
      return fail(Code::limit, {name, ": ", blob.size, " bytes, more than the ", limit.bytes, " that we read"});
    return fail(Code::limit, {name, ": ", blob.size, " bytes, beyond the limit ", limit.name, "=", limit.bytes});
  }
  auto content = archive::read_all(*blob.source, limit.bytes);
  if (!content) return std::unexpected(std::move(content).error().within({name}));
  return content;
}

Result<std::string> read_verified(const BlobStore& store, const Descriptor& descriptor, SizeLimit limit) {
  return read_verified(store, blob_name(descriptor.digest), descriptor, limit);
}

Result<std::string> read_verified(const BlobStore& store, const std::string& name, const Descriptor& descriptor,
                                  SizeLimit limit) {
  LIMPID_ASSIGN(std::string content, read_blob(store, name, limit));
  if (content.size() != descriptor.size)
    return fail(Code::mismatch, {name, ": has ", content.size(), " bytes, but ", descriptor.size, " were promised"});
  base::Hasher hasher(descriptor.digest.algorithm());
  hasher.update(base::as_bytes(content));
  const Digest found = hasher.finish();
  if (found != descriptor.digest)
    return fail(Code::mismatch, {name, ": its bytes have the digest ", found.to_string()});
  return content;
}

Result<std::unique_ptr<BlobStore>> open_directory_store(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY);
  if (descriptor < 0) return base::fail_errno({path});
  return std::make_unique<DirectoryStore>(base::File(descriptor));
}

}  // namespace limpid::image

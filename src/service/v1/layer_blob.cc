#include "service/v1/layer_blob.h"

#include <cerrno>
#include <cstdlib>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

namespace limpid::service::v1 {
namespace {

// Bounds bytes and time of a blob, and remembers whether the way to it broke.
class Guarded final : public archive::Source {
 public:
  Guarded(std::unique_ptr<archive::Source> inner, const BlobOptions& options, std::shared_ptr<BlobState> state)
      : inner_(std::move(inner)),
        size_max_(options.size_max),
        deadline_(std::chrono::steady_clock::now() + options.timeout),
        cancel_(options.cancel),
        state_(std::move(state)) {}

  Result<Bytes> next() override {
    if (cancel_ != nullptr && *cancel_) return broken(fail(Code::cancelled, {"layer: the service stops"}));
    // Also ends a bomb that unpacks for ever: little comes in, and much time passes.
    if (std::chrono::steady_clock::now() > deadline_) return broken(fail(Code::limit, {"layer: took too long"}));
    Result<Bytes> bytes = inner_->next();
    if (!bytes) return broken(std::unexpected(std::move(bytes).error()));
    size_ += bytes->size();
    if (size_ > size_max_) return fail(Code::limit, {"layer: more than ", size_max_, " bytes"});
    return bytes;
  }

 private:
  Result<Bytes> broken(std::unexpected<Error> error) {
    state_->broken = true;
    return error;
  }

  std::unique_ptr<archive::Source> inner_;
  std::uint64_t size_ = 0, size_max_;
  std::chrono::steady_clock::time_point deadline_;
  const std::atomic<bool>* cancel_;
  std::shared_ptr<BlobState> state_;
};

// A file together with its stream, which does not own it.
class OwnedFile final : public archive::Source {
 public:
  OwnedFile(base::File file, std::uint64_t size)
      : file_(std::move(file)), source_(archive::file_source(file_, 0, size)) {}
  Result<Bytes> next() override { return source_->next(); }

 private:
  base::File file_;
  std::unique_ptr<archive::Source> source_;
};

// Opens first and asks then where the file really is, so that no link can be changed in between.
Result<std::unique_ptr<archive::Source>> open_local(const std::string& path, const BlobOptions& options) {
  if (options.folders == nullptr || options.folders->empty())
    return fail(Code::usage, {path, ": local files are not allowed (see --layers-from)"});
  if (path.contains('\0')) return fail(Code::usage, {"a path with a NUL byte"});
  base::File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.is_open()) return base::fail_errno({path});
  struct stat status{};
  if (::fstat(file.descriptor(), &status) != 0) return base::fail_errno({path});
  if (!S_ISREG(status.st_mode)) return fail(Code::usage, {path, ": not a file"});
  std::string real(PATH_MAX, '\0');
  const ssize_t length = ::readlink(base::cat({"/proc/self/fd/", file.descriptor()}).c_str(), real.data(), real.size());
  if (length <= 0) return base::fail_errno({path});
  real.resize(static_cast<std::size_t>(length));
  for (const std::string& folder : *options.folders)
    if (real.starts_with(folder))
      return std::make_unique<OwnedFile>(std::move(file), static_cast<std::uint64_t>(status.st_size));
  return fail(Code::usage, {path, ": outside of the folders that --layers-from names"});
}

Result<std::unique_ptr<archive::Source>> open_remote(const std::string& url, const net::Headers& headers,
                                                     const BlobOptions& options) {
  net::Options client;
  client.allow = options.allowed;
  client.tls.insecure = options.insecure_tls;
  client.tls.ca_file = options.ca_file;
  client.limits.total = options.timeout;
  client.limits.bytes_max = options.size_max;
  client.cancel = options.cancel;
  net::Request request;
  request.url = url;
  request.headers = headers;
  LIMPID_ASSIGN(net::Stream stream, net::open_stream(request, client));
  if (stream.response.status < 200 || stream.response.status > 299)
    return fail(Code::not_found, {"status ", stream.response.status});
  return std::move(stream.body);
}

class BoundedReader final : public archive::EntryReader {
 public:
  explicit BoundedReader(archive::EntryReader& inner) : inner_(inner) {}

  Result<const archive::Entry*> next() override {
    LIMPID_ASSIGN(const archive::Entry* entry, inner_.next());
    if (entry != nullptr && entry->size > kPackageDatabaseMax && is_package_database(entry->path))
      return fail(Code::limit, {entry->path, ": ", entry->size, " bytes, more than ", kPackageDatabaseMax});
    return entry;
  }
  Result<Bytes> content() override { return inner_.content(); }
  const SkippedList& skipped() const override { return inner_.skipped(); }

 private:
  archive::EntryReader& inner_;
};

}  // namespace

bool is_package_database(std::string_view path) {
  return path == "var/lib/dpkg/status" || path == "lib/apk/db/installed" || path == "usr/lib/apk/db/installed";
}

std::unique_ptr<archive::EntryReader> bounded_entries(archive::EntryReader& inner) {
  return std::make_unique<BoundedReader>(inner);
}

Result<Blob> open_blob(const std::string& path, const net::Headers& headers, const BlobOptions& options) {
  std::unique_ptr<archive::Source> source;
  const std::string scheme = base::lower(path.substr(0, 8));
  if (scheme.starts_with("http://") || scheme.starts_with("https://")) {
    LIMPID_ASSIGN(source, open_remote(path, headers, options));
  } else {
    LIMPID_ASSIGN(source, open_local(path, options));
  }
  Blob blob;
  blob.state = std::make_shared<BlobState>();
  blob.source = std::make_unique<Guarded>(std::move(source), options, blob.state);
  return blob;
}

}  // namespace limpid::service::v1

// A layer's blob, from where a client says it lies, as entries of its tar.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "archive/entry.h"
#include "archive/source.h"
#include "base/error.h"
#include "image/source.h"
#include "net/client.h"

namespace limpid::service::v1 {

struct BlobOptions {
  const net::AllowList* allowed = nullptr;
  const std::vector<std::string>* folders =
      nullptr;  // canonical, each ending with a slash: local files below these only
  std::uint64_t size_max = 0;
  std::chrono::milliseconds timeout{};
  bool insecure_tls = false;
  std::string ca_file;
  const std::atomic<bool>* cancel = nullptr;
};

// Why a stream of bytes ended early: the way to it broke, which says nothing of the layer itself.
struct BlobState {
  bool broken = false;
};

struct Blob {
  std::unique_ptr<archive::Source> source;
  std::shared_ptr<BlobState> state;
};

// Errors are for the log: the client learns only that the layer could not be found.
Result<Blob> open_blob(const std::string& path, const net::Headers& headers, const BlobOptions& options);

// The same entries, until a package database comes that is larger than Clair took: then Code::limit at once, and not
// after all of it has passed. `inner` must outlive it.
inline constexpr std::uint64_t kPackageDatabaseMax = std::uint64_t{200} << 20;
std::unique_ptr<archive::EntryReader> bounded_entries(archive::EntryReader& inner);
bool is_package_database(std::string_view path);

}  // namespace limpid::service::v1

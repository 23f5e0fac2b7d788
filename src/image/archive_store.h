// The members of a tar as a store: found once by walking its headers, then opened at their places, from any thread.
//
// A compressed archive has no places to go to: it is inflated once into an unlinked temporary file (in $TMPDIR, else
// /tmp), within InflateLimits, and read from there.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "image/blob_store.h"
#include "image/source.h"

namespace limpid::image {

// Archives of images have a few members per layer.
inline constexpr std::size_t kMembersMax = 100'000;
inline constexpr unsigned kMemberLinkHopsMax = 40;

class ArchiveStore final : public BlobStore {
 public:
  enum class Stop {
    never,       // every member is wanted
    when_rootfs  // stop at the first member that only a root file system has: looks_like_rootfs()
  };
  static Result<std::shared_ptr<ArchiveStore>> open(const std::string& path, const OpenOptions& options, Stop stop);

  Result<Blob> open(const std::string& name) const override;
  bool contains(const std::string& name) const override { return resolve(name).has_value(); }
  Result<std::uint64_t> size_of(const std::string& name) const;

  // Only with Stop::when_rootfs: the walk ended early, and the members are not all known.
  bool looks_like_rootfs() const { return looks_like_rootfs_; }
  std::vector<std::string> names() const;

 private:
  struct Member {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::string link;  // another member, normalised; "" for a file
    bool usable = true;
  };
  Result<void> walk(const OpenOptions& options, Stop stop);
  Result<const Member*> resolve(const std::string& name) const;

  std::shared_ptr<const base::File> file_;
  std::map<std::string, Member> members_;
  bool looks_like_rootfs_ = false;
};

}  // namespace limpid::image

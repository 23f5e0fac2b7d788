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

inline constexpr unsigned kMemberLinkHopsMax = 40;

class ArchiveStore final : public BlobStore {
 public:
  enum class Purpose : std::uint8_t {
    read,      // it is an archive of images, says the caller
    recognise  // it may be the tar of a root file system, whose members are of no interest here: looks_like()
  };
  static Result<std::shared_ptr<ArchiveStore>> open(const std::string& path, const OpenOptions& options,
                                                    Purpose purpose);
  static Result<std::shared_ptr<ArchiveStore>> open(base::File file, const OpenOptions& options, Purpose purpose);

  Result<Blob> open(const std::string& name) const override;
  Result<std::unique_ptr<archive::Source>> open_range(const std::string& name, std::uint64_t offset,
                                                      std::uint64_t size) const override;
  bool contains(const std::string& name) const override { return resolve(name).has_value(); }
  Result<std::uint64_t> size_of(const std::string& name) const;

  // With Purpose::recognise: what the members' names are typical of. A rootfs may be neither, an archive must be one,
  // and who is both tries to be read as something else than what it runs as.
  struct Looks {
    bool rootfs = false;
    bool image = false;
    bool aci_root = false, aci_manifest = false;  // an App Container Image has both
    // Its members are the files of a system: then the store holds nothing.
    bool is_tree() const { return rootfs || aci_root; }
  };
  Looks looks_like() const { return looks_like_; }
  std::vector<std::string> names() const;

 private:
  struct Member {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::string link;  // another member, normalised; "" for a file
    bool usable = true;
  };
  Result<void> walk(const OpenOptions& options, Purpose purpose);
  Result<const Member*> resolve(const std::string& name) const;

  std::shared_ptr<const base::File> file_;
  std::map<std::string, Member> members_;
  Looks looks_like_;
};

}  // namespace limpid::image

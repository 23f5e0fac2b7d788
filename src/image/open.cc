// TARGET → image: its prefix, or what lies there, decides which source reads it.
#include <algorithm>
#include <array>

#include <sys/stat.h>

#include "image/archive_store.h"
#include "image/daemon.h"
#include "image/disk_image.h"
#include "image/docker_archive.h"
#include "image/name.h"
#include "image/oci_layout.h"
#include "image/reference.h"
#include "image/skopeo_dir.h"
#include "image/source.h"

namespace limpid::image {
namespace {

constexpr std::string_view kWhatIsRead =
    "there are archives (docker-archive:, oci-archive:, aci:), OCI layouts (oci-dir:), directories and tars of them "
    "(dir:, rootfs:), daemons (docker:, podman:, containerd:) and registries (registry:)";

struct Place {
  std::string path;
  std::string reference;
  bool directory = false;
};

std::optional<bool> is_directory(const std::string& path) {
  struct stat status{};
  if (path.find('\0') != std::string::npos || ::stat(path.c_str(), &status) != 0) return std::nullopt;
  return S_ISDIR(status.st_mode);
}

// PATH, PATH@DIGEST, PATH:TAG, PATH:NAME:TAG. A path may hold colons itself, so the longest that exists is taken.
Result<Place> find_place(const std::string& target) {
  std::vector<std::string> tried;
  const auto take = [&](std::size_t size, std::size_t reference_from) -> std::optional<Place> {
    std::string path = target.substr(0, size);
    if (path.empty()) return std::nullopt;
    if (const auto directory = is_directory(path))
      return Place{std::move(path), target.substr(std::min(reference_from, target.size())), *directory};
    tried.push_back(std::move(path));
    return std::nullopt;
  };
  if (auto whole = take(target.size(), target.size())) return *std::move(whole);
  const std::size_t at = target.rfind('@');
  if (at != std::string::npos && Digest::parse(std::string_view(target).substr(at + 1)))
    if (auto place = take(at, at + 1)) return *std::move(place);
  for (std::size_t colon = target.rfind(':'); colon != std::string::npos && colon > 0;
       colon = target.rfind(':', colon - 1))
    if (auto place = take(colon, colon + 1)) return *std::move(place);
  return fail(Code::not_found, {"no such file or directory (tried ", list_some(tried), "); ", kWhatIsRead});
}

// The ends of archives' names, which are also names that an image could have: nobody means that, and a wrong path is
// no registry's business.
bool looks_like_archive(std::string_view target) {
  constexpr std::array kArchiveEnds{".tar", ".tgz", ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst", ".oci"};
  const std::string_view path = target.substr(0, target.find(':', target.rfind('/') + 1));
  return std::ranges::any_of(kArchiveEnds, [&](std::string_view end) { return path.ends_with(end); });
}

// What is no path, but may be the name of an image: one that a daemon has, else a registry's.
Result<std::unique_ptr<ImageSource>> open_by_name(const std::string& target, Error no_path,
                                                  const OpenOptions& options) {
  if (no_path.code() != Code::not_found || looks_like_archive(target)) return std::unexpected(std::move(no_path));
  if (const auto name = parse_name(target); !name)
    return fail(Code::not_found, {no_path.message(), "; nor is it the name of an image: ", name.error().message()});
  std::vector<std::string> asked;
  if (auto image = find_in_daemons(target, options, asked)) return image;
  auto image = open_registry(target, options);
  if (image) return image;
  // Who meant a path, or an image of a daemon, must see that it was looked for.
  std::string tried = "no such path, so it was taken as an image's name";
  if (!asked.empty()) base::append(tried, {", which no daemon knows (", base::join(asked, "; "), ")"});
  return std::unexpected(std::move(image).error().within({tried}));
}

Result<void> refuse_reference(const Place& place, std::string_view kind) {
  if (place.reference.empty()) return {};
  return fail(Code::usage, {kind, " has no tags or digests to choose '", place.reference, "' by"});
}

Result<std::unique_ptr<ImageSource>> open_as_rootfs(const Place& place, const OpenOptions& options) {
  LIMPID_TRY(refuse_reference(place, "a root file system"));
  return open_rootfs(place.path, options);
}

Result<std::unique_ptr<ImageSource>> open_as_aci(const Place& place, const OpenOptions& options) {
  LIMPID_TRY(refuse_reference(place, "an App Container Image"));
  return open_aci(place.path, options);
}

Result<std::unique_ptr<ImageSource>> recognise(const Place& place, const OpenOptions& options) {
  if (place.directory) {
    LIMPID_ASSIGN(std::shared_ptr<const BlobStore> store, open_directory_store(place.path));
    const bool layout = is_directory(place.path + "/oci-layout") || is_directory(place.path + "/index.json");
    if (layout) return open_layout_in(std::move(store), place.path, place.reference, options);
    if (is_skopeo_dir(*store)) {
      LIMPID_TRY(refuse_reference(place, "a folder of skopeo's"));
      return open_skopeo_dir(std::move(store), place.path, options);
    }
    return open_as_rootfs(place, options);
  }
  {
    LIMPID_ASSIGN(const base::File file, base::File::open(place.path));
    LIMPID_TRY(refuse_disk_image(file));
  }
  auto opened = ArchiveStore::open(place.path, options, ArchiveStore::Purpose::recognise);
  if (!opened) return std::unexpected(std::move(opened).error().within({"reading it as an archive"}));
  const std::shared_ptr<const ArchiveStore> store = *std::move(opened);
  const auto looks = store->looks_like();
  const bool aci = looks.aci_root && looks.aci_manifest;
  if (looks.rootfs + aci + looks.image > 1)
    return fail(Code::usage,
                {"the tar has members of more than one of a root file system, an App Container Image and an "
                 "archive of images; say which to read: rootfs:, aci:, docker-archive: or oci-archive:"});
  if (aci) return open_as_aci(place, options);
  if (looks.is_tree()) return open_as_rootfs(place, options);
  // Docker 25 writes an archive that is both: only manifest.json has the tags.
  if (store->contains("manifest.json")) return open_docker_in(store, place.path, place.reference, options);
  if (store->contains("oci-layout") || store->contains("index.json"))
    return open_layout_in(store, place.path, place.reference, options);
  if (store->contains("repositories") || store->names().empty())
    return open_docker_in(store, place.path, place.reference, options);
  return open_as_rootfs(place, options);
}

Result<std::unique_ptr<ImageSource>> open_target(const std::string& target, const OpenOptions& options) {
  using Open = Result<std::unique_ptr<ImageSource>> (*)(const Place&, const OpenOptions&);
  struct Kind {
    std::string_view prefix;
    Open open;
  };
  static constexpr std::array kKinds{
      Kind{"docker-archive:",
           [](const Place& p, const OpenOptions& o) { return open_docker_archive(p.path, p.reference, o); }},
      Kind{"oci-archive:",
           [](const Place& p, const OpenOptions& o) { return open_oci_archive(p.path, p.reference, o); }},
      Kind{"oci-dir:", [](const Place& p, const OpenOptions& o) { return open_oci_layout(p.path, p.reference, o); }},
      Kind{"aci:", open_as_aci},
      Kind{"dir:", open_as_rootfs},
      Kind{"rootfs:", open_as_rootfs},
  };
  for (const Kind& kind : kKinds) {
    std::string_view rest = target;
    if (!base::strip_prefix(rest, kind.prefix)) continue;
    LIMPID_ASSIGN(const Place place, find_place(std::string(rest)));
    return kind.open(place, options);
  }
  using OpenName = Result<std::unique_ptr<ImageSource>> (*)(const std::string&, const OpenOptions&);
  struct NamedKind {
    std::string_view prefix;
    OpenName open;
  };
  static constexpr std::array kNamedKinds{
      NamedKind{"registry:", open_registry},
      NamedKind{"docker:",
                [](const std::string& n, const OpenOptions& o) { return open_in_daemon(DaemonKind::docker, n, o); }},
      NamedKind{"podman:",
                [](const std::string& n, const OpenOptions& o) { return open_in_daemon(DaemonKind::podman, n, o); }},
      NamedKind{"containerd:", open_containerd},
  };
  for (const NamedKind& kind : kNamedKinds) {
    std::string_view name = target;
    if (base::strip_prefix(name, kind.prefix)) return kind.open(std::string(name), options);
  }
  auto place = find_place(target);
  if (place) return recognise(*place, options);
  return open_by_name(target, std::move(place).error(), options);
}

// Prefixes of paths, and of what is elsewhere.
constexpr std::array<std::string_view, 6> kOfPaths{
    "docker-archive:", "oci-archive:", "oci-dir:", "aci:", "dir:", "rootfs:"};
constexpr std::array<std::string_view, 4> kElsewhere{"registry:", "docker:", "podman:", "containerd:"};

}  // namespace

std::optional<std::string> local_path(const std::string& target) {
  std::string_view rest = target;
  for (const std::string_view prefix : kOfPaths) {
    if (!base::strip_prefix(rest, prefix)) continue;
    auto place = find_place(std::string(rest));
    return place ? std::move(place->path) : std::string();
  }
  if (std::ranges::any_of(kElsewhere, [&](std::string_view prefix) { return target.starts_with(prefix); }) &&
      !is_directory(target))
    return std::nullopt;
  if (auto place = find_place(target)) return std::move(place->path);
  if (looks_like_archive(target)) return std::string();
  return std::nullopt;
}

bool is_in_runtime(const std::string& target) { return target.starts_with("containerd:"); }

Result<std::unique_ptr<ImageSource>> open_image(const std::string& target, const OpenOptions& options) {
  if (target.empty()) return fail(Code::usage, {"the target is empty"});
  auto image = open_target(target, options);
  if (!image) return std::unexpected(std::move(image).error().within({target}));
  return image;
}

Result<std::vector<std::unique_ptr<ImageSource>>> open_images(const std::string& target, const OpenOptions& options) {
  LIMPID_ASSIGN(std::unique_ptr<ImageSource> first, open_image(target, options));
  std::vector<std::unique_ptr<ImageSource>> others = first->take_others();
  others.insert(others.begin(), std::move(first));
  return others;
}

}  // namespace limpid::image

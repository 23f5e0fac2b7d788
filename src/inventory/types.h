// What is in a layer, and what is in an image. Pure data: no I/O, no judgement.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/skipped.h"
#include "version/types.h"

namespace limpid::inventory {

enum class PackageKind : std::uint8_t {
  binary,   // installed by an operating system's package manager
  library,  // of a language ecosystem, or of a manager of its own beside the system's (snap, Homebrew, Nix)
};

// Who built it, for operating-system packages: an advisory of the distribution speaks only of its own.
enum class Repository : std::uint8_t { distribution, third_party };

struct Package {
  std::string ecosystem;   // as OSV spells it, without the release: "Debian", "Alpine", "npm"
  std::string name_space;  // "debian:12"; "" where the distribution is unknown. Filled in by the merge.
  std::string name;
  std::string version;
  std::string arch;
  std::string source_name;  // for operating-system packages never "": the package itself if it names no other
  std::string source_version;
  std::string maintainer;  // or vendor, as stated
  std::string module;      // rpm: the module stream it belongs to, "nodejs:18"; Gentoo: its slot, "3.12"
  std::string key_id;      // rpm only: the key that signed it, as 16 hexadecimal digits
  std::string location;    // path in the image of the file that says so
  std::string detector;    // name of the detector that found it
  std::vector<std::string> licenses;
  std::vector<std::string> owned;  // of the files that its database lists, those that some detector wants
  PackageKind kind = PackageKind::binary;
  Repository repository = Repository::distribution;
  version::Scheme scheme = version::Scheme::none;
  // Only in an ImageInventory: index of the layer that introduced it, counted from the bottom.
  std::uint32_t layer = 0;
};
// https://github.com/package-url/purl-spec; `distro` is the namespace's id and release ("debian-12").
std::string purl(const Package& package);
// The ecosystem whose packages have this type in package URLs, "maven" → "Maven"; "" if there is none.
std::string_view ecosystem_of_type(std::string_view type);

// What a layer says of its distribution. Every field as found, "" if absent; the merge decides.
struct Distribution {
  std::string id;  // os-release ID, or told from an older file
  std::vector<std::string> id_like;
  std::string version_id, version, version_codename, ubuntu_codename;
  std::string name, pretty_name, cpe_name, variant_id, build_id, support_end;
  std::vector<std::string> esm;  // Ubuntu Pro services that are enabled
  std::string name_space;        // the design's spelling: "debian:12", "alpine:v3.19", "wolfi"
  std::string ecosystem;         // OSV's spelling without the release ("Debian"), "" if OSV has none
  // The release whose packages it is made of, mostly as they are, and whose name it does not bear: "ubuntu:22.04" for
  // Linux Mint 21; "" for none.
  std::string parent;
  std::string location;  // the file that decided
  bool operator==(const Distribution&) const = default;
};

// One evidence file of a layer, and what a detector read from it.
struct Evidence {
  std::string path;      // as in the layer's tar
  std::string detector;  // "" only with read_from: nothing could be read there
  // Of a second reading (read_layer's also_wanted): the raw path where the bytes stood, `path` being the wanted one.
  std::string read_from;
  std::vector<Package> packages;             // a package database's packages
  std::map<std::string, std::string> facts;  // a distribution clue's facts; keys are the detector's own
  std::vector<std::string> owned;            // paths that the package of this file owns (dpkg's lists), normalised
  std::string owner;                         // that package, "name[:arch]"
};

struct Link {
  std::string path;
  std::string target;  // symbolic: as stored; hard: a normalised path
};

// A pure function of (uncompressed layer, detector set, limits): what is kept in caches and in the service's store.
struct LayerInventory {
  Digest diff_id;
  std::vector<Evidence> evidence;      // in the order of the tar, a later one of the same path having replaced earlier
  std::vector<std::string> whiteouts;  // paths deleted from lower layers
  std::vector<std::string> opaque;     // directories whose lower content is hidden
  std::vector<Link> symlinks;
  std::vector<Link> hard_links;  // only those whose name a detector wants
  // Paths on the way to (or equal to) something that a detector wants, by what stands there in this layer.
  std::vector<std::string> directories;  // explicit directory entries
  std::vector<std::string> files;        // anything else that is neither directory nor symlink
  std::uint64_t entries = 0;
  SkippedList skipped;
};

// Something that a detector wants and that is only reachable through a link: the bytes stand in `layer` under `path`,
// which that layer's first reading had no reason to keep.
struct Unread {
  std::uint32_t layer = 0;
  std::string path;    // where the bytes are, raw path in that layer
  std::string wanted;  // the path under which a detector wants them
};

// What one file says of the repositories that rpm packages come from.
struct RepositoryEvidence {
  std::uint32_t layer = 0;                // that the file is of, counted from the bottom
  std::string location;                   // path in the image
  std::vector<std::string> content_sets;  // ids of those that the layers up to this one were built from, sorted
  std::vector<std::string> configured;    // of those that the package manager would use, sorted
  std::string cpe;                        // the product that the image is, "" if it does not say
};

struct ImageInventory {
  Distribution distribution;                     // name_space "" if there is none
  std::vector<Package> packages;                 // sorted by ecosystem, name, arch, version, location
  std::vector<RepositoryEvidence> repositories;  // by layer, then location
  std::vector<Digest> layers;                    // diff IDs, bottom first
  std::vector<Unread> unread;                    // read these and merge again; empty after that
  SkippedList skipped;
  std::vector<std::string> notes;  // "no package database", …
};

}  // namespace limpid::inventory

// A detector: which files of a layer it wants, and how to read them. One file per detector, one line in detectors().
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "inventory/random_bytes.h"
#include "inventory/types.h"

namespace limpid::inventory {

// How a path is wanted; all paths normalised (no leading slash). Compiled for all detectors into one matcher.
struct Interest {
  enum class Match : std::uint8_t {
    exact,      // "etc/os-release"
    directory,  // "var/lib/dpkg/status.d": every file directly in it
    basename,   // "package.json", in any directory
    suffix,     // ".gemspec", the end of any name
    nested,     // "lib/dpkg/status": the end of a path, at a component's border, at any depth below the root
    folders,    // "nix/store": every directory directly in it, for its name: there is no content
  };
  Match match;
  std::string_view text;      // lives as long as the program
  std::string_view ending{};  // directory only: the file's name must end so ("" for any)
  std::uint64_t size_max;     // a larger file is not read, and listed as skipped
  // Too large for memory, or to be read together with its neighbour: WantedFile::bytes is set instead of `content`, and
  // the file is read at the end of its layer.
  bool random_access = false;
  // basename and suffix only: somewhere below such a folder of any root ("var/db/pkg"), "" for anywhere.
  std::string_view below{};
};

// What SQLite appends to a database's name for its write-ahead log.
inline constexpr std::string_view kLogSuffix = "-wal";

// What is behind the path of a directory, in the path of the evidence that its name is.
inline constexpr std::string_view kFolderItself = "/.";

// One file that was wanted, with its bytes.
struct WantedFile {
  std::string_view path;
  std::string_view content;
  // Of an interest with random access only.
  RandomBytes bytes{};
  // The other one of X and X-wal, if the same layer has it and a detector wants it too.
  const RandomBytes* beside = nullptr;
};

class Detector {
 public:
  virtual ~Detector() = default;
  virtual std::string_view name() const = 0;
  // Raised whenever read() may answer differently for the same bytes: part of the key of every cache.
  virtual std::uint32_t version() const = 0;
  virtual std::span<const Interest> interests() const = 0;
  // Reads one file into `evidence` (path and detector are set). What it cannot make sense of goes to `skipped` and the
  // rest is still read; an error means that nothing of the file could be used.
  virtual Result<void> read(const WantedFile& file, Evidence& evidence, SkippedList& skipped) const = 0;
};

// The registry: every detector there is, in a fixed order.
std::span<const Detector* const> detectors();
// Names and versions of all, hashed: changes when any detector's answers may.
std::string detector_set_id();

}  // namespace limpid::inventory

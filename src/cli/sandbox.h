// The commands that read images give up what they will not need before they read what is not to be trusted
// (base/sandbox.h): files other than the target's, the cache's, the result's and the system's; programs; connections,
// where no target needs one.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/sandbox.h"
#include "cli/options.h"
#include "image/source.h"

namespace limpid::cli {

// The targets of one command. Those that are no path are opened before the sandbox closes, since that may run a
// credential helper; the others within it, each when its turn comes.
class Targets {
 public:
  using Images = std::vector<std::unique_ptr<image::ImageSource>>;
  // `options` must outlive it.
  static Result<Targets> confine_and_open(const std::vector<std::string>& targets, const image::OpenOptions& options,
                                          const ImageOptions& image, const OutputOptions& output);
  // Once for each: its image, or with --platform all that for each platform. Never empty.
  Result<Images> open(std::size_t index);

 private:
  explicit Targets(const image::OpenOptions& options) : options_(&options) {}
  struct Target {
    std::string name;
    Images images;  // none: to be opened
  };
  const image::OpenOptions* options_;
  std::vector<Target> targets_;
};

// What is left to a command with these targets. The system's configuration and certificates only where there is a
// network to use them for.
base::Confinement confinement_for(const std::vector<std::string>& targets, const ImageOptions& image,
                                  const OutputOptions& output);

}  // namespace limpid::cli

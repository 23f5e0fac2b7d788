// The one list of the limits that a user can set: what the command line (`--limit NAME=VALUE`) and the service's
// configuration (`limits:`) take, what `--limit list` and docs/limits.md show. Each limit itself stands with what it
// bounds; its messages say "the limit NAME=VALUE".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "archive/compression.h"
#include "archive/tar.h"
#include "base/error.h"
#include "image/limits.h"
#include "image/source.h"
#include "inventory/layer.h"

namespace limpid::scan {

// Of the inventories of all layers that are merged to an image.
struct ImageMemory {
  std::uint64_t bytes_max = std::uint64_t{512} << 20;
};

struct Limits {
  archive::InflateLimits inflate;
  archive::TarLimits tar;
  image::ImageLimits image;
  inventory::LayerLimits layer;
  ImageMemory scan;
};

struct Limit {
  enum class Unit : std::uint8_t { count, bytes };
  std::string_view name;  // "unpacked-size"
  Unit unit = Unit::count;
  std::string_view what;  // what it bounds, for people
  std::uint64_t least = 0, most = 0;
  std::uint64_t (*get)(const Limits&) = nullptr;
  void (*set)(Limits&, std::uint64_t) = nullptr;
};

// By subject: the stream, the archive, the image, what is kept of a layer.
std::span<const Limit> limits();
const Limit* find_limit(std::string_view name);

// Code::usage for a name that there is not, and for a value that is no number of its unit or out of its range.
Result<void> set_limit(Limits& to, std::string_view name, std::string_view value);
// A value in the limit's unit: "64GiB", "1000".
std::string print_limit(const Limit& limit, std::uint64_t value);
// All of them with their defaults, as text for people.
std::string list_limits();

// How an image is opened under them; its layers are read under `limits.layer`.
void apply(const Limits& limits, image::OpenOptions& to);

}  // namespace limpid::scan

#include "scan/limits.h"

#include <array>
#include <bit>
#include <limits>
#include <type_traits>

#include "base/size.h"
#include "base/text.h"

namespace limpid::scan {
namespace {

using Unit = Limit::Unit;

constexpr std::uint64_t kMost = std::uint64_t{1} << 60;
// What is held in memory at once, and what is counted in 32 bits.
constexpr std::uint64_t kMemoryMost = std::uint64_t{2} << 30;
constexpr std::uint64_t kCountMost = std::numeric_limits<std::uint32_t>::max();
// Our own stack, and descriptors.
constexpr std::uint64_t kJsonDepthMost = 1'024;
constexpr std::uint64_t kFolderDepthMost = 4'096;
// Of libzstd.
constexpr unsigned kWindowLogLeast = 10, kWindowLogMost = 31;

template <auto Part, auto Member>
constexpr Limit limit(std::string_view name, Unit unit, std::string_view what, std::uint64_t least,
                      std::uint64_t most) {
  Limit limit{name, unit, what, least, most, nullptr, nullptr};
  limit.get = [](const Limits& limits) -> std::uint64_t { return (limits.*Part).*Member; };
  limit.set = [](Limits& limits, std::uint64_t value) {
    auto& to = (limits.*Part).*Member;
    to = static_cast<std::remove_reference_t<decltype(to)>>(value);
  };
  return limit;
}

constexpr Limit zstd_window() {
  Limit limit{"zstd-window",
              Unit::bytes,
              "zstd's window, a power of two: memory for each layer being read",
              std::uint64_t{1} << kWindowLogLeast,
              std::uint64_t{1} << kWindowLogMost,
              nullptr,
              nullptr};
  limit.get = [](const Limits& limits) { return std::uint64_t{1} << limits.inflate.zstd_window_log_max; };
  limit.set = [](Limits& limits, std::uint64_t value) {
    limits.inflate.zstd_window_log_max = static_cast<unsigned>(std::bit_width(value) - 1);
  };
  return limit;
}

// The readers of the tar and of the layer keep a list each.
constexpr Limit skipped() {
  Limit limit{"skipped", Unit::count, "lines on what was not read, for each layer; beyond it only their number",
              1,         kCountMost,  nullptr,
              nullptr};
  limit.get = [](const Limits& limits) -> std::uint64_t { return limits.layer.skipped_max; };
  limit.set = [](Limits& limits, std::uint64_t value) { limits.layer.skipped_max = limits.tar.skipped_max = value; };
  return limit;
}

constexpr auto kInflate = &Limits::inflate;
constexpr auto kTar = &Limits::tar;
constexpr auto kImage = &Limits::image;
constexpr auto kLayer = &Limits::layer;
constexpr auto kScan = &Limits::scan;
using archive::InflateLimits, archive::TarLimits, image::ImageLimits, inventory::LayerLimits;

constexpr std::array kLimits{
    limit<kInflate, &InflateLimits::output_max>("unpacked-size", Unit::bytes,
                                                "what a compressed layer or archive may expand to", 1, kMost),
    limit<kInflate, &InflateLimits::ratio_max>(
        "ratio", Unit::count, "how many times its size it may expand (deflate itself reaches 1032)", 1, kMost),
    limit<kInflate, &InflateLimits::ratio_free>("ratio-free", Unit::bytes, "what may come out before the ratio counts",
                                                0, kMost),
    zstd_window(),
    limit<kInflate, &InflateLimits::xz_memory_max>("xz-memory", Unit::bytes, "xz's memory, for each layer being read",
                                                   1, kMost),
    limit<kTar, &TarLimits::entries_max>("entries", Unit::count, "entries of one tar, files of one root file system", 1,
                                         kMost),
    limit<kTar, &TarLimits::header_size_max>("header-size", Unit::bytes,
                                             "one extended header (pax) or long name (GNU) of a tar", 512, kMemoryMost),
    limit<kTar, &TarLimits::sparse_size_max>("sparse-size", Unit::bytes, "the apparent size of one sparse file", 1,
                                             kMost),
    limit<kTar, &TarLimits::sparse_parts_max>("sparse-parts", Unit::count, "the parts of one sparse file", 1,
                                              kCountMost),
    limit<kImage, &ImageLimits::manifest_size_max>("manifest-size", Unit::bytes, "one manifest or index", 1,
                                                   kMemoryMost),
    limit<kImage, &ImageLimits::config_size_max>("config-size", Unit::bytes, "one image's configuration", 1,
                                                 kMemoryMost),
    limit<kImage, &ImageLimits::layers_max>("layers", Unit::count, "layers of one image", 1, kCountMost),
    limit<kImage, &ImageLimits::manifests_max>(
        "manifests", Unit::count, "manifests of one index with all below it, images of one archive", 1, kCountMost),
    limit<kImage, &ImageLimits::manifests_size_max>(
        "manifests-size", Unit::bytes, "manifests of one index with all below it, together", 1, kMemoryMost),
    limit<kImage, &ImageLimits::index_depth_max>("index-depth", Unit::count, "indexes in indexes", 0, kCountMost),
    limit<kImage, &ImageLimits::history_max>("history", Unit::count, "entries of an image's history", 0, kCountMost),
    limit<kImage, &ImageLimits::json_depth_max>(
        "json-depth", Unit::count, "objects and lists in each other in an image's JSON", 1, kJsonDepthMost),
    limit<kImage, &ImageLimits::members_max>("archive-members", Unit::count, "members of an archive of images", 1,
                                             kCountMost),
    limit<kImage, &ImageLimits::folder_depth_max>(
        "folder-depth", Unit::count, "folders in each other in a root file system on disk; each is an open file", 1,
        kFolderDepthMost),
    limit<kImage, &ImageLimits::export_size_max>(
        "export-size", Unit::bytes, "an image as a daemon exports it; it is put down in a temporary file", 1, kMost),
    limit<kImage, &ImageLimits::toc_size_max>(
        "toc-size", Unit::bytes,
        "the text of a layer's table of contents (--lazy), which in memory counts as the limit memory", 1, kMemoryMost),
    limit<kImage, &ImageLimits::toc_stored_max>("toc-stored-size", Unit::bytes, "the same as it is stored", 1,
                                                kMemoryMost),
    limit<kImage, &ImageLimits::lazy_passed_max>(
        "lazy-passed", Unit::bytes, "what is inflated in one layer only to reach what stands behind it (--lazy)", 0,
        kMost),
    limit<kImage, &ImageLimits::range_requests_max>("range-requests", Unit::count,
                                                    "requests for parts of one layer (--lazy)", 1, kCountMost),
    limit<kLayer, &LayerLimits::wanted_bytes_max>(
        "wanted-size", Unit::bytes, "the files of one layer that are read for what is in them, together", 1, kMost),
    limit<kLayer, &LayerLimits::file_size_max>(
        "file-size", Unit::bytes, "one such file; 0: as each kind of file is given in docs/limits.md", 0, kMemoryMost),
    limit<kLayer, &LayerLimits::evidence_max>(
        "evidence", Unit::count, "files of one layer that packages or distributions are found in", 1, kCountMost),
    limit<kLayer, &LayerLimits::links_max>("links", Unit::count, "symbolic links of one layer, and as many hard links",
                                           1, kCountMost),
    limit<kLayer, &LayerLimits::whiteouts_max>("whiteouts", Unit::count, "deletions in one layer", 1, kCountMost),
    limit<kLayer, &LayerLimits::paths_max>("paths", Unit::count, "other paths of one layer that are remembered", 1,
                                           kCountMost),
    limit<kLayer, &LayerLimits::memory_max>("memory", Unit::bytes,
                                            "what is remembered of one layer, about; it is memory", 1 << 20, kMost),
    limit<kScan, &ImageMemory::bytes_max>("image-memory", Unit::bytes, "what is remembered of all layers of an image",
                                          1 << 20, kMost),
    skipped(),
};

Result<std::uint64_t> parse_value(const Limit& limit, std::string_view value) {
  std::uint64_t number = 0;
  if (limit.unit == Unit::bytes) {
    LIMPID_ASSIGN(number, base::parse_size(value));
  } else {
    const auto parsed = base::parse_unsigned(value);
    if (!parsed) return fail(Code::usage, {"has to be a whole number"});
    number = *parsed;
  }
  if (number >= limit.least && number <= limit.most) return number;
  return fail(Code::usage,
              {"has to be from ", print_limit(limit, limit.least), " to ", print_limit(limit, limit.most)});
}

}  // namespace

std::span<const Limit> limits() { return kLimits; }

const Limit* find_limit(std::string_view name) {
  for (const Limit& limit : kLimits)
    if (limit.name == name) return &limit;
  return nullptr;
}

std::string print_limit(const Limit& limit, std::uint64_t value) {
  return limit.unit == Unit::bytes ? base::print_size(value) : base::cat({value});
}

Result<void> set_limit(Limits& to, std::string_view name, std::string_view value) {
  const Limit* limit = find_limit(name);
  if (limit == nullptr) return fail(Code::usage, {"there is no limit '", name, "'"});
  LIMPID_ASSIGN_WITHIN(const std::uint64_t number, parse_value(*limit, value), {name});
  limit->set(to, number);
  return {};
}

std::string list_limits() {
  constexpr std::size_t kNameWidth = 17, kValueWidth = 9;
  const auto padded = [](std::string text, std::size_t width) {
    if (text.size() < width) text.append(width - text.size(), ' ');
    return text;
  };
  std::string text = padded("LIMIT", kNameWidth) + padded("DEFAULT", kValueWidth) + "OF\n";
  const Limits defaults;
  for (const Limit& limit : kLimits)
    base::append(text, {padded(std::string(limit.name), kNameWidth),
                        padded(print_limit(limit, limit.get(defaults)), kValueWidth), limit.what, "\n"});
  return text;
}

void apply(const Limits& limits, image::OpenOptions& to) {
  to.inflate = limits.inflate;
  to.tar = limits.tar;
  to.limits = limits.image;
  to.limits.toc_memory_max = limits.layer.memory_max;
  to.registry.manifest_size_max = limits.image.manifest_size_max;
}

}  // namespace limpid::scan

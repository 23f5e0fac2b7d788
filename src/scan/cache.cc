#include "scan/cache.h"

#include <utility>

#include "base/encoding.h"
#include "base/log.h"
#include "image/layer_reader.h"
#include "inventory/detector.h"
#include "inventory/stored.h"
#include "scan/cache_entry.h"
#include "scan/cache_prune.h"

#ifndef LIMPID_VERSION
#error "the build defines LIMPID_VERSION"
#endif

namespace limpid::scan {
namespace {

using inventory::Unread;

// Raised whenever a layer may be read differently and no detector's version tells: between releases, whose own versions
// are part of the key as well.
constexpr std::uint32_t kReadingVersion = 1;

std::string hash_of(std::string_view text) { return base::sha256(base::as_bytes(text)).hex(); }

template <class... Numbers>
void put_all(base::Encoder& out, Numbers... numbers) {
  (out.u64(numbers), ...);
}
// A limit that is added does not compile until it is here.
void put(base::Encoder& out, const inventory::LayerLimits& limits) {
  const auto& [wanted_bytes_max, evidence_max, links_max, whiteouts_max, skipped_max] = limits;
  put_all(out, wanted_bytes_max, evidence_max, links_max, whiteouts_max, skipped_max);
}
void put(base::Encoder& out, const archive::InflateLimits& limits) {
  const auto& [output_max, ratio_max, ratio_free, zstd_window_log_max, xz_memory_max] = limits;
  put_all(out, output_max, ratio_max, ratio_free, zstd_window_log_max, xz_memory_max);
}
void put(base::Encoder& out, const archive::TarLimits& limits) {
  const auto& [entries_max, header_size_max, sparse_size_max, sparse_parts_max, skipped_max] = limits;
  put_all(out, entries_max, header_size_max, sparse_size_max, sparse_parts_max, skipped_max);
}

std::string reading_of(const CacheOptions& options) {
  base::Encoder out;
  out.text(LIMPID_VERSION);
  out.u32(kReadingVersion);
  out.u32(inventory::kStoredFormat);
  out.text(inventory::detector_set_id());
  put(out, options.layer);
  put(out, options.inflate);
  put(out, options.tar);
  return hash_of(out.bytes());
}

// The digest of the blob that the manifest speaks of. One that names none has its layers as they are, uncompressed:
// then it is the diff ID (docker-archives; if it is compressed after all, its size tells).
const Digest& blob_digest(const image::LayerDescriptor& promised) {
  return promised.digest.empty() ? promised.diff_id : promised.digest;
}

// A directory promises nothing, old archives no diff IDs; and what no reader would take is not known either.
bool can_be_known(const image::LayerDescriptor& promised) {
  return !promised.diff_id.empty() && image::check_media_type(promised.media_type).has_value();
}

bool keeps(const KnownBlob& blob, const image::LayerDescriptor& promised) {
  return blob.digest == blob_digest(promised) && blob.diff_id == promised.diff_id &&
         (promised.size == 0 || promised.size == blob.size);
}

}  // namespace

std::string cache_files_folder(const std::string& folder) { return folder + "/layers"; }

LayerCache::LayerCache(const CacheOptions& options)
    : path_(cache_files_folder(options.folder)), size_max_(options.size_max), reading_(reading_of(options)) {
  auto folder = CacheFolder::open(path_, true);
  if (folder) {
    folder_.emplace(*std::move(folder));
  } else {
    give_up(folder.error());
  }
}

LayerCache::Key LayerCache::key_of(char kind, const Digest& digest, std::span<const Unread> also_wanted) const {
  base::Encoder out;
  out.u8(static_cast<std::uint8_t>(kind));
  out.text(reading_);
  out.text(digest.to_string());
  if (!also_wanted.empty()) {
    base::Encoder asked;
    for (const Unread& one : also_wanted) {
      asked.text(one.path);
      asked.text(one.wanted);
    }
    out.text(hash_of(asked.bytes()));
  }
  return {out.bytes(), kind + hash_of(out.bytes())};
}

// What is not as we write it is removed: it would only be in the way again.
std::optional<std::string> LayerCache::read(const Key& key) const {
  auto bytes = folder_->read(key.file);
  if (bytes) {
    if (const auto content = unseal_entry(*bytes, key.text)) return std::string(*content);
  } else if (bytes.error().code() == Code::not_found || bytes.error().code() == Code::io) {
    return std::nullopt;
  }
  folder_->remove(key.file);
  return std::nullopt;
}

std::optional<ReadLayer> LayerCache::find(const image::LayerDescriptor& promised,
                                          std::span<const Unread> also_wanted) const {
  if (!folder_ || !can_be_known(promised)) return std::nullopt;
  const Key of_blob = key_of(kBlobEntry, blob_digest(promised), {});
  const auto packed = read(of_blob);
  if (!packed) return std::nullopt;
  const auto blob = unpack_blob(*packed);
  if (!blob) folder_->remove(of_blob.file);
  if (!blob || !keeps(*blob, promised)) return std::nullopt;

  const Key of_layer = key_of(kLayerEntry, promised.diff_id, also_wanted);
  const auto stored = read(of_layer);
  if (!stored) return std::nullopt;
  auto inventory = inventory::restore(*stored);
  if (!inventory || inventory->diff_id != promised.diff_id) {
    folder_->remove(of_layer.file);
    return std::nullopt;
  }
  ReadLayer layer{*std::move(inventory), promised};
  layer.measured.digest = blob->digest;
  layer.measured.size = blob->size;
  return layer;
}

CacheFolder::Locking LayerCache::take_turn(const image::LayerDescriptor& promised, std::span<const Unread> also_wanted,
                                           const std::atomic<bool>* cancel) const {
  if (!folder_ || !writable_ || size_max_ == 0 || !can_be_known(promised)) return {};
  const std::string layer = key_of(kLayerEntry, promised.diff_id, also_wanted).file;
  return folder_->lock(base::cat({kTurnFile, std::string_view(layer).substr(1)}), kTurnWait, cancel);
}

bool LayerCache::write(const Key& key, std::string_view content) {
  const std::string bytes = seal_entry(key.text, content);
  if (bytes.size() > kCacheFileSizeMax || bytes.size() > size_max_) return false;
  if (const auto written = folder_->write(key.file, base::as_bytes(bytes)); !written) {
    if (writable_.exchange(false)) give_up(written.error());
    return false;
  }
  written_ = true;
  return true;
}

void LayerCache::keep(const image::LayerDescriptor& promised, const ReadLayer& layer,
                      std::span<const Unread> also_wanted) {
  const image::LayerDescriptor& measured = layer.measured;
  if (!folder_ || !writable_ || !can_be_known(promised) || measured.digest.empty() || measured.diff_id.empty()) return;
  const auto stored = inventory::store(layer.inventory);
  if (!stored || !write(key_of(kLayerEntry, measured.diff_id, also_wanted), *stored)) return;
  write(key_of(kBlobEntry, measured.digest, {}), pack_blob({measured.digest, measured.diff_id, measured.size}));
}

void LayerCache::tidy() {
  if (!folder_ || !written_.exchange(false)) return;
  const auto pruned = prune(*folder_, size_max_);
  if (!pruned) return give_up(pruned.error());
  if (pruned->files == 0) return;
  base::log(base::LogLevel::debug, "layer cache: removed what was used longest ago",
            {{"folder", path_}, {"files", pruned->files}, {"bytes", pruned->bytes}});
}

void LayerCache::give_up(const Error& error) {
  base::log(base::LogLevel::debug, "layer cache: not used, or not added to",
            {{"folder", path_}, {"reason", error.describe()}});
}

}  // namespace limpid::scan

// Tables of contents of layers, and what leads to them. The first byte chooses which, the rest is its text; the last of
// them puts the table behind the files of a small layer, and reads that through it.
#include <cstddef>
#include <cstdint>
#include <random>

#include "image/estargz.h"
#include "image/lazy_layer.h"
#include "image/toc.h"
#include "image/toc_testing.h"
#include "image/zstd_chunked.h"

using namespace limpid;  // NOLINT: a program of one function

namespace {

constexpr std::uint64_t kContentEnd = 1000;

void parse(std::string_view json, image::TocPromise::Format format) {
  const auto toc = image::parse_toc(json, format, kContentEnd);
  if (!toc) return;
  for (const image::TocEntry& entry : toc->entries) {
    std::uint64_t size = 0;
    for (std::size_t i = 0; i < entry.chunk_count; ++i) {
      const image::TocChunk& chunk = toc->chunks.at(entry.first_chunk + i);
      size += chunk.size;
      if (!chunk.zeros && (chunk.offset >= chunk.end || chunk.end > kContentEnd)) __builtin_trap();
    }
    if (size != entry.entry.size) __builtin_trap();
  }
}

class OneBlob final : public image::BlobStore {
 public:
  explicit OneBlob(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<image::Blob> open(const std::string& name) const override { return fail(Code::not_found, {name}); }
  bool contains(const std::string&) const override { return true; }
  Result<std::unique_ptr<archive::Source>> open_range(const std::string&, std::uint64_t offset,
                                                      std::uint64_t size) const override {
    if (offset > bytes_.size() || size > bytes_.size() - offset) __builtin_trap();
    return archive::memory_source(base::as_bytes(std::string_view(bytes_).substr(offset, size)));
  }

 private:
  std::string bytes_;
};

std::string noise(std::size_t size) {
  std::mt19937 random(1);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

void read(std::string_view json, bool zstd) {
  using namespace image::testing;  // NOLINT: of a test's writers
  static const std::vector<TocFile> files = {
      {"a", "a"}, {"b/", "", '5'}, {"b/c", std::string(3000, 'c')}, {"d", "", '2', "a"}, {"filler", noise(100'000)}};
  static const TocBody estargz_files = estargz_body(files, 1000);
  static const TocBody zstd_files = zstd_chunked_body(files, 1000);
  const std::string text(json);
  PackedLayer layer = zstd ? finish_zstd_chunked(zstd_files, text) : finish_estargz(estargz_files, text);
  image::LayerDescriptor descriptor;
  descriptor.size = layer.blob.size();
  descriptor.toc = layer.toc;
  const auto store = std::make_shared<OneBlob>(std::move(layer.blob));
  constexpr std::uint64_t kWanted = 1 << 20;
  const image::WantedSize wanted = [](std::string_view path) { return path == "a" ? kWanted : std::uint64_t{0}; };
  const auto reader = image::read_layer_lazily(store, "x", descriptor, wanted, {});
  if (!reader) return;
  for (;;) {
    const auto entry = (*reader)->entries().next();
    if (!entry || *entry == nullptr) return;
    const std::uint64_t size = (*entry)->size;
    const auto content = archive::read_content((*reader)->entries(), kWanted);
    if (content && content->size() != size) __builtin_trap();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = base::as_text({data + 1, size - 1});
  image::TocPromise promise;
  switch (data[0] % 7) {
    case 0:
      parse(text, image::TocPromise::Format::estargz);
      break;
    case 1:
      parse(text, image::TocPromise::Format::zstd_chunked);
      break;
    case 2:
      (void)image::parse_estargz_footer(base::as_bytes(text));
      break;
    case 3:
      (void)image::parse_zstd_chunked_footer(base::as_bytes(text), promise);
      break;
    case 4:
      promise = image::zstd_chunked_promise(
          {{"io.github.containers.zstd-chunked.manifest-checksum", base::sha256({}).to_string()},
           {"io.github.containers.zstd-chunked.manifest-position", std::string(text)}});
      if (promise.format == image::TocPromise::Format::zstd_chunked && promise.size == 0) __builtin_trap();
      break;
    default:
      read(text, data[0] % 7 == 6);
  }
  return 0;
}

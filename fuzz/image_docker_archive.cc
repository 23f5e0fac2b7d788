// A whole archive of images: its bytes as a file, recognised by content, every layer read to its end.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include "image/source.h"

using namespace limpid;  // NOLINT: a program of one function

namespace {

void read_layers(const image::ImageSource& image) {
  for (std::size_t i = 0; i < image.manifest().layers.size(); ++i) {
    const auto layer = image.open_layer(i);
    if (!layer) continue;
    for (;;) {
      const auto entry = (*layer)->entries().next();
      if (!entry || *entry == nullptr) break;
    }
    (void)(*layer)->finish();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A file of the kernel's: no input is worth a disk's time.
  static const int file = ::memfd_create("limpid-fuzz", MFD_CLOEXEC);
  if (file < 0 || ::ftruncate(file, 0) != 0) std::abort();
  if (::pwrite(file, data, size, 0) != static_cast<ssize_t>(size)) std::abort();
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  image::OpenOptions options;
  options.inflate.output_max = std::uint64_t{8} << 20;
  options.tar.entries_max = 10'000;
  if (const auto found = image::open_image(path, options)) read_layers(**found);
  if (const auto found = image::open_docker_archive(path, "x:1", options)) read_layers(**found);
  if (const auto found = image::open_oci_archive(path, "1", options)) read_layers(**found);
  return 0;
}

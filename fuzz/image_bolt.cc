// A bolt database as containerd's: everything in it is listed and looked up.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include "image/bolt.h"

using namespace limpid;  // NOLINT: a program of one function

namespace {

void walk(image::Bolt& bolt, const image::Bolt::Bucket& bucket, int depth) {
  (void)bolt.value(bucket, "digest");
  const auto names = bolt.buckets(bucket);
  if (!names || depth == 0) return;
  for (std::size_t i = 0; i < names->size() && i < 8; ++i) {
    const auto below = bolt.bucket(bucket, (*names)[i]);
    if (below && *below) walk(bolt, **below, depth - 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const int file = ::memfd_create("limpid-fuzz", MFD_CLOEXEC);
  if (file < 0 || ::pwrite(file, data, size, 0) != static_cast<ssize_t>(size)) std::abort();
  auto bolt = image::Bolt::open(base::File(file));
  if (!bolt) return 0;
  walk(*bolt, bolt->top(), 5);
  (void)bolt->is_current();
  return 0;
}

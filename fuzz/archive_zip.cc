// zip archives: members never share bytes, and never give more than they claim.
#include <cstdlib>

#include "archive/zip.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limpid::archive;
  ZipLimits limits;
  limits.member_size_max = 1 << 20;
  const auto reader = ZipReader::open({data, size}, limits);
  if (!reader) return 0;
  std::uint64_t compressed = 0;
  for (const ZipMember& member : reader->members()) {
    compressed += member.compressed_size;
    auto source = reader->read(member);
    if (!source) std::abort();
    const auto content = read_all(**source, std::uint64_t{1} << 21);
    if (content && content->size() != member.size) std::abort();
  }
  if (compressed > size) std::abort();
  return 0;
}

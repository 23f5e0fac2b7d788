#include "image/disk_image.h"

#include <gtest/gtest.h>

#include "image/source.h"
#include "image/testing.h"

namespace limpid::image {
namespace {

using testing::error_of;
using testing::Folder;
using testing::Tar;

std::string with(std::size_t at, std::string_view bytes) {
  std::string disk(70'000, '\0');
  return disk.replace(at, bytes.size(), bytes);
}

TEST(DiskImage, IsToldAndNotRead) {
  const Folder folder;
  std::string boot = with(510, "\x55\xaa");
  boot[446] = '\x80';
  boot[450] = '\x83';
  const std::pair<std::string, std::string_view> disks[] = {
      {with(0, std::string_view("QFI\xfb\0\0\0\3", 8)), "qcow2"},
      {with(0, "KDMV"), "VMDK"},
      {with(512, "EFI PART"), "GPT"},
      {with(1080, "\x53\xef"), "ext file system"},
      {with(0, "XFSB"), "XFS"},
      {with(65600, "_BHRfS_M"), "btrfs"},
      {with(0, "hsqs"), "squashfs"},
      {with(32769, "CD001"), "ISO 9660"},
      {boot, "MBR"},
  };
  for (const auto& [bytes, kind] : disks) {
    const std::string path = folder.write("disk", bytes);
    for (const std::string& target : {path, "rootfs:" + path}) {
      const auto refused = open_image(target);
      ASSERT_FALSE(refused) << kind;
      EXPECT_EQ(refused.error().code(), Code::unsupported);
      EXPECT_CONTAINS(error_of(refused), kind);
      EXPECT_CONTAINS(error_of(refused), "scan rootfs:FOLDER");
    }
  }
}

TEST(DiskImage, ATarIsNone) {
  const Folder folder;
  // What would be an ext file system's signature stands in a file's content.
  const std::string tar = Tar().file("etc/x", std::string(56, 'x') + "\x53\xef" + std::string(600, 'x')).end();
  const std::string unmarked = [&] {  // as tar wrote before POSIX
    std::string old = tar;
    return old.replace(257, 8, 8, '\0');
  }();
  for (const std::string& bytes : {tar, unmarked, std::string(), std::string("x"), std::string(2000, 'x')})
    EXPECT_EQ(disk_image_kind(base::File::open(folder.write("t", bytes)).value()), "");
}

}  // namespace
}  // namespace limpid::image

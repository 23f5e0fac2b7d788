// The signatures of https://gitlab.com/qemu-project/qemu/-/tree/master/docs/interop, the UEFI specification (GPT), and
// the file systems' own documents.
#include "image/disk_image.h"

#include <array>

namespace limpid::image {
namespace {

struct Signature {
  std::uint64_t offset;
  std::string_view bytes;
  std::string_view kind;
  bool behind_zeros = false;  // too short to be believed behind anything else
};
constexpr Signature kSignatures[] = {
    {0, {"QFI\xfb", 4}, "qcow2"},
    {0, {"KDMV", 4}, "VMDK"},
    {0, {"# Disk DescriptorFile", 21}, "VMDK"},
    {0, {"conectix", 8}, "VHD"},
    {0, {"vhdxfile", 8}, "VHDX"},
    {64, {"\x7f\x10\xda\xbe", 4}, "VDI"},
    {512, {"EFI PART", 8}, "a disk with a partition table (GPT)"},
    {4096, {"EFI PART", 8}, "a disk with a partition table (GPT)"},
    {0, {"hsqs", 4}, "squashfs"},
    {0, {"XFSB", 4}, "an XFS file system"},
    {1080, {"\x53\xef", 2}, "an ext file system", true},
    {1024, {"\xe2\xe1\xf5\xe0", 4}, "an EROFS file system", true},
    {65600, {"_BHRfS_M", 8}, "a btrfs file system"},
    {32769, {"CD001", 5}, "ISO 9660"},
    {32, {"SIF_MAGIC", 9}, "a Singularity image (SIF)"},
};
// A tar has this where others have nothing of their own; it is never a disk.
constexpr Signature kTar{257, {"ustar", 5}, "tar"};

bool has(const base::File& file, const Signature& signature) {
  std::array<std::uint8_t, 32> bytes{};
  if (signature.behind_zeros && (file.read_at(0, std::span(bytes).first(1)).value_or(0) != 1 || bytes[0] != 0))
    return false;
  const auto got = file.read_at(signature.offset, std::span(bytes).first(signature.bytes.size()));
  return got && base::as_text(Bytes(bytes).first(*got)) == signature.bytes;
}

// A master boot record: 0x55 0xaa at its end, and four partitions each of which is active or not.
bool has_boot_record(const base::File& file) {
  std::array<std::uint8_t, 512> record{};
  const auto got = file.read_at(0, record);
  if (!got || *got != record.size() || record[510] != 0x55 || record[511] != 0xaa) return false;
  bool any = false;
  for (std::size_t entry = 446; entry < 510; entry += 16) {
    if ((record[entry] & 0x7f) != 0) return false;
    any = any || record[entry + 4] != 0;
  }
  return any;
}

}  // namespace

std::string_view disk_image_kind(const base::File& file) {
  if (has(file, kTar)) return {};
  for (const Signature& signature : kSignatures)
    if (has(file, signature)) return signature.kind;
  return has_boot_record(file) ? "a disk with a partition table (MBR)" : std::string_view();
}

Result<void> refuse_disk_image(const base::File& file) {
  const std::string_view kind = disk_image_kind(file);
  if (kind.empty()) return {};
  return fail(Code::unsupported, {"this is ", kind,
                                  ", which is not read: mount it read-only (guestmount -a IMAGE -i --ro "
                                  "FOLDER, mount -o loop,ro, unsquashfs) and scan rootfs:FOLDER"});
}

}  // namespace limpid::image

#include "inventory/rpm_header.h"

#include <gtest/gtest.h>

#include "inventory/rpm_testing.h"

namespace limpid::inventory {
namespace {

using testing::HeaderBuilder;

Bytes bytes_of(const std::string& text) { return base::as_bytes(text); }

std::vector<std::string> files_of(const RpmHeader& header) {
  std::vector<std::string> files;
  EXPECT_TRUE(each_rpm_file(header, [&](std::string_view path) { files.emplace_back(path); }));
  return files;
}

TEST(RpmHeader, HasWhatAnInventoryNeeds) {
  const auto blob = HeaderBuilder()
                        .text(1000, "nodejs")
                        .text(1001, "18.14.2")
                        .text(1002, "2.module+el9")
                        .numbers(1003, {1})
                        .text(1011, "Red Hat, Inc.")
                        .text(1014, "MIT and ASL 2.0")
                        .text(1022, "x86_64")
                        .text(1044, "nodejs-18.14.2-2.module+el9.src.rpm")
                        .text(5096, "nodejs:18:9010020230301112:rhel9:x86_64")
                        .texts(1117, {"node", "", "README.md"})
                        .texts(1118, {"/usr/bin/", "/usr/share/doc/nodejs/"})
                        .numbers(1116, {0, 1, 1})
                        .build();
  const auto header = read_rpm_header(bytes_of(blob));
  ASSERT_TRUE(header) << header.error().describe();
  EXPECT_EQ(header->name, "nodejs");
  EXPECT_EQ(header->version, "18.14.2");
  EXPECT_EQ(header->release, "2.module+el9");
  EXPECT_EQ(header->epoch, 1U);
  EXPECT_EQ(header->vendor, "Red Hat, Inc.");
  EXPECT_EQ(header->license, "MIT and ASL 2.0");
  EXPECT_EQ(header->arch, "x86_64");
  EXPECT_EQ(header->source_rpm, "nodejs-18.14.2-2.module+el9.src.rpm");
  EXPECT_EQ(header->module, "nodejs:18:9010020230301112:rhel9:x86_64");
  EXPECT_EQ(header->key_id, "");
  EXPECT_EQ(files_of(*header),
            (std::vector<std::string>{"usr/bin/node", "usr/share/doc/nodejs/", "usr/share/doc/nodejs/README.md"}));
}

TEST(RpmHeader, TakesTheLastOfEqualTagsAndWholePathsOfOldPackages) {
  const auto blob = HeaderBuilder()
                        .text(1000, "first")
                        .text(1044, "(none)")
                        .texts(1027, {"/bin/sh", "etc/x"})
                        .text(1000, "second")
                        .build() +
                    "bytes behind it";
  const auto header = read_rpm_header(bytes_of(blob));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->name, "second");
  EXPECT_EQ(header->source_rpm, "");
  EXPECT_FALSE(header->epoch);
  EXPECT_EQ(files_of(*header), (std::vector<std::string>{"bin/sh", "etc/x"}));
}

TEST(RpmHeader, NamesTheKeyThatSignedIt) {
  const std::string id("\x19\x9e\x2f\x91\xfd\x43\x1d\x51", 8);
  const std::string time("\x60\x00\x00\x00", 4);
  const auto key_of = [](std::uint32_t tag, const std::string& packet) {
    const auto blob =
        HeaderBuilder().text(1000, "a").add(tag, 7, static_cast<std::uint32_t>(packet.size()), packet).build();
    const auto header = read_rpm_header(bytes_of(blob));
    EXPECT_TRUE(header);
    return header ? header->key_id : "";
  };
  // Version 3, old packet format with a length of two bytes.
  const std::string v3 =
      std::string("\x89\x00\x16\x03\x05\x00", 6) + time + id + std::string("\x01\x08\x12\x34\x00\x00", 6);
  EXPECT_EQ(key_of(268, v3), "199e2f91fd431d51");
  EXPECT_EQ(key_of(262, v3), "199e2f91fd431d51");
  // Version 4, new packet format: creation time hashed, the issuer not.
  const std::string v4 = std::string("\xc2\x1c\x04\x00\x01\x08\x00\x06\x05\x02", 10) + time +
                         std::string("\x00\x0a\x09\x10", 4) + id + std::string("\x12\x34", 2);
  EXPECT_EQ(key_of(267, v4), "199e2f91fd431d51");
  // A fingerprint in place of the issuer's id.
  const std::string fingerprint = std::string("\xc2\x20\x04\x00\x01\x08\x00\x17\x16\x21\x04", 11) +
                                  std::string(12, '\x55') + id + std::string("\x00\x00\x12\x34", 4);
  EXPECT_EQ(key_of(268, fingerprint), "199e2f91fd431d51");
  for (std::size_t size = 1; size < fingerprint.size() - 4; ++size) key_of(268, fingerprint.substr(0, size));
  EXPECT_EQ(key_of(268, "no packet"), "");
}

void expect_broken(const std::string& blob, std::string_view what) {
  const auto header = read_rpm_header(bytes_of(blob));
  ASSERT_FALSE(header) << what;
  EXPECT_NE(header.error().describe().find(what), std::string::npos) << header.error().describe();
}

TEST(RpmHeader, SaysWhatIsBroken) {
  expect_broken("", "a header of 0 bytes");
  std::string many;
  testing::put_be32(many, 70'000);
  testing::put_be32(many, 0);
  expect_broken(many, "70000 entries");
  std::string long_data;
  testing::put_be32(long_data, 1);
  testing::put_be32(long_data, 0xffffffff);
  expect_broken(long_data + std::string(16, 'x'), "claims 4294967319 bytes");
  std::string blob = HeaderBuilder().text(1000, "name").build();
  blob.back() = 'x';
  expect_broken(blob, "tag 1000 is a text without an end");
  expect_broken(HeaderBuilder().add(1000, 4, 1, "name").build(), "tag 1000 has the type 4");
  expect_broken(HeaderBuilder().add(1000, 6, 0, "name").build(), "lies outside its data");
  // A count whose size in bytes wraps around 32 bits.
  expect_broken(HeaderBuilder().add(1116, 4, 0x40000001, "1234").build(), "tag 1116 claims 1073741825 numbers");
  expect_broken(HeaderBuilder().add(1117, 8, 3, std::string("a\0b\0", 4)).build(), "tag 1117 claims 3 texts and has 2");
}

TEST(RpmHeader, ListsOfFilesMustFitEachOther) {
  const auto contradicts = [](const std::vector<std::uint32_t>& indexes) {
    const auto blob = HeaderBuilder().texts(1117, {"a", "b"}).texts(1118, {"/x/"}).numbers(1116, indexes).build();
    const auto header = read_rpm_header(bytes_of(blob));
    EXPECT_TRUE(header);
    return header && !each_rpm_file(*header, [](std::string_view) {});
  };
  EXPECT_FALSE(contradicts({0, 0}));
  EXPECT_TRUE(contradicts({0, 1}));
  EXPECT_TRUE(contradicts({0}));
  EXPECT_TRUE(contradicts({0, 0, 0}));
}

}  // namespace
}  // namespace limpid::inventory

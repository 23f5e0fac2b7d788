#include "archive/deb.h"

#include <gtest/gtest.h>

#include "archive/ar_testing.h"
#include "archive/compressors.h"
#include "archive/testing.h"

namespace limpid::archive {
namespace {

using testing::ar_member;
using testing::kArMagic;
using testing::kTarEnd;
using testing::pack;
using testing::tar_member;

const std::string kControl = "Package: dash\nVersion: 0.5.12-2\n";
const std::string kControlTar = tar_member({.name = "./", .type = '5'}) +
                                tar_member({.name = "./md5sums", .content = "x"}) +
                                tar_member({.name = "./control", .content = kControl}) + kTarEnd;
const std::string kDataTar =
    tar_member({.name = "./", .type = '5'}) +
    tar_member({.name = "./usr/share/doc/dash/changelog.gz", .content = std::string(3000, 'c')}) +
    tar_member({.name = "./bin/sh", .type = '2', .link = "dash"}) + kTarEnd;

struct Read {
  std::string control, error;
  std::vector<std::string> files;
};
Read read(const std::string& package, std::size_t piece = 1 << 16, std::size_t files_max = 100) {
  Read result;
  testing::ChoppedSource source(package, piece);
  const auto done = read_deb(
      source,
      [&](std::string_view text) -> Result<void> {
        result.control += text;
        return {};
      },
      [&](EntryReader& files) -> Result<void> {
        while (result.files.size() < files_max) {
          LIMPID_ASSIGN(const Entry* entry, files.next());
          if (entry == nullptr) break;
          result.files.push_back(testing::describe(*entry));
        }
        return {};
      });
  if (!done) result.error = base::cat({base::name_of(done.error().code()), ": ", done.error().describe()});
  return result;
}

std::string suffix_of(Compression kind) {
  switch (kind) {
    case Compression::gzip:
      return ".gz";
    case Compression::zstd:
      return ".zst";
    case Compression::xz:
      return ".xz";
    case Compression::bzip2:
      return ".bz2";
    case Compression::none:
      break;
  }
  return "";
}
std::string deb(Compression control, Compression data) {
  return kArMagic + ar_member("debian-binary", "2.0\n") +
         ar_member("control.tar" + suffix_of(control), pack(control, kControlTar)) +
         ar_member("data.tar" + suffix_of(data), pack(data, kDataTar));
}

TEST(Deb, AllCompressions) {
  for (const Compression control : {Compression::none, Compression::gzip, Compression::xz, Compression::zstd}) {
    for (const Compression data :
         {Compression::none, Compression::gzip, Compression::xz, Compression::zstd, Compression::bzip2}) {
      for (const std::size_t piece : {13U, 1U << 16}) {
        const Read result = read(deb(control, data), piece);
        EXPECT_EQ(result.error, "");
        EXPECT_EQ(result.control, kControl);
        EXPECT_EQ(result.files,
                  (std::vector<std::string>{"d ", "f usr/share/doc/dash/changelog.gz", "l bin/sh -> dash"}));
      }
    }
  }
}

TEST(Deb, TheRestNeedNotBeRead) {
  std::string package = deb(Compression::none, Compression::none);
  package.resize(package.size() - 2000);
  EXPECT_EQ(read(package, 512, 1).error, "");
  EXPECT_TRUE(read(package, 512).error.starts_with("truncated: data.tar: ")) << read(package, 512).error;
}

TEST(Deb, OtherMembersAreIgnored) {
  const std::string package = kArMagic + ar_member("debian-binary", "2.0\n") + ar_member("_gpgorigin", "signature") +
                              ar_member("control.tar", kControlTar) + ar_member("controlled", "x") +
                              ar_member("data.tar", kDataTar) + ar_member("_more", "x");
  EXPECT_EQ(read(package).error, "");
  EXPECT_EQ(read(package).control, kControl);
}

TEST(Deb, WhatIsNoPackage) {
  EXPECT_TRUE(read("").error.starts_with("invalid: no ar archive"));
  EXPECT_TRUE(read(kArMagic).error.starts_with("invalid: no Debian package"));
  EXPECT_TRUE(read(kArMagic + ar_member("x", "2.0\n")).error.starts_with("invalid: no Debian package"));
  EXPECT_TRUE(
      read(kArMagic + ar_member("debian-binary", "3.0\n")).error.starts_with("unsupported: Debian package format 3.0"));
  const std::string start = kArMagic + ar_member("debian-binary", "2.0\n");
  EXPECT_EQ(read(start).error, "invalid: no Debian package: no control.tar in it");
  EXPECT_EQ(read(start + ar_member("control.tar", kControlTar)).error, "invalid: no Debian package: no data.tar in it");
  EXPECT_TRUE(read(start + ar_member("data.tar", kDataTar)).error.starts_with("invalid: "));
  EXPECT_EQ(read(start + ar_member("control.tar", kDataTar)).error, "invalid: control.tar: no file named control");
  EXPECT_TRUE(read(start + ar_member("control.tar", "garbage")).error.starts_with("truncated: control.tar: "));
}

TEST(Deb, DamageIsSeenBeforeTheTextIsBelieved) {
  const auto with_control = [](const std::string& packed) {
    return read(kArMagic + ar_member("debian-binary", "2.0\n") + ar_member("control.tar.gz", packed) +
                ar_member("data.tar", kDataTar));
  };
  const std::string packed = pack(Compression::gzip, kControlTar);
  for (const std::size_t at : {packed.size() / 2, packed.size() - 5}) {
    std::string broken = packed;
    broken[at] = static_cast<char>(broken[at] ^ 0x55);
    const Read result = with_control(broken);
    EXPECT_NE(result.error.find("control.tar.gz: "), std::string::npos) << result.error;
    EXPECT_EQ(result.control, "");
  }
}

TEST(Deb, LargeControlFilesAreRefused) {
  const std::string control = tar_member({.name = "control", .content = std::string(kDebControlSizeMax + 1, 'x')});
  const std::string package = kArMagic + ar_member("debian-binary", "2.0\n") + ar_member("control.tar", control);
  EXPECT_TRUE(read(package).error.starts_with("limit: control.tar: ")) << read(package).error;
}

TEST(Deb, ErrorsOfTheCallerComeBack) {
  const std::string package = deb(Compression::gzip, Compression::gzip);
  const auto stop = [](auto&&) -> Result<void> { return fail(Code::cancelled, {"enough"}); };
  const auto go_on = [](auto&&) -> Result<void> { return {}; };
  const auto first = memory_source(base::as_bytes(package));
  EXPECT_EQ(read_deb(*first, stop, go_on).error().describe(), "enough");
  const auto second = memory_source(base::as_bytes(package));
  EXPECT_EQ(read_deb(*second, go_on, stop).error().describe(), "data.tar.gz: enough");
}

}  // namespace
}  // namespace limpid::archive

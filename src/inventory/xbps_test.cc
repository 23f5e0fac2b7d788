// Void Linux' property list.
#include <gtest/gtest.h>

#include "inventory/registered.h"

namespace limpid::inventory {
namespace {

struct Read {
  Result<void> result;
  Evidence evidence;
  SkippedList skipped;
};
Read read(std::string_view content) {
  Read done{{}, {}, {}};
  done.evidence.path = "var/db/xbps/pkgdb-0.38.plist";
  done.evidence.detector = "xbps";
  done.result = xbps_detector().read({done.evidence.path, content}, done.evidence, done.skipped);
  return done;
}

constexpr std::string_view kList = R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple Computer//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>_XBPS_ALTERNATIVES_</key><dict/>
<key>libssl3</key><dict><key>architecture</key><string>x86_64</string><key>automatic-install</key><true/>
<key>license</key><string>Apache-2.0</string><key>pkgver</key><string>libssl3-3.1.4_1</string>
<key>run_depends</key><array><string>glibc&gt;=2.36_1</string></array>
<key>source-revisions</key><string>openssl:3f5a</string><key>state</key><string>installed</string></dict>
<key>gone</key><dict><key>pkgver</key><string>gone-1_1</string><key>state</key><string>config-files</string></dict>
<key>odd</key><dict><key>pkgver</key><string>odd</string><key>state</key><string>installed</string></dict>
<key>plain</key><dict><key>pkgver</key><string>plain-1.0_2</string><key>state</key><string>installed</string></dict>
</dict></plist>)";

TEST(Xbps, Packages) {
  const auto whole = read(kList);
  ASSERT_TRUE(whole.result) << whole.result.error().describe();
  ASSERT_EQ(whole.evidence.packages.size(), 2u);
  const Package& p = whole.evidence.packages[0];
  EXPECT_EQ(p.name, "libssl3");
  EXPECT_EQ(p.version, "3.1.4_1");
  EXPECT_EQ(p.source_name, "openssl");
  EXPECT_EQ(p.arch, "x86_64");
  EXPECT_EQ(p.licenses, std::vector<std::string>{"Apache-2.0"});
  EXPECT_EQ(whole.evidence.packages[1].source_name, "plain");
  EXPECT_EQ(whole.skipped.size(), 1u);
}

TEST(Xbps, CutsAreTold) {
  for (std::size_t size = 0; size < kList.size(); size += 7) {
    const auto cut = read(kList.substr(0, size));
    EXPECT_TRUE(!cut.result || !cut.skipped.empty()) << size;
  }
}

TEST(Xbps, OtherDocumentsAreRefused) {
  EXPECT_FALSE(read("<html/>").result);
  EXPECT_FALSE(read("<!DOCTYPE a [<!ENTITY b \"c\">]><plist><dict/></plist>").result);
  std::string deep;
  for (int i = 0; i < 1'000; ++i) deep += "<plist>";
  EXPECT_FALSE(read(deep).result);
  EXPECT_FALSE(read("<plist a='" + std::string(1 << 20, 'x') + "'/>").result);
}

}  // namespace
}  // namespace limpid::inventory

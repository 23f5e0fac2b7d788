#include "advisory/list.h"
#include "advisory/sink_for_test.h"

namespace limpid::advisory {
namespace {

std::string document(std::string_view name, std::string_view status, std::string_view action,
                     std::string_view product = "pkg:deb/ubuntu/zfoo@1.2-1?arch=source&distro=noble") {
  return base::cat({R"({"metadata":{"timestamp":"2031-01-02T00:00:00"},"statements":[{"vulnerability":{"name":")", name,
                    R"("},"products":[{"@id":"pkg:deb/ubuntu/libzfoo1@1.2-1?arch=amd64"},{"@id":")", product,
                    R"("}],"status":")", status, R"(","action_statement":")", action, R"("}]})"});
}

TEST(UbuntuVex, WhatOsvHasNoWordsFor) {
  const auto status = [](std::string_view word, std::string_view action) {
    CollectingSink sink;
    const auto counts = read_text(ubuntu_vex_feed(), document("CVE-2031-0002", word, action), sink);
    EXPECT_TRUE(counts) << counts.error().describe();
    EXPECT_EQ(sink.statements(), 1u);
    EXPECT_TRUE(sink.only("CVE-2031-0002", "ubuntu:24.04", "zfoo").ranges.empty());
    return sink.only("CVE-2031-0002", "ubuntu:24.04", "zfoo").status;
  };
  EXPECT_EQ(status("affected", "This package is vulnerable to the CVE and needs fixing."), Status::affected);
  EXPECT_EQ(status("affected", "The team decided to not fix this."), Status::will_not_fix);
  EXPECT_EQ(status("affected", "This package is no longer supported."), Status::end_of_life);
  EXPECT_EQ(status("not_affected", ""), Status::not_affected);
  EXPECT_EQ(status("under_investigation", ""), Status::under_investigation);
}

TEST(UbuntuVex, WhatSaysNothingIsCounted) {
  const auto dropped = [](const std::string& text) {
    CollectingSink sink;
    const auto counts = read_text(ubuntu_vex_feed(), text, sink);
    EXPECT_TRUE(counts && sink.advisories.empty()) << text;
    return counts && counts->dropped.size() == 1 ? counts->dropped.begin()->first : "?";
  };
  EXPECT_EQ(dropped(document("USN-1-1", "not_affected", "")), "no CVE id");
  EXPECT_EQ(dropped(document("CVE-2031-0002", "fixed", "")), "fixed without the version that did");
  EXPECT_EQ(dropped(document("CVE-2031-0002", "odd", "")), "unknown status");
  EXPECT_EQ(
      dropped(document("CVE-2031-0002", "affected", "", "pkg:deb/ubuntu/z@1?arch=source&distro=fips-updates/jammy")),
      "unknown release or variant");
  CollectingSink sink;
  for (const auto* bad : {"", "[]", "{}", R"({"statements":)"}) EXPECT_FALSE(read_text(ubuntu_vex_feed(), bad, sink));
}

TEST(UbuntuVex, RealDocuments) {
  const auto path = shared_data("ubuntu/vex/vex-all.tar.xz");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink, one;
  const auto counts = ubuntu_vex_feed().read({.path = path, .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 3u);
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
  EXPECT_EQ(counts->dropped.at("no CVE id"), 3u);  // USN-7372-1: varnish of three releases
  EXPECT_EQ(sink.only("CVE-2025-0167", "ubuntu:22.04", "curl").status, Status::affected);
  EXPECT_EQ(sink.only("CVE-2025-0167", "ubuntu:20.04", "curl").status, Status::not_affected);
  EXPECT_EQ(sink.only("CVE-2025-0167", "ubuntu:16.04+esm", "curl").status, Status::not_affected);
  ASSERT_TRUE(ubuntu_vex_feed().read({.path = shared_data("ubuntu/vex/files"), .name_space = ""}, one));
  EXPECT_EQ(one.only("CVE-2023-38545", "ubuntu:16.04", "curl").status, Status::end_of_life);
}

}  // namespace
}  // namespace limpid::advisory

#include "advisory/list.h"
#include "advisory/sink_for_test.h"
#include "base/text.h"

namespace limpid::advisory {
namespace {

void pad(std::string& to, std::string_view text, std::size_t width) {
  to += text;
  to.append(width - text.size(), ' ');
}

std::string octal(std::size_t value, std::size_t width) {
  std::string text(width, '0');
  for (auto at = width; at-- > 0; value /= 8) text[at] = static_cast<char>('0' + value % 8);
  return text + '\0';
}

// One ustar member.
std::string tar_member(const std::string& name, const std::string& content, char type = '0',
                       const std::string& target = {}) {
  std::string header = name;
  header.resize(100, '\0');
  header += octal(0644, 7) + octal(0, 7) + octal(0, 7) + octal(content.size(), 11) + octal(0, 11) + "        " + type;
  header += target;
  header.resize(257, '\0');
  header += std::string("ustar\0", 6) + "00";
  header.resize(512, '\0');
  std::size_t sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  header.replace(148, 8, octal(sum, 6) + ' ');
  std::string member = header + content;
  member.resize((member.size() + 511) / 512 * 512, '\0');
  return member;
}

std::string ar_member(const std::string& name, const std::string& content) {
  std::string member;
  pad(member, name, 16);
  pad(member, "0", 12);
  pad(member, "0", 6);
  pad(member, "0", 6);
  pad(member, "100644", 8);
  pad(member, base::cat({content.size()}), 10);
  member += "`\n" + content;
  if (content.size() % 2 == 1) member += '\n';
  return member;
}

// A .deb, uncompressed throughout: `files` are the members of its data tar.
std::string deb(const std::string& control, const std::string& files) {
  const std::string end(1024, '\0');
  return "!<arch>\n" + ar_member("debian-binary", "2.0\n") +
         ar_member("control.tar", tar_member("./control", control) + end) + ar_member("data.tar", files + end);
}

std::string entry(const std::string& head, const std::string& item) {
  return head + "; urgency=high\n\n  * " + item + "\n\n -- A <a@example.invalid>  Sat, 01 Feb 2031 00:00:00 +0000\n\n";
}

std::string changelog_member(const std::string& package, const std::string& text,
                             const std::string& name = "changelog.Debian.gz") {
  return tar_member("./usr/bin/x", "x") + tar_member("./usr/share/doc/" + package + "/" + name, text);
}

struct Read {
  CollectingSink sink;
  FeedCounts counts;
};

Read read_folder(const FeedFolder& folder, const std::string& name_space = {}) {
  Read read;
  auto counts = debian_changelogs_feed().read({.path = folder.path(), .name_space = name_space}, read.sink);
  EXPECT_TRUE(counts) << counts.error().describe();
  if (counts) read.counts = *std::move(counts);
  return read;
}

TEST(DebianChangelogs, NewestOfEachSourceCounts) {
  const FeedFolder folder;
  const std::string base = entry("zfoo (1.2-3) unstable", "Fix CVE-2031-0001");
  const std::string upgrade = entry("zfoo (1.2-3+deb12u1) bookworm-security", "Fix CVE-2031-0002") + base;
  folder.write("main/libzfoo1_1.2-3.deb", deb("Package: libzfoo1\nVersion: 1.2-3\nSource: zfoo\nArchitecture: amd64\n",
                                              changelog_member("libzfoo1", base)));
  folder.write("security/libzfoo1_1.2-3+deb12u1.deb",
               deb("Package: libzfoo1\nVersion: 1:1.2-3+deb12u1+b2\nSource: zfoo (1.2-3+deb12u1)\n",
                   changelog_member("libzfoo1", upgrade)));
  // Of the same source, without a changelog of its own.
  folder.write("security/zfoo-bin.deb", deb("Package: zfoo-bin\nVersion: 1.2-3+deb12u1\nSource: zfoo\n",
                                            tar_member("./usr/share/doc/zfoo-bin", "", '2', "libzfoo1")));
  const auto [sink, counts] = read_folder(folder, "debian:12");
  EXPECT_EQ(counts.records, 3u);
  EXPECT_EQ(counts.statements, 2u);
  EXPECT_TRUE(counts.skipped.empty());
  EXPECT_EQ(counts.as_of, "2031-02-01T00:00:00Z");
  ASSERT_EQ(sink.availables.size(), 1u);
  EXPECT_EQ(sink.availables[0].name_space, "debian:12");
  EXPECT_EQ(sink.availables[0].package, "zfoo");
  EXPECT_EQ(sink.availables[0].version, "1.2-3+deb12u1");
  EXPECT_EQ(sink.only("CVE-2031-0001", "debian:12", "zfoo").ranges[0].fixed, "1.2-3");
  EXPECT_EQ(sink.only("CVE-2031-0002", "debian:12", "zfoo").ranges[0].fixed, "1.2-3+deb12u1");
  EXPECT_EQ(sink.only("CVE-2031-0002", "debian:12", "zfoo").status, Status::fixed);
  EXPECT_EQ(sink.find("CVE-2031-0002")->published, "2031-02-01T00:00:00Z");
}

TEST(DebianChangelogs, ReleaseToldByTheData) {
  const FeedFolder folder;
  const auto write = [&](const std::string& package, const std::string& version, const std::string& changelog) {
    folder.write(package + ".deb",
                 deb("Package: " + package + "\nVersion: " + version + "\n",
                     changelog.empty() ? tar_member("./x", "") : changelog_member(package, changelog)));
  };
  write("a", "1-1", entry("a (1-1) bookworm-security", "CVE-2031-0001"));
  write("b", "1-1ubuntu0.1", entry("b (1-1ubuntu0.1) jammy-security", "CVE-2031-0002"));
  write("c", "1-1~deb11u1", entry("c (1-1~deb11u1) unstable", "CVE-2031-0003"));
  write("d", "1-1", entry("d (1-1) unstable", "CVE-2031-0004"));
  write("e", "1-1+deb12u3", "");
  const auto [sink, counts] = read_folder(folder);
  EXPECT_EQ(counts.records, 5u);
  EXPECT_EQ(sink.only("CVE-2031-0001", "debian:12", "a").ranges[0].fixed, "1-1");
  EXPECT_EQ(sink.only("CVE-2031-0002", "ubuntu:22.04", "b").ranges[0].fixed, "1-1ubuntu0.1");
  EXPECT_EQ(sink.only("CVE-2031-0003", "debian:11", "c").ranges[0].fixed, "1-1~deb11u1");
  EXPECT_EQ(sink.find("CVE-2031-0004"), nullptr);
  ASSERT_EQ(sink.availables.size(), 4u);
  EXPECT_EQ(sink.availables[1].package, "a");
  EXPECT_EQ(sink.availables[2].package, "e");
  EXPECT_EQ(sink.availables[2].version, "1-1+deb12u3");
  ASSERT_EQ(counts.skipped.size(), 2u);
  EXPECT_EQ(counts.skipped[0].reason, SkipReason::unresolved);
  EXPECT_TRUE(counts.skipped[0].path.ends_with("/d.deb"));
  EXPECT_EQ(counts.skipped[1].reason, SkipReason::unsupported);
  EXPECT_TRUE(counts.skipped[1].path.ends_with("/e.deb"));
}

TEST(DebianChangelogs, NativePackagesHaveChangelogGz) {
  const FeedFolder folder;
  folder.write("native.deb",
               deb("Package: native\nVersion: 5\n",
                   changelog_member("native", entry("native (5) bookworm", "CVE-2031-0001"), "changelog.gz")));
  folder.write("other.deb",
               deb("Package: other\nVersion: 5-1\n",
                   changelog_member("other", entry("other (5-1) bookworm", "CVE-2031-0002"), "changelog.gz")));
  const auto [sink, counts] = read_folder(folder, "debian:12");
  EXPECT_NE(sink.find("CVE-2031-0001"), nullptr);
  EXPECT_EQ(sink.find("CVE-2031-0002"), nullptr);  // upstream's own changelog
  EXPECT_EQ(counts.skipped.size(), 1u);
}

TEST(DebianChangelogs, DamagedPackagesAreSkippedByName) {
  const FeedFolder folder;
  const auto whole =
      deb("Package: a\nVersion: 1-1\n", changelog_member("a", entry("a (1-1) bookworm", "CVE-2031-0001")));
  folder.write("a.deb", whole);
  const auto other =
      deb("Package: b\nVersion: 1-1\n", changelog_member("b", entry("b (1-1) bookworm", "CVE-2031-0002")));
  folder.write("b.deb", other.substr(0, other.size() / 2));
  folder.write("c.deb", "no package");
  folder.write("d.deb", deb("Nothing: here\n", ""));
  const auto [sink, counts] = read_folder(folder);
  EXPECT_EQ(counts.records, 1u);
  ASSERT_EQ(counts.skipped.size(), 3u);
  EXPECT_TRUE(counts.skipped[0].path.ends_with("/b.deb"));
  EXPECT_NE(counts.skipped[2].detail.find("Package or Version"), std::string::npos) << counts.skipped[2].detail;
}

TEST(DebianChangelogs, RealMirrorAgreesWithItself) {
  // Any Debian machine has these at times; elsewhere the test has nothing to read.
  const FeedFolder folder;
  std::size_t count = 0;
  std::error_code none;
  for (const auto& file : std::filesystem::directory_iterator("/var/cache/apt/archives", none)) {
    if (file.path().extension() != ".deb" || ++count > 20) continue;
    std::filesystem::create_symlink(file.path(), folder.path() + "/" + file.path().filename().string());
  }
  if (count == 0) GTEST_SKIP() << "no .deb files in apt's cache";
  const auto [sink, counts] = read_folder(folder, "debian:12");
  EXPECT_EQ(counts.records + counts.skipped.size() >= std::min<std::size_t>(count, 20), true);
  EXPECT_FALSE(sink.availables.empty());
  EXPECT_EQ(counts.statements, sink.statements() + dropped_in_all(counts));
}

}  // namespace
}  // namespace limpid::advisory

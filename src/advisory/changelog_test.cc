#include "advisory/changelog.h"

#include <gtest/gtest.h>

namespace limpid::advisory {
namespace {

using Ids = std::vector<std::string>;

// One entry around these change lines.
ChangelogEntry entry_of(const std::string& lines) {
  const auto entries = parse_changelog("zfoo (1.0-1) unstable; urgency=low\n\n" + lines +
                                       "\n -- A <a@example.invalid>  Sat, 19 Jul 2031 21:04:59 +0200\n");
  EXPECT_EQ(entries.size(), 1u);
  return entries.empty() ? ChangelogEntry{} : entries[0];
}

TEST(Changelog, HeaderAndTrailer) {
  const auto entries = parse_changelog(
      "libz+foo2.0 (1:1.2-3+deb12u1) bookworm-security unstable; urgency=high, Binary-Only=YES\n"
      "\n"
      "  * Fix cve-2031-0001 and CVE-2031-12345.\n"
      "\n"
      " -- A B <a@example.invalid>  Sat, 19 Jul 2031 21:04:59 +0200\n"
      "\n"
      "  * CVE-2031-9999 after the trailer belongs to nothing\n"
      "zfoo (1.0) sid;\n"
      " -- A <a@example.invalid>  1 Jan 2030 00:30:00 +0100\r\n");
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].package, "libz+foo2.0");
  EXPECT_EQ(entries[0].version, "1:1.2-3+deb12u1");
  EXPECT_EQ(entries[0].distributions, (Ids{"bookworm-security", "unstable"}));
  EXPECT_TRUE(entries[0].binary_only);
  EXPECT_EQ(entries[0].date, "2031-07-19T19:04:59Z");
  EXPECT_EQ(entries[0].fixed, (Ids{"CVE-2031-0001", "CVE-2031-12345"}));
  EXPECT_FALSE(entries[1].binary_only);
  EXPECT_EQ(entries[1].date, "2029-12-31T23:30:00Z");
}

TEST(Changelog, WhatIsNoHeader) {
  for (const auto* line : {"zfoo 1.0 unstable; urgency=low", "zfoo (1.0 unstable; x", "zfoo (1 0) unstable; x",
                           "zfoo (1.0); x", "zfoo (1.0) unstable", "z_foo (1.0) unstable;", " zfoo (1.0) unstable;",
                           "zfoo () unstable;", "zfoo (1.0)unstable;", "Old Changelog:", ""}) {
    EXPECT_TRUE(parse_changelog(line).empty()) << line;
  }
}

TEST(Changelog, MalformedDatesAreNone) {
  for (const auto* date :
       {"", "Sat, 19 Jul 2031", "Sat, 32 Jul 2031 21:04:59 +0200", "Sat, 30 Feb 2031 21:04:59 +0200",
        "Sat, 19 Foo 2031 21:04:59 +0200", "Sat, 19 Jul 2031 25:04:59 +0200", "Sat, 19 Jul 2031 21:04:59 +9900"}) {
    const auto entries = parse_changelog(std::string("zfoo (1.0) sid; u=l\n -- A <a@b>  ") + date + "\n");
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0].date, "") << date;
  }
}

TEST(Changelog, ItemsThatUndoAPatchDoNotCount) {
  EXPECT_EQ(entry_of("  * Drop CVE-2031-0001.patch, applied upstream\n").only_named, (Ids{"CVE-2031-0001"}));
  EXPECT_EQ(entry_of("  * Refreshed patches:\n    - CVE-2031-0001\n").only_named, (Ids{"CVE-2031-0001"}));
  EXPECT_EQ(entry_of("  * Revert\n    the patch for CVE-2031-0001\n").only_named, (Ids{"CVE-2031-0001"}));
  EXPECT_EQ(entry_of("  * d/p/CVE-2031-0001.diff: Removed.\n").only_named, (Ids{"CVE-2031-0001"}));
  EXPECT_EQ(entry_of("  * Security issues already\n    fixed in 5.1: CVE-2031-0001\n").only_named,
            (Ids{"CVE-2031-0001"}));
  EXPECT_EQ(entry_of("  * Disables: the patch of the previous upload, CVE-2031-0001\n").only_named,
            (Ids{"CVE-2031-0001"}));
}

TEST(Changelog, ItemsThatOnlySoundLikeIt) {
  EXPECT_EQ(entry_of("  * ath10k: drop fragments (CVE-2031-0001)\n").fixed, (Ids{"CVE-2031-0001"}));
  EXPECT_EQ(entry_of("  * Drop dispatching of such frames (CVE-2031-0001)\n").fixed, (Ids{"CVE-2031-0001"}));
  EXPECT_EQ(entry_of("  * Revert \"drm: fix it\" (CVE-2031-0001)\n").fixed, (Ids{"CVE-2031-0001"}));
  EXPECT_EQ(entry_of("  * Import patch that disables it, CVE-2031-0001\n").fixed, (Ids{"CVE-2031-0001"}));
  // The CVE stands in a sibling, or in the item that encloses the undoing one.
  EXPECT_EQ(entry_of("  * Fix CVE-2031-0001:\n    - drop the old patch\n").fixed, (Ids{"CVE-2031-0001"}));
  EXPECT_EQ(entry_of("  * News:\n    - drop the old patch\n    - fix CVE-2031-0001\n").fixed, (Ids{"CVE-2031-0001"}));
  // One item that counts is enough.
  const auto both = entry_of("  * Drop CVE-2031-0001.patch\n  * Fix CVE-2031-0001 and CVE-2031-0001\n");
  EXPECT_EQ(both.fixed, (Ids{"CVE-2031-0001"}));
  EXPECT_TRUE(both.only_named.empty());
}

TEST(Changelog, NestingByIndentation) {
  // A line as far in as the inner bullet goes back to the outer item.
  const auto entry = entry_of(
      "  * Drop patches applied upstream:\n"
      "    - CVE-2031-0001\n"
      "      CVE-2031-0002\n"
      "    CVE-2031-0003\n"
      "  [ Somebody ]\n"
      "    CVE-2031-0004 without a bullet\n"
      "\tdrop nothing\n"
      "\n"
      "  * CVE-2031-0005\n");
  EXPECT_EQ(entry.only_named, (Ids{"CVE-2031-0001", "CVE-2031-0002", "CVE-2031-0003"}));
  EXPECT_EQ(entry.fixed, (Ids{"CVE-2031-0004", "CVE-2031-0005"}));
}

TEST(Changelog, IdsInsideLongerWordsAreNone) {
  EXPECT_EQ(entry_of("  * XCVE-2031-0001 CVE-2031-001 CVE-31-0001 CVE_2031-0001 (CVE-2031-00011)\n").fixed,
            (Ids{"CVE-2031-00011"}));
}

const char* kHistory =
    "zfoo (1.2-3~deb12u2) bookworm; urgency=low\n\n  * CVE-2031-0005\n\n -- A <a@b>  Sun, 02 Feb 2031 00:00:00 "
    "+0000\n\n"
    "zfoo (1.2-3~deb12u1) bookworm-security; urgency=low\n\n  * Rebuild\n\n -- A <a@b>  Sat, 01 Feb 2031 00:00:00 "
    "+0000\n\n"
    "zfoo (1.2-3) unstable; urgency=low\n\n  * CVE-2031-0001, CVE-2031-0002\n\n -- A <a@b>  Wed, 01 Jan 2031 00:00:00 "
    "+0000\n\n"
    "zfoo (1.2-2+b1) sid; urgency=low, binary-only=yes\n\n  * CVE-2031-0006\n\n -- A <a@b>  Wed, 01 Jan 2031 00:00:00 "
    "+0000\n\n"
    "zfoo (1.2-2) UNRELEASED; urgency=low\n\n  * CVE-2031-0003\n\n -- A <a@b>  Wed, 01 Jan 2031 00:00:00 +0000\n\n"
    "zfoo (1.2-1) bullseye-security; urgency=low\n\n  * CVE-2031-0004\n\n -- A <a@b>  Wed, 01 Jan 2031 00:00:00 "
    "+0000\n\n"
    "zfoo (1.1-1) experimental; urgency=low\n\n  * CVE-2031-0002\n\n -- A <a@b>  Tue, 01 Jan 2030 00:00:00 +0000\n";

TEST(Changelog, OldestCountingEntryOfTheRelease) {
  const auto facts = facts_for_release(parse_changelog(kHistory), "debian:12");
  ASSERT_EQ(facts.fixes.size(), 3u);
  EXPECT_EQ(facts.fixes[0].id, "CVE-2031-0001");
  EXPECT_EQ(facts.fixes[0].version, "1.2-3~deb12u1");  // the first rebuild of 1.2-3, which is below 1.2-3
  EXPECT_EQ(facts.fixes[0].date, "2031-01-01T00:00:00Z");
  EXPECT_EQ(facts.fixes[1].id, "CVE-2031-0002");
  EXPECT_EQ(facts.fixes[1].version, "1.1-1");
  EXPECT_EQ(facts.fixes[2].id, "CVE-2031-0005");
  EXPECT_EQ(facts.fixes[2].version, "1.2-3~deb12u2");
  EXPECT_EQ(facts.without_fix, (Ids{"CVE-2031-0003", "CVE-2031-0004"}));
}

TEST(Changelog, OtherReleasesAndNone) {
  const auto entries = parse_changelog(kHistory);
  EXPECT_EQ(facts_for_release(entries, "debian:11").fixes.back().id, "CVE-2031-0004");
  const auto none = facts_for_release(entries, "");
  ASSERT_EQ(none.fixes.size(), 2u);
  EXPECT_EQ(none.fixes[0].version, "1.2-3");  // the rebuild is for another release
}

TEST(Changelog, VersionSuffixNamesTheRelease) {
  const auto entries = parse_changelog(
      "zfoo (1.2-3+deb12u5) bullseye-security; urgency=low\n\n  * CVE-2031-0001\n\n -- A <a@b>  x\n"
      "zfoo (1.2-3+deb12) bullseye; urgency=low\n\n  * CVE-2031-0002\n\n -- A <a@b>  x\n");
  const auto facts = facts_for_release(entries, "debian:12");
  ASSERT_EQ(facts.fixes.size(), 1u);
  EXPECT_EQ(facts.fixes[0].version, "1.2-3+deb12u5");
  EXPECT_EQ(facts.without_fix, (Ids{"CVE-2031-0002"}));
}

}  // namespace
}  // namespace limpid::advisory

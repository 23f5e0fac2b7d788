#include "service/redhat_vex.h"

#include <map>

#include <gtest/gtest.h>

#include "base/text.h"

namespace limpid::service {
namespace {

using Texts = std::vector<std::string>;
const std::string kBase = "https://e.invalid/vex/";

// "name version" of each, with "(gone)" for what was taken away; the code of an error.
Texts files(std::map<std::string, std::string> pages, const Texts& kept = {}) {
  const auto listed = redhat_vex_files(kBase, kept, [&](const std::string& url) -> Result<std::string> {
    const auto page = pages.find(url.substr(kBase.size()));
    if (page == pages.end()) return fail(Code::not_found, {url});
    return page->second;
  });
  if (!listed) return {std::string(base::name_of(listed.error().code()))};
  Texts lines;
  for (const FeedFile& file : *listed) {
    EXPECT_EQ(file.url, kBase + file.name);
    lines.push_back(base::cat({file.name, " ", file.version, file.text.empty() ? "" : " (gone)"}));
  }
  return lines;
}

const std::string kNewest = "csaf_vex_2031-01-10.tar.zst", kOlder = "csaf_vex_2031-01-02.tar.zst";
const std::string kChanges =
    "\"2031/cve-2031-0003.json\",\"2031-01-11T03:04:05+00:00\"\n\"2030/"
    "cve-2030-0002.json\",\"2031-01-10T00:00:00+00:00\"\r\n"
    "\"2030/cve-2030-0002.json\",\"2031-01-05T00:00:00+00:00\"\n\n\"2029/"
    "cve-2029-0001.json\",\"2031-01-04T00:00:00+00:00\"\n"
    "\"2001/cve-2001-0001.json\",\"2030-12-31T23:59:59+00:00\"\n";

TEST(RedHatVex, TheNewestArchiveAndWhatChangedSinceItsDay) {
  EXPECT_EQ(files({{"archive_latest.txt", kNewest + "\n"}, {"changes.csv", kChanges}}),
            (Texts{"2030/cve-2030-0002.json 2031-01-10T00:00:00", "2031/cve-2031-0003.json 2031-01-11T03:04:05",
                   kNewest + " " + kNewest}));
}

TEST(RedHatVex, AnArchiveThatWeHaveIsKept) {
  const std::map<std::string, std::string> pages = {{"archive_latest.txt", kNewest}, {"changes.csv", kChanges}};
  const Texts with_older = {"2029/cve-2029-0001.json 2031-01-04T00:00:00",
                            "2030/cve-2030-0002.json 2031-01-10T00:00:00",
                            "2031/cve-2031-0003.json 2031-01-11T03:04:05", kOlder + " " + kOlder};
  EXPECT_EQ(files(pages, {kOlder}), with_older);
  EXPECT_EQ(files(pages, {"csaf_vex_2030-01-02.tar.zst", kOlder, "other", "vex-archive.tar.zst"}), with_older);
  EXPECT_EQ(files(pages, {kNewest}).back(), kNewest + " " + kNewest);
  EXPECT_EQ(files(pages, {"csaf_vex_2031-02-01.tar.zst"}).back(), kNewest + " " + kNewest);  // of the future
}

TEST(RedHatVex, AfterTooManyChangesTheNewestArchiveIsBetter) {
  std::string changes;
  for (std::size_t i = 0; i <= kVexChangesMax; ++i)
    base::append(changes, {"\"2031/cve-2031-", 10'000 + i, ".json\",\"2031-01-05T00:00:00+00:00\"\n"});
  EXPECT_EQ(files({{"archive_latest.txt", kNewest}, {"changes.csv", changes}}, {kOlder}),
            (Texts{kNewest + " " + kNewest}));
}

TEST(RedHatVex, DocumentsThatWereTakenAwayAndCameBack) {
  EXPECT_EQ(
      files({{"archive_latest.txt", kNewest},
             {"changes.csv", kChanges},
             {"deletions.csv",
              "\"2031/cve-2031-0003.json\",\"2031-01-11T00:00:00+00:00\"\n"      // it came back
              "\"2030/cve-2030-0002.json\",\"2031-01-12T00:00:00+00:00\"\n"      // it changed before
              "\"2028/cve-2028-0001.json\",\"2031-01-10T08:00:00+00:00\"\n"      // it did not
              "\"2027/cve-2027-0001.json\",\"2031-01-01T08:00:00+00:00\"\n"}}),  // long ago
      (Texts{"2028/cve-2028-0001.json 2031-01-10T08:00:00 (gone)", "2030/cve-2030-0002.json 2031-01-12T00:00:00 (gone)",
             "2031/cve-2031-0003.json 2031-01-11T03:04:05", kNewest + " " + kNewest}));
}

TEST(RedHatVex, WithoutListsThereIsTheArchive) {
  EXPECT_EQ(files({{"archive_latest.txt", kNewest}}, {kOlder}), (Texts{kNewest + " " + kNewest}));
  // One that does not tell its day is asked for each time.
  EXPECT_EQ(files({{"archive_latest.txt", "vex-archive.tar.zst"}, {"changes.csv", kChanges}}, {kOlder}),
            (Texts{"vex-archive.tar.zst "}));
}

TEST(RedHatVex, WhatIsNoListFails) {
  for (const auto* wrong :
       {"<html>", "\"../x.json\",\"2031-01-11T03:04:05+00:00\"", "\"2031/../../x.json\",\"2031-01-11T03:04:05+00:00\"",
        "\"2031/cve-2031-0001.json\",\"yesterday\"", "\"2031/cve-2031-0001.json\"",
        "\"2031/cve-2031-0001.json\",\"2031-01-11T03:04:05+02:00\"",
        "\"http://x/2031/cve.json\",\"2031-01-11T03:04:05+00:00\""}) {
    EXPECT_EQ(files({{"archive_latest.txt", kNewest}, {"changes.csv", wrong}}), Texts{"invalid"}) << wrong;
    EXPECT_EQ(files({{"archive_latest.txt", kNewest}, {"changes.csv", ""}, {"deletions.csv", wrong}}),
              Texts{"invalid"});
  }
}

}  // namespace
}  // namespace limpid::service

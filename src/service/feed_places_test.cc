#include "service/feed_places.h"

#include <map>

#include <gtest/gtest.h>

#include "advisory/feed.h"
#include "base/text.h"
#include "service/update.h"

namespace limpid::service {
namespace {

std::vector<std::string> urls(const FeedSource& source, const std::map<std::string, std::string>& pages = {}) {
  const auto place = find_place(source);
  if (!place) return {std::string(base::name_of(place.error().code()))};
  const auto files = list_files(source, *place, [&](const std::string& url) -> Result<std::string> {
    const auto found = pages.find(url);
    if (found == pages.end()) return fail(Code::not_found, {url});
    return found->second;
  });
  if (!files) return {std::string(base::name_of(files.error().code()))};
  std::vector<std::string> texts;
  for (const FeedFile& file : *files) texts.push_back(file.name + " " + file.url);
  return texts;
}
using Texts = std::vector<std::string>;

TEST(FeedPlaces, DefaultsNameFeedsAndHaveFiles) {
  ASSERT_FALSE(default_feeds().empty());
  for (const FeedSource& source : default_feeds()) {
    EXPECT_NE(advisory::find_feed(source.feed), nullptr) << source.feed;
    EXPECT_TRUE(source.url.starts_with("https://")) << source.url;
    EXPECT_TRUE(find_place(source)) << source.url;
  }
}

TEST(FeedPlaces, OsvAndDistroInfoHaveKnownFilesBelow) {
  EXPECT_EQ(
      urls({"osv", "https://e.invalid/b/", "", ""}),
      (Texts{"Alpaquita/all.zip https://e.invalid/b/Alpaquita/all.zip",
             "Alpine/all.zip https://e.invalid/b/Alpine/all.zip",
             "Chainguard/all.zip https://e.invalid/b/Chainguard/all.zip",
             "Debian/all.zip https://e.invalid/b/Debian/all.zip", "Echo/all.zip https://e.invalid/b/Echo/all.zip",
             "Mageia/all.zip https://e.invalid/b/Mageia/all.zip", "MinimOS/all.zip https://e.invalid/b/MinimOS/all.zip",
             "Ubuntu/all.zip https://e.invalid/b/Ubuntu/all.zip", "Wolfi/all.zip https://e.invalid/b/Wolfi/all.zip",
             "openEuler/all.zip https://e.invalid/b/openEuler/all.zip"}));
  EXPECT_EQ(urls({"photon", "https://e.invalid/p/", "", ""}),
            (Texts{"cve_data_photon3.0.json https://e.invalid/p/cve_data_photon3.0.json",
                   "cve_data_photon4.0.json https://e.invalid/p/cve_data_photon4.0.json",
                   "cve_data_photon5.0.json https://e.invalid/p/cve_data_photon5.0.json"}));
  EXPECT_EQ(urls({"osv", "https://e.invalid/b/Go/all.zip", "", ""}), (Texts{"all.zip https://e.invalid/b/Go/all.zip"}));
  EXPECT_EQ(urls({"distro-info", "https://e.invalid", "", ""}),
            (Texts{"debian.csv https://e.invalid/debian.csv", "ubuntu.csv https://e.invalid/ubuntu.csv"}));
  EXPECT_EQ(urls({"almalinux", "https://e.invalid/", "", ""}),
            (Texts{"10/errata.full.json https://e.invalid/10/errata.full.json",
                   "8/errata.full.json https://e.invalid/8/errata.full.json",
                   "9/errata.full.json https://e.invalid/9/errata.full.json"}));
  EXPECT_EQ(urls({"debian-lists", "https://e.invalid/data/", "", ""}),
            (Texts{"DLA/list https://e.invalid/data/DLA/list", "DSA/list https://e.invalid/data/DSA/list"}));
  EXPECT_EQ(urls({"debian-security-support", "https://e.invalid/s/", "", ""}),
            (Texts{"security-support-ended.deb10 https://e.invalid/s/security-support-ended.deb10",
                   "security-support-ended.deb11 https://e.invalid/s/security-support-ended.deb11",
                   "security-support-ended.deb12 https://e.invalid/s/security-support-ended.deb12",
                   "security-support-limited https://e.invalid/s/security-support-limited"}));
  const Texts nvd = urls({"nvd", "https://e.invalid/2.0/", "", ""});
  EXPECT_GE(nvd.size(), 23U);  // a file for each year since 2002
  EXPECT_EQ(nvd.front(), "nvdcve-2.0-2002.json.gz https://e.invalid/2.0/nvdcve-2.0-2002.json.gz");
  EXPECT_EQ(urls({"debian", "https://e.invalid/", "", ""}), (Texts{"usage"}));
  EXPECT_EQ(urls({"debian", "gopher://e.invalid/x", "", ""}), (Texts{"usage"}));
  EXPECT_EQ(urls({"debian", "", "", ""}), (Texts{"usage"}));
  EXPECT_EQ(urls({"osv", "https://e.invalid/b/?x=/", "", ""}), (Texts{"usage"}));
}

TEST(FeedPlaces, RedHatNamesItsNewestArchive) {
  const FeedSource redhat{"redhat", "https://e.invalid/vex/", "", ""};
  const auto named = [&](const std::string& name) {
    return urls(redhat, {{"https://e.invalid/vex/archive_latest.txt", name}});
  };
  EXPECT_EQ(named("csaf_vex_2024-08-04.tar.zst\n"),
            (Texts{"csaf_vex_2024-08-04.tar.zst https://e.invalid/vex/csaf_vex_2024-08-04.tar.zst"}));
  for (const char* wrong : {"", "../x", "/x", "a b", "https://other.invalid/x", ".hidden"})
    EXPECT_EQ(named(wrong), (Texts{"invalid"})) << wrong;
  EXPECT_EQ(urls(redhat), (Texts{"not found"}));
}

TEST(FeedPlaces, AlpineIndexIsReadConservatively) {
  const FeedSource alpine{"alpine", "https://e.invalid/s/", "", ""};
  const std::map<std::string, std::string> pages = {
      {"https://e.invalid/s/",
       "<a href=\"v3.9/\">x</a><a href=/s/v3.10/>x</a><a href='https://e.invalid/s/edge/'>x</a>"
       "<a href=\"v3.9/\">again</a><a href=\"../v3.1/\">x</a><a href=\"v3.2/../../\">x</a>"
       "<a href=\"https://other.invalid/s/v3.3/\">x</a><a href=\"v3./\">x</a><a href=\"v3.4\">x</a>"
       "<b href=\"v3.5/\">x</b><a name=\"v3.6/\">x</a><a title=\">\" href=\"v3.7/\">x</a><a "},
      {"https://e.invalid/s/v3.9/", "<a href=\"main.json\">"},
      {"https://e.invalid/s/v3.10/", "<a href=\"community.json\"><a href=\"main.yaml\"><a href=\"x/main.json\">"},
      {"https://e.invalid/s/edge/", "<html>"}};
  EXPECT_EQ(urls(alpine, pages), (Texts{"v3.10/community.json https://e.invalid/s/v3.10/community.json",
                                        "v3.9/main.json https://e.invalid/s/v3.9/main.json"}));
  // A base that is one branch, an index of nothing, and none at all.
  EXPECT_EQ(urls({"alpine", "https://e.invalid/s/v3.9/", "", ""}, pages),
            (Texts{"main.json https://e.invalid/s/v3.9/main.json"}));
  EXPECT_EQ(urls({"alpine", "https://e.invalid/s/edge/", "", ""}, pages), (Texts{"invalid"}));
  EXPECT_EQ(urls(alpine), (Texts{"not found"}));
}

TEST(FeedPlaces, AnchorsInBoundedTime) {
  std::string page;
  for (int i = 0; i < 250'000; ++i) page += "<a <";
  EXPECT_TRUE(anchors_of(page).empty());
  EXPECT_TRUE(anchors_of("<").empty());
  EXPECT_TRUE(anchors_of("<a").empty());
  EXPECT_EQ(anchors_of("<a href=").size(), 0U);
  EXPECT_EQ(anchors_of("<a href=\"x").at(0), "x");
}

TEST(FeedPlaces, FileUrls) {
  const auto path = [](const std::string& url) {
    const auto place = find_place({"alpine", url, "", ""});
    return place ? place->path : std::string(base::name_of(place.error().code()));
  };
  EXPECT_EQ(path("file:///a%20b"), "/a b");
  EXPECT_EQ(path("FILE:/a"), "/a");
  EXPECT_EQ(path("file://localhost/a"), "/a");
  EXPECT_EQ(path("file://host/a"), "usage");
  EXPECT_EQ(path("file:///a%2"), "usage");
  EXPECT_EQ(path("file:///a%00"), "usage");
  EXPECT_EQ(path("a/b"), "a/b");
}

TEST(FeedPlaces, PrintablePlacesKeepNoSecrets) {
  EXPECT_EQ(printable_place("https://u:p@e.invalid/a?token=x#y"), "https://e.invalid/a");
  EXPECT_EQ(printable_place("/a/b"), "/a/b");
}

}  // namespace
}  // namespace limpid::service

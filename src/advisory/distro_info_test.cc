#include "advisory/list.h"
#include "advisory/sink_for_test.h"

namespace limpid::advisory {
namespace {

TEST(DistroInfo, ColumnsByHeader) {
  const FeedFolder folder;
  folder.write("debian.csv",
               "series,version,codename,release,eol,eol-elts,eol-lts\n"
               "zwolf,12,Zwolf,2023-06-10,2026-07-11,2033-06-30,2028-06-30\n"
               "etch,4.0,Etch,2007-04-08,2010-02-15\n"
               "\n"
               "sid,,Sid\n"
               "duke,15,Duke,soon\n");
  folder.write("ubuntu.csv",
               "version,codename,series,created,release,eol,eol-server,eol-esm\n"
               "22.04 LTS,J,jammy,2021-10-14,2022-04-21,2027-06-01,2027-06-01,2032-04-21\r\n");
  folder.write("other.csv", "a,b\n");
  CollectingSink sink;
  const auto counts = find_feed("distro-info")->read({.path = folder.path(), .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 5u);
  EXPECT_EQ(counts->dropped.at("no release number"), 1u);
  ASSERT_EQ(sink.end_of_lifes.size(), 4u);
  EXPECT_EQ(sink.end_of_lifes[0].name_space, "debian:12");
  EXPECT_EQ(sink.end_of_lifes[0].codename, "zwolf");
  EXPECT_EQ(sink.end_of_lifes[0].released, "2023-06-10");
  EXPECT_EQ(sink.end_of_lifes[0].standard, "2026-07-11");
  EXPECT_EQ(sink.end_of_lifes[0].extended, "2028-06-30");
  EXPECT_EQ(sink.end_of_lifes[0].paid, "2033-06-30");
  EXPECT_EQ(sink.end_of_lifes[1].name_space, "debian:4");
  EXPECT_EQ(sink.end_of_lifes[1].paid, "");
  EXPECT_EQ(sink.end_of_lifes[2].released, "");
  EXPECT_EQ(sink.end_of_lifes[3].name_space, "ubuntu:22.04");
  EXPECT_EQ(sink.end_of_lifes[3].extended, "");
  EXPECT_EQ(sink.end_of_lifes[3].paid, "2032-04-21");
}

TEST(DistroInfo, OtherTablesFail) {
  CollectingSink sink;
  EXPECT_FALSE(read_text(distro_info_feed(), "", sink, "debian.csv"));
  EXPECT_FALSE(read_text(distro_info_feed(), "a,b\n1,2\n", sink, "debian.csv"));
}

TEST(DistroInfo, RealTablesAgreeWithKnownLifecycles) {
  const auto path = shared_data("debian/distro-info");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  ASSERT_TRUE(distro_info_feed().read({.path = path, .name_space = ""}, sink));
  std::size_t compared = 0;
  for (const auto& known : known_lifecycles()) {
    for (const auto& read : sink.end_of_lifes) {
      if (read.name_space != known.name_space) continue;
      ++compared;
      EXPECT_EQ(read.codename, known.codename);
      EXPECT_EQ(read.released, known.released) << read.name_space;
      EXPECT_EQ(read.standard, known.standard) << read.name_space;
      EXPECT_EQ(read.extended, known.extended) << read.name_space;
      EXPECT_EQ(read.paid, known.paid) << read.name_space;
    }
  }
  EXPECT_GT(compared, 30u);
}

TEST(Registry, NamesAreUniqueAndFound) {
  for (const auto* feed : feeds()) {
    EXPECT_EQ(find_feed(feed->name()), feed);
    EXPECT_FALSE(feed->description().empty());
  }
  EXPECT_EQ(find_feed("none"), nullptr);
  EXPECT_GE(feeds().size(), 26u);
}

}  // namespace
}  // namespace limpid::advisory

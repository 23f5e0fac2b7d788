#include "advisory/list.h"
#include "advisory/sink_for_test.h"
#include "base/text.h"

namespace limpid::advisory {
namespace {

TEST(Endoflife, ThreeForms) {
  const FeedFolder folder;
  folder.write(
      "debian.json",
      R"([{"cycle":"12","codename":"B","releaseDate":"2023-06-10","eol":"2026-07-11","extendedSupport":"2028-06-30"},
                                  {"cycle":"3.0","eol":true,"extendedSupport":false}])");
  folder.write("v1/ubuntu.json", R"({"schema_version":"1.2.1","result":{"name":"ubuntu","releases":[
                                  {"name":"22.04","releaseDate":"2022-04-21","eolFrom":"2027-04-01","eoesFrom":"2032-04-09"}]}})");
  folder.write("v1/full.json", R"({"result":[{"name":"nginx","releases":[{"name":"1.2"}]},
                                  {"name":"alpine-linux","releases":[{"name":"3.19","eolFrom":"2025-11-01"}]}]})");
  CollectingSink sink;
  const auto counts = endoflife_feed().read({.path = folder.path(), .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 5u);
  EXPECT_EQ(dropped_in_all(*counts), 1u);
  ASSERT_EQ(sink.end_of_lifes.size(), 4u);
  EXPECT_EQ(sink.end_of_lifes[0].name_space, "debian:12");
  EXPECT_EQ(sink.end_of_lifes[0].codename, "bookworm");
  EXPECT_EQ(sink.end_of_lifes[0].standard, "2026-07-11");
  EXPECT_EQ(sink.end_of_lifes[0].extended, "2028-06-30");
  EXPECT_EQ(sink.end_of_lifes[0].paid, "");
  EXPECT_EQ(sink.end_of_lifes[1].name_space, "debian:3.0");
  EXPECT_EQ(sink.end_of_lifes[1].standard, "");
  EXPECT_EQ(sink.end_of_lifes[2].name_space, "alpine:v3.19");
  EXPECT_EQ(sink.end_of_lifes[3].name_space, "ubuntu:22.04");
  EXPECT_EQ(sink.end_of_lifes[3].paid, "2032-04-09");
}

TEST(Endoflife, ReleasesOfEveryDistribution) {
  const auto name_space = [](std::string_view product, std::string_view release) {
    CollectingSink sink;
    const std::string text = base::cat(
        {R"({"result":{"name":")", product, R"(","releases":[{"name":")", release, R"(","eolFrom":"2030-01-01"}]}})"});
    EXPECT_TRUE(read_text(endoflife_feed(), text, sink, "product.json")) << text;
    return sink.end_of_lifes.empty() ? std::string() : sink.end_of_lifes[0].name_space;
  };
  EXPECT_EQ(name_space("almalinux", "9"), "almalinux:9");
  EXPECT_EQ(name_space("amazon-linux", "2023"), "amzn:2023");
  EXPECT_EQ(name_space("centos", "7"), "centos:7");
  EXPECT_EQ(name_space("centos-stream", "9"), "centos-stream:9");
  EXPECT_EQ(name_space("cos", "cos-129"), "cos:129");
  EXPECT_EQ(name_space("fedora", "44"), "fedora:44");
  EXPECT_EQ(name_space("linuxmint", "22.3"), "linuxmint:22.3");
  EXPECT_EQ(name_space("linuxmint", "lmde7"), "linuxmint:7");
  EXPECT_EQ(name_space("opensuse", "15.6"), "opensuse-leap:15.6");
  EXPECT_EQ(name_space("opensuse", "42.3"), "opensuse:42.3");
  EXPECT_EQ(name_space("oracle-linux", "8"), "ol:8");
  EXPECT_EQ(name_space("rhel", "9"), "rhel:9");
  EXPECT_EQ(name_space("rocky-linux", "9"), "rocky:9");
  EXPECT_EQ(name_space("sles", "15.7"), "sles:15.7");
  EXPECT_EQ(name_space("sles", "15.0"), "sles:15");
  EXPECT_EQ(name_space("sles", "16.0"), "sles:16.0");
  EXPECT_EQ(name_space("suse-linux-micro", "6.1"), "sle-micro:6.1");
  EXPECT_EQ(name_space("nginx", "1.2"), "");
  EXPECT_EQ(name_space("rhel", "9 or so"), "");
  EXPECT_EQ(name_space("rhel", ""), "");
}

TEST(Endoflife, WhoPaysForItIsToldApart) {
  CollectingSink sink;
  ASSERT_TRUE(read_text(endoflife_feed(), R"([{"cycle":"7","eol":"2024-06-30","extendedSupport":"2029-05-31"}])", sink,
                        "rhel.json"));
  ASSERT_EQ(sink.end_of_lifes.size(), 1u);
  EXPECT_EQ(sink.end_of_lifes[0].extended, "");
  EXPECT_EQ(sink.end_of_lifes[0].paid, "2029-05-31");
}

TEST(Endoflife, OtherDocumentsFail) {
  CollectingSink sink;
  for (const std::string_view text : {"", "{}", "[", R"({"result":7})", "7"}) {
    EXPECT_FALSE(read_text(endoflife_feed(), text, sink, "debian.json")) << text;
  }
}

TEST(Endoflife, RealDocument) {
  const auto path = shared_data("endoflife/products-full.json");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  ASSERT_TRUE(endoflife_feed().read({.path = path, .name_space = ""}, sink));
  EXPECT_GT(sink.end_of_lifes.size(), 80u);
  std::size_t compared = 0;
  for (const auto& known : known_lifecycles()) {
    // Debian's and Ubuntu's are those of distro-info.
    if (known.name_space.starts_with("debian:") || known.name_space.starts_with("ubuntu:")) continue;
    for (const auto& read : sink.end_of_lifes) {
      if (read.name_space != known.name_space) continue;
      ++compared;
      EXPECT_EQ(read.released, known.released) << known.name_space;
      EXPECT_EQ(read.standard, known.standard) << known.name_space;
      EXPECT_TRUE(read.paid == known.paid || read.paid == read.standard) << known.name_space;
    }
  }
  EXPECT_GT(compared, 120u);
}

}  // namespace
}  // namespace limpid::advisory

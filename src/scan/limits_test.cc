#include "scan/limits.h"

#include <set>

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/text.h"

namespace limpid::scan {
namespace {

TEST(Limits, EachIsSetByItsName) {
  std::set<std::string_view> names;
  for (const Limit& limit : limits()) {
    EXPECT_TRUE(names.insert(limit.name).second) << limit.name;
    EXPECT_EQ(find_limit(limit.name), &limit);
    for (const std::uint64_t value : {limit.least, limit.most}) {
      Limits set;
      ASSERT_TRUE(set_limit(set, limit.name, base::cat({value}))) << limit.name;
      EXPECT_EQ(limit.get(set), value) << limit.name;
      for (const Limit& other : limits()) {
        if (&other == &limit) continue;
        EXPECT_EQ(other.get(set), other.get(Limits{})) << limit.name << " set " << other.name;
      }
    }
    const Limits defaults;
    EXPECT_GE(limit.get(defaults), limit.least) << limit.name;
    EXPECT_LE(limit.get(defaults), limit.most) << limit.name;
  }
}

TEST(Limits, RefuseWhatIsNone) {
  Limits to;
  const auto error = [&](std::string_view name, std::string_view value) {
    const auto set = set_limit(to, name, value);
    return set ? std::string() : set.error().describe();
  };
  EXPECT_EQ(error("layer", "5"), "there is no limit 'layer'");
  EXPECT_EQ(error("layers", "0"), "layers: has to be from 1 to 4294967295");
  EXPECT_EQ(error("layers", "4294967296"), "layers: has to be from 1 to 4294967295");
  EXPECT_EQ(error("layers", "many"), "layers: has to be a whole number");
  EXPECT_EQ(error("layers", "1KiB"), "layers: has to be a whole number");
  EXPECT_EQ(error("header-size", "511"), "header-size: has to be from 512 to 2GiB");
  EXPECT_EQ(error("header-size", "-1"),
            "header-size: no size: write a number of bytes, or one with KiB, MiB, GiB or TiB");
  for (const Limit& limit : limits()) EXPECT_EQ(limit.get(to), limit.get(Limits{})) << limit.name;
}

TEST(Limits, SizesHaveUnits) {
  Limits to;
  ASSERT_TRUE(set_limit(to, "unpacked-size", "3GiB"));
  EXPECT_EQ(to.inflate.output_max, std::uint64_t{3} << 30);
  // A window is a power of two: what is between two of them allows the smaller one.
  ASSERT_TRUE(set_limit(to, "zstd-window", "100MiB"));
  EXPECT_EQ(to.inflate.zstd_window_log_max, 26U);
  ASSERT_TRUE(set_limit(to, "skipped", "7"));
  EXPECT_EQ(to.tar.skipped_max, 7U);
  EXPECT_EQ(to.layer.skipped_max, 7U);
}

TEST(Limits, ReachTheImage) {
  Limits limits;
  limits.inflate.output_max = 1;
  limits.tar.entries_max = 2;
  limits.image.layers_max = 3;
  limits.image.manifest_size_max = 4;
  limits.layer.memory_max = 5;
  image::OpenOptions to;
  apply(limits, to);
  EXPECT_EQ(to.inflate.output_max, 1U);
  EXPECT_EQ(to.tar.entries_max, 2U);
  EXPECT_EQ(to.limits.layers_max, 3U);
  EXPECT_EQ(to.registry.manifest_size_max, 4U);
  EXPECT_EQ(to.limits.toc_memory_max, 5U);
}

// The table of docs/limits.md is this list, line by line.
TEST(Limits, AreDocumented) {
  const auto text = base::read_file(LIMPID_SOURCE_DIR "/docs/limits.md", 1 << 20);
  ASSERT_TRUE(text);
  std::string table = "| limit | default | of |\n|---|---|---|\n";
  for (const Limit& limit : limits())
    base::append(table,
                 {"| `", limit.name, "` | ", print_limit(limit, limit.get(Limits{})), " | ", limit.what, " |\n"});
  EXPECT_NE(text->find(table + "\n"), std::string::npos) << table;
}

TEST(Limits, AreListed) {
  std::string list = list_limits();
  std::string_view rest = list;
  ASSERT_TRUE(base::take_line(rest).value().starts_with("LIMIT"));
  for (const Limit& limit : limits()) {
    const std::string_view line = base::take_line(rest).value();
    EXPECT_TRUE(line.starts_with(limit.name)) << line;
    EXPECT_TRUE(line.ends_with(limit.what)) << line;
  }
}

}  // namespace
}  // namespace limpid::scan

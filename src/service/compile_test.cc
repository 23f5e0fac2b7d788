// Several feeds at once give the file that they give one after the other, and the fault of one ends all.
#include "service/compile.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/text.h"

namespace limpid::service {
namespace {

class CompilationTest : public ::testing::Test {
 protected:
  std::string path(std::string_view name) const { return base::cat({folder_.path(), "/", name}); }
  void write(std::string_view name, const std::string& text) {
    ASSERT_TRUE(base::write_file_atomically(path(name), base::as_bytes(text)));
  }
  void SetUp() override {
    std::string debian = "{", epss = "#model_version:v1,score_date:2031-01-02T00:00:00+0000\ncve,epss,percentile\n";
    for (int i = 0; i < 300; ++i) {
      base::append(
          debian, {i == 0 ? "" : ",", "\"zfoo", i % 40, "\":{\"CVE-2031-", 1000 + i, "\":{\"description\":\"Number ", i,
                   "\",\"releases\":{\"bookworm\":{\"status\":\"resolved\",\"fixed_version\":\"1.", i % 7,
                   "-1\",\"urgency\":\"low\"}}}}"});
      base::append(epss, {"CVE-2031-", 1000 + i, ",0.0", 100 + i, ",0.5\n"});
    }
    write("debian.json", debian + "}");
    write("epss.csv", epss);
    write("arch.json",
          R"([{"name":"AVG-1","packages":["zfoo1"],"status":"Fixed","fixed":"1-1","issues":["CVE-2031-1001"]}])");
  }
  Compilation::Input input(std::string_view feed, std::string_view name) const {
    return {.feed = advisory::find_feed(feed), .input = {path(name), ""}, .shown = std::string(name)};
  }

  const base::TemporaryDirectory folder_ = base::TemporaryDirectory::make("compile").value();
};

TEST_F(CompilationTest, SeveralAtOnceGiveTheSameFile) {
  const std::vector inputs = {input("debian", "debian.json"), input("epss", "epss.csv"), input("arch", "arch.json"),
                              input("debian", "debian.json")};
  Compilation one_by_one;
  for (const auto& one : inputs) ASSERT_TRUE(one_by_one.add(*one.feed, one.input, one.shown));
  ASSERT_TRUE(one_by_one.write(path("first.db")));
  const auto expected = base::read_file(path("first.db"), 1 << 24).value();
  for (int round = 0; round < 8; ++round) {
    Compilation at_once;
    const auto results = at_once.add_all(inputs);
    ASSERT_EQ(results.size(), inputs.size());
    for (const auto& result : results) ASSERT_TRUE(result) << result.error().describe();
    EXPECT_EQ(results[0]->info.records, 300U);
    EXPECT_EQ(results[2]->info.name, "arch");
    ASSERT_TRUE(at_once.write(path("other.db")));
    ASSERT_EQ(base::read_file(path("other.db"), 1 << 24).value(), expected) << round;
  }
}

TEST_F(CompilationTest, TheFaultOfOneIsItsOwn) {
  write("debian.json", "{\"zfoo\":");
  Compilation compilation;
  const auto results = compilation.add_all({input("epss", "epss.csv"), input("debian", "debian.json")});
  ASSERT_FALSE(results[1]);
  EXPECT_EQ(results[1].error().code(), Code::truncated);
  EXPECT_TRUE(results[0] || results[0].error().code() == Code::cancelled);
  EXPECT_TRUE(compilation.add_all({}).empty());
}

TEST_F(CompilationTest, CancellingEndsAll) {
  const std::atomic<bool> cancel = true;
  Compilation compilation(&cancel);
  for (const auto& result : compilation.add_all({input("epss", "epss.csv"), input("debian", "debian.json")})) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Code::cancelled);
  }
}

}  // namespace
}  // namespace limpid::service

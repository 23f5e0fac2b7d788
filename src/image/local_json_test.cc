#include "image/local_json.h"

#include <gtest/gtest.h>

#include "image/testing.h"

namespace limpid::image {
namespace {

using testing::digest_of;
using testing::error_of;

using Steps = std::vector<std::string>;

TEST(Inspected, SaysWhatTheImageIs) {
  const std::string id = digest_of("config");
  const auto image = parse_inspected(
      base::cat({R"({"Id":")", id, R"(","RepoTags":["x:1"],"Created":"2024-01-02T03:04:05Z","Author":"me",)",
                 R"("Config":{"User":"u","Env":["A=b"],"Entrypoint":null,"Cmd":["c"],"Labels":{"k":"v"}},)",
                 R"("Architecture":"arm","Variant":"v7","Os":"linux","RootFS":{"Type":"layers","Layers":[")",
                 digest_of("one"), R"("]},"Descriptor":{"digest":")", digest_of("other"), R"("}})"}));
  ASSERT_TRUE(image) << error_of(image);
  EXPECT_EQ(image->id.to_string(), id);
  EXPECT_FALSE(image->id_is_manifest);
  EXPECT_EQ(image->tags, Steps{"x:1"});
  EXPECT_EQ(to_string(image->config.platform), "linux/arm/v7");
  EXPECT_EQ(image->config.user, "u");
  EXPECT_EQ(image->config.command, Steps{"c"});
  EXPECT_EQ(image->config.labels.at("k"), "v");
  ASSERT_EQ(image->config.diff_ids.size(), 1U);
  EXPECT_EQ(image->config.diff_ids[0].to_string(), digest_of("one"));
}

TEST(Inspected, TellsAStoreWhoseIdsAreManifests) {
  const std::string id = digest_of("manifest");
  const auto image = parse_inspected(base::cat({R"({"Id":")", id, R"(","Descriptor":{"digest":")", id, R"("}})"}));
  ASSERT_TRUE(image) << error_of(image);
  EXPECT_TRUE(image->id_is_manifest);
}

TEST(Inspected, RefusesWhatItCannotUse) {
  EXPECT_FALSE(parse_inspected("[]"));
  EXPECT_CONTAINS(error_of(parse_inspected(R"({"Id":"x"})")), "Id");
  const std::string id = base::cat({R"({"Id":")", digest_of("c"), R"(",)"});
  EXPECT_CONTAINS(error_of(parse_inspected(id + R"("RootFS":{"Type":"block"}})")), "'block'");
  EXPECT_CONTAINS(error_of(parse_inspected(id + R"("RootFS":{"Type":"layers","Layers":["x"]}})")), "RootFS.Layers[0]");
  EXPECT_CONTAINS(error_of(parse_inspected(id + R"("RepoTags":5})")), "RepoTags");
  std::string many = id + R"("RootFS":{"Layers":[)";
  for (int i = 0; i < 1001; ++i) base::append(many, {i == 0 ? "" : ",", "\"", digest_of("x"), "\""});
  EXPECT_EQ(parse_inspected(many + "]}}").error().code(), Code::limit);
}

TEST(DaemonHistory, IsTheNewestFirst) {
  const std::string text = R"([{"CreatedBy":"CMD x","Size":0},{"CreatedBy":"COPY y","Size":7},)"
                           R"({"CreatedBy":"ENV z","Size":0},{"CreatedBy":"ADD base","Size":9}])";
  EXPECT_EQ(parse_daemon_history(text, 2).value(), (Steps{"ADD base", "COPY y"}));
  EXPECT_EQ(parse_daemon_history(text, 4).value(), (Steps{"ADD base", "ENV z", "COPY y", "CMD x"}));
  // One layer adds no bytes, but which?
  EXPECT_EQ(parse_daemon_history(text, 3).value(), Steps(3));
  EXPECT_EQ(parse_daemon_history("[]", 1).value(), Steps(1));
  EXPECT_FALSE(parse_daemon_history("{}", 1));
  EXPECT_FALSE(parse_daemon_history(R"([{"Size":"x"}])", 1));
}

TEST(DaemonMessage, IsEmptyWhereThereIsNone) {
  EXPECT_EQ(parse_daemon_message(R"({"message":"no such image","response":404})"), "no such image");
  for (const std::string_view text : {"", "no JSON", "[]", "{}", R"({"message":5})"})
    EXPECT_EQ(parse_daemon_message(text), "");
}

TEST(Context, NamesAHost) {
  EXPECT_EQ(parse_current_context(R"({"currentContext":"far"})").value(), "far");
  EXPECT_EQ(parse_current_context("{}").value(), "");
  const auto far = parse_context(R"({"Name":"far","Endpoints":{"docker":{"Host":"unix:///x"}}})");
  EXPECT_EQ(far.value().host, "unix:///x");
  EXPECT_FALSE(far->skip_tls_verify);
  EXPECT_TRUE(parse_context(R"({"Endpoints":{"docker":{"Host":"x","SkipTLSVerify":true}}})").value().skip_tls_verify);
  EXPECT_FALSE(parse_context(R"({"Endpoints":{"docker":{"Host":"x","SkipTLSVerify":"no"}}})"));
  EXPECT_FALSE(parse_context(R"({"Endpoints":{"kubernetes":{}}})"));
  EXPECT_FALSE(parse_context("{}"));
}

}  // namespace
}  // namespace limpid::image

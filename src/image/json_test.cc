#include "image/json.h"

#include <gtest/gtest.h>

#include "image/source.h"
#include "image/testing.h"

namespace limpid::image {
namespace {

using testing::descriptor;
using testing::digest_of;
using testing::error_of;
using testing::kConfigType;
using testing::kLayerType;
using testing::kManifestType;

const std::string kConfigDescriptor = descriptor(kConfigType, "c");

std::string error_of_document(std::string_view text) { return error_of(parse_document(text)); }

TEST(Document, IsToldByWhatItHolds) {
  const auto manifest =
      parse_document(base::cat({R"({"schemaVersion":2,"mediaType":"x/wrong","config":)", kConfigDescriptor,
                                R"(,"layers":[)", descriptor(kLayerType, "l"), "]}"}));
  ASSERT_TRUE(manifest) << error_of(manifest);
  const auto& image = std::get<ImageManifest>(*manifest);
  EXPECT_EQ(image.config.media_type, kConfigType);
  ASSERT_EQ(image.layers.size(), 1U);
  EXPECT_EQ(image.layers[0].digest.to_string(), digest_of("l"));
  EXPECT_EQ(image.layers[0].size, 1U);

  const auto index = parse_document(base::cat(
      {R"({"manifests":[)",
       descriptor(kManifestType, "m",
                  R"(,"platform":{"os":"linux","architecture":"arm","variant":"v7"},"annotations":{"k":"v"})"),
       "]}"}));
  ASSERT_TRUE(index) << error_of(index);
  const auto& listed = std::get<Index>(*index).manifests;
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(to_string(listed[0].platform.value()), "linux/arm/v7");
  EXPECT_EQ(listed[0].annotations.at("k"), "v");
}

TEST(Document, NullIsAbsent) {
  const auto index = parse_document(R"({"schemaVersion":2,"manifests":null,"layers":null})");
  ASSERT_TRUE(index) << error_of(index);
  EXPECT_TRUE(std::get<Index>(*index).manifests.empty());
}

TEST(Document, RefusesTypeConfusion) {
  EXPECT_CONTAINS(error_of_document(R"({"manifests":[],"layers":[]})"), "both an index and a manifest");
  EXPECT_CONTAINS(error_of_document(base::cat({R"({"manifests":[],"config":)", kConfigDescriptor, "}"})),
                  "both an index and a manifest");
  EXPECT_CONTAINS(error_of_document(R"({"layers":[]})"), "no config");
  EXPECT_CONTAINS(error_of_document(R"({"schemaVersion":1,"fsLayers":[]})"), "schema 1");
  EXPECT_CONTAINS(error_of_document(R"({"schemaVersion":3})"), "schemaVersion");
}

TEST(Document, RefusesFieldsThatStandTwice) {
  const std::string twice =
      base::cat({R"({"mediaType":"a","mediaType":"b","digest":")", digest_of("x"), R"(","size":1})"});
  EXPECT_CONTAINS(error_of_document(base::cat({R"({"manifests":[)", twice, "]}"})),
                  "manifests[0] has two fields 'mediaType'");
  const std::string digests =
      base::cat({R"({"digest":")", digest_of("x"), R"(","digest":")", digest_of("y"), R"(","size":1})"});
  EXPECT_CONTAINS(error_of_document(base::cat({R"({"manifests":[)", digests, "]}"})), "two fields 'digest'");
  EXPECT_CONTAINS(error_of_document(R"({"manifests":[],"manifests":[]})"), "two fields 'manifests'");
  // null and a value are two as well.
  EXPECT_CONTAINS(error_of_document(R"({"manifests":null,"manifests":[]})"), "two fields 'manifests'");
}

TEST(Document, RefusesSizesAndDigestsThatAreNone) {
  const auto with = [](std::string_view fields) { return base::cat({R"({"manifests":[{)", fields, "}]}"}); };
  const std::string good = base::cat({R"("digest":")", digest_of("x"), "\""});
  EXPECT_CONTAINS(error_of_document(with(good + R"(,"size":-1)")), "negative size -1");
  EXPECT_CONTAINS(error_of_document(with(good + R"(,"size":1.5)")), "whole number");
  EXPECT_CONTAINS(error_of_document(with(good + R"(,"size":18446744073709551615)")), "whole number");
  EXPECT_CONTAINS(error_of_document(with(good)), "has no size");
  EXPECT_CONTAINS(error_of_document(with(R"("digest":"sha256:../../etc/passwd","size":1)")), "manifests[0]: digest");
  EXPECT_CONTAINS(error_of_document(with(R"("digest":"md5:00","size":1)")), "neither sha256");
  EXPECT_CONTAINS(error_of_document(with(R"("size":1)")), "digest");
}

TEST(Document, IsBounded) {
  std::string layers = descriptor(kLayerType, "l");
  for (std::size_t i = 1; i < kLayersMax; ++i) base::append(layers, {",", descriptor(kLayerType, "l")});
  const std::string head = base::cat({R"({"config":)", kConfigDescriptor, R"(,"layers":[)"});
  EXPECT_EQ(error_of_document(base::cat({head, layers, "]}"})), "");
  const auto more = parse_document(base::cat({head, layers, ",", descriptor(kLayerType, "l"), "]}"}));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code(), Code::limit);
  EXPECT_CONTAINS(error_of(more), "1001");

  const auto deep = parse_document(std::string(70, '[') + std::string(70, ']'));
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().code(), Code::limit);
  EXPECT_CONTAINS(error_of(deep), "64");
  EXPECT_FALSE(parse_document(std::string(1'000'000, '[')));

  const auto large = parse_document(std::string(kManifestSizeMax + 1, ' '));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code(), Code::limit);
}

TEST(Document, RefusesWhatIsNoJson) {
  for (const std::string_view text :
       {"", " ", "foobar", "{", R"({"a":1}x)", "\xff", R"({"manifests":"\ud800"})", "[]", "null"})
    EXPECT_NE(error_of_document(text), "") << text;
}

TEST(Config, IsRead) {
  const auto config = parse_config(base::cat(
      {R"({"os":"linux","architecture":"arm","variant":"v6","created":"2024-01-02T03:04:05Z","author":"A",)",
       R"("config":{"User":"u","Env":["A=1","B=2"],"Entrypoint":["/e"],"Cmd":"lone","Labels":{"k":"v","n":null}},)",
       R"("rootfs":{"type":"layers","diff_ids":[")", digest_of("a"), R"("]},)",
       R"("history":[{"created_by":"ENV A","empty_layer":true},{"created_by":"COPY"}],"other":{}})"}));
  ASSERT_TRUE(config) << error_of(config);
  EXPECT_EQ(to_string(config->platform), "linux/arm/v6");
  EXPECT_EQ(config->created, "2024-01-02T03:04:05Z");
  EXPECT_EQ(config->author, "A");
  EXPECT_EQ(config->user, "u");
  EXPECT_EQ(config->environment, (std::vector<std::string>{"A=1", "B=2"}));
  EXPECT_EQ(config->entrypoint, std::vector<std::string>{"/e"});
  EXPECT_EQ(config->command, std::vector<std::string>{"lone"});
  EXPECT_EQ(config->labels.at("k"), "v");
  EXPECT_EQ(config->labels.at("n"), "");
  ASSERT_EQ(config->diff_ids.size(), 1U);
  ASSERT_EQ(config->history.size(), 2U);
  EXPECT_TRUE(config->history[0].empty_layer);
}

TEST(Config, RefusesWhatItCannotBe) {
  EXPECT_CONTAINS(error_of(parse_config("[]")), "not a JSON object");
  EXPECT_CONTAINS(error_of(parse_config(R"({"rootfs":{"type":"squashfs"}})")), "squashfs");
  EXPECT_CONTAINS(error_of(parse_config(R"({"rootfs":{"diff_ids":[1]}})")), "rootfs.diff_ids");
  EXPECT_CONTAINS(error_of(parse_config(R"({"rootfs":{"diff_ids":["sha256:00"]}})")), "rootfs.diff_ids[0]");
  EXPECT_CONTAINS(error_of(parse_config(R"({"architecture":7})")), "architecture");
  EXPECT_CONTAINS(error_of(parse_config(R"({"config":{"Env":[1]}})")), "config.Env");
  EXPECT_CONTAINS(error_of(parse_config(R"({"rootfs":{"diff_ids":[],"diff_ids":[]}})")), "two fields");
  EXPECT_CONTAINS(error_of(parse_config(R"({"history":[{"empty_layer":"yes"}]})")), "empty_layer");
}

TEST(Config, NamesLayersByHistoryOnlyWhereTheyAgree) {
  Config config;
  config.history = {{"FROM", false}, {"ENV", true}, {"COPY", false}};
  Manifest manifest;
  manifest.layers.resize(2);
  apply_config(config, manifest);
  EXPECT_EQ(manifest.layers[0].created_by, "FROM");
  EXPECT_EQ(manifest.layers[1].created_by, "COPY");

  Manifest three;
  three.layers.resize(3);
  apply_config(config, three);
  for (const LayerDescriptor& layer : three.layers) EXPECT_EQ(layer.created_by, "");
}

TEST(LayoutMarker, WantsVersionOne) {
  EXPECT_TRUE(check_layout_marker(R"({"imageLayoutVersion":"1.0.0"})"));
  EXPECT_TRUE(check_layout_marker(R"({"imageLayoutVersion":"1.1.0"})"));
  EXPECT_EQ(check_layout_marker(R"({"imageLayoutVersion":"2.0.0"})").error().code(), Code::unsupported);
  EXPECT_FALSE(check_layout_marker("{}"));
  EXPECT_FALSE(check_layout_marker(""));
}

TEST(DockerManifest, IsRead) {
  const auto images = parse_docker_manifest(
      R"([{"Config":"c.json","RepoTags":["a:1","b:2"],"Layers":["x/layer.tar"],"Parent":"p"},{"Config":"d","RepoTags":null,"Layers":null}])");
  ASSERT_TRUE(images) << error_of(images);
  ASSERT_EQ(images->size(), 2U);
  EXPECT_EQ((*images)[0].tags, (std::vector<std::string>{"a:1", "b:2"}));
  EXPECT_EQ((*images)[0].layers, std::vector<std::string>{"x/layer.tar"});
  EXPECT_TRUE((*images)[1].tags.empty());
  EXPECT_TRUE(parse_docker_manifest("null").value().empty());
  EXPECT_TRUE(parse_docker_manifest("[]").value().empty());
  EXPECT_CONTAINS(error_of(parse_docker_manifest("{}")), "not a list");
  EXPECT_CONTAINS(error_of(parse_docker_manifest("[{}]")), "names no config");
  EXPECT_CONTAINS(error_of(parse_docker_manifest(R"([{"Config":"a","Config":"b"}])")), "two fields");
  EXPECT_CONTAINS(error_of(parse_docker_manifest(R"([{"Config":"a","Layers":[{}]}])")), "image 0.Layers");
}

TEST(Legacy, IsRead) {
  const auto names = parse_repositories(R"({"a/b":{"1":"id1","2":"id2"},"c":{}})");
  ASSERT_TRUE(names) << error_of(names);
  EXPECT_EQ(names->at("a/b:1"), "id1");
  EXPECT_EQ(names->size(), 2U);
  EXPECT_CONTAINS(error_of(parse_repositories(R"({"a":{"1":"x","1":"y"}})")), "stands twice");
  EXPECT_CONTAINS(error_of(parse_repositories(R"({"a":[]})")), "'a'");
  EXPECT_CONTAINS(error_of(parse_repositories(R"({"a":{"1":2}})")), "'a:1'");

  const auto layer = parse_legacy_layer(
      R"({"id":"i","parent":"p","os":"linux","architecture":"amd64","container_config":{"Cmd":["/bin/sh","-c","x"]},"config":{"User":"u"}})");
  ASSERT_TRUE(layer) << error_of(layer);
  EXPECT_EQ(layer->parent, "p");
  EXPECT_EQ(layer->created_by, "/bin/sh -c x");
  EXPECT_EQ(layer->config.user, "u");
}

}  // namespace
}  // namespace limpid::image

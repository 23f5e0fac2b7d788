#include "image/docker_archive.h"

#include <gtest/gtest.h>

#include "image/testing.h"

namespace limpid::image {
namespace {

using testing::config_of;
using testing::digest_of;
using testing::error_of;
using testing::Folder;
using testing::gzip;
using testing::hex_of;
using testing::read_whole;
using testing::Tar;

const std::string kFirst = Tar().file("a", "alpha").end();
const std::string kSecond = Tar().file("b", std::string(70'000, 'b')).end();

std::string listing(std::string_view config, std::string_view tags, std::string_view layers) {
  return base::cat({R"({"Config":")", config, R"(","RepoTags":)", tags, R"(,"Layers":[)", layers, "]}"});
}

class DockerArchive : public ::testing::Test {
 protected:
  Result<std::unique_ptr<ImageSource>> open(std::string_view bytes, const std::string& reference = {},
                                            OpenOptions options = {}) {
    if (options.platform.empty()) options.platform = "linux/amd64";
    return open_docker_archive(folder_.write("image.tar", bytes), reference, options);
  }
  // Both layers hold what they should, with the digests of these stored bytes.
  static void expect_layers(const ImageSource& image, const std::string& first, const std::string& second) {
    ASSERT_EQ(image.manifest().layers.size(), 2U);
    const auto a = read_whole(image, 0);
    ASSERT_TRUE(a) << error_of(a);
    EXPECT_EQ(a->entries.at("a"), "alpha");
    EXPECT_EQ(a->measured.digest.to_string(), digest_of(first));
    EXPECT_EQ(a->measured.diff_id.to_string(), digest_of(kFirst));
    const auto b = read_whole(image, 1);
    ASSERT_TRUE(b) << error_of(b);
    EXPECT_EQ(b->entries.at("b").size(), 70'000U);
    EXPECT_EQ(b->measured.digest.to_string(), digest_of(second));
  }

  Folder folder_;
  const std::string config_ = config_of({kFirst, kSecond});
  const std::string config_name_ = hex_of(config_) + ".json";
};

TEST_F(DockerArchive, ThePlatformHasToBeTheOneAskedFor) {
  OpenOptions options;
  options.platform = "linux/s390x";
  const std::string bytes =
      Tar()
          .file("1/layer.tar", kFirst)
          .file("2/layer.tar", kSecond)
          .file(config_name_, config_)
          .file("manifest.json", base::cat({"[", listing(config_name_, "null", R"("1/layer.tar","2/layer.tar")"), "]"}))
          .end();
  EXPECT_CONTAINS(error_of(open(bytes, {}, options)), "linux/s390x; there are: linux/amd64");
  options.platform = kAllPlatforms;
  EXPECT_TRUE(open(bytes, {}, options));
}

TEST_F(DockerArchive, ReadsTheManifestGeneration) {
  const std::string bytes =
      Tar()
          .directory("1")
          .file("1/layer.tar", kFirst)
          .file("2/layer.tar", kSecond)
          .file(config_name_, config_)
          .file("manifest.json",
                base::cat({"[", listing(config_name_, R"(["x:1","y:2"])", R"("1/layer.tar","2/layer.tar")"), "]"}))
          .end();
  const auto image = open(bytes);
  ASSERT_TRUE(image) << error_of(image);
  const Manifest& manifest = (*image)->manifest();
  EXPECT_EQ(manifest.config_digest.to_string(), digest_of(config_));
  EXPECT_TRUE(manifest.digest.empty());
  EXPECT_EQ(manifest.tags, (std::vector<std::string>{"x:1", "y:2"}));
  EXPECT_TRUE(manifest.name.ends_with("image.tar:x:1")) << manifest.name;
  EXPECT_EQ(manifest.layers[0].size, kFirst.size());
  EXPECT_TRUE(manifest.notes.empty());
  expect_layers(**image, kFirst, kSecond);
  // The same, compressed as a whole.
  const auto packed = open(gzip(bytes));
  ASSERT_TRUE(packed) << error_of(packed);
  expect_layers(**packed, kFirst, kSecond);
}

TEST_F(DockerArchive, FollowsLinksAmongMembers) {
  const auto image =
      open(Tar()
               .file("old/layer.tar", gzip(kFirst))
               .symlink("new/layer.tar", "../old/layer.tar")
               .file("2.tar.gz", gzip(kSecond))
               .hard_link("hard/layer.tar", "2.tar.gz")
               .file("c.json", config_)
               .file("manifest.json",
                     base::cat({"[", listing("c.json", "null", R"("new/layer.tar","hard/layer.tar")"), "]"}))
               .end());
  ASSERT_TRUE(image) << error_of(image);
  EXPECT_TRUE((*image)->manifest().tags.empty());
  expect_layers(**image, gzip(kFirst), gzip(kSecond));
}

TEST_F(DockerArchive, LinksNeverLeadOut) {
  const auto at = [&](const std::string& target) {
    return open(Tar()
                    .symlink("1/layer.tar", target)
                    .symlink("loop", "loop")
                    .file("2", kSecond)
                    .file("c.json", config_)
                    .file("manifest.json", base::cat({"[", listing("c.json", "null", R"("1/layer.tar","2")"), "]"}))
                    .end());
  };
  EXPECT_CONTAINS(error_of(at("/etc/passwd")), "layer 1 of 2: 1/layer.tar: a link to etc/passwd");
  EXPECT_CONTAINS(error_of(at("../../../../etc/passwd")), "a link to etc/passwd");
  EXPECT_CONTAINS(error_of(at("../loop")), "links one after another");
  EXPECT_FALSE(at(""));
}

TEST_F(DockerArchive, ChoosesAmongSeveralImages) {
  const std::string other = config_of({kSecond});
  const std::string bytes =
      Tar()
          .file("1", kFirst)
          .file("2", kSecond)
          .file("a.json", config_)
          .file("b.json", other)
          .file("manifest.json", base::cat({"[", listing("a.json", R"(["repo/x:1","x:0"])", R"("1","2")"), ",",
                                            listing("b.json", R"(["y:2"])", R"("2")"), "]"}))
          .end();
  const auto unclear = open(bytes);
  ASSERT_FALSE(unclear);
  EXPECT_EQ(unclear.error().code(), Code::usage);
  EXPECT_CONTAINS(error_of(unclear), "Tags: repo/x:1, x:0, y:2");
  for (const std::string& reference : {std::string("y:2"), std::string("2"), digest_of(other)}) {
    const auto image = open(bytes, reference);
    ASSERT_TRUE(image) << error_of(image);
    EXPECT_EQ((*image)->manifest().config_digest.to_string(), digest_of(other)) << reference;
  }
  EXPECT_TRUE(open(bytes, "repo/x:1"));
  EXPECT_EQ(open(bytes, "z").error().code(), Code::not_found);
  EXPECT_EQ(open(bytes, digest_of("z")).error().code(), Code::not_found);
}

TEST_F(DockerArchive, TheSameTagOfTwoNamesIsAmbiguous) {
  const std::string other = config_of({kSecond});
  const auto image = open(Tar()
                              .file("1", kFirst)
                              .file("2", kSecond)
                              .file("a.json", config_)
                              .file("b.json", other)
                              .file("manifest.json", base::cat({"[", listing("a.json", R"(["x:1"])", R"("1","2")"), ",",
                                                                listing("b.json", R"(["y:1"])", R"("2")"), "]"}))
                              .end(),
                          "1");
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code(), Code::usage);
}

TEST_F(DockerArchive, BlobNamesPromiseDigests) {
  const auto with = [&](const std::string& layer) {
    const std::string first = "blobs/sha256/" + hex_of(kFirst), second = "blobs/sha256/" + hex_of(kSecond);
    const std::string config = "blobs/sha256/" + hex_of(config_);
    return open(
        Tar()
            .file(first, layer)
            .file(second, kSecond)
            .file(config, config_)
            .file("oci-layout", testing::kLayoutMarker)
            .file("manifest.json",
                  base::cat({"[", listing(config, R"(["x:1"])", base::cat({"\"", first, "\",\"", second, "\""})), "]"}))
            .end());
  };
  const auto image = with(kFirst);
  ASSERT_TRUE(image) << error_of(image);
  EXPECT_EQ((*image)->manifest().layers[0].digest.to_string(), digest_of(kFirst));
  expect_layers(**image, kFirst, kSecond);
  const auto wrong = with(kSecond);
  ASSERT_TRUE(wrong);
  const auto whole = read_whole(**wrong, 0);
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().code(), Code::mismatch);
  EXPECT_CONTAINS(error_of(whole), "layer 1 of 2");
  EXPECT_CONTAINS(error_of(whole), digest_of(kFirst));
}

TEST_F(DockerArchive, ANameThatOnlyLooksLikeADigestIsNoted) {
  const std::string name = hex_of("another config") + ".json";
  const auto image = open(Tar()
                              .file("1", kFirst)
                              .file("2", kSecond)
                              .file(name, config_)
                              .file("manifest.json", base::cat({"[", listing(name, "null", R"("1","2")"), "]"}))
                              .end());
  ASSERT_TRUE(image) << error_of(image);
  ASSERT_EQ((*image)->manifest().notes.size(), 1U);
  EXPECT_CONTAINS((*image)->manifest().notes[0], digest_of(config_));
}

TEST_F(DockerArchive, TheLastMemberOfANameCounts) {
  const auto image = open(Tar()
                              .file("1", "no tar at all")
                              .file("1", kFirst)
                              .file("2", kSecond)
                              .file("c.json", config_)
                              .file("manifest.json", "[]")
                              .file("manifest.json", base::cat({"[", listing("c.json", "null", R"("1","2")"), "]"}))
                              .end());
  ASSERT_TRUE(image) << error_of(image);
  expect_layers(**image, kFirst, kSecond);
}

TEST_F(DockerArchive, NamesADiffIdMismatch) {
  const auto image = open(Tar()
                              .file("1", kSecond)
                              .file("2", kSecond)
                              .file("c.json", config_)
                              .file("manifest.json", base::cat({"[", listing("c.json", "null", R"("1","2")"), "]"}))
                              .end());
  ASSERT_TRUE(image);
  const auto whole = read_whole(**image, 0);
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().code(), Code::mismatch);
  EXPECT_CONTAINS(error_of(whole), digest_of(kFirst));
  EXPECT_CONTAINS(error_of(whole), digest_of(kSecond));
}

TEST_F(DockerArchive, SaysWhatIsMissing) {
  EXPECT_CONTAINS(error_of(open(Tar().end())), "empty");
  EXPECT_CONTAINS(error_of(open(Tar().file("x", "").end())), "neither manifest.json nor repositories");
  EXPECT_CONTAINS(error_of(open(Tar().file("manifest.json", "null").end())), "lists no image");
  EXPECT_CONTAINS(error_of(open(Tar().file("manifest.json", "{").end())), "manifest.json: not JSON");
  EXPECT_CONTAINS(error_of(open(Tar().file("manifest.json", base::cat({"[", listing("c", "null", ""), "]"})).end())),
                  "c: no such member");
  EXPECT_CONTAINS(error_of(open(Tar()
                                    .file("c", config_)
                                    .file("manifest.json", base::cat({"[", listing("c", "null", R"("1","2")"), "]"}))
                                    .end())),
                  "layer 1 of 2: 1: no such member");
  EXPECT_CONTAINS(error_of(open(Tar()
                                    .file("c", config_)
                                    .file("1", "")
                                    .file("manifest.json", base::cat({"[", listing("c", "null", R"("1")"), "]"}))
                                    .end())),
                  "1 layers, the config 2 diff IDs");
  EXPECT_FALSE(open("this is no tar"));
}

TEST_F(DockerArchive, LayerOpensDoNotDisturbEachOther) {
  const auto image = open(Tar()
                              .file("1", kFirst)
                              .file("2", kSecond)
                              .file("c.json", config_)
                              .file("manifest.json", base::cat({"[", listing("c.json", "null", R"("1","2")"), "]"}))
                              .end());
  ASSERT_TRUE(image);
  const auto a = (*image)->open_layer(0), b = (*image)->open_layer(1), c = (*image)->open_layer(1);
  EXPECT_TRUE(testing::read_entries(**b)->contains("b"));
  EXPECT_TRUE(testing::read_entries(**a)->contains("a"));
  EXPECT_TRUE(testing::read_entries(**c)->contains("b"));
  EXPECT_TRUE((*a)->finish() && (*b)->finish() && (*c)->finish());
}

class Legacy : public DockerArchive {
 protected:
  const std::string top_ = hex_of("top"), base_ = hex_of("base");
  std::string described(const std::string& id, const std::string& parent) const {
    return base::cat({R"({"id":")", id, R"(","parent":")", parent,
                      R"(","os":"linux","architecture":"amd64","container_config":{"Cmd":["made ",")", id.substr(0, 4),
                      R"("]}})"});
  }
  Tar whole() const {
    return Tar()
        .file(top_ + "/VERSION", "1.0")
        .file(top_ + "/json", described(top_, base_))
        .file(top_ + "/layer.tar", kSecond)
        .file(base_ + "/VERSION", "1.0")
        .file(base_ + "/json", described(base_, ""))
        .file(base_ + "/layer.tar", kFirst);
  }
  std::string named(const std::string& id) const { return base::cat({R"({"x":{"1":")", id, R"("}})"}); }
};

TEST_F(Legacy, ChainsLayersByTheirParents) {
  const auto image = open(whole().file("repositories", named(top_)).end());
  ASSERT_TRUE(image) << error_of(image);
  const Manifest& manifest = (*image)->manifest();
  EXPECT_EQ(manifest.tags, std::vector<std::string>{"x:1"});
  EXPECT_EQ(to_string(manifest.platform), "linux/amd64");
  EXPECT_TRUE(manifest.config_digest.empty());
  EXPECT_EQ(manifest.layers.at(0).created_by, "made  " + base_.substr(0, 4));
  EXPECT_EQ(manifest.notes.size(), 1U);
  expect_layers(**image, kFirst, kSecond);
  EXPECT_TRUE(open(whole().file("repositories", named(top_)).end(), "x:1"));
  EXPECT_FALSE(open(whole().file("repositories", named(top_)).end(), "x:2"));
}

TEST_F(Legacy, ThePlatformHasToBeTheOneAskedFor) {
  OpenOptions options;
  options.platform = "linux/s390x";
  const std::string bytes = whole().file("repositories", named(top_)).end();
  EXPECT_CONTAINS(error_of(open(bytes, {}, options)), "linux/s390x; there are: linux/amd64");
  options.platform = kAllPlatforms;
  EXPECT_TRUE(open(bytes, {}, options));
}

TEST_F(Legacy, RefusesBrokenChains) {
  EXPECT_CONTAINS(error_of(open(Tar()
                                    .file(top_ + "/json", described(top_, top_))
                                    .file(top_ + "/layer.tar", kFirst)
                                    .file("repositories", named(top_))
                                    .end())),
                  "lead back");
  EXPECT_CONTAINS(error_of(open(Tar()
                                    .file(top_ + "/json", described(top_, base_))
                                    .file(top_ + "/layer.tar", kFirst)
                                    .file("repositories", named(top_))
                                    .end())),
                  base_ + "/json: no such member");
  EXPECT_CONTAINS(error_of(open(whole().file("repositories", named("../../etc")).end())), "is no ID of a layer");
  EXPECT_CONTAINS(error_of(open(whole().file("repositories", "{}").end())), "lists no image");
}

TEST_F(Legacy, ALostManifestIsNoOldArchive) {
  const auto image = open(whole().file("repositories", named(top_)).file(config_name_, config_).end());
  ASSERT_FALSE(image);
  EXPECT_CONTAINS(error_of(image), "manifest.json is missing");
}

}  // namespace
}  // namespace limpid::image

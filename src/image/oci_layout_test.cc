#include "image/oci_layout.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "image/platform.h"
#include "image/testing.h"

namespace limpid::image {
namespace {

using testing::descriptor;
using testing::digest_of;
using testing::error_of;
using testing::Folder;
using testing::gzip;
using testing::hex_of;
using testing::index_of;
using testing::kConfigType;
using testing::kIndexType;
using testing::kManifestType;
using testing::LayoutFiles;
using testing::read_whole;
using testing::Tar;

std::string tar_with(const std::string& name) { return Tar().file(name, name).end(); }
std::string tagged(std::string_view manifest, std::string_view tag, std::string_view more = {}) {
  return descriptor(kManifestType, manifest,
                    base::cat({R"(,"annotations":{"org.opencontainers.image.ref.name":")", tag, R"("})", more}));
}
std::string for_platform(std::string_view manifest, std::string_view architecture,
                         std::string_view type = kManifestType) {
  return descriptor(type, manifest,
                    base::cat({R"(,"platform":{"os":"linux","architecture":")", architecture, R"("})"}));
}

class Layout : public ::testing::Test {
 protected:
  // Writes the layout with this index and opens it.
  Result<std::unique_ptr<ImageSource>> open(const std::vector<std::string>& entries, const std::string& reference = {},
                                            const std::string& platform = {}) {
    files_.set("index.json", index_of(entries));
    OpenOptions options;
    options.platform = platform;
    // A folder of its own for each call: what an earlier one wrote must not help.
    const std::string name = base::cat({"layout", count_++});
    return open_oci_layout(files_.write(folder_, name), reference, options);
  }

  Folder folder_;
  LayoutFiles files_;
  int count_ = 0;
};

TEST_F(Layout, ReadsManifestConfigAndLayers) {
  const std::string first = tar_with("a"), second = tar_with("b");
  const std::string manifest = files_.image({first, second});
  const auto image = open({tagged(manifest, "1.0")});
  ASSERT_TRUE(image) << error_of(image);
  const Manifest& read = (*image)->manifest();
  EXPECT_EQ(read.digest.to_string(), digest_of(manifest));
  EXPECT_EQ(read.config_digest.to_string(), digest_of(testing::config_of({first, second})));
  EXPECT_EQ(to_string(read.platform), "linux/amd64");
  EXPECT_EQ(read.tags, std::vector<std::string>{"1.0"});
  EXPECT_TRUE(read.name.ends_with(":1.0")) << read.name;
  EXPECT_EQ(read.labels.at("a"), "b");
  ASSERT_EQ(read.layers.size(), 2U);
  // In any order, and as often as wanted.
  for (const std::size_t index : {1U, 0U, 1U}) {
    const auto whole = read_whole(**image, index);
    ASSERT_TRUE(whole) << error_of(whole);
    EXPECT_EQ(whole->entries.size(), 1U);
    EXPECT_TRUE(whole->entries.contains(index == 0 ? "a" : "b"));
    EXPECT_EQ(whole->measured.diff_id, read.layers[index].diff_id);
  }
  EXPECT_FALSE((*image)->open_layer(2));
}

TEST_F(Layout, ChoosesByTagAndDigest) {
  const std::string one = files_.image({tar_with("1")}), two = files_.image({tar_with("2")});
  const std::vector<std::string> entries = {tagged(one, "one"), tagged(two, "docker.io/library/x:two")};
  const auto first = open(entries, "one");
  ASSERT_TRUE(first) << error_of(first);
  EXPECT_EQ((*first)->manifest().digest.to_string(), digest_of(one));
  for (const std::string& reference : {std::string("two"), std::string("x:two"), digest_of(two)}) {
    const auto second = open(entries, reference);
    ASSERT_TRUE(second) << error_of(second);
    EXPECT_EQ((*second)->manifest().digest.to_string(), digest_of(two));
  }
  const auto unclear = open(entries);
  ASSERT_FALSE(unclear);
  EXPECT_EQ(unclear.error().code(), Code::usage);
  EXPECT_CONTAINS(error_of(unclear), "one, docker.io/library/x:two");
  const auto unknown = open(entries, "three");
  EXPECT_EQ(unknown.error().code(), Code::not_found);
  EXPECT_CONTAINS(error_of(unknown), "'three'; there are: one");
  EXPECT_CONTAINS(error_of(open(entries, digest_of("none"))), digest_of("none"));
}

TEST_F(Layout, OneImageUnderTwoTagsIsOne) {
  const std::string one = files_.image({tar_with("1")});
  EXPECT_TRUE(open({tagged(one, "a"), tagged(one, "b")}));
}

TEST_F(Layout, ChoosesThePlatformAndSaysSo) {
  const std::string amd = files_.image({tar_with("1")}, "amd64"), arm = files_.image({tar_with("2")}, "arm64");
  const std::vector<std::string> entries = {for_platform(amd, "amd64"), for_platform(arm, "arm64")};
  const auto chosen = open(entries, {}, "linux/aarch64");
  ASSERT_TRUE(chosen) << error_of(chosen);
  EXPECT_EQ((*chosen)->manifest().digest.to_string(), digest_of(arm));
  ASSERT_EQ((*chosen)->manifest().notes.size(), 1U);
  EXPECT_CONTAINS((*chosen)->manifest().notes[0], "linux/arm64 was chosen of linux/amd64, linux/arm64");
  const auto none = open(entries, {}, "linux/s390x");
  EXPECT_EQ(none.error().code(), Code::not_found);
  EXPECT_CONTAINS(error_of(none), "linux/s390x; there are: linux/amd64, linux/arm64");
  EXPECT_EQ(open(entries, {}, "linux/").error().code(), Code::usage);
}

TEST_F(Layout, TakesTheOnlyImageUnlessAnotherPlatformWasNamed) {
  const std::string odd = files_.image({tar_with("1")}, "mips64le");
  const auto taken = open({for_platform(odd, "mips64le")});
  ASSERT_TRUE(taken) << error_of(taken);
  ASSERT_EQ((*taken)->manifest().notes.size(), 1U);
  EXPECT_CONTAINS((*taken)->manifest().notes[0], "linux/mips64le");
  EXPECT_EQ(open({for_platform(odd, "mips64le")}, {}, "linux/amd64").error().code(), Code::not_found);
}

TEST_F(Layout, PlatformIsTheConfigsWhereTheIndexSaysNone) {
  const std::string amd = files_.image({tar_with("1")}, "amd64"), arm = files_.image({tar_with("2")}, "arm64");
  const auto chosen = open({descriptor(kManifestType, amd), descriptor(kManifestType, arm)}, {}, "arm64");
  ASSERT_TRUE(chosen) << error_of(chosen);
  EXPECT_EQ((*chosen)->manifest().digest.to_string(), digest_of(arm));
}

TEST_F(Layout, NotesAContradictionOfPlatforms) {
  const std::string arm = files_.image({tar_with("2")}, "arm64");
  const auto chosen = open({for_platform(arm, host_platform().architecture == "amd64" ? "amd64" : "riscv64")});
  ASSERT_TRUE(chosen) << error_of(chosen);
  EXPECT_EQ(to_string((*chosen)->manifest().platform), "linux/arm64");
  ASSERT_FALSE((*chosen)->manifest().notes.empty());
  EXPECT_CONTAINS((*chosen)->manifest().notes.back(), "the config is believed");
}

TEST_F(Layout, PassesOverAttestations) {
  const std::string image = files_.image({tar_with("1")});
  const std::string statement =
      base::cat({R"({"schemaVersion":2,"config":)", descriptor(kConfigType, "{}"), R"(,"layers":[]})"});
  files_.blob(statement).blob("{}");
  const std::string attestation = descriptor(
      kManifestType, statement,
      R"(,"platform":{"os":"unknown","architecture":"unknown"},"annotations":{"vnd.docker.reference.type":"attestation-manifest"})");
  const std::string index = index_of({for_platform(image, host_platform().architecture), attestation});
  files_.blob(index);
  const auto opened = open({descriptor(kIndexType, index)});
  ASSERT_TRUE(opened) << error_of(opened);
  EXPECT_EQ((*opened)->manifest().digest.to_string(), digest_of(image));
  EXPECT_TRUE((*opened)->manifest().notes.empty() || !(*opened)->manifest().notes[0].starts_with("platform"));
  EXPECT_CONTAINS(error_of(open({attestation})), "lists no image");
}

// As BuildKit writes them, and cosign: an image's config, but nothing that is a layer.
TEST_F(Layout, TellsAttestationsWithoutAnnotations) {
  const std::string image = files_.image({tar_with("1")});
  const std::string config =
      R"({"architecture":"unknown","os":"unknown","config":{},"rootfs":{"type":"layers","diff_ids":[")" +
      digest_of("{}") + R"("]}})";
  const std::string statement = base::cat({R"({"schemaVersion":2,"config":)", descriptor(kConfigType, config),
                                           R"(,"layers":[)", descriptor("application/vnd.in-toto+json", "{}"), "]}"});
  files_.blob(config).blob(statement).blob("{}");
  const std::string attestation = descriptor(kManifestType, statement);
  const std::string index = index_of({for_platform(image, host_platform().architecture), attestation});
  files_.blob(index);
  const auto opened = open({descriptor(kIndexType, index)});
  ASSERT_TRUE(opened) << error_of(opened);
  EXPECT_EQ((*opened)->manifest().digest.to_string(), digest_of(image));
  EXPECT_TRUE((*opened)->manifest().notes.empty());
  const auto named = open({descriptor(kIndexType, index)}, digest_of(statement));
  ASSERT_FALSE(named);
  EXPECT_EQ(named.error().code(), Code::unsupported);
  EXPECT_CONTAINS(error_of(named), "not a container image: an artifact that holds application/vnd.in-toto+json");
  const std::string listed =
      descriptor(kManifestType, statement, R"(,"annotations":{"vnd.docker.reference.type":"attestation-manifest"})");
  EXPECT_CONTAINS(error_of(open({listed}, digest_of(statement))), "not a container image: an attestation");
}

TEST_F(Layout, NamesArtifacts) {
  const std::string manifest =
      base::cat({R"({"schemaVersion":2,"artifactType":"application/vnd.example+type","config":)",
                 descriptor("application/vnd.oci.empty.v1+json", "{}"), R"(,"layers":[]})"});
  files_.blob(manifest).blob("{}");
  const auto refused = open({descriptor(kManifestType, manifest)});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::unsupported);
  EXPECT_CONTAINS(error_of(refused), "not a container image: artifactType application/vnd.example+type");

  const std::string blobs = base::cat(
      {R"({"mediaType":"application/vnd.oci.artifact.manifest.v1+json","artifactType":"application/x.sbom","blobs":[)",
       descriptor("application/json", "{}"), "]}"});
  files_.blob(blobs);
  EXPECT_CONTAINS(error_of(open({descriptor("application/vnd.oci.artifact.manifest.v1+json", blobs)})),
                  "not a container image: artifactType application/x.sbom");

  const std::string wasm =
      base::cat({R"({"schemaVersion":2,"config":)", descriptor("application/vnd.wasm.config.v1+json", "{}"),
                 R"(,"layers":[)", descriptor("application/vnd.wasm.content.layer.v1+wasm", "x"), "]}"});
  files_.blob(wasm);
  EXPECT_CONTAINS(error_of(open({descriptor(kManifestType, wasm)})),
                  "not a container image: its config is application/vnd.wasm");
}

TEST_F(Layout, IndexesNestOnlySoDeep) {
  std::string inner = files_.image({tar_with("1")});
  std::string_view type = kManifestType;
  for (unsigned depth = 1; depth <= kIndexDepthMax + 1; ++depth) {
    const auto opened = open({descriptor(type, inner)});
    EXPECT_EQ(opened.has_value(), depth <= kIndexDepthMax + 1) << depth << error_of(opened);
    inner = index_of({descriptor(type, inner)});
    type = kIndexType;
    files_.blob(inner);
  }
  const auto deep = open({descriptor(type, inner)});
  ASSERT_FALSE(deep);
  EXPECT_EQ(deep.error().code(), Code::limit);
}

TEST_F(Layout, VerifiesEveryDocument) {
  const std::string tar = tar_with("1");
  const std::string manifest = files_.image({tar});
  const auto saved = files_.files();
  const std::string config = testing::config_of({tar});
  for (const std::string& victim : {manifest, config}) {
    const std::string name = "blobs/sha256/" + hex_of(victim);
    files_.files() = saved;
    files_.set(name, victim + " ");
    auto opened = open({descriptor(kManifestType, manifest)});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code(), Code::mismatch);
    EXPECT_CONTAINS(error_of(opened), name);
    std::string changed = victim;
    changed.back() = ' ';
    files_.set(name, changed);
    opened = open({descriptor(kManifestType, manifest)});
    ASSERT_FALSE(opened);
    EXPECT_CONTAINS(error_of(opened), digest_of(changed));
    files_.files().erase(name);
    opened = open({descriptor(kManifestType, manifest)});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code(), Code::not_found);
  }
  // A layer is only looked at when it is read.
  files_.files() = saved;
  const std::string layer = "blobs/sha256/" + hex_of(gzip(tar));
  files_.set(layer, gzip(tar_with("2")));
  const auto opened = open({descriptor(kManifestType, manifest)});
  ASSERT_TRUE(opened);
  const auto whole = read_whole(**opened, 0);
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().code(), Code::mismatch);
  EXPECT_CONTAINS(error_of(whole), digest_of(gzip(tar)));
}

TEST_F(Layout, LayersAndDiffIdsMustBeAsMany) {
  const std::string tar = tar_with("1");
  const std::string config = testing::config_of({tar, tar});
  const std::string manifest = testing::manifest_of(config, {gzip(tar)});
  files_.blob(config).blob(manifest).blob(gzip(tar));
  EXPECT_CONTAINS(error_of(open({descriptor(kManifestType, manifest)})), "1 layers, its config 2 diff IDs");
}

TEST_F(Layout, ForeignLayersAreNamed) {
  const std::string tar = tar_with("1");
  const std::string config = testing::config_of({tar});
  const std::string manifest =
      base::cat({R"({"schemaVersion":2,"config":)", descriptor(kConfigType, config), R"(,"layers":[)",
                 descriptor("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", gzip(tar)), "]}"});
  files_.blob(config).blob(manifest);
  const auto opened = open({descriptor(kManifestType, manifest)});
  ASSERT_TRUE(opened) << error_of(opened);
  const auto layer = (*opened)->open_layer(0);
  ASSERT_TRUE(layer) << error_of(layer);
  ASSERT_EQ((*layer)->entries().skipped().size(), 1U);
  EXPECT_CONTAINS((*layer)->entries().skipped()[0].detail, "layer 1 of 1");
}

TEST_F(Layout, NeedsItsMarker) {
  const std::string manifest = files_.image({tar_with("1")});
  files_.files().erase("oci-layout");
  EXPECT_CONTAINS(error_of(open({descriptor(kManifestType, manifest)})), "oci-layout is missing");
  files_.set("oci-layout", R"({"imageLayoutVersion":"9"})");
  EXPECT_EQ(open({descriptor(kManifestType, manifest)}).error().code(), Code::unsupported);
}

TEST_F(Layout, NoLinkLeadsOutOfIt) {
  const std::string tar = tar_with("1");
  const std::string manifest = files_.image({tar});
  const std::string layer = "blobs/sha256/" + hex_of(gzip(tar));
  files_.set("index.json", index_of({descriptor(kManifestType, manifest)}));
  const std::string path = files_.write(folder_, "linked");
  folder_.write("outside", gzip(tar));
  std::filesystem::remove(path + "/" + layer);
  std::filesystem::create_symlink(folder_.path("outside"), path + "/" + layer);
  const auto opened = open_oci_layout(path, {}, {});
  ASSERT_TRUE(opened) << error_of(opened);
  const auto refused = (*opened)->open_layer(0);
  ASSERT_FALSE(refused);
  EXPECT_CONTAINS(error_of(refused), "symbolic link");
  // Nor a linked folder.
  std::filesystem::rename(path + "/blobs", folder_.path("moved"));
  std::filesystem::create_directory_symlink(folder_.path("moved"), path + "/blobs");
  EXPECT_FALSE(open_oci_layout(path, {}, {}));
}

TEST_F(Layout, SparseLayoutsServeWhatIsThere) {
  const std::string amd = files_.image({tar_with("1")}, "amd64"), arm = files_.image({tar_with("2")}, "arm64");
  files_.files().erase("blobs/sha256/" + hex_of(arm));
  const std::vector<std::string> entries = {for_platform(amd, "amd64"), for_platform(arm, "arm64")};
  EXPECT_TRUE(open(entries, {}, "amd64"));
  const auto missing = open(entries, {}, "arm64");
  ASSERT_FALSE(missing);
  EXPECT_CONTAINS(error_of(missing), hex_of(arm));
}

}  // namespace
}  // namespace limpid::image

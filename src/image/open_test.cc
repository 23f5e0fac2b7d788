// open_image(): prefixes, recognition by content, and what stands behind a path.
#include <filesystem>

#include <gtest/gtest.h>

#include "image/source.h"
#include "image/testing.h"

namespace limpid::image {
namespace {

using testing::config_of;
using testing::descriptor;
using testing::digest_of;
using testing::error_of;
using testing::Folder;
using testing::gzip;
using testing::index_of;
using testing::kManifestType;
using testing::LayoutFiles;
using testing::read_whole;
using testing::Tar;

const std::string kLayer = Tar().file("a", "alpha").end();

std::string docker_archive() {
  return Tar()
      .file("1/layer.tar", kLayer)
      .file("c.json", config_of({kLayer}))
      .file("manifest.json", R"([{"Config":"c.json","RepoTags":["x:1"],"Layers":["1/layer.tar"]}])")
      .end();
}
LayoutFiles layout() {
  LayoutFiles files;
  const std::string manifest = files.image({kLayer});
  files.set(
      "index.json",
      index_of({descriptor(kManifestType, manifest, R"(,"annotations":{"org.opencontainers.image.ref.name":"1"})")}));
  return files;
}

class Open : public ::testing::Test {
 protected:
  // Reads the only layer; "" if `target` opens and holds what kLayer does.
  static std::string fault_of(const std::string& target) {
    const auto image = open_image(target);
    if (!image) return error_of(image);
    const auto whole = read_whole(**image, 0);
    if (!whole) return error_of(whole);
    return whole->entries.contains("a") ? "" : "another layer";
  }
  Folder folder_;
};

TEST_F(Open, TakesPrefixes) {
  const std::string docker = folder_.write("d.tar", docker_archive());
  const std::string oci = folder_.write("o.tar", layout().tar());
  const std::string directory = layout().write(folder_, "layout");
  const std::string tar = folder_.write("root.tar", kLayer);
  folder_.write("root/a", "alpha");
  for (const std::string& target :
       {"docker-archive:" + docker, "docker-archive:" + docker + ":x:1", "oci-archive:" + oci,
        "oci-archive:" + oci + ":1", "oci-dir:" + directory, "oci-dir:" + directory + ":1", "rootfs:" + tar,
        "dir:" + folder_.path("root"), "rootfs:" + folder_.path("root")})
    EXPECT_EQ(fault_of(target), "");
  EXPECT_NE(fault_of("oci-archive:" + docker), "");
  EXPECT_NE(fault_of("docker-archive:" + oci), "");
  EXPECT_EQ(open_image("rootfs:" + tar + ":1").error().code(), Code::usage);
}

TEST_F(Open, RecognisesByContent) {
  for (const bool packed : {false, true}) {
    const auto write = [&](const std::string& name, const std::string& bytes) {
      return folder_.write(name, packed ? gzip(bytes) : bytes);
    };
    EXPECT_EQ(fault_of(write("d", docker_archive())), "");
    EXPECT_EQ(fault_of(write("d", docker_archive()) + ":x:1"), "");
    EXPECT_EQ(fault_of(write("o", layout().tar())), "");
    EXPECT_EQ(fault_of(write("o", layout().tar()) + ":1"), "");
    EXPECT_EQ(fault_of(write("o", layout().tar()) + ":2").find("no image is tagged") == std::string::npos, false);
    EXPECT_EQ(fault_of(write("r", Tar().file("etc/os-release", "").file("a", "").end())), "");
    EXPECT_EQ(fault_of(write("r", kLayer)), "");
  }
  EXPECT_EQ(fault_of(layout().write(folder_, "layout")), "");
  folder_.write("root/a", "alpha");
  EXPECT_EQ(fault_of(folder_.path("root")), "");
}

TEST_F(Open, AnArchiveThatIsBothKeepsItsTags) {
  LayoutFiles files = layout();
  files.set("1/layer.tar", kLayer).set("c.json", config_of({kLayer}));
  files.set("manifest.json", R"([{"Config":"c.json","RepoTags":["x:1"],"Layers":["1/layer.tar"]}])");
  const auto image = open_image(folder_.write("both", files.tar()));
  ASSERT_TRUE(image) << error_of(image);
  EXPECT_EQ((*image)->manifest().tags, std::vector<std::string>{"x:1"});
}

TEST_F(Open, AnImageCannotHideBehindANameOfARootFileSystem) {
  for (const bool packed : {false, true}) {
    std::string bytes = Tar().file("etc/passwd", "x").without_end() + docker_archive();
    if (packed) bytes = gzip(bytes);
    const std::string path = folder_.write("both", bytes);
    const auto image = open_image(path);
    ASSERT_FALSE(image);
    EXPECT_EQ(image.error().code(), Code::usage);
    EXPECT_CONTAINS(error_of(image), "say which");
    EXPECT_EQ(fault_of("docker-archive:" + path), "");
  }
}

TEST_F(Open, APathMayHoldColonsAndSigns) {
  const std::string path = folder_.write("odd:na@me:1", docker_archive());
  EXPECT_EQ(fault_of(path), "");
  EXPECT_EQ(fault_of(path + ":x:1"), "");
  const std::string config = config_of({kLayer});
  EXPECT_EQ(fault_of(path + "@" + digest_of(config)), "");
  // Both exist: the whole name is the path.
  folder_.write("odd", "not a tar");
  EXPECT_EQ(fault_of(path), "");
  EXPECT_CONTAINS(fault_of(path + ":y"), "'y'");
}

TEST_F(Open, ErrorsBeginWithTheTargetAndSayWhatIsRead) {
  const auto unknown = open_image("./nginx:1.25");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), Code::not_found);
  EXPECT_TRUE(error_of(unknown).starts_with("./nginx:1.25: ")) << error_of(unknown);
  EXPECT_CONTAINS(error_of(unknown), "tried ./nginx:1.25, ./nginx");
  EXPECT_CONTAINS(error_of(unknown), "oci-dir:");
  EXPECT_CONTAINS(error_of(unknown), "nor is it the name of an image: '.' is no host of a registry");
  for (const std::string target : {"docker:Not A Name", "podman:Not A Name", "containerd:Not A Name"}) {
    OpenOptions options;
    options.containerd_root = folder_.path();
    folder_.write("io.containerd.content.v1.content/x", "");
    const auto refused = open_image(target, options);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Code::usage);
    EXPECT_TRUE(error_of(refused).starts_with(target));
  }
  EXPECT_EQ(open_image("").error().code(), Code::usage);
  EXPECT_EQ(open_image("oci-dir:").error().code(), Code::not_found);
  EXPECT_EQ(open_image(std::string("a\0b", 3)).error().code(), Code::not_found);
  const auto garbage = open_image(folder_.write("x", std::string(3000, 'x')));
  ASSERT_FALSE(garbage);
  EXPECT_CONTAINS(error_of(garbage), "as an archive");
  EXPECT_FALSE(open_image(folder_.write("empty", "")));
}

// Nothing listens on port 1.
TEST_F(Open, WhatIsNoPathIsAnImagesName) {
  OpenOptions options;
  options.registry.proxy = "none";
  options.registry.read_credential_files = false;
  options.registry.first_wait = std::chrono::milliseconds(1);
  const auto by_name = open_image("127.0.0.1:1/app:1", options);
  ASSERT_FALSE(by_name);
  EXPECT_EQ(by_name.error().code(), Code::io);
  EXPECT_TRUE(error_of(by_name).starts_with("127.0.0.1:1/app:1: no such path, so it was taken as an image's name: "))
      << error_of(by_name);
  const auto by_prefix = open_image("registry:127.0.0.1:1/app:1", options);
  ASSERT_FALSE(by_prefix);
  EXPECT_FALSE(testing::contains(error_of(by_prefix), "no such path"));
  EXPECT_CONTAINS(error_of(by_prefix), "not connected");
  EXPECT_EQ(open_image("registry:Not A Name", options).error().code(), Code::usage);
  // A wrong path to an archive asks no registry.
  for (const std::string target : {"missing.tar", "missing/image.tar.gz", "127.0.0.1:1/image.tar:1"}) {
    const auto missing = open_image(target, options);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code(), Code::not_found) << error_of(missing);
    EXPECT_CONTAINS(error_of(missing), "no such file or directory");
  }
}

TEST_F(Open, ADirectoryWithAnIndexWantsToBeALayout) {
  folder_.write("half/index.json", "{}");
  EXPECT_CONTAINS(error_of(open_image(folder_.path("half"))), "oci-layout is missing");
}

}  // namespace
}  // namespace limpid::image

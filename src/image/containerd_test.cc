// containerd's store, written by the test; a real one is read by tests/e2e/sources_test.py.
#include <cstdlib>

#include <gtest/gtest.h>

#include "image/bolt_testing.h"
#include "image/platform.h"
#include "image/source.h"
#include "image/testing.h"

namespace limpid::image {
namespace {

using testing::BoltNode;
using testing::BoltWriter;
using testing::descriptor;
using testing::digest_of;
using testing::error_of;
using testing::Folder;
using testing::hex_of;
using testing::index_of;
using testing::kManifestType;
using testing::LayoutFiles;
using testing::read_whole;
using testing::Tar;

class Containerd : public ::testing::Test {
 protected:
  void SetUp() override { ::unsetenv("CONTAINERD_NAMESPACE"); }
  void TearDown() override { ::unsetenv("CONTAINERD_NAMESPACE"); }

  std::string add_image(const std::string& text) {
    return content_.image({Tar().file("a", text).end()}, host_platform().architecture);
  }
  void name(const std::string& space, const std::string& name, const std::string& digest) {
    names_.buckets["v1"].buckets[space].buckets["images"].buckets[name].buckets["target"].values["digest"] = digest;
  }
  Result<std::unique_ptr<ImageSource>> open(const std::string& target) {
    for (const auto& [file, bytes] : content_.files())
      if (file.starts_with("blobs/")) folder_.write("io.containerd.content.v1.content/" + file, bytes);
    folder_.write("io.containerd.metadata.v1.bolt/meta.db", BoltWriter().database(names_));
    OpenOptions options;
    options.containerd_root = folder_.path();
    return open_image("containerd:" + target, options);
  }
  std::string content_at(const std::string& target) {
    const auto image = open(target);
    if (!image) return error_of(image);
    const auto whole = read_whole(**image, 0);
    return whole ? whole->entries.at("a") : error_of(whole);
  }

  Folder folder_;
  LayoutFiles content_;
  BoltNode names_;
};

TEST_F(Containerd, FindsImagesByTheirNames) {
  name("default", "docker.io/library/alpine:latest", digest_of(add_image("one")));
  name("k8s.io", "ghcr.io/team/app:1", digest_of(add_image("two")));
  for (const std::string target : {"alpine", "alpine:latest", "docker.io/library/alpine:latest"})
    EXPECT_EQ(content_at(target), "one");
  EXPECT_EQ(content_at("ghcr.io/team/app:1"), "two");
  const auto image = open("alpine");
  EXPECT_EQ((*image)->manifest().tags, std::vector<std::string>{"docker.io/library/alpine:latest"});
  EXPECT_CONTAINS(error_of(open("alpine:3")), "no image 'docker.io/library/alpine:3'");
  EXPECT_EQ(open("alpine:3").error().code(), Code::not_found);
  EXPECT_EQ(open("Not A Name").error().code(), Code::usage);
}

TEST_F(Containerd, FindsImagesByDigest) {
  const std::string manifest = add_image("one");
  EXPECT_EQ(content_at(digest_of(manifest)), "one");
  EXPECT_CONTAINS(content_at(digest_of("other")), "not in containerd's content");
}

TEST_F(Containerd, ANamespaceDecidesBetweenDifferentImages) {
  name("default", "docker.io/library/x:1", digest_of(add_image("one")));
  name("moby", "docker.io/library/x:1", digest_of(add_image("two")));
  EXPECT_CONTAINS(content_at("x:1"), "$CONTAINERD_NAMESPACE: default, moby");
  ::setenv("CONTAINERD_NAMESPACE", "moby", 1);
  EXPECT_EQ(content_at("x:1"), "two");
  ::setenv("CONTAINERD_NAMESPACE", "none", 1);
  EXPECT_CONTAINS(content_at("x:1"), "no image");
  ::unsetenv("CONTAINERD_NAMESPACE");
  name("moby", "docker.io/library/x:1", digest_of(add_image("one")));
  EXPECT_EQ(content_at("x:1"), "one");
}

// containerd keeps of an index only the platforms that were pulled.
TEST_F(Containerd, OfAnIndexWhatIsThere) {
  const std::string mine = add_image("one");
  const auto listed = [](const std::string& manifest, std::string_view architecture) {
    return descriptor(kManifestType, manifest,
                      base::cat({R"(,"platform":{"os":"linux","architecture":")", architecture, R"("})"}));
  };
  const std::string index = index_of({listed("elsewhere", "s390x"), listed(mine, host_platform().architecture)});
  content_.blob(index);
  name("default", "docker.io/library/x:1", digest_of(index));
  EXPECT_EQ(content_at("x:1"), "one");
}

TEST_F(Containerd, SaysWhyALayerIsNotThere) {
  name("default", "docker.io/library/x:1", digest_of(add_image("one")));
  content_.files().erase("blobs/sha256/" + hex_of(testing::gzip(Tar().file("a", "one").end())));
  EXPECT_CONTAINS(content_at("x:1"), "discard_unpacked_layers");
}

TEST_F(Containerd, SaysWhereItLooked) {
  OpenOptions options;
  options.containerd_root = folder_.path("none");
  const auto missing = open_image("containerd:x", options);
  EXPECT_CONTAINS(error_of(missing), "there is no containerd at " + folder_.path("none"));
}

}  // namespace
}  // namespace limpid::image

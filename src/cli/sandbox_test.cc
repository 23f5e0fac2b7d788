#include "cli/sandbox.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/file.h"

namespace limpid::cli {
namespace {

// A target counts as a path of this machine where there is something.
class Confinement : public ::testing::Test {
 protected:
  Confinement() : folder_(*base::TemporaryDirectory::make("limpid-confinement")) {}
  base::TemporaryDirectory folder_;
};

bool has(const std::vector<std::string>& paths, const std::string& path) {
  return std::ranges::find(paths, path) != paths.end();
}

TEST_F(Confinement, APathOfThisMachineNeedsNoConfigurationOfTheSystem) {
  ASSERT_EQ(::setenv("SSL_CERT_FILE", "/certificates/all.pem", 1), 0);
  ImageOptions image;
  image.registry.ca_file = "/certificates/ours.pem";
  const base::Confinement to =
      confinement_for({"oci-dir:" + folder_.path(), "docker-archive:not-there.tar"}, image, {});
  EXPECT_FALSE(to.network);
  EXPECT_TRUE(has(to.readable, folder_.path()));
  EXPECT_TRUE(has(to.readable, "/usr"));
  for (const char* path : {"/etc", "/opt", "/", "/certificates/all.pem", "/certificates/ours.pem"})
    EXPECT_FALSE(has(to.readable, path)) << path;
}

TEST_F(Confinement, ARegistryNeedsThemAndSoDoForeignLayers) {
  ASSERT_EQ(::setenv("SSL_CERT_FILE", "/certificates/all.pem", 1), 0);
  ImageOptions image;
  image.registry.ca_file = "/certificates/ours.pem";
  ImageOptions foreign = image;
  foreign.foreign_layers_from = {"layers.example.com"};
  for (const base::Confinement& to : {confinement_for({"oci-dir:" + folder_.path(), "registry:a/b:1"}, image, {}),
                                      confinement_for({"oci-dir:" + folder_.path()}, foreign, {})}) {
    EXPECT_TRUE(to.network);
    for (const std::string& path : {folder_.path(), std::string("/usr"), std::string("/etc"),
                                    std::string("/certificates/all.pem"), std::string("/certificates/ours.pem")})
      EXPECT_TRUE(has(to.readable, path)) << path;
    EXPECT_FALSE(has(to.readable, "/"));
  }
}

TEST_F(Confinement, WritesGoToTheCacheAndWhereTheResultGoes) {
  ASSERT_EQ(::setenv("TMPDIR", "/scratch", 1), 0);
  ImageOptions image;
  image.cache.folder = "/cached";
  OutputOptions output;
  output.file = "/results/one.json";
  EXPECT_EQ(confinement_for({"oci-dir:" + folder_.path()}, image, output).writable,
            (std::vector<std::string>{"/scratch", "/dev/null", "/cached/layers", "/results"}));
  image.cache.off = true;
  EXPECT_EQ(confinement_for({"oci-dir:" + folder_.path()}, image, {}).writable,
            (std::vector<std::string>{"/scratch", "/dev/null"}));
}

}  // namespace
}  // namespace limpid::cli

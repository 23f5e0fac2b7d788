// Homebrew's formulae and casks.
#include <gtest/gtest.h>

#include "inventory/merge.h"
#include "inventory/rpm_testing.h"

namespace limpid::inventory {
namespace {

using testing::file;
using testing::read_files;

TEST(Homebrew, FormulaeAndCasks) {
  const std::string cellar = "home/linuxbrew/.linuxbrew/Cellar/";
  const std::vector<LayerInventory> layers = {read_files({
      file(cellar + "openssl@3/3.2.1_1/INSTALL_RECEIPT.json", "{}"),
      file(cellar + "openssl@3/3.2.0/INSTALL_RECEIPT.json", "cut"),
      file("opt/Caskroom/zfoo/.metadata/INSTALL_RECEIPT.json",
           R"({"source":{"tap":"homebrew/cask","version":"1.2,34"}})"),
      file("opt/Caskroom/cut/.metadata/INSTALL_RECEIPT.json", R"({"source":{"tap")"),
      file("usr/share/x/1/INSTALL_RECEIPT.json", "{}"),
      file("Cellar/INSTALL_RECEIPT.json", "{}"),
  })};
  const auto image = merge_layers(layers);
  ASSERT_EQ(image.packages.size(), 3u);
  EXPECT_EQ(image.packages[0].name, "openssl@3");
  EXPECT_EQ(image.packages[0].version, "3.2.0");
  EXPECT_EQ(purl(image.packages[1]), "pkg:brew/openssl%403@3.2.1_1");
  EXPECT_EQ(image.packages[1].name_space, "homebrew");
  EXPECT_EQ(image.packages[2].name, "zfoo");
  EXPECT_EQ(image.packages[2].version, "1.2,34");
  ASSERT_EQ(image.skipped.size(), 1u);
  EXPECT_EQ(image.skipped[0].path, "opt/Caskroom/cut/.metadata/INSTALL_RECEIPT.json");
}

}  // namespace
}  // namespace limpid::inventory

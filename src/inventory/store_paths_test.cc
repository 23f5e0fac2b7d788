// The stores of Nix and Guix: names of folders, and what becomes of them in later layers.
#include <gtest/gtest.h>

#include "inventory/merge.h"
#include "inventory/rpm_testing.h"

namespace limpid::inventory {
namespace {

using testing::directory;
using testing::file;
using testing::read_files;

const std::string kHash = "02mqs1by2vab9yzw0qc4j7463w78p3ps-";

std::string shown(const ImageInventory& image) {
  std::string text;
  for (const Package& p : image.packages)
    base::append(text, {text.empty() ? "" : ", ", p.ecosystem, " ", p.name, " ", p.version});
  return text;
}
std::string packages_of(std::vector<testing::MemoryEntry> entries) {
  const std::vector<LayerInventory> layers = {read_files(std::move(entries))};
  const auto image = merge_layers(layers);
  EXPECT_TRUE(image.skipped.empty());
  return shown(image);
}
std::string name_of(const std::string& name) { return packages_of({directory("nix/store/" + kHash + name)}); }

TEST(StorePaths, NamesAndVersions) {
  EXPECT_EQ(name_of("glibc-2.37-8"), "nix glibc 2.37-8");
  EXPECT_EQ(name_of("glibc-2.34-210-bin"), "nix glibc 2.34-210");
  EXPECT_EQ(name_of("bash-interactive-5.1-p16-man"), "nix bash-interactive 5.1-p16");
  EXPECT_EQ(name_of("perl5.34.1-TimeDate-2.33"), "nix perl5.34.1-TimeDate 2.33");
  EXPECT_EQ(name_of("nixos-option-unstable-2023-01-02"), "nix nixos-option unstable-2023-01-02");
  EXPECT_EQ(name_of("openssl-1.1.1q"), "nix openssl 1.1.1q");
  for (const auto* none : {"source", "hook", "glibc-1.drv", "fix-1.patch", "a-", "-1", "a-b-c"})
    EXPECT_EQ(name_of(none), "");
  EXPECT_EQ(packages_of({directory("nix/store/short-a-1"), directory("x/nix/store/" + kHash + "a-1"),
                         directory("nix/store/" + kHash + "a-1/b"), file("nix/store/" + kHash + "c-1", ""),
                         directory("gnu/store/" + kHash + "hello-2.12")}),
            "guix hello 2.12");
}

TEST(StorePaths, ArePlacesInTheImage) {
  const std::string path = "nix/store/" + kHash + "a-1";
  const auto one = read_files({directory("nix"), directory("nix/store"), directory(path), file(path + "/bin/a", ""),
                               directory("nix/store/" + kHash + "b-1")});
  const auto again = read_files({directory("nix/store"), directory(path), file(path + "/bin/c", "")});
  const std::vector<LayerInventory> kept = {one, again};
  auto image = merge_layers(kept);
  EXPECT_EQ(shown(image), "nix a 1, nix b 1");
  EXPECT_EQ(image.packages[0].location, path);
  EXPECT_EQ(image.packages[0].layer, 0u);
  LayerInventory gone;
  gone.whiteouts = {path};
  const std::vector<LayerInventory> deleted = {one, gone};
  EXPECT_EQ(shown(merge_layers(deleted)), "nix b 1");
  const std::vector<LayerInventory> replaced = {one, read_files({file("nix/store", "")})};
  EXPECT_EQ(shown(merge_layers(replaced)), "");
  // The tar's latest word counts.
  EXPECT_EQ(packages_of({directory(path), directory(path)}), "nix a 1");
  EXPECT_EQ(packages_of({directory(path), file(path, "")}), "");
}

}  // namespace
}  // namespace limpid::inventory

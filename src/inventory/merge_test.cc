// Layers to an image: deletions, replacements, links, second readings, who introduced what.
#include "inventory/merge.h"

#include <algorithm>
#include <ctime>
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "inventory/layer.h"
#include "inventory/testing.h"

namespace limpid::inventory {
namespace {

using namespace testing;
using Layers = std::vector<std::vector<MemoryEntry>>;
using Shown = std::vector<std::string>;

constexpr const char* kStatus = "var/lib/dpkg/status";

std::string status(std::string_view name, std::string_view version = "1") {
  return base::cat(
      {"Package: ", name, "\nStatus: install ok installed\nArchitecture: all\nVersion: ", version, "\n\n"});
}
std::string apk(std::string_view name, std::string_view version = "1") {
  return base::cat({"P:", name, "\nV:", version, "\nA:x86_64\n\n"});
}
MemoryEntry debian(std::string path = "etc/os-release", std::string_view version = "12") {
  return file(std::move(path), base::cat({"ID=debian\nVERSION_ID=", version, "\n"}));
}

std::vector<LayerInventory> read(const Layers& layers) {
  std::vector<LayerInventory> all;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    MemoryReader reader(layers[i]);
    auto layer = read_layer(reader);
    EXPECT_TRUE(layer);
    all.push_back(*std::move(layer));
    all.back().diff_id = base::sha256(base::as_bytes(base::cat({i})));
  }
  return all;
}
// With a second reading of what the first merge asks for.
ImageInventory merge(const Layers& layers, const MergeOptions& options = {}, std::size_t* asked = nullptr) {
  auto inventories = read(layers);
  auto image = merge_layers(inventories, options);
  if (asked != nullptr) *asked = image.unread.size();
  for (int round = 0; round < 3 && !image.unread.empty(); ++round) {
    std::map<std::uint32_t, std::vector<Unread>> by_layer;
    for (const auto& unread : image.unread) by_layer[unread.layer].push_back(unread);
    for (const auto& [layer, wanted] : by_layer) {
      MemoryReader reader(layers[layer]);
      auto second = read_layer(reader, {}, wanted);
      EXPECT_TRUE(second);
      add_reading(inventories[layer], *std::move(second));
    }
    image = merge_layers(inventories, options);
  }
  EXPECT_TRUE(image.unread.empty());
  return image;
}
// "name version layer namespace"
Shown shown(const ImageInventory& image) {
  Shown all;
  for (const auto& p : image.packages)
    all.push_back(base::cat({p.name, " ", p.version, " ", p.layer, " ", p.name_space}));
  return all;
}
std::size_t count(const ImageInventory& image, SkipReason reason) {
  return static_cast<std::size_t>(
      std::ranges::count_if(image.skipped, [&](const Skipped& skipped) { return skipped.reason == reason; }));
}

TEST(Merge, NewestDatabaseAloneDefinesThePackages) {
  const auto image = merge({{debian(), file(kStatus, status("a") + status("b") + status("c"))},
                            {file("x", "")},
                            {file(kStatus, status("a") + status("b", "2") + status("d"))}});
  EXPECT_EQ(shown(image), (Shown{"a 1 0 debian:12", "b 2 2 debian:12", "d 1 2 debian:12"}));
  EXPECT_EQ(image.packages[0].ecosystem, "Debian");
  EXPECT_EQ(image.packages[0].location, kStatus);
  EXPECT_EQ(image.layers.size(), 3u);
  EXPECT_EQ(image.distribution.name_space, "debian:12");
  EXPECT_TRUE(image.skipped.empty());
  EXPECT_TRUE(image.notes.empty());
}

TEST(Merge, IntroducedByContinuousPresence) {
  const auto image = merge({{debian(), file(kStatus, status("a") + status("b"))},
                            {file(kStatus, status("a"))},
                            {file(kStatus, status("a") + status("b"))},
                            // Deleted and written anew in one layer: never away.
                            {file("var/lib/dpkg/.wh.status", ""), file(kStatus, status("a") + status("b"))},
                            {file("var/.wh..wh..opq", ""), file(kStatus, status("a") + status("b"))}});
  EXPECT_EQ(shown(image), (Shown{"a 1 0 debian:12", "b 1 2 debian:12"}));
  const auto away =
      merge({{debian(), file(kStatus, status("a"))}, {file("var/lib/.wh.dpkg", "")}, {file(kStatus, status("a"))}});
  EXPECT_EQ(shown(away), (Shown{"a 1 2 debian:12"}));
  EXPECT_EQ(count(away, SkipReason::removed), 0u);
}

TEST(Merge, ADeletedDatabaseIsLoud) {
  for (const auto& deletion : Layers{{file("var/lib/dpkg/.wh.status", "")},
                                     {file("var/lib/dpkg/.wh..wh..opq", "")},
                                     {file(".wh.var", "")},
                                     {file("var", "")},
                                     {directory(kStatus)},
                                     {symlink("var/lib", "../nowhere")},
                                     {of_type(archive::EntryType::char_device, "var/lib/dpkg")}}) {
    const auto image = merge({{debian(), file(kStatus, status("a") + status("b"))}, deletion});
    EXPECT_TRUE(image.packages.empty());
    ASSERT_EQ(count(image, SkipReason::removed), 1u);
    const auto line = std::ranges::find(image.skipped, SkipReason::removed, &Skipped::reason);
    EXPECT_EQ(line->path, kStatus);
    EXPECT_EQ(line->layer, image.layers[1].to_string());
    EXPECT_NE(line->detail.find("2 packages"), std::string::npos);
    EXPECT_EQ(image.notes.size(), 1u);  // a distribution without packages
  }
}

TEST(Merge, WhiteoutsMatchComponents) {
  const auto image =
      merge({{debian(), file(kStatus, status("a"))},
             {file("var/lib/dpkg/.wh.stat", ""), file("var/.wh.li", ""), file("var/lib/dpkg/.wh.status.d", ""),
              file("va/.wh..wh..opq", ""), file("etc/x/.wh..wh..opq", "")}});
  EXPECT_EQ(shown(image), Shown{"a 1 0 debian:12"});
}

// Layers that are overlaid: the whiteout stands in a directory that takes the place of the link, and no further.
TEST(Merge, WhiteoutsDoNotFollowLinks) {
  for (const auto& deletion : Layers{{file("var/x/.wh.dpkg", "")},
                                     {file("var/x/dpkg/.wh.status", "")},
                                     {file("var/x/dpkg/.wh..wh..opq", "")},
                                     {directory("var/x"), file("var/x/.wh.dpkg", "")}}) {
    const auto image = merge({{debian(), symlink("var/x", "lib"), file(kStatus, status("a"))}, deletion});
    EXPECT_EQ(shown(image), Shown{"a 1 0 debian:12"});
  }
  const auto itself = merge({{debian(), file("opt/status", status("a")), symlink(kStatus, "../../../opt/status")},
                             {file("var/lib/dpkg/.wh.status", "")}});
  EXPECT_TRUE(itself.packages.empty());
}

TEST(Merge, StatusDIsTheUnionOfWhatSurvives) {
  const auto image =
      merge({{debian("usr/lib/os-release"), file("var/lib/dpkg/status.d/a", "Package: a\nVersion: 1\n"),
              file("var/lib/dpkg/status.d/b", "Package: b\nVersion: 1\n")},
             {file("var/lib/dpkg/status.d/c", "Package: c\nVersion: 1\n"), file("var/lib/dpkg/status.d/.wh.b", "")},
             {file("var/lib/dpkg/status.d/a", "Package: a\nVersion: 2\n")}});
  EXPECT_EQ(shown(image), (Shown{"a 2 2 debian:12", "c 1 1 debian:12"}));
}

TEST(Merge, OnePackageInTwoDatabases) {
  const auto image = merge({{debian(), file("var/lib/dpkg/status.d/a", "Package: a\nVersion: 1\nArchitecture: all\n")},
                            {file(kStatus, status("a") + status("b"))}});
  EXPECT_EQ(shown(image), (Shown{"a 1 0 debian:12", "b 1 1 debian:12"}));
}

TEST(Merge, WritingThroughALowerLink) {
  const std::vector<MemoryEntry> base = {file("etc/os-release", "ID=wolfi\n"), symlink("lib", "usr/lib"),
                                         file("usr/lib/apk/db/installed", apk("a"))};
  // No directory entry for lib: the file lands in usr/lib.
  EXPECT_EQ(shown(merge({base, {file("lib/apk/db/installed", apk("a") + apk("b"))}})),
            (Shown{"a 1 0 wolfi", "b 1 1 wolfi"}));
  // A directory entry replaces the link: two files, and both count.
  EXPECT_EQ(shown(merge({base, {directory("lib"), file("lib/apk/db/installed", apk("b"))}})),
            (Shown{"a 1 0 wolfi", "b 1 1 wolfi"}));
  EXPECT_EQ(merge({base, {directory("lib"), file("lib/apk/db/installed", apk("b"))}}).packages[1].location,
            "lib/apk/db/installed");
  // A deletion does not go through the link: an overlay has a directory in its place.
  EXPECT_EQ(shown(merge({base, {file("lib/apk/db/.wh.installed", "")}})), Shown{"a 1 0 wolfi"});
  // An opaque directory in the link's place leaves the link's target alone.
  EXPECT_EQ(shown(merge({base, {file("lib/.wh..wh..opq", "")}})), Shown{"a 1 0 wolfi"});
  // Links within links, and upwards beyond the root.
  EXPECT_EQ(shown(merge({{file("etc/os-release", "ID=wolfi\n"), symlink("x", "y/z"), symlink("y", "/../../usr"),
                          symlink("usr/z", "..//./")},
                         {file("x/lib/apk/db/installed", apk("b"))}})),
            Shown{"b 1 1 wolfi"});
}

TEST(Merge, ADatabaseThatMovedIsNotRemoved) {
  const auto image = merge({{file("etc/os-release", "ID=wolfi\n"), file("lib/apk/db/installed", apk("a"))},
                            {symlink("lib/apk", "../usr/lib/apk"), file("usr/lib/apk/db/installed", apk("a"))}});
  EXPECT_EQ(shown(image), Shown{"a 1 1 wolfi"});
  EXPECT_TRUE(image.skipped.empty());
}

TEST(Merge, TheUsualOsReleaseLink) {
  std::size_t asked = 0;
  const auto image = merge({{symlink("etc/os-release", "../usr/lib/os-release"), debian("usr/lib/os-release", "11")},
                            {debian("usr/lib/os-release", "12")}},
                           {}, &asked);
  EXPECT_EQ(asked, 0u);
  EXPECT_EQ(image.distribution.name_space, "debian:12");
  EXPECT_EQ(image.distribution.location, "etc/os-release");
  // A later file in the link's place.
  EXPECT_EQ(merge({{symlink("etc/os-release", "../usr/lib/os-release"), debian("usr/lib/os-release", "11")},
                   {debian("etc/os-release", "13")}})
                .distribution.name_space,
            "debian:13");
}

TEST(Merge, BehindALinkInSomeLayer) {
  std::size_t asked = 0;
  const Layers layers = {{debian("nix/store/x-os"), file("nix/store/db", status("a")), debian()},
                         {file("y", "")},
                         {symlink("etc/os-release", "/nix/store/x-os"), symlink(kStatus, "../../../nix/store/db")},
                         {file("z", "")}};
  const auto image = merge(layers, {}, &asked);
  EXPECT_EQ(asked, 8u);  // two files, in every layer: no layer knew them
  EXPECT_EQ(shown(image), Shown{"a 1 0 debian:12"});
  EXPECT_TRUE(image.skipped.empty());
  EXPECT_EQ(image.packages[0].location, kStatus);
}

TEST(Merge, BehindALinkToADirectory) {
  const auto image = merge({{debian(), symlink("var/lib/dpkg", "../../opt/dpkg"), file("opt/dpkg/status", status("a"))},
                            {file("opt/dpkg/status", status("b"))}});
  EXPECT_EQ(shown(image), Shown{"b 1 1 debian:12"});
  // The files of a wanted directory behind a link cannot be asked for by name.
  EXPECT_GE(count(image, SkipReason::unresolved), 1u);
}

TEST(Merge, WhatAWhiteoutHidesBehindALink) {
  const auto image = merge({{debian("a/os", "11")}, {file("a/.wh.os", "")}, {symlink("etc/os-release", "../a/os")}});
  EXPECT_EQ(image.distribution.name_space, "");
  EXPECT_EQ(count(image, SkipReason::unresolved), 1u);
}

TEST(Merge, HardLinksBindInTheirLayer) {
  std::size_t asked = 0;
  const Layers layers = {{debian(), file("x", status("a")), hard_link(kStatus, "x")}, {file("x", status("b"))}};
  const auto image = merge(layers, {}, &asked);
  EXPECT_EQ(asked, 1u);
  EXPECT_EQ(shown(image), Shown{"a 1 0 debian:12"});
  const auto chain = merge({{debian(), file("x", status("a")), hard_link("y", "x"), hard_link(kStatus, "y")}});
  EXPECT_EQ(shown(chain), Shown{"a 1 0 debian:12"});
  const auto none = merge({{debian(), hard_link(kStatus, "gone")}});
  EXPECT_TRUE(none.packages.empty());
  EXPECT_EQ(count(none, SkipReason::unresolved), 1u);
}

TEST(Merge, LinksToTheRoot) {
  const auto image = merge({{debian(), hard_link(kStatus, ""), symlink("etc/lsb-release", "..")}});
  EXPECT_TRUE(image.packages.empty());
  EXPECT_EQ(count(image, SkipReason::unresolved), 2u);
}

TEST(Merge, LinksThatLeadNowhere) {
  const auto image =
      merge({{debian(), symlink(kStatus, "status"), symlink("etc/alpine-release", "../usr/lib/system-release"),
              symlink("etc/lsb-release", "a/b"), symlink("etc/a", "c"), symlink("etc/c", "a")}});
  EXPECT_EQ(count(image, SkipReason::unresolved), 3u);
}

TEST(Merge, FurtherRoots) {
  const auto image = merge({{debian(), file(kStatus, status("a")), file("rootfs/var/lib/dpkg/status", status("b")),
                             file("rootfs/usr/lib/os-release", "ID=ubuntu\nVERSION_ID=22.04\n"),
                             file("other/var/lib/dpkg/status", status("a")), file("x/lib/apk/db/installed", apk("c")),
                             file("x/etc/os-release", "ID=alpine\nVERSION_ID=3.19.1\n")}});
  EXPECT_EQ(shown(image), (Shown{"a 1 0 ", "c 1 0 alpine:v3.19", "a 1 0 debian:12", "b 1 0 ubuntu:22.04"}));
}

// base-files, whose version has Debian's release in it.
std::string base_files(std::string_view version) {
  return base::cat(
      {"Package: base-files\nStatus: install ok installed\nArchitecture: all\nVersion: ", version, "\n\n"});
}

TEST(Merge, PackagesTellTheReleaseWhereItsFilesAreGone) {
  const auto status_of = [](std::string_view version) { return status("a") + "\n" + base_files(version); };
  const auto gone =
      merge({{file("etc/os-release", "ID=debian\nVERSION_ID=12\n"), file(kStatus, status_of("12.4+deb12u5"))},
             {file("etc/.wh.os-release", "")}});
  EXPECT_EQ(gone.distribution.name_space, "debian:12");
  EXPECT_EQ(gone.distribution.location, kStatus);
  EXPECT_EQ(gone.packages.at(0).name_space, "debian:12");
  EXPECT_EQ(gone.packages.at(0).ecosystem, "Debian");
  EXPECT_EQ(gone.notes.size(), 1u);
  // A file is believed before a package, and what is chosen before both.
  const Layers both = {{file("etc/os-release", "ID=kali\nVERSION_ID=2025.4\n"), file(kStatus, status_of("12.4"))}};
  EXPECT_EQ(merge(both).distribution.name_space, "kali:2025.4");
  EXPECT_EQ(merge({{file(kStatus, status_of("12.4"))}}, {.distribution = "debian:11"}).distribution.name_space,
            "debian:11");
  // Each root by its own packages.
  const auto roots =
      merge({{debian(), file(kStatus, status("a")), file("root/var/lib/dpkg/status", status_of("11.1+deb11u8"))}});
  EXPECT_EQ(roots.distribution.name_space, "debian:12");
  EXPECT_TRUE(std::ranges::any_of(roots.packages, [](const Package& p) { return p.name_space == "debian:11"; }));
  EXPECT_TRUE(merge({{file(kStatus, status_of("1:2024.1.0"))}}).distribution.name_space.empty());
}

TEST(Merge, TheChosenDistributionWins) {
  const Layers layers = {{debian(), file(kStatus, status("a"))}};
  EXPECT_EQ(shown(merge(layers, {.distribution = "ubuntu:22.04"})), Shown{"a 1 0 ubuntu:22.04"});
  const auto wrong = merge(layers, {.distribution = "nonsense:"});
  EXPECT_EQ(shown(wrong), Shown{"a 1 0 debian:12"});
  EXPECT_EQ(wrong.notes.size(), 1u);
}

TEST(Merge, DistributionsWithoutAnEcosystem) {
  const auto image = merge({{file("etc/os-release", "ID=kali\nVERSION_ID=2025.4\n"), file(kStatus, status("a"))}});
  EXPECT_EQ(image.packages.at(0).ecosystem, "kali");
  EXPECT_EQ(image.packages.at(0).name_space, "kali:2025.4");
  const auto none = merge({{file(kStatus, status("a"))}});
  EXPECT_EQ(none.packages.at(0).name_space, "");
  EXPECT_EQ(none.notes.size(), 1u);
}

TEST(Merge, OnlyWhatIsStillThereIsToldAsSkipped) {
  const std::vector<MemoryEntry> broken = {debian(), file(kStatus, "Package: \nStatus: install ok installed\n")};
  EXPECT_EQ(count(merge({broken}), SkipReason::damaged), 1u);
  EXPECT_EQ(count(merge({broken, {file(kStatus, status("a"))}}), SkipReason::damaged), 0u);
  EXPECT_EQ(count(merge({broken, {file(".wh.var", "")}}), SkipReason::damaged), 0u);
}

TEST(Merge, NoLayersAndEmptyOnes) {
  EXPECT_TRUE(merge_layers({}).packages.empty());
  EXPECT_TRUE(merge({{}, {}}).packages.empty());
  EXPECT_EQ(merge({{}, {}}).layers.size(), 2u);
}

TEST(Merge, TheSameLayerTwice) {
  const std::vector<MemoryEntry> first = {debian(), file(kStatus, status("a"))};
  EXPECT_EQ(shown(merge({first, {file(kStatus, status("b"))}, first})), Shown{"a 1 2 debian:12"});
}

// Of this thread: a machine that is busy with other things takes nothing away.
double processor_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// Links made to be slow: each look-up of the chain would cost 40 times 2,000 steps.
TEST(Merge, HostileLinksEndInTime) {
  std::vector<LayerInventory> layers(2);
  std::string deep = "d";
  for (int i = 0; i < 1'900; ++i) deep += "/d";
  for (int i = 0; i < 60; ++i)
    layers[0].symlinks.push_back({base::cat({"l", 100 + i}), base::cat({deep, "/../l", 101 + i})});
  for (int i = 0; i < 20'000; ++i) {
    layers[1].symlinks.push_back(
        {base::cat({"l", 100 + i % 60, "/", i, "/lib/dpkg/status"}), base::cat({"/l", 100 + i % 60})});
  }
  const double start = processor_seconds();
  const auto image = merge_layers(layers);
  EXPECT_LT(processor_seconds() - start, 20.0);
  EXPECT_FALSE(image.skipped.empty());
}

TEST(Merge, LinksToNowhereBelowManyLayersEndInTime) {
  std::vector<LayerInventory> layers(1'000);
  for (int i = 0; i < 300'000; ++i) layers[0].symlinks.push_back({base::cat({i, "/lib/dpkg/status"}), "n"});
  const double start = processor_seconds();
  const auto image = merge_layers(layers);
  EXPECT_LT(processor_seconds() - start, 60.0);
  EXPECT_TRUE(std::ranges::any_of(image.skipped, [](const Skipped& one) {
    return one.detail == "too many links and long paths: some were not followed";
  }));
}

}  // namespace
}  // namespace limpid::inventory

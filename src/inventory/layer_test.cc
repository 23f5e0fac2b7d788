// One pass over a layer: what is read, what is remembered, what replaces what.
#include "inventory/layer.h"

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "inventory/testing.h"

namespace limpid::inventory {
namespace {

using namespace testing;
using Set = std::set<std::string>;
using archive::EntryType;

constexpr const char* kStatus = "var/lib/dpkg/status";

std::string status(std::string_view name, std::string_view version = "1") {
  return base::cat({"Package: ", name, "\nStatus: install ok installed\nVersion: ", version, "\n\n"});
}
LayerInventory read(std::vector<MemoryEntry> entries, const LayerLimits& limits = {},
                    std::span<const Unread> wanted = {}) {
  MemoryReader reader(std::move(entries), 7);
  auto layer = read_layer(reader, limits, wanted);
  EXPECT_TRUE(layer);
  return layer ? *std::move(layer) : LayerInventory{};
}
Set set(const std::vector<std::string>& paths) { return {paths.begin(), paths.end()}; }
Set packages(const LayerInventory& layer) {
  Set all;
  for (const auto& evidence : layer.evidence) {
    for (const auto& package : evidence.packages) all.insert(evidence.path + " " + package.name);
  }
  return all;
}

TEST(Layer, OnePass) {
  const auto layer =
      read({directory("etc"), file("etc/os-release", "ID=debian\nVERSION_ID=12\n"), directory("var"),
            directory("var/lib"), directory("usr/share/doc"), file("usr/bin/x", "unwanted"),
            file(kStatus, status("a") + status("b")), symlink("bin", "usr/bin"), symlink("a", "../../b")});
  EXPECT_EQ(layer.entries, 9u);
  EXPECT_EQ(packages(layer), (Set{"var/lib/dpkg/status a", "var/lib/dpkg/status b"}));
  ASSERT_EQ(layer.evidence.size(), 2u);
  EXPECT_EQ(layer.evidence[0].facts.at("ID"), "debian");
  EXPECT_EQ(layer.evidence[0].detector, "os-release");
  ASSERT_EQ(layer.symlinks.size(), 2u);
  EXPECT_EQ(layer.symlinks[0].path, "a");  // sorted
  EXPECT_EQ(layer.symlinks[0].target, "../../b");
  EXPECT_EQ(set(layer.directories), (Set{"etc", "var", "var/lib"}));
  EXPECT_TRUE(layer.files.empty());
  EXPECT_TRUE(layer.skipped.empty());
}

TEST(Layer, Whiteouts) {
  const auto layer = read({file("etc/.wh.os-release", "any content"), directory("opt/.wh.tree"), file(".wh.top", ""),
                           file("opt/.wh.tree/inside", ""), file("a/.wh..wh..opq", ""), file(".wh..wh..opq", ""),
                           file("b/.wh..wh..opqX", ""), file("c/.wh.", "ordinary"), file("c/.wh..", ""),
                           file("c/.wh...", ""), file(".wh..wh.aufs", ""), file(".wh..wh.plnk/1.2", ""),
                           symlink("c/.wh.link", "x"), file("var/lib/dpkg/status.d/.wh.pkg", status("no"))});
  EXPECT_EQ(set(layer.whiteouts), (Set{"etc/os-release", "opt/tree", "top", "c/link", "var/lib/dpkg/status.d/pkg"}));
  EXPECT_EQ(set(layer.opaque), (Set{"a", ""}));
  EXPECT_TRUE(packages(layer).empty());
  EXPECT_TRUE(layer.symlinks.empty());
  EXPECT_EQ(layer.entries, 14u);
}

TEST(Layer, DotWhAloneIsAFile) {
  const auto layer = read({file("var/lib/dpkg/status.d/.wh.", "Package: a\nVersion: 1\n"), symlink("x/.wh.", "y")});
  EXPECT_EQ(packages(layer), Set{"var/lib/dpkg/status.d/.wh. a"});
  EXPECT_EQ(layer.symlinks.size(), 1u);
  EXPECT_TRUE(layer.whiteouts.empty());
}

TEST(Layer, OverlayWhiteoutsAreDevices) {
  MemoryEntry null = of_type(EntryType::char_device, "dev/null");
  null.entry.device = 1u << 20 | 3;
  const auto layer = read({of_type(EntryType::char_device, kStatus), null});
  EXPECT_EQ(layer.whiteouts, std::vector<std::string>{kStatus});
  // In one tar the later entry counts.
  const auto replaced = read({of_type(EntryType::char_device, kStatus), file(kStatus, status("a"))});
  EXPECT_TRUE(replaced.whiteouts.empty());
  EXPECT_EQ(packages(replaced).size(), 1u);
  const auto deleted = read({file(kStatus, status("a")), of_type(EntryType::char_device, kStatus)});
  EXPECT_EQ(deleted.whiteouts.size(), 1u);
  EXPECT_TRUE(deleted.evidence.empty());
}

TEST(Layer, TheLastOfOneNameCounts) {
  EXPECT_EQ(packages(read({file(kStatus, status("a")), file(kStatus, status("b"))})), Set{"var/lib/dpkg/status b"});
  EXPECT_TRUE(packages(read({file(kStatus, status("a")), directory(kStatus)})).empty());
  EXPECT_TRUE(packages(read({file(kStatus, status("a")), symlink(kStatus, "x")})).empty());
  EXPECT_TRUE(packages(read({file(kStatus, status("a")), symlink("var/lib", "../x")})).empty());
  EXPECT_TRUE(packages(read({file(kStatus, status("a")), file("var", "")})).empty());
  EXPECT_EQ(packages(read({directory("var"), file(kStatus, status("a")), directory("var/lib")})).size(), 1u);
  EXPECT_EQ(packages(read({symlink(kStatus, "x"), file(kStatus, status("a"))})).size(), 1u);
  EXPECT_TRUE(read({symlink(kStatus, "x"), file(kStatus, status("a"))}).symlinks.empty());
  EXPECT_TRUE(read({symlink("var/x", "y"), directory("var/x")}).symlinks.empty());
  EXPECT_TRUE(read({directory("var/lib/dpkg"), file("var", "")}).directories.empty());
  // A whiteout speaks of lower layers, wherever it stands.
  EXPECT_EQ(packages(read({file(kStatus, status("a")), file("var/lib/dpkg/.wh.status", "")})).size(), 1u);
  EXPECT_EQ(packages(read({file("var/.wh..wh..opq", ""), file(kStatus, status("a"))})).size(), 1u);
}

TEST(Layer, WhatIsNoFile) {
  const auto layer = read({of_type(EntryType::fifo, kStatus), file("var/lib/x", ""), file("lib", "")});
  EXPECT_EQ(set(layer.files), (Set{kStatus, "lib"}));
  ASSERT_EQ(layer.skipped.size(), 1u);
  EXPECT_EQ(layer.skipped[0].path, kStatus);
}

TEST(Layer, HardLinks) {
  // To a file that was read: its evidence, under the new name.
  const auto bound = read({file("var/lib/dpkg/status.d/a", "Package: a\nVersion: 1\n"),
                           hard_link("var/lib/dpkg/status.d/b", "var/lib/dpkg/status.d/a")});
  EXPECT_EQ(packages(bound), (Set{"var/lib/dpkg/status.d/a a", "var/lib/dpkg/status.d/b a"}));
  EXPECT_EQ(bound.evidence.at(1).packages.at(0).location, "var/lib/dpkg/status.d/b");
  EXPECT_TRUE(bound.hard_links.empty());
  // The other name going away later changes nothing.
  const auto kept =
      read({file("var/lib/dpkg/status.d/a", "Package: a\nVersion: 1\n"),
            hard_link("var/lib/dpkg/status.d/b", "var/lib/dpkg/status.d/a"), directory("var/lib/dpkg/status.d/a")});
  EXPECT_EQ(packages(kept), Set{"var/lib/dpkg/status.d/b a"});
  // To a file that was not: remembered. By an unwanted name: not.
  const auto open = read({file("x", status("a")), hard_link(kStatus, "x"), hard_link("y", "x")});
  ASSERT_EQ(open.hard_links.size(), 1u);
  EXPECT_EQ(open.hard_links[0].path, kStatus);
  EXPECT_EQ(open.hard_links[0].target, "x");
  // Read by another detector: its evidence says nothing about this name.
  const auto other = read({file("etc/os-release", "ID=a\n"), hard_link(kStatus, "etc/os-release")});
  EXPECT_EQ(other.hard_links.size(), 1u);
  EXPECT_EQ(read({file(kStatus, status("a")), hard_link(kStatus, kStatus)}).evidence.size(), 0u);
}

TEST(Layer, ListsOfOwnedFiles) {
  const auto layer = read({file("var/lib/dpkg/info/base-files.list", "/.\n/usr/lib/os-release\n"),
                           file("var/lib/dpkg/info/x.list", "/usr/bin/x\n")});
  ASSERT_EQ(layer.evidence.size(), 1u);
  EXPECT_EQ(layer.evidence[0].owner, "base-files");
  EXPECT_EQ(layer.files, std::vector<std::string>{"var/lib/dpkg/info/x.list"});  // of it only that it is there
}

TEST(Layer, SecondReading) {
  const std::vector<Unread> wanted = {{0, "nix/status", kStatus},
                                      {0, "nix/none", "etc/os-release"},
                                      {0, "nix/os", "etc/os-release"},
                                      {0, "nix/link", "usr/lib/os-release"}};
  const auto layer = read({file("nix/status", status("a")), file("var/lib/dpkg/status", status("ignored")),
                           file("nix/os", "ID=nixos\n"), hard_link("nix/link", "nix/other")},
                          {}, wanted);
  EXPECT_EQ(packages(layer), Set{"var/lib/dpkg/status a"});
  ASSERT_EQ(layer.evidence.size(), 3u);
  for (const auto& evidence : layer.evidence) {
    if (evidence.path == kStatus) {
      EXPECT_EQ(evidence.read_from, "nix/status");
    } else if (evidence.read_from == "nix/os") {
      EXPECT_EQ(evidence.facts.at("ID"), "nixos");
    } else {
      EXPECT_EQ(evidence.read_from, "nix/none");  // answered: not there
      EXPECT_EQ(evidence.detector, "");
    }
  }
  ASSERT_EQ(layer.hard_links.size(), 1u);
  EXPECT_EQ(layer.hard_links[0].target, "nix/other");
}

TEST(Layer, Limits) {
  LayerLimits limits;
  limits.links_max = 1;
  limits.whiteouts_max = 1;
  limits.evidence_max = 1;
  limits.skipped_max = 4;
  const auto layer =
      read({symlink("a", "x"), symlink("b", "x"), symlink("c", "x"), file(".wh.a", ""), file(".wh.b", ""),
            file("etc/os-release", "ID=a\n"), file("usr/lib/os-release", "ID=a\n"), of_type(EntryType::fifo, kStatus),
            of_type(EntryType::fifo, "etc/lsb-release"), of_type(EntryType::fifo, "etc/debian_version")},
           limits);
  EXPECT_EQ(layer.symlinks.size(), 1u);
  EXPECT_EQ(layer.whiteouts.size(), 1u);
  EXPECT_EQ(layer.evidence.size(), 1u);
  EXPECT_EQ(layer.skipped.size(), 5u);  // four and the count of the rest
  EXPECT_EQ(layer.skipped.back().detail, "2 more parts that were not read, beyond the limit skipped=4");
}

// What stands in a tar in the end, by the plainest means: an entry that is no directory takes away all that was at and
// below its path before it.
class Naive {
 public:
  void add(const MemoryEntry& made) {
    const archive::Entry& entry = made.entry;
    const auto old = all_.find(entry.path);
    if (entry.type != EntryType::directory || (old != all_.end() && old->second.type != EntryType::directory)) {
      if (old != all_.end()) all_.erase(old);
    }
    if (entry.type != EntryType::directory) {
      const std::string below = entry.path + "/";
      std::erase_if(all_, [&](const auto& one) { return one.first.starts_with(below); });
    }
    all_[entry.path] = entry;
  }
  Set of(EntryType type) const {
    Set paths;
    for (const auto& [path, entry] : all_)
      if (entry.type == type) paths.insert(path);
    return paths;
  }
  bool has_below(const std::string& path) const {
    const auto next = all_.lower_bound(path + "/");
    return next != all_.end() && next->first.starts_with(path + "/");
  }

 private:
  std::map<std::string, archive::Entry> all_;
};

TEST(Layer, AgreesWithAPlainReading) {
  std::mt19937 random(20'240'601);
  const auto pick = [&](std::size_t count) { return random() % count; };
  constexpr std::array kNames{"var", "lib", "dpkg", "status", "x"};
  for (int round = 0; round < 3'000; ++round) {
    std::vector<MemoryEntry> entries;
    Naive naive;
    for (std::size_t count = 1 + pick(14); count != 0; --count) {
      std::string path = kNames[pick(2) == 0 ? 0 : pick(kNames.size())];
      while (path.size() < 30 && pick(4) != 0) base::append(path, {"/", kNames[pick(kNames.size())]});
      const std::size_t type = pick(4);
      entries.push_back(type == 0   ? directory(path)
                        : type == 1 ? symlink(path, "target")
                        : type == 2 ? file(path, "")
                                    : file(path, status("a")));
      naive.add(entries.back());
    }
    std::string told;
    for (const MemoryEntry& made : entries)
      base::append(told, {static_cast<int>(made.entry.type), " ", made.entry.path, "\n"});
    const LayerInventory layer = read(entries);
    Set links;
    for (const Link& link : layer.symlinks) links.insert(link.path);
    EXPECT_EQ(links, naive.of(EntryType::symlink)) << told;
    const Set files = naive.of(EntryType::file);
    for (const Evidence& evidence : layer.evidence) EXPECT_TRUE(files.contains(evidence.path)) << told;
    for (const std::string& path : layer.files) EXPECT_TRUE(files.contains(path)) << told << path;
    const bool has_status = std::ranges::any_of(layer.evidence, [](const Evidence& e) { return e.path == kStatus; }) ||
                            std::ranges::find(layer.files, kStatus) != layer.files.end();
    EXPECT_EQ(has_status, files.contains(kStatus)) << told;
    const Set directories = naive.of(EntryType::directory);
    // A directory whose entry was taken away, and that came back with what is below it, may be told or not.
    for (const std::string& path : layer.directories)
      EXPECT_TRUE(directories.contains(path) || naive.has_below(path)) << told << path;
    for (const std::string path : {"var", "var/lib", "var/lib/dpkg"}) {
      EXPECT_TRUE(!directories.contains(path) || set(layer.directories).contains(path)) << told << path;
    }
    if (HasFailure()) return;
  }
}

TEST(Layer, TooLargeIsSaidAndStandsThere) {
  LayerLimits limits;
  limits.wanted_bytes_max = 100;
  const auto total =
      read({file(kStatus, status("a") + std::string(200, '\n')), file("etc/os-release", "ID=a\n")}, limits);
  EXPECT_EQ(set(total.files), Set{kStatus});
  ASSERT_EQ(total.skipped.size(), 1u);
  EXPECT_EQ(total.skipped[0].reason, SkipReason::too_big);
  EXPECT_EQ(total.evidence.size(), 1u);
  const auto one = read({file("etc/os-release", "ID=a\n" + std::string((std::size_t{1} << 20) + 1, '#'))});
  EXPECT_TRUE(one.evidence.empty());
  ASSERT_EQ(one.skipped.size(), 1u);
  // What the header claims is not believed.
  MemoryEntry liar = file("etc/os-release", std::string((std::size_t{1} << 20) + 1, '#'));
  liar.entry.size = 3;
  EXPECT_EQ(read({liar}).skipped.size(), 1u);
}

TEST(Layer, WhatTheReaderSkippedIsPassedOn) {
  MemoryReader reader({file("etc/os-release", "ID=a\n")});
  reader.skipped_list.push_back({"long/name", "", SkipReason::unsafe, "a name that is too long"});
  const auto layer = read_layer(reader);
  ASSERT_TRUE(layer);
  ASSERT_EQ(layer->skipped.size(), 1u);
  EXPECT_EQ(layer->skipped[0].path, "long/name");
}

TEST(Layer, AnErrorOfTheReaderIsOne) {
  MemoryReader reader({file("etc/os-release", "ID=a\n"), file("x", "")});
  reader.fail_at = 1;
  const auto layer = read_layer(reader);
  ASSERT_FALSE(layer);
  EXPECT_EQ(layer.error().code(), Code::truncated);
}

TEST(Layer, Empty) {
  const auto layer = read({});
  EXPECT_EQ(layer.entries, 0u);
  EXPECT_TRUE(layer.evidence.empty());
  EXPECT_EQ(read({directory("")}).entries, 1u);
}

}  // namespace
}  // namespace limpid::inventory

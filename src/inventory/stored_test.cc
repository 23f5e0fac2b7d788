#include "inventory/stored.h"

#include <random>

#include <gtest/gtest.h>

#include "inventory/layer.h"
#include "inventory/testing.h"

namespace limpid::inventory {
namespace {

using testing::file;

// Uses every field, with values that differ from their defaults and from each other.
LayerInventory full_layer() {
  LayerInventory layer;
  layer.diff_id = base::sha256(base::as_bytes("a layer"));
  for (int i = 0; i < 3; ++i) {
    Evidence evidence;
    evidence.path = "var/lib/dpkg/status" + std::to_string(i);
    evidence.detector = "dpkg";
    evidence.read_from = i == 1 ? "elsewhere" : "";
    Package package;
    package.ecosystem = "Debian";
    package.name_space = "debian:12";
    package.name = "libssl3";
    package.version = "3.0.1";
    package.arch = "amd64";
    package.source_name = "openssl";
    package.source_version = "3.0.1-1";
    package.maintainer = std::string("Jos\xe9\0x", 6);
    package.module = "perl:5.32";
    package.key_id = "199e2f91fd431d51";
    package.owned = {"usr/lib/c", ""};
    package.location = evidence.path;
    package.detector = "dpkg";
    package.licenses = {"Apache-2.0", ""};
    package.kind = i == 0 ? PackageKind::library : PackageKind::binary;
    package.repository = i == 2 ? Repository::third_party : Repository::distribution;
    package.scheme = version::Scheme::dpkg;
    evidence.packages.assign(static_cast<std::size_t>(i), package);
    evidence.facts = {{"ID", "debian"}, {"", "x"}};
    evidence.owned = {"usr/lib/a", "usr/lib/b"};
    evidence.owner = "libssl3:amd64";
    layer.evidence.push_back(evidence);
  }
  layer.whiteouts = {"a", "b/c"};
  layer.opaque = {"d"};
  layer.symlinks = {{"etc/os-release", "../usr/lib/os-release"}};
  layer.hard_links = {{"x", "y"}, {"z", "y"}};
  layer.directories = {"etc"};
  layer.files = {"etc/f"};
  layer.entries = 123'456;
  layer.skipped = {{"p", "l", SkipReason::unresolved, "why"}, {"", "", SkipReason::damaged, ""}};
  return layer;
}

// Everything of it, in one text: two inventories are equal if and only if this is.
std::string written(const LayerInventory& layer) {
  std::string text = layer.diff_id.to_string();
  const auto add = [&](std::string_view part) { base::append(text, {"|", part.size(), ":", part}); };
  for (const Evidence& evidence : layer.evidence) {
    for (const std::string* part : {&evidence.path, &evidence.detector, &evidence.read_from, &evidence.owner})
      add(*part);
    for (const Package& p : evidence.packages) {
      for (const std::string* part : {&p.ecosystem, &p.name_space, &p.name, &p.version, &p.arch, &p.source_name,
                                      &p.source_version, &p.maintainer, &p.module, &p.key_id, &p.location, &p.detector})
        add(*part);
      for (const std::string& license : p.licenses) add(license);
      for (const std::string& owned : p.owned) add(owned);
      base::append(text, {static_cast<int>(p.kind), static_cast<int>(p.repository), static_cast<int>(p.scheme)});
    }
    for (const auto& [key, value] : evidence.facts) add(key), add(value);
    for (const std::string& owned : evidence.owned) add(owned);
    text += ";";
  }
  for (const auto* list : {&layer.whiteouts, &layer.opaque, &layer.directories, &layer.files}) {
    for (const std::string& path : *list) add(path);
    text += ";";
  }
  for (const auto* list : {&layer.symlinks, &layer.hard_links}) {
    for (const Link& link : *list) add(link.path), add(link.target);
    text += ";";
  }
  base::append(text, {layer.entries});
  for (const Skipped& one : layer.skipped) {
    add(one.path), add(one.layer), add(one.detail);
    base::append(text, {static_cast<int>(one.reason)});
  }
  return text;
}

TEST(Stored, KeepsEveryField) {
  const LayerInventory layer = full_layer();
  const auto bytes = store(layer);
  ASSERT_TRUE(bytes) << bytes.error().describe();
  const auto restored = restore(*bytes);
  ASSERT_TRUE(restored) << restored.error().describe();
  EXPECT_EQ(written(*restored), written(layer));
}

TEST(Stored, KeepsAnEmptyLayer) {
  const auto bytes = store({});
  ASSERT_TRUE(bytes);
  const auto restored = restore(*bytes);
  ASSERT_TRUE(restored) << restored.error().describe();
  EXPECT_EQ(written(*restored), written({}));
}

TEST(Stored, WhatAReaderFoundComesBack) {
  testing::MemoryReader reader(
      {file("etc/os-release", "ID=debian\nVERSION_ID=12\n"),
       file("var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nVersion: 1-1\nArchitecture: amd64\n")});
  const auto layer = read_layer(reader);
  ASSERT_TRUE(layer);
  const auto restored = restore(store(*layer).value());
  ASSERT_TRUE(restored);
  EXPECT_EQ(written(*restored), written(*layer));
}

TEST(Stored, DamageIsAnErrorOrTheSame) {
  const LayerInventory layer = full_layer();
  const std::string bytes = store(layer).value();
  std::mt19937 random(20'261'124);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) EXPECT_FALSE(restore(std::string_view(bytes).substr(0, cut)));
  for (int i = 0; i < 3'000; ++i) {
    std::string damaged = bytes;
    const std::size_t at = random() % damaged.size();
    damaged[at] = static_cast<char>(static_cast<unsigned char>(damaged[at]) ^ (1U << random() % 8));
    const auto restored = restore(damaged);
    // zstd leaves a few bits of its head without meaning.
    if (restored) {
      EXPECT_EQ(written(*restored), written(layer)) << "bit at byte " << at;
    }
  }
}

TEST(Stored, AnotherFormatIsRefused) {
  std::string bytes = store({}).value();
  bytes[8] = 99;
  const auto restored = restore(bytes);
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code(), Code::unsupported);
}

}  // namespace
}  // namespace limpid::inventory

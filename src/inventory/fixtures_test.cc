// The shared fixtures, kind by kind: each case is one layer that goes through the whole of this room. What a case must
// yield is said in its expected.json; a new detector adds its kind to the table at the end.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "archive/compression.h"
#include "archive/tar.h"
#include "base/file.h"
#include "base/text.h"
#include "inventory/layer.h"
#include "inventory/merge.h"
#include "inventory/testing.h"

namespace limpid::inventory {
namespace {

namespace fs = std::filesystem;
using simdjson::dom::element;

// Which fields of a kind's packages are compared. An ecosystem only where the case itself says which distribution it
// is.
struct Kind {
  std::string name;
  std::set<std::string> fields;
  std::string only = "";  // cases whose files lie below this path; "" for all
};

std::string text(element object, const char* key) {
  std::string_view value;
  return object[key].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
}
std::vector<std::string> texts(element object, const char* key) {
  std::vector<std::string> all;
  simdjson::dom::array array;
  if (object[key].get(array) != simdjson::SUCCESS) return all;
  for (const element one : array) all.emplace_back(one.get_string().value());
  return all;
}

ImageInventory inventory_of(const fs::path& folder, const std::vector<std::string>& files) {
  std::vector<testing::MemoryEntry> entries;
  for (const auto& path : files) {
    if (path == "paths.txt") {  // names of folders in a store
      std::ifstream lines(folder / path);
      for (std::string line; std::getline(lines, line);) entries.push_back(testing::directory(line.substr(1)));
      continue;
    }
    auto content = base::read_file((folder / path).string(), std::uint64_t{64} << 20);
    EXPECT_TRUE(content) << path;
    if (content) entries.push_back(testing::file(path, *std::move(content)));
  }
  testing::MemoryReader reader(std::move(entries));
  auto layer = read_layer(reader);
  EXPECT_TRUE(layer);
  std::vector<LayerInventory> layers;
  if (layer) layers.push_back(*std::move(layer));
  return merge_layers(layers);
}

std::string shown(const Package& p) { return base::cat({p.name, " ", p.version, " ", p.arch}); }

// A case of portage's names a package without its category.
bool same_name(const Package& package, const std::string& expected) {
  if (package.scheme != version::Scheme::portage || expected.find('/') != std::string::npos)
    return package.name == expected;
  return package.name.substr(package.name.find('/') + 1) == expected;
}

bool fits(const Package& package, element expected, const std::set<std::string>& fields) {
  const auto same = [&](const char* key, const std::string& value) {
    return !fields.contains(key) || expected[key].error() != simdjson::SUCCESS || text(expected, key) == value;
  };
  return same_name(package, text(expected, "name")) && package.version == text(expected, "version") &&
         same("source_name", package.source_name) && same("source_version", package.source_version) &&
         same("arch", package.arch) && same("ecosystem", package.ecosystem) && same("vendor", package.maintainer) &&
         same("licence", base::join(package.licenses, " AND "));
}

void compare_packages(const ImageInventory& image, element expected, const std::set<std::string>& fields) {
  std::vector<bool> used(image.packages.size());
  for (const element wanted : expected["packages"].get_array()) {
    bool found = false;
    for (std::size_t i = 0; i < used.size() && !found; ++i) {
      if (used[i] || !fits(image.packages[i], wanted, fields)) continue;
      used[i] = found = true;
    }
    EXPECT_TRUE(found) << "missing: " << text(wanted, "name") << ' ' << text(wanted, "version") << ' '
                       << text(wanted, "arch");
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    bool allowed = used[i];
    for (const element may : expected["may"].get_array()) {
      allowed = allowed || (image.packages[i].name == text(may, "name") &&
                            (text(may, "version").empty() || image.packages[i].version == text(may, "version")));
    }
    EXPECT_TRUE(allowed) << "not there: " << shown(image.packages[i]);
  }
}

void compare_distribution(const ImageInventory& image, element expected) {
  const Distribution& d = image.distribution;
  const element wanted = expected["distribution"].value();
  EXPECT_EQ(d.name_space, text(wanted, "namespace"));
  EXPECT_EQ(d.id, text(wanted, "id"));
  if (wanted["id_like"].error() == simdjson::SUCCESS) {
    EXPECT_EQ(d.id_like, texts(wanted, "id_like"));
  }
  const std::map<std::string, const std::string*> fields = {
      {"version_codename", &d.version_codename},
      {"cpe_name", &d.cpe_name},
      {"name", &d.name},
      {"pretty_name", &d.pretty_name},
      {"version", &d.version},
      {"ubuntu_codename", &d.ubuntu_codename},
      {"variant_id", &d.variant_id},
      {"build_id", &d.build_id},
      {"support_end", &d.support_end},
  };
  for (const auto& [key, value] : fields) {
    if (wanted[key].error() == simdjson::SUCCESS) {
      EXPECT_EQ(*value, text(wanted, key.c_str())) << key;
    }
  }
  // Where one-line files are read, some cases quote the major version only of "8.9".
  const auto version = text(wanted, "version_id");
  const bool brief = d.location.ends_with("-release") && d.location != "etc/os-release";
  EXPECT_TRUE(d.version_id == version || (brief && d.version_id.starts_with(version + "."))) << d.version_id;
  bool esm = false;
  if (wanted["esm"].get(esm) == simdjson::SUCCESS) {
    EXPECT_EQ(!d.esm.empty(), esm);
  }
}

void run(const Kind& kind) {
  const char* shared = std::getenv("LIMPID_SHARED");
  if (shared == nullptr || !fs::is_directory(fs::path(shared) / "fixtures" / kind.name)) {
    GTEST_SKIP() << "LIMPID_SHARED names no folder with fixtures/" << kind.name;
  }
  simdjson::dom::parser parser;
  std::size_t cases = 0;
  for (const auto& folder : fs::directory_iterator(fs::path(shared) / "fixtures" / kind.name)) {
    SCOPED_TRACE(folder.path().filename().string());
    element expected;
    ASSERT_EQ(parser.load((folder.path() / "expected.json").string()).get(expected), simdjson::SUCCESS);
    const auto files = texts(expected, "files");
    if (!kind.only.empty() &&
        std::ranges::none_of(files, [&](const std::string& file) { return file.starts_with(kind.only); })) {
      continue;
    }
    ++cases;
    const auto image = inventory_of(folder.path(), files);
    compare_packages(image, expected, kind.fields);
    if (text(expected, "outcome") == "error") {
      EXPECT_FALSE(image.skipped.empty());
    }
    if (expected["distribution"].error() == simdjson::SUCCESS) compare_distribution(image, expected);
  }
  EXPECT_GT(cases, 0u);
  ::testing::Test::RecordProperty("cases", static_cast<int>(cases));
}

LayerInventory layer_of(const fs::path& blob) {
  const auto bytes = base::read_file(blob.string(), std::uint64_t{64} << 20);
  EXPECT_TRUE(bytes) << blob;
  if (!bytes) return {};
  auto source = archive::decompress_any(archive::memory_source(base::as_bytes(*bytes)));
  EXPECT_TRUE(source);
  const auto tar = archive::open_tar(**source);
  auto layer = read_layer(*tar);
  EXPECT_TRUE(layer) << (layer ? "" : layer.error().describe());
  return layer ? *std::move(layer) : LayerInventory{};
}

// Whole images: the layers that a case's first manifest names, through the room of archives.
TEST(Fixtures, Images) {
  const char* shared = std::getenv("LIMPID_SHARED");
  if (shared == nullptr || !fs::is_directory(fs::path(shared) / "fixtures/image-oci")) {
    GTEST_SKIP() << "LIMPID_SHARED names no folder with fixtures/image-oci";
  }
  simdjson::dom::parser parser;
  for (const auto* name :
       {"made-gzip", "made-zstd", "made-mixed", "made-opaque", "made-whiteout-db", "made-same-layer-twice"}) {
    SCOPED_TRACE(name);
    const auto folder = fs::path(shared) / "fixtures/image-oci" / name;
    element expected;
    ASSERT_EQ(parser.load((folder / "expected.json").string()).get(expected), simdjson::SUCCESS);
    std::vector<LayerInventory> layers;
    for (const element layer : expected["manifests"].at(0)["layers"].get_array()) {
      const auto digest = text(layer, "digest");
      layers.push_back(layer_of(folder / "layout/blobs/sha256" / digest.substr(digest.find(':') + 1)));
    }
    const auto image = merge_layers(layers);
    compare_packages(image, expected, {"source_name", "source_version", "arch", "ecosystem"});
    EXPECT_TRUE(image.unread.empty());
  }
}

// An upgrade from wheezy to jessie in a layer of its own: who introduced what.
TEST(Fixtures, Upgrade) {
  const char* shared = std::getenv("LIMPID_SHARED");
  if (shared == nullptr || !fs::is_directory(fs::path(shared) / "fixtures/layer")) {
    GTEST_SKIP() << "LIMPID_SHARED names no folder with fixtures/layer";
  }
  std::vector<LayerInventory> layers;
  for (const std::string name : {"blank", "wheezy", "jessie"}) {
    layers.push_back(layer_of(fs::path(shared) / "fixtures/layer" / ("dist-upgrade-" + name) / (name + ".tar.gz")));
  }
  EXPECT_EQ(merge_layers(std::span(layers).first(1)).distribution.name_space, "");
  const auto wheezy = merge_layers(std::span(layers).first(2));
  EXPECT_EQ(wheezy.distribution.name_space, "debian:7");
  EXPECT_EQ(wheezy.packages.size(), 80u);
  const auto jessie = merge_layers(layers);
  EXPECT_EQ(jessie.distribution.name_space, "debian:8");
  EXPECT_EQ(jessie.packages.size(), 117u);
  std::set<std::string> before;
  for (const auto& package : wheezy.packages) before.insert(shown(package));
  std::size_t kept = 0;
  for (const auto& package : jessie.packages) {
    EXPECT_EQ(package.layer, before.contains(shown(package)) ? 1u : 2u) << shown(package);
    kept += package.layer == 1u ? 1u : 0u;
  }
  EXPECT_GT(kept, 0u);
}

// Red Hat's content manifests, also where CoreOS has them, and one that is no JSON.
TEST(Fixtures, ContentSets) {
  const char* shared = std::getenv("LIMPID_SHARED");
  if (shared == nullptr || !fs::is_directory(fs::path(shared) / "fixtures/layer")) {
    GTEST_SKIP() << "LIMPID_SHARED names no folder with fixtures/layer";
  }
  simdjson::dom::parser parser;
  for (const std::string name : {"rhel-layer-with-embedded-cs", "rhel-rhcos-layer-with-embedded-cs",
                                 "rhel-layer-with-no-cpe-info", "rhel-layer-with-invalid-content-manifests-json"}) {
    SCOPED_TRACE(name);
    const auto folder = fs::path(shared) / "fixtures/layer" / name;
    element expected;
    ASSERT_EQ(parser.load((folder / "expected.json").string()).get(expected), simdjson::SUCCESS);
    const std::vector<LayerInventory> layers = {layer_of(folder / "layer.tar")};
    const auto image = merge_layers(layers);
    const bool invalid = name.find("invalid") != std::string::npos;
    EXPECT_EQ(image.skipped.empty(), !invalid);
    const auto wanted = invalid ? std::vector<std::string>() : texts(expected, "content_sets");
    ASSERT_EQ(image.repositories.size(), wanted.empty() ? 0u : 1u);
    if (!wanted.empty()) {
      EXPECT_EQ(image.repositories[0].content_sets, wanted);
      EXPECT_EQ(image.repositories[0].location, texts(expected, "paths").at(0));
    }
  }
}

void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name << ' ' << kind.only; }

class FixtureKinds : public ::testing::TestWithParam<Kind> {};
TEST_P(FixtureKinds, AreReadAsExpected) { run(GetParam()); }

const std::set<std::string> kOfSystem = {"source_name", "source_version", "arch", "licence"};
const std::set<std::string> kOfRpm = {"source_name", "source_version", "arch", "licence", "vendor"};
const std::vector<Kind> kKinds = {
    {"os-release", {}},
    {"dpkg", kOfSystem},
    {"dpkg-statusd", kOfSystem},
    {"apk", kOfSystem},
    {"alpm", kOfSystem},
    {"opkg", kOfSystem},
    {"rpm-bdb", kOfRpm},
    {"rpm-ndb", kOfRpm},
    {"rpm-sqlite", kOfRpm},
    {"rpm-manifest", kOfRpm},
    {"portage", {"licence"}},
    {"chisel", kOfSystem},
    {"cos", {}},
    {"bottlerocket", kOfSystem},
    {"snap", {"ecosystem"}},
    {"homebrew", {"ecosystem"}},
    {"flatpak", {"ecosystem"}},
    {"nix", {"ecosystem"}},
    {"bitnami", {"licence"}},
    {"hostile-text", {}, "var/lib/dpkg/"},
    {"hostile-text", {}, "lib/apk/"},
};
INSTANTIATE_TEST_SUITE_P(All, FixtureKinds, ::testing::ValuesIn(kKinds), [](const auto& parameter) {
  std::string name = base::cat({parameter.param.name, "_", parameter.index});
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace limpid::inventory

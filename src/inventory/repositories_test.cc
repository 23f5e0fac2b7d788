// What images say of their repositories, file by file and merged.
#include <gtest/gtest.h>

#include "base/text.h"
#include "inventory/layer.h"
#include "inventory/merge.h"
#include "inventory/registered.h"
#include "inventory/testing.h"

namespace limpid::inventory {
namespace {

using Facts = std::map<std::string, std::string>;
using Texts = std::vector<std::string>;

struct Read {
  Facts facts;
  SkippedList skipped;
  bool done;
};
Read read(std::string_view path, std::string_view content) {
  Evidence evidence;
  evidence.path = path;
  Read result;
  result.done = repositories_detector().read({path, content}, evidence, result.skipped).has_value();
  result.facts = evidence.facts;
  return result;
}
constexpr std::string_view kManifest = "root/buildinfo/content_manifests/ubi9-container-9.4-1.json";

TEST(Repositories, ContentSets) {
  const auto result = read(kManifest, R"({"metadata": {"icm_version": 1, "image_layer_index": 1}, "content_sets":
    ["rhel-9-for-x86_64-baseos-rpms", " rhel-9-for-x86_64-appstream-rpms ", "rhel-9-for-x86_64-baseos-rpms"],
    "image_contents": [{"purl": "pkg:golang/x"}]})");
  EXPECT_TRUE(result.done);
  EXPECT_EQ(result.facts, (Facts{{"content_sets", "rhel-9-for-x86_64-appstream-rpms rhel-9-for-x86_64-baseos-rpms"}}));
  EXPECT_TRUE(result.skipped.empty());
}

TEST(Repositories, Labels) {
  EXPECT_EQ(
      read("root/buildinfo/labels.json",
           R"({"name": "ubi9", "com.redhat.component": "ubi9-container", "cpe": "cpe:/a:redhat:openshift:4.14::el9"})")
          .facts,
      (Facts{{"cpe", "cpe:/a:redhat:openshift:4.14::el9"}}));
  EXPECT_EQ(read("usr/share/buildinfo/labels.json", R"({"cpe": "http://x", "content_sets": "none"})").facts, Facts{});
}

TEST(Repositories, DamagedManifests) {
  EXPECT_FALSE(read(kManifest, "").done);
  EXPECT_FALSE(read(kManifest, "[]").done);
  EXPECT_FALSE(read(kManifest, R"({"content_sets": ["a",)").done);
  EXPECT_FALSE(read(kManifest, std::string(100, '[') + std::string(100, ']')).done);
  const auto odd = read(kManifest, R"({"content_sets": ["a", 1, "b c", null, "", "d\u0001"]})");
  EXPECT_TRUE(odd.done);
  EXPECT_EQ(odd.facts, (Facts{{"content_sets", "a"}}));
  EXPECT_EQ(odd.skipped.size(), 5U);
  std::string many = R"({"content_sets": [)";
  for (int i = 0; i < 1'500; ++i) many += "\"r" + std::to_string(i) + "\",";
  const auto cut = read(kManifest, many + "\"r0\"]}");
  EXPECT_EQ(std::ranges::count(cut.facts.at("content_sets"), ' '), 999);
  EXPECT_FALSE(cut.skipped.empty());
}

TEST(Repositories, ConfigurationOfYum) {
  const auto result = read("etc/yum.repos.d/redhat.repo",
                           "# comment\n[main]\ngpgcheck=1\n\n[rhel-9-for-x86_64-baseos-eus-rpms]\r\nname = EUS\r\n"
                           "enabled = 1\r\n; comment\n[ default ]\nbaseurl=http://x/[y]\n[off]\nenabled=0\n"
                           "[off-too]\nenabled = False\n[twice]\nenabled=0\nenabled=1\n[with-$releasever]\n[last]");
  EXPECT_TRUE(result.done);
  EXPECT_EQ(result.facts, (Facts{{"configured", "default last rhel-9-for-x86_64-baseos-eus-rpms twice"}}));
  EXPECT_TRUE(result.skipped.empty());
  EXPECT_EQ(read("etc/yum.repos.d/x.repo", "enabled=1\n[]\n[unclosed\n").facts, (Facts{{"configured", "unclosed"}}));
}

// "layer location: content sets | configured | cpe" of each.
Texts merged(std::vector<std::vector<testing::MemoryEntry>> layers) {
  std::vector<LayerInventory> read;
  for (auto& entries : layers) {
    testing::MemoryReader reader(std::move(entries));
    auto layer = read_layer(reader);
    EXPECT_TRUE(layer);
    read.push_back(*std::move(layer));
  }
  Texts lines;
  const auto image = merge_layers(read);
  EXPECT_EQ(image.distribution.name_space, "");
  for (const auto& one : image.repositories) {
    lines.push_back(base::cat({one.layer, " ", one.location, ": ", base::join(one.content_sets, " "), " | ",
                               base::join(one.configured, " "), " | ", one.cpe}));
  }
  return lines;
}

TEST(Repositories, OfEachLayerAndOnlyWhatIsStillThere) {
  using testing::file;
  const std::string folder = "root/buildinfo/content_manifests/";
  EXPECT_EQ(merged({{file(folder + "base-1.json", R"({"content_sets": ["baseos"]})"),
                     file("etc/yum.repos.d/a.repo", "[a]\n"), file("etc/yum.repos.d/b.repo", "[b]\n")},
                    {file(folder + "product-1.json", R"({"content_sets": ["openshift", "baseos"]})"),
                     file("etc/yum.repos.d/.wh.a.repo", ""), file("etc/yum.repos.d/b.repo", "[b]\nenabled=0\n"),
                     file("root/buildinfo/labels.json", R"({"cpe": "cpe:/a:x:y"})")},
                    {file("usr/share/buildinfo/other.json", R"({"content_sets": []})")}}),
            (Texts{"0 root/buildinfo/content_manifests/base-1.json: baseos |  | ",
                   "1 root/buildinfo/content_manifests/product-1.json: baseos openshift |  | ",
                   "1 root/buildinfo/labels.json:  |  | cpe:/a:x:y"}));
}

}  // namespace
}  // namespace limpid::inventory

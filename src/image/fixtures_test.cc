// Every real image of the shared fixtures: digests, tags and platform as expected, each layer read to its end, and the
// file tree that the layers come to.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "image/platform.h"
#include "image/source.h"
#include "image/testing.h"

namespace limpid::image {
namespace {

namespace dom = simdjson::dom;
using testing::digest_of;
using testing::error_of;

std::string text_of(dom::element element) {
  std::string_view view;
  return element.get(view) == simdjson::SUCCESS ? std::string(view) : std::string();
}
std::string text_of(dom::element object, std::string_view key) {
  dom::element value;
  return object[key].get(value) == simdjson::SUCCESS ? text_of(value) : std::string();
}
std::vector<dom::element> list_of(dom::element object, std::string_view key) {
  std::vector<dom::element> list;
  dom::array array;
  if (object[key].get(array) != simdjson::SUCCESS) return list;
  for (const dom::element item : array) list.push_back(item);
  return list;
}
bool has(dom::element object, std::string_view key) {
  dom::element value;
  return object[key].get(value) == simdjson::SUCCESS && !value.is_null();
}

struct Node {
  std::string type;  // dir, file, symlink; "implied" for a folder that no entry stands for
  std::string detail;
  std::uint64_t size = 0;
  bool operator==(const Node&) const = default;
};
using Tree = std::map<std::string, Node>;

void erase_below(Tree& tree, const std::string& path) {
  const std::string from = path.empty() ? "" : path + "/";
  for (auto at = tree.lower_bound(from); at != tree.end() && at->first.starts_with(from);) at = tree.erase(at);
}

// The layers laid over each other: whiteouts first, since they only mean lower layers.
Result<void> add_layer(Tree& tree, const ImageSource& image, std::size_t index, LayerDescriptor& measured) {
  Tree layer;
  LIMPID_ASSIGN(const auto reader, image.open_layer(index));
  for (;;) {
    LIMPID_ASSIGN(const archive::Entry* entry, reader->entries().next());
    if (entry == nullptr) break;
    const std::string path = entry->path;
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash);
    const std::string base_name = slash == std::string::npos ? path : path.substr(slash + 1);
    if (base_name == ".wh..wh..opq") {
      erase_below(tree, folder);
    } else if (base_name.starts_with(".wh.")) {
      const std::string victim = (folder.empty() ? "" : folder + "/") + base_name.substr(4);
      tree.erase(victim);
      erase_below(tree, victim);
    } else if (!path.empty()) {
      Node node{"dir", {}, 0};
      if (entry->type == archive::EntryType::file) {
        node.size = entry->size;
        LIMPID_ASSIGN(const std::string content, archive::read_content(reader->entries(), std::uint64_t{1} << 30));
        node.type = "file";
        node.detail = digest_of(content);
        if (content.size() != node.size) return fail(Code::mismatch, {path, ": content and size differ"});
      } else if (entry->type == archive::EntryType::symlink) {
        node.type = "symlink";
        node.detail = entry->link_target;
      } else if (entry->type == archive::EntryType::hard_link) {
        const auto target = layer.find(entry->link_target);
        if (target != layer.end()) node = target->second;
      } else if (entry->type != archive::EntryType::directory) {
        node.type = "device";
      }
      layer.insert_or_assign(path, std::move(node));
    }
  }
  for (auto& [path, node] : layer) {
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
      tree.try_emplace(path.substr(0, slash), Node{"implied", {}, 0});
    if (node.type != "dir") erase_below(tree, path);
    tree.insert_or_assign(path, std::move(node));
  }
  LIMPID_ASSIGN(measured, reader->finish());
  return {};
}

class Fixtures : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* shared = std::getenv("LIMPID_SHARED");
    if (shared == nullptr || !std::filesystem::is_directory(std::string(shared) + "/fixtures"))
      GTEST_SKIP() << "LIMPID_SHARED names no folder with fixtures";
    root_ = std::string(shared) + "/fixtures/";
  }

  std::vector<std::filesystem::path> cases(const std::string& kind) const {
    std::set<std::filesystem::path> found;
    for (const auto& folder : std::filesystem::directory_iterator(root_ + kind)) found.insert(folder.path());
    return {found.begin(), found.end()};
  }

  dom::element expected(const std::filesystem::path& folder) {
    dom::element root;
    EXPECT_EQ(parser_.load((folder / "expected.json").string()).get(root), simdjson::SUCCESS);
    return root;
  }

  // Opens `target` and compares it with one of `images` or `manifests`.
  void check_image(const std::string& target, dom::element want, const OpenOptions& options = {}) {
    SCOPED_TRACE(target);
    const auto image = open_image(target, options);
    ASSERT_TRUE(image) << error_of(image);
    const Manifest& manifest = (*image)->manifest();
    const std::string config_digest = text_of(want, "config_digest");
    EXPECT_EQ(config_digest.empty() ? "" : manifest.config_digest.to_string(), config_digest);
    EXPECT_EQ(manifest.digest.to_string(), text_of(want, "digest"));
    if (has(want, "repo_tags")) {
      std::vector<std::string> tags;
      for (const dom::element tag : list_of(want, "repo_tags")) tags.push_back(text_of(tag));
      EXPECT_EQ(manifest.tags, tags);
    }
    const std::string platform = text_of(want, "platform");
    EXPECT_EQ(platform.empty() ? "" : to_string(manifest.platform), platform);
    Tree tree;
    std::size_t index = 0;
    for (const dom::element layer : list_of(want, "layers")) {
      ASSERT_LT(index, manifest.layers.size());
      LayerDescriptor measured;
      const auto added = add_layer(tree, **image, index, measured);
      ASSERT_TRUE(added) << "layer " << index << ": " << error_of(added);
      EXPECT_EQ(measured.digest.to_string(), text_of(layer, "digest"));
      EXPECT_EQ(measured.diff_id.to_string(), text_of(layer, "diff_id"));
      std::uint64_t size = 0;
      EXPECT_EQ(layer["size"].get(size), simdjson::SUCCESS);
      EXPECT_EQ(measured.size, size);
      ++index;
      ++layers_;
    }
    EXPECT_EQ(index, manifest.layers.size());
    check_files(tree, want);
    ++images_;
  }

  void check_files(const Tree& tree, dom::element want) {
    std::uint64_t count = 0;
    dom::element files;
    ASSERT_EQ(want["files"].get(files), simdjson::SUCCESS);
    if (files.get(count) == simdjson::SUCCESS) {
      EXPECT_EQ(tree.size(), count);
      return;
    }
    Tree listed;
    for (const dom::element file : list_of(want, "files")) {
      Node node{text_of(file, "type"), {}, 0};
      if (node.type == "file") {
        node.detail = "sha256:" + text_of(file, "sha256");
        EXPECT_EQ(file["size"].get(node.size), simdjson::SUCCESS);
      }
      if (node.type == "symlink") node.detail = text_of(file, "target");
      listed.emplace(text_of(file, "path"), std::move(node));
    }
    const auto stated =
        std::count_if(tree.begin(), tree.end(), [](const auto& item) { return item.second.type != "implied"; });
    EXPECT_EQ(static_cast<std::size_t>(stated), listed.size());
    for (const auto& [path, node] : listed) {
      const auto found = tree.find(path);
      if (found == tree.end()) {
        ADD_FAILURE() << "lacks " << path;
      } else {
        EXPECT_TRUE(found->second == node) << path << ": " << found->second.type << " " << found->second.detail;
      }
      ++files_;
    }
  }

  std::string root_;
  dom::parser parser_;
  std::size_t images_ = 0, layers_ = 0, files_ = 0, errors_ = 0;
};

TEST_F(Fixtures, Archives) {
  for (const auto& folder : cases("image-archive")) {
    SCOPED_TRACE(folder.filename().string());
    std::string path = (folder / "image.tar").string();
    if (!std::filesystem::exists(path)) path += ".gz";
    const dom::element want = expected(folder);
    const std::vector<dom::element> images = list_of(want, "images");
    if (images.size() > 1) {
      const auto refused = open_image(path);
      EXPECT_EQ(refused ? Code::internal : refused.error().code(), Code::usage);
    }
    for (const dom::element image : images) {
      if (images.size() == 1) check_image(path, image);
      for (const dom::element tag : list_of(image, "repo_tags")) check_image(path + ":" + text_of(tag), image);
      check_image("docker-archive:" + path + "@" + text_of(image, "config_digest"), image);
    }
  }
  std::printf("%zu images, %zu layers, %zu files\n", images_, layers_, files_);
  EXPECT_GE(images_, 30U);
}

TEST_F(Fixtures, Layouts) {
  for (const auto& folder : cases("image-oci")) {
    const std::string name = folder.filename().string();
    SCOPED_TRACE(name);
    const std::string path = (folder / "layout").string();
    const dom::element want = expected(folder);
    // Its only blob is absent, whatever its outcome says: there is no image to read.
    if (text_of(want, "outcome") == "error" || name == "ggcr-unknown-media-type") {
      const auto refused = open_image(path);
      ASSERT_FALSE(refused);
      std::printf("%s: %s\n", name.c_str(), error_of(refused).substr(path.size()).c_str());
      ++errors_;
      continue;
    }
    for (const dom::element manifest : list_of(want, "manifests")) {
      if (has(manifest, "index_of")) continue;
      check_image("oci-dir:" + path + "@" + text_of(manifest, "digest"), manifest);
      if (!text_of(manifest, "tag").empty()) check_image(path + ":" + text_of(manifest, "tag"), manifest);
      dom::element platform;
      if (manifest["platform"].get(platform) != simdjson::SUCCESS || !platform.is_object()) continue;
      OpenOptions options;
      options.platform = text_of(platform, "os") + "/" + text_of(platform, "architecture");
      check_image(path, manifest, options);
    }
  }
  std::printf("%zu images, %zu layers, %zu files, %zu refused\n", images_, layers_, files_, errors_);
  EXPECT_GE(images_, 35U);
}

TEST_F(Fixtures, HostileArchives) {
  for (const auto& folder : cases("image-hostile")) {
    SCOPED_TRACE(folder.filename().string());
    for (const std::string name : {"image.tar", "layer.tar", "layer.tar.gz"}) {
      const std::string path = (folder / name).string();
      if (!std::filesystem::exists(path)) continue;
      const bool bad = text_of(expected(folder), "outcome") == "error";
      const auto image = open_image((name.starts_with("layer") ? "rootfs:" : "") + path);
      std::string error = error_of(image);
      if (image) error = error_of(testing::read_whole(**image, 0));
      EXPECT_EQ(!error.empty(), bad) << error;
      if (bad) std::printf("%s: %s\n", folder.filename().c_str(), error.c_str());
      // Without its prefix it must end in the same way.
      const auto recognised = open_image(path);
      if (bad && recognised) {
        EXPECT_FALSE(testing::read_whole(**recognised, 0));
      }
    }
  }
}

}  // namespace
}  // namespace limpid::image

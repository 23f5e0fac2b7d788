// The real and hostile layers of the shared fixtures, through the same steps as a scan: file, decompression, tar.
#include <cstdlib>
#include <filesystem>
#include <map>

#include <gtest/gtest.h>

#include "archive/compression.h"
#include "archive/tar.h"
#include "archive/testing.h"

namespace limpid::archive {
namespace {

struct Expected {
  bool ok;
  // "<type> <path>", in order; empty where only the outcome is known.
  std::vector<std::string> entries;
};

// Just enough of JSON for the fixtures' own fixed form: the values of the keys "outcome", "path" and "type" on lines of
// their own.
std::string value_of(std::string_view line, std::string_view key) {
  line = base::trim(line);
  const std::string start = base::cat({"\"", key, "\": \""});
  if (!base::strip_prefix(line, start)) return "";
  return std::string(line.substr(0, line.rfind('"')));
}

std::string type_letter(const std::string& type) {
  static const std::map<std::string, std::string> kLetters = {{"0", "f"}, {"1", "h"}, {"2", "l"}, {"3", "c"},
                                                              {"4", "b"}, {"5", "d"}, {"6", "p"}};
  const auto found = kLetters.find(type);
  return found == kLetters.end() ? "?" : found->second;
}

Expected read_expected(const std::string& path) {
  const std::string text = base::read_file(path, std::uint64_t{16} << 20).value();
  Expected expected{.ok = text.find("\"outcome\": \"ok\"") != std::string::npos, .entries = {}};
  const std::size_t entries = text.find("\"entries\": [");
  if (entries == std::string::npos) return expected;
  std::string_view rest = std::string_view(text).substr(entries);
  std::string name;
  while (const auto line = base::take_line(rest)) {
    if (const std::string value = value_of(*line, "path"); !value.empty()) {
      bool outside = false;
      EXPECT_TRUE(normalise_path(value, name, outside));
    } else if (const std::string type = value_of(*line, "type"); !type.empty()) {
      expected.entries.push_back(base::cat({type_letter(type), " ", name}));
    }
  }
  return expected;
}

struct Layer {
  std::vector<std::string> entries;
  std::string error;
};

Layer read_layer(const std::string& path) {
  Layer layer;
  const auto file = base::File::open(path);
  auto inflated = decompress_any(file_source(*file, 0, file->size().value()));
  const auto tar = open_tar(**inflated);
  for (;;) {
    const auto entry = tar->next();
    if (!entry) {
      layer.error = base::cat({base::name_of(entry.error().code()), ": ", entry.error().describe()});
      return layer;
    }
    if (*entry == nullptr) return layer;
    layer.entries.push_back(base::cat({"fdlhcbp"[static_cast<std::size_t>((*entry)->type)], " ", (*entry)->path}));
  }
}

TEST(Fixtures, LayersHaveTheirExpectedOutcomesAndEntries) {
  const char* shared = std::getenv("LIMPID_SHARED");
  if (shared == nullptr || !std::filesystem::exists(shared)) GTEST_SKIP() << "LIMPID_SHARED names no folder";
  std::size_t layers = 0;
  for (const char* kind : {"image-hostile", "layer"}) {
    for (const auto& folder : std::filesystem::directory_iterator(std::string(shared) + "/fixtures/" + kind)) {
      for (const auto& item : std::filesystem::directory_iterator(folder.path())) {
        const std::string name = item.path().filename();
        if (name.find(".tar") == std::string::npos || name == "image.tar") continue;
        SCOPED_TRACE(item.path().string());
        ++layers;
        const Expected expected = read_expected(folder.path() / "expected.json");
        const Layer layer = read_layer(item.path());
        EXPECT_EQ(layer.error.empty(), expected.ok) << layer.error;
        std::printf("%-60s %5zu entries %s\n", folder.path().filename().c_str(), layer.entries.size(),
                    layer.error.c_str());
        if (expected.entries.empty() || folder.path().filename() == "bad-name-latin1") continue;
        EXPECT_EQ(layer.entries, expected.entries);
      }
    }
  }
  EXPECT_GT(layers, 20U);
}

}  // namespace
}  // namespace limpid::archive

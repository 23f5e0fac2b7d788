// What tests of feeds share: a Sink that keeps everything, look-ups in it, and files to read.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "advisory/feed.h"
#include "base/file.h"

namespace limpid::advisory {

struct CollectingSink final : Sink {
  std::vector<Advisory> advisories;
  std::vector<Available> availables;
  std::vector<EndOfLife> end_of_lifes;
  std::vector<Enrichment> enrichments;
  std::vector<PackageSupport> package_supports;
  std::vector<RepositoryProducts> repositories;

  void advisory(Advisory&& advisory) override { advisories.push_back(std::move(advisory)); }
  void available(Available&& available) override { availables.push_back(std::move(available)); }
  void end_of_life(EndOfLife&& end_of_life) override { end_of_lifes.push_back(std::move(end_of_life)); }
  void enrichment(Enrichment&& enrichment) override { enrichments.push_back(std::move(enrichment)); }
  void package_support(PackageSupport&& support) override { package_supports.push_back(std::move(support)); }
  void repository(RepositoryProducts&& repository) override { repositories.push_back(std::move(repository)); }

  // The only statement on (id, namespace, package); fails the test if there is none or there are several.
  const Affected& only(std::string_view id, std::string_view name_space, std::string_view package) const {
    static const Affected none;
    const Affected* found = nullptr;
    for (const auto& advisory : advisories) {
      if (advisory.id != id) continue;
      for (const auto& affected : advisory.affected) {
        if (affected.name_space != name_space || affected.package != package) continue;
        EXPECT_EQ(found, nullptr) << id << " twice for " << name_space << " " << package;
        found = &affected;
      }
    }
    EXPECT_NE(found, nullptr) << id << " not there for " << name_space << " " << package;
    return found == nullptr ? none : *found;
  }
  const Advisory* find(std::string_view id) const {
    for (const auto& advisory : advisories) {
      if (advisory.id == id) return &advisory;
    }
    return nullptr;
  }
  // The only enrichment of that CVE; fails the test if there is none or there are several.
  const Enrichment& enrichment_of(std::string_view cve) const {
    static const Enrichment none;
    const Enrichment* found = nullptr;
    for (const auto& enrichment : enrichments) {
      if (enrichment.cve != cve) continue;
      EXPECT_EQ(found, nullptr) << cve << " twice";
      found = &enrichment;
    }
    EXPECT_NE(found, nullptr) << cve << " not there";
    return found == nullptr ? none : *found;
  }
  std::uint64_t statements() const {
    std::uint64_t count = 0;
    for (const auto& advisory : advisories) count += advisory.affected.size();
    return count;
  }
};

inline std::uint64_t dropped_in_all(const FeedCounts& counts) {
  std::uint64_t sum = 0;
  for (const auto& [reason, count] : counts.dropped) sum += count;
  return sum;
}

// A folder that lives as long as the test.
class FeedFolder {
 public:
  FeedFolder() : folder_(base::TemporaryDirectory::make("feed").value()) {}
  const std::string& path() const { return folder_.path(); }
  std::string write(const std::string& name, std::string_view content) const {
    const auto path = folder_.path() + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

 private:
  base::TemporaryDirectory folder_;
};

// Reads `content` as a file of that name.
inline Result<FeedCounts> read_text(const Feed& feed, std::string_view content, Sink& sink,
                                    const std::string& file_name = "feed.json", const std::string& name_space = {}) {
  const FeedFolder folder;
  return feed.read({.path = folder.write(file_name, content), .name_space = name_space}, sink);
}

// A file or folder of the shared real data, "" where there is none.
inline std::string shared_data(const std::string& name) {
  const char* root = std::getenv("LIMPID_SHARED");
  if (root == nullptr || !std::filesystem::exists(std::string(root) + "/data/" + name)) return {};
  return std::string(root) + "/data/" + name;
}

}  // namespace limpid::advisory

#define LIMPID_SKIP_WITHOUT(path) \
  if ((path).empty()) GTEST_SKIP() << "real data not here: LIMPID_SHARED does not name a folder that has it"

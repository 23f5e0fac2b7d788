#include "service/v1/notifications.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/file.h"
#include "service/v1/codec.h"
#include "vulndb/testing.h"

namespace limpid::service::v1 {
namespace {

using vulndb::testing::Input;

// What a feed says of one package of one namespace.
struct Said {
  std::string feed, id, name_space, package, fixed = "1.2";
};

class DatabasesTest : public testing::Test {
 protected:
  std::shared_ptr<const Compiled> make(const std::vector<Said>& all) {
    std::vector<Input> inputs;
    for (const Said& one : all) {
      auto input = std::ranges::find(inputs, one.feed, &Input::feed);
      if (input == inputs.end()) {
        inputs.emplace_back().feed = one.feed;
        input = std::prev(inputs.end());
      }
      auto record = std::ranges::find(input->advisories, one.id, &advisory::Advisory::id);
      if (record == input->advisories.end()) {
        input->advisories.emplace_back().id = one.id;
        record = std::prev(input->advisories.end());
      }
      record->affected.push_back(
          vulndb::testing::affected(one.name_space, one.package, advisory::Status::fixed, {{"", one.fixed, ""}}));
      record->affected.back().scheme = version::Scheme::rpm;
    }
    const std::string path = base::cat({folder_.path(), "/", ++count_, ".db"});
    const auto info = vulndb::testing::compile(std::move(inputs), path);
    EXPECT_TRUE(info) << info.error().describe();
    auto opened = vulndb::Database::open(path, vulndb::Access::map);
    EXPECT_TRUE(opened) << opened.error().describe();
    return std::make_shared<const Compiled>(std::make_shared<const vulndb::Database>(*std::move(opened)), count_);
  }
  static std::vector<store::Namespace> held(const std::vector<std::string>& names) {
    std::vector<store::Namespace> all;
    for (const std::string& name : names) all.push_back({name, version::Scheme::rpm});
    return all;
  }
  // "namespace package" of each pair, or "any".
  static std::vector<std::string> packages(const Compiled& before, const Compiled& after,
                                           const std::vector<std::string>& names) {
    const auto found = packages_between(before, after, held(names));
    EXPECT_TRUE(found) << found.error().describe();
    if (!*found) return {"any"};
    std::vector<std::string> lines;
    for (const auto& [name_space, package] : **found) lines.push_back(base::cat({name_space, " ", package}));
    return lines;
  }
  // "+ namespace name", "- …", "~ …" of each notification.
  static std::vector<std::string> changes(const Compiled& before, const Compiled& after,
                                          const std::vector<std::string>& names) {
    const auto made = changes_between(before, after, Overlay(), held(names), 1, nullptr);
    EXPECT_TRUE(made) << made.error().describe();
    std::vector<std::string> lines;
    for (const store::NewNotification& one : *made) {
      const auto shown = parse_stored(one.new_revision.empty() ? one.old_revision : one.new_revision);
      lines.push_back(base::cat({one.old_revision.empty()   ? "+ "
                                 : one.new_revision.empty() ? "- "
                                                            : "~ ",
                                 shown->name_space, " ", shown->name}));
    }
    return lines;
  }

  base::TemporaryDirectory folder_ = base::TemporaryDirectory::make("limpid-notifications-test-").value();
  int count_ = 0;
};

using Lines = std::vector<std::string>;

const std::vector<Said> kBefore = {{"redhat", "RHSA-2024:1", "rhel:9", "zlib"},
                                   {"minimos", "CVE-2024-2", "minimos", "curl"},
                                   {"anolis", "ANSA-2024:3", "anolis:8", "xz"},
                                   {"debian", "CVE-2024-4", "debian:12", "tar"}};
const std::vector<Said> kAfter = {{"redhat", "RHSA-2024:1", "rhel:9", "zlib", "1.3"},
                                  {"minimos", "CVE-2024-2", "minimos", "curl", "1.3"},
                                  {"anolis", "ANSA-2024:3", "anolis:8", "xz", "1.3"},
                                  {"debian", "CVE-2024-4", "debian:12", "tar", "1.3"}};

TEST_F(DatabasesTest, EveryNamespaceThatIsReadFromAnotherOneIsStaleWithIt) {
  const auto before = make(kBefore);
  const auto after = make(kAfter);
  EXPECT_EQ(packages(*before, *after,
                     {"anolis:8.6", "centos:9", "debian:11", "debian:12", "minimos:20241031", "rocky:9", "rocky:8"}),
            (Lines{"anolis:8.6 xz", "centos:9 zlib", "debian:12 tar", "minimos:20241031 curl", "rocky:9 zlib"}));
  EXPECT_EQ(packages(*after, *after, {"centos:9"}), Lines{});
}

TEST_F(DatabasesTest, ANamespaceThatIsReadFromElsewhereNowIsStaleAltogether) {
  const auto before = make(kBefore);
  std::vector<Said> said = kBefore;
  said.push_back({"rocky", "RLSA-2024:1", "rocky:9", "zlib"});
  const auto after = make(said);
  EXPECT_EQ(packages(*before, *after, {"rocky:9"}), Lines{"any"});
  EXPECT_EQ(packages(*after, *before, {"rocky:9"}), Lines{"any"});
  EXPECT_EQ(packages(*before, *after, {"centos:9"}), Lines{});
}

TEST_F(DatabasesTest, NotificationsNameEveryNamespaceThatIsHeld) {
  const auto before = make(kBefore);
  const auto after = make(kAfter);
  EXPECT_EQ(changes(*before, *after, {}), (Lines{"~ anolis:8 ANSA-2024:3", "~ centos:9 RHSA-2024:1",
                                                 "~ debian:12 CVE-2024-4", "~ minimos CVE-2024-2"}));
  EXPECT_EQ(
      changes(*before, *after, {"anolis:8.6", "centos:9", "minimos:20241031", "rocky:9", "rocky:8"}),
      (Lines{"~ anolis:8 ANSA-2024:3", "~ anolis:8.6 ANSA-2024:3", "~ centos:9 RHSA-2024:1", "~ debian:12 CVE-2024-4",
             "~ minimos CVE-2024-2", "~ minimos:20241031 CVE-2024-2", "~ rocky:9 RHSA-2024:1"}));
}

TEST_F(DatabasesTest, AFeedThatIsNewIsAFirstLoad) {
  const auto before = make(kBefore);
  std::vector<Said> said = kBefore;
  said.push_back({"alpine", "CVE-2024-9", "alpine:v3.20", "zlib"});
  said.push_back({"redhat", "RHSA-2024:9", "rhel:9", "zlib"});
  const auto after = make(said);
  EXPECT_EQ(changes(*before, *after, {}), Lines{"+ centos:9 RHSA-2024:9"});
  said.push_back({"alpine", "CVE-2024-10", "alpine:v3.20", "zlib"});
  EXPECT_EQ(changes(*after, *make(said), {}), Lines{"+ alpine:v3.20 CVE-2024-10"});
}

// By the two ways to it.
TEST_F(DatabasesTest, ManyAreFoundAsOne) {
  const auto database = make({{"debian", "CVE-2024-1", "debian:12", "zlib"},
                              {"debian", "CVE-2024-1", "debian:12", "curl"},
                              {"debian", "CVE-2024-1", "debian:13", "xz"},
                              {"osv", "DEBIAN-CVE-2024-1", "debian:12", "other"},
                              {"osv", "DEBIAN-CVE-2024-2", "debian:12", "zlib"},
                              {"osv", "UBUNTU-CVE-2024-3", "debian:12", "zlib"},
                              {"osv", "DSA-1-1", "debian:12", "zlib"},
                              {"redhat", "RHSA-2024:1", "rhel:9", "zlib"}});
  const std::vector<std::string> names = {"CVE-2024-1", "CVE-2024-2", "CVE-2024-3",
                                          "cve-2024-1", "DSA-1-1",    "RHSA-2024:1"};
  for (const std::string name_space : {"debian:12", "debian:13", "rocky:9", "alpine:v3.20"}) {
    const auto all = database->find_all(name_space, names);
    ASSERT_TRUE(all);
    for (const std::string& name : names) {
      const auto one = database->find(name_space, name);
      ASSERT_TRUE(one);
      EXPECT_EQ(one->has_value(), all->contains(name)) << name_space << " " << name;
      if (*one && all->contains(name)) {
        EXPECT_EQ(**one, all->find(name)->second);
      }
    }
  }
  const auto found = database->find_all("debian:12", names);
  EXPECT_EQ(found->size(), 3U);
  EXPECT_EQ(found->find("CVE-2024-1")->second.fixed_in.size(), 2U) << "the distribution's own word counts";
}

TEST_F(DatabasesTest, TheSearchForChangesCanBeCancelled) {
  const std::atomic<bool> cancel = true;
  const auto made = changes_between(*make(kBefore), *make(kAfter), Overlay(), {}, 1, &cancel);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), Code::cancelled);
}

}  // namespace
}  // namespace limpid::service::v1

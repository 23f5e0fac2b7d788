#include <gtest/gtest.h>

#include "advisory/list.h"
#include "advisory/sink_for_test.h"

namespace limpid::advisory {
namespace {

using Texts = std::vector<std::string>;

TEST(RedHatRepositories, LeadToProducts) {
  CollectingSink sink;
  const auto counts = read_text(redhat_repositories_feed(), R"({"data": {
    "rhel-9-for-x86_64-baseos-rpms": {"cpes": ["cpe:/o:redhat:enterprise_linux:9::baseos "], "repo_relative_urls": []},
    "rhel-10-for-x86_64-baseos-rpms": {"cpes": ["cpe:/o:redhat:enterprise_linux:10.0"]},
    "rhel-8-for-x86_64-baseos-eus-rpms": {"cpes": ["cpe:/o:redhat:rhel_eus:8.4::baseos", "cpe:/o:redhat:rhel_eus:8.6::baseos"]},
    "rhel-9-for-x86_64-baseos-source-rpms": {"cpes": ["cpe:/o:redhat:enterprise_linux:9::baseos"]},
    "rhel-9-for-x86_64-baseos-eus-debug-rpms__9_DOT_2": {"cpes": ["cpe:/o:redhat:rhel_eus:9.2::baseos"]},
    "middleware": {"cpes": ["cpe:/a:redhat:jboss_eap:7", "cpe:/a:other:x:1", "cpe:/a:redhat:hummingbird:1"]},
    "odd": 1}, "last_updated": "x"})",
                                sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 7U);
  EXPECT_EQ(counts->statements, 5U + dropped_in_all(*counts));
  EXPECT_EQ(counts->dropped, (std::map<std::string, std::uint64_t>{{"repository of sources or debugging symbols", 2},
                                                                   {"no product of Red Hat's", 2},
                                                                   {"repository that is no object", 1}}));
  ASSERT_EQ(sink.repositories.size(), 4U);
  EXPECT_EQ(sink.repositories[0].repository, "rhel-9-for-x86_64-baseos-rpms");
  EXPECT_EQ(sink.repositories[0].products, Texts{"cpe:/o:redhat:enterprise_linux:9::baseos"});
  EXPECT_EQ(sink.repositories[1].products, Texts{"cpe:/o:redhat:enterprise_linux:10"});  // as statements have it
  EXPECT_EQ(sink.repositories[2].products,
            (Texts{"cpe:/o:redhat:rhel_eus:8.4::baseos", "cpe:/o:redhat:rhel_eus:8.6::baseos"}));
  EXPECT_EQ(sink.repositories[3].products, Texts{"cpe:/a:redhat:jboss_eap:7"});
}

TEST(RedHatRepositories, WhatIsNoTableFails) {
  CollectingSink sink;
  for (const auto* text : {"", "[]", "{}", R"({"data": [)", R"({"data": {"a": {}})"}) {
    EXPECT_FALSE(read_text(redhat_repositories_feed(), text, sink)) << text;
  }
  EXPECT_TRUE(sink.repositories.empty());
}

// The whole table: 8,564 repositories.
TEST(RedHatRepositories, RealTable) {
  const auto path = shared_data("redhat/maps/repository-to-cpe.json.zst");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  const auto counts = redhat_repositories_feed().read({.path = path, .name_space = {}}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 8'564U);
  const auto products = [&](std::string_view name) {
    const auto found = std::ranges::find(sink.repositories, name, &RepositoryProducts::repository);
    return found == sink.repositories.end() ? Texts{} : found->products;
  };
  EXPECT_EQ(products("rhel-9-for-x86_64-appstream-rpms"), Texts{"cpe:/a:redhat:enterprise_linux:9::appstream"});
  EXPECT_EQ(products("rhel-9-for-x86_64-baseos-eus-rpms__9_DOT_2"), Texts{"cpe:/o:redhat:rhel_eus:9.2::baseos"});
  EXPECT_EQ(products("rhel-7-server-rpms"), Texts{"cpe:/o:redhat:enterprise_linux:7::server"});
  EXPECT_EQ(products("rhel-9-for-x86_64-baseos-debug-rpms"), Texts{});
}

}  // namespace
}  // namespace limpid::advisory

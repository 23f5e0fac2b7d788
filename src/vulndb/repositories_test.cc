#include <gtest/gtest.h>

#include "base/file.h"
#include "vulndb/compiler.h"
#include "vulndb/database.h"

namespace limpid::vulndb {
namespace {

class Repositories : public ::testing::TestWithParam<Access> {
 protected:
  Database write(Compiler& compiler) {
    const auto info = compiler.write(path());
    EXPECT_TRUE(info) << info.error().describe();
    auto database = Database::open(path(), GetParam());
    EXPECT_TRUE(database) << database.error().describe();
    EXPECT_TRUE(database->verify()) << database->verify().error().describe();
    return *std::move(database);
  }
  std::string path() const { return folder_.path() + "/db"; }
  // "name=product,product" of each.
  static std::string ask(const Database& database, const std::vector<std::string>& names) {
    const auto known = database.repositories(names);
    EXPECT_TRUE(known) << known.error().describe();
    std::string text;
    for (const auto& one : *known)
      base::append(text, {text.empty() ? "" : " ", one.repository, "=", base::join(one.products, ",")});
    return text;
  }
  base::TemporaryDirectory folder_ = base::TemporaryDirectory::make("limpid-vulndb-").value();
};
INSTANTIATE_TEST_SUITE_P(Both, Repositories, ::testing::Values(Access::read, Access::map),
                         [](const auto& one) { return one.param == Access::read ? "read" : "map"; });

TEST_P(Repositories, AreUnitedAndFound) {
  Compiler compiler;
  compiler.begin_feed("redhat-repositories", "table.json");
  compiler.add(advisory::RepositoryProducts{"baseos", {"cpe:/o:b", "cpe:/o:a"}});
  compiler.add(advisory::RepositoryProducts{"appstream", {"cpe:/o:a"}});
  compiler.add(advisory::RepositoryProducts{"baseos", {"cpe:/o:c", "cpe:/o:a"}});
  compiler.add(advisory::RepositoryProducts{"", {"cpe:/o:a"}});
  compiler.add(advisory::RepositoryProducts{"empty", {}});
  compiler.add(advisory::RepositoryProducts{std::string(5'000, 'x'), {"cpe:/o:a"}});
  const auto database = write(compiler);
  EXPECT_EQ(ask(database, {"baseos"}), "baseos=cpe:/o:a,cpe:/o:b,cpe:/o:c");
  EXPECT_EQ(ask(database, {"other", "baseos", "appstream", "baseos"}),
            "appstream=cpe:/o:a baseos=cpe:/o:a,cpe:/o:b,cpe:/o:c");
  EXPECT_EQ(ask(database, {"other", "empty", ""}), "");
  EXPECT_EQ(ask(database, {}), "");
  ASSERT_EQ(database.info().feeds.size(), 1U);
  EXPECT_EQ(database.info().feeds[0].dropped.at("name or version too long"), 1U);
  EXPECT_EQ(database.info().feeds[0].dropped.at("record without an id, a namespace or a package"), 2U);
}

TEST_P(Repositories, ThousandsAndNone) {
  Compiler none;
  EXPECT_EQ(ask(write(none), {"repository-1"}), "");
  Compiler compiler;
  for (int i = 0; i < 3'000; ++i) {
    const auto number = std::to_string(i);
    compiler.add(advisory::RepositoryProducts{"repository-" + number, {"cpe:/o:" + number, "cpe:/o:all"}});
  }
  const auto database = write(compiler);
  for (const int i : {0, 9, 10, 2'999}) {
    const auto number = std::to_string(i);
    EXPECT_EQ(ask(database, {"repository-" + number}), "repository-" + number + "=cpe:/o:" + number + ",cpe:/o:all");
  }
}

}  // namespace
}  // namespace limpid::vulndb

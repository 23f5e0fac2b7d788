// Round trips through a file, both ways of access, and what a database says when its bytes are damaged or hostile.
#include "vulndb/database.h"

#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "base/file.h"
#include "vulndb/repair.h"
#include "vulndb/testing.h"

namespace limpid::vulndb {
namespace {

using advisory::KeyKind;
using testing::all_answers;
using testing::Input;

class DatabaseTest : public ::testing::TestWithParam<Access> {
 protected:
  std::string path() const { return folder_.path() + "/db"; }
  std::string compile_small() {
    const auto info = testing::compile(testing::small_inputs(), path());
    EXPECT_TRUE(info) << info.error().describe();
    return base::read_file(path(), 1 << 20).value();
  }
  Database open() {
    auto database = Database::open(path(), GetParam());
    EXPECT_TRUE(database) << database.error().describe();
    return *std::move(database);
  }
  std::vector<Statement> ask(const Database& database, std::string_view name_space, std::string_view package,
                             KeyKind kind = KeyKind::source) {
    std::vector<Statement> statements;
    const auto result = database.statements(name_space, package, kind, statements);
    EXPECT_TRUE(result) << result.error().describe();
    return statements;
  }

  base::TemporaryDirectory folder_ = base::TemporaryDirectory::make("limpid-vulndb-").value();
};
INSTANTIATE_TEST_SUITE_P(Both, DatabaseTest, ::testing::Values(Access::read, Access::map),
                         [](const auto& one) { return one.param == Access::read ? "read" : "map"; });

TEST_P(DatabaseTest, AnswersWhatWasCompiled) {
  compile_small();
  const Database database = open();
  EXPECT_TRUE(database.verify()) << database.verify().error().describe();
  EXPECT_TRUE(database.has_namespace("debian:12"));
  EXPECT_FALSE(database.has_namespace("debian:10"));
  EXPECT_FALSE(database.has_namespace("debian"));

  const auto zlib = ask(database, "debian:12", "zlib");
  ASSERT_EQ(zlib.size(), 5U);
  EXPECT_EQ(zlib[0].id, "CVE-2024-1000");
  EXPECT_EQ(zlib[0].feed, "debian");
  EXPECT_EQ(zlib[0].severity, "low");  // of the advisory
  EXPECT_EQ(zlib[3].severity, "unimportant");
  EXPECT_EQ(zlib[0].status, advisory::Status::fixed);
  EXPECT_EQ(zlib[0].scheme, version::Scheme::dpkg);
  ASSERT_EQ(zlib[4].ranges.size(), 1U);
  EXPECT_EQ(zlib[4].ranges[0].fixed, "1.2.4");
  EXPECT_EQ(zlib[4].ranges.front().introduced, "");
  ASSERT_EQ(zlib[1].architectures.size(), 2U);
  EXPECT_EQ(zlib[1].architectures.back(), "arm64");

  const auto many = ask(database, "npm", "many");
  ASSERT_EQ(many.size(), 1U);
  ASSERT_EQ(many[0].ranges.size(), 20U);
  EXPECT_EQ(many[0].ranges[19].introduced, "191");
  EXPECT_EQ(many[0].ranges[19].fixed, "195");
  EXPECT_EQ(many[0].kind, advisory::Kind::malware);
  const auto left_pad = ask(database, "npm", "left-pad", KeyKind::binary);
  ASSERT_EQ(left_pad.size(), 1U);
  EXPECT_EQ(left_pad[0].key_kind, KeyKind::binary);
  EXPECT_EQ(std::vector<std::string>(left_pad[0].versions.begin(), left_pad[0].versions.end()),
            (std::vector<std::string>{"1.0.0", "1.0.1"}));
  EXPECT_TRUE(ask(database, "npm", "left-pad", KeyKind::source).empty());

  EXPECT_EQ(database.available("debian:12", "zlib", KeyKind::source).value(), "1.3");
  EXPECT_EQ(database.available("debian:12", "zlib1g", KeyKind::binary).value(), "1:1.3");
  EXPECT_EQ(database.available("debian:12", "zlib1g", KeyKind::source).value(), "");
  EXPECT_EQ(database.available("nowhere", "zlib", KeyKind::source).value(), "");
  EXPECT_EQ(database.end_of_life("debian:10")->extended, "2024-06-30");
  EXPECT_FALSE(database.end_of_life("debian:11"));
  const auto supports = database.package_support("debian:12");
  ASSERT_EQ(supports.size(), 2U);
  EXPECT_EQ(testing::written(supports[0]), "debian:12|golang*|0||||lists");
  EXPECT_EQ(testing::written(supports[1]), "debian:12|zlib|1|1.2|2026-04-30|nobody is left|lists");
  EXPECT_TRUE(database.package_support("debian:11").empty());
}

TEST_P(DatabaseTest, FindsByIdAndAliasWhateverTheCase) {
  compile_small();
  const Database database = open();
  const auto found = database.find("cve-2024-1001").value();
  ASSERT_EQ(found.size(), 2U);  // debian's, and the alias of the language record
  EXPECT_EQ(database.details(found[0])->id, "CVE-2024-1001");
  EXPECT_EQ(database.details(found[1])->id, "GHSA-aaaa-bbbb-cccc");
  EXPECT_EQ(database.find("GHSA-AAAA-BBBB-CCCC")->size(), 1U);
  EXPECT_TRUE(database.find("CVE-2024-100")->empty());
  EXPECT_TRUE(database.find("")->empty());
  const Details details = database.details(found[1]).value();
  EXPECT_EQ(details.feed, "ghsa");
  EXPECT_EQ(details.aliases, (std::vector<std::string>{"CVE-2024-1001", "CVE-2024-1002"}));
  EXPECT_EQ(details.references.size(), 2U);
  EXPECT_EQ(details.cvss.size(), 2U);
  EXPECT_EQ(database.details(1'000'000).error().code(), Code::not_found);
}

TEST_P(DatabaseTest, ListsTheStatementsOfAnAdvisory) {
  compile_small();
  const Database database = open();
  const auto placed = database.statements_of(database.find("CVE-2024-1002").value()[0]).value();
  std::vector<std::string> texts;
  for (const auto& one : placed) texts.push_back(base::cat({one.name_space, " ", one.statement.package}));
  std::sort(texts.begin(), texts.end());
  EXPECT_EQ(texts, (std::vector<std::string>{"debian:12 openssl", "debian:12 zlib", "debian:13 zlib"}));
  EXPECT_EQ(database.search("debian:12", "ss").value(), std::vector<std::string_view>{"openssl"});
  EXPECT_EQ(database.search("debian:12", "").value(), (std::vector<std::string_view>{"openssl", "zlib"}));
}

TEST_P(DatabaseTest, AGlanceLeadsToTheSameStatements) {
  compile_small();
  const Database database = open();
  for (const char* name_space : {"debian:12", "debian:13", "npm"})
    for (const char* name : {"zlib", "curl", "openssl", "left-pad", "many", "many-more"})
      for (const KeyKind kind : {KeyKind::source, KeyKind::binary}) {
        const auto glanced = testing::Answers::glanced(database, name_space, name, kind);
        ASSERT_TRUE(glanced) << glanced.error().describe();
        const auto all = ask(database, name_space, name, kind);
        ASSERT_EQ(glanced->size(), all.size()) << name;
        for (std::size_t i = 0; i < all.size(); ++i)
          EXPECT_EQ(testing::written((*glanced)[i]), testing::written(all[i]));
      }
}

TEST_P(DatabaseTest, ViewsOutliveTheirQueryAndAMove) {
  compile_small();
  Database database = open();
  const auto before = ask(database, "debian:12", "zlib");
  const std::string text = testing::written(before[1]);
  Database moved = std::move(database);
  for (int i = 0; i < 100; ++i) ask(moved, "npm", "many");
  EXPECT_EQ(testing::written(before[1]), text);
  EXPECT_EQ(ask(moved, "debian:12", "zlib")[1].package.data(), before[1].package.data());  // read once, kept
}

TEST_P(DatabaseTest, AnEmptyDatabaseAnswersNothing) {
  Compiler compiler;
  ASSERT_TRUE(compiler.write(path()));
  const Database database = open();
  EXPECT_TRUE(database.verify());
  EXPECT_EQ(database.info().advisories, 0U);
  EXPECT_TRUE(database.find("CVE-2024-1")->empty());
  EXPECT_TRUE(ask(database, "debian:12", "zlib").empty());
  EXPECT_EQ(database.details(0).error().code(), Code::not_found);
}

TEST_P(DatabaseTest, AnswersManyThreadsAtOnce) {
  const auto folder = base::TemporaryDirectory::make("limpid-vulndb-").value();
  ASSERT_TRUE(testing::compile(testing::small_inputs(), folder.path() + "/db"));
  const Database database = Database::open(folder.path() + "/db", GetParam()).value();
  const Database other = Database::open(folder.path() + "/db", GetParam()).value();
  const auto expected = all_answers(other);
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int round = 0; round < 20; ++round) wrong += all_answers(database) != expected;
      });
  }
  EXPECT_EQ(wrong, 0);
}

TEST(DatabaseDamageTest, RefusesWhatIsNotADatabase) {
  const auto folder = base::TemporaryDirectory::make("limpid-vulndb-").value();
  const std::string path = folder.path() + "/db";
  EXPECT_EQ(Database::open(path).error().code(), Code::not_found);
  EXPECT_FALSE(Database::open(folder.path()));
  std::ofstream(path) << "SQLite format 3";
  EXPECT_TRUE(Database::open(path).error().describe().ends_with("not a Limpid database: too short"));
  std::ofstream(path) << std::string(1000, 'x');
  EXPECT_TRUE(Database::open(path).error().describe().ends_with("not a Limpid database"));
}

// Whatever was asked of a damaged database, the answer is that of the whole one or an error.
class Damage : public DatabaseTest {
 protected:
  // The number of answers that are errors; -1 if open() refused it.
  int compare(const Result<Database>& database, const std::vector<std::string>& expected, const std::string& what) {
    if (!database) return -1;
    const auto answers = all_answers(*database);
    int errors = 0;
    EXPECT_EQ(answers.size(), expected.size()) << what;
    for (std::size_t i = 0; i < std::min(answers.size(), expected.size()); ++i) {
      if (answers[i].starts_with("error"))
        ++errors;
      else
        EXPECT_EQ(answers[i], expected[i]) << what;
    }
    return errors;
  }

  Result<Database> reopen(std::string_view bytes) {
    EXPECT_TRUE(file_.assign(bytes));
    return Database::open(file_.path(), GetParam());
  }
  testing::MemoryFile file_;
};
INSTANTIATE_TEST_SUITE_P(Both, Damage, ::testing::Values(Access::read, Access::map),
                         [](const auto& one) { return one.param == Access::read ? "read" : "map"; });

TEST_P(Damage, EveryFlippedByteIsNoticedOrWithoutEffect) {
  const std::string bytes = compile_small();
  const auto expected = all_answers(open());
  int refused = 0;
  int noticed = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
    const auto database = reopen(damaged);
    const int errors = compare(database, expected, "byte " + std::to_string(i));
    refused += errors < 0;
    noticed += errors > 0;
    EXPECT_FALSE(database && database->verify()) << "byte " << i << ": verify() is content";
  }
  EXPECT_GT(refused, 500);
  EXPECT_GT(noticed, 500);
}

TEST_P(Damage, EveryTruncationIsRefused) {
  const std::string bytes = compile_small();
  for (std::size_t size = 0; size < bytes.size(); ++size)
    ASSERT_FALSE(reopen(std::string_view(bytes).substr(0, size))) << size;
  EXPECT_FALSE(reopen(bytes + "x"));
  EXPECT_TRUE(reopen(bytes));
}

// With every checksum made right again nothing but the reader's own checks stands between the bytes and the program.
TEST_P(Damage, HostileBytesWithRightChecksumsDoNoHarm) {
  const std::string bytes = compile_small();
  std::string unchanged = bytes;
  repair_checksums(unchanged);
  ASSERT_EQ(unchanged, bytes);
  int opened = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (const int value : {i % 2 == 0 ? 0xff : 0, bytes[i] + (i % 3 == 0 ? 1 : -1)}) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(value);
      repair_checksums(damaged);
      const auto database = reopen(damaged);
      if (!database) continue;
      ++opened;
      all_answers(*database);
      (void)database->verify();
    }
  EXPECT_GT(opened, 500);
}

}  // namespace
}  // namespace limpid::vulndb

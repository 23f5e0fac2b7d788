// Merging rules, normalisation, what is dropped and counted, and determinism of the compiler.
#include "vulndb/compiler.h"

#include <algorithm>
#include <filesystem>
#include <random>

#include <gtest/gtest.h>

#include "base/file.h"

namespace limpid::vulndb {
namespace {

using advisory::Advisory;
using advisory::Affected;
using advisory::KeyKind;
using advisory::Range;
using advisory::Status;
using version::Scheme;

Affected affected(std::string name_space, std::string package, Status status, std::vector<Range> ranges) {
  Affected one;
  one.name_space = std::move(name_space);
  one.package = std::move(package);
  one.scheme = Scheme::dpkg;
  one.status = status;
  one.ranges = std::move(ranges);
  return one;
}

Advisory advisory_of(std::string id, std::vector<Affected> statements) {
  Advisory one;
  one.id = std::move(id);
  one.affected = std::move(statements);
  return one;
}

std::string written(const Range& range) {
  return base::cat({"[", range.introduced, ",", range.last_affected.empty() ? range.fixed : range.last_affected,
                    range.last_affected.empty() ? ")" : "]"});
}
std::string written(const Statement& statement) {
  std::string text =
      base::cat({statement.feed, " ", statement.id, " ", statement.package, " s", static_cast<int>(statement.status),
                 " k", static_cast<int>(statement.kind), " ", statement.severity});
  for (const RangeView range : statement.ranges)
    text += written(Range{std::string(range.introduced), std::string(range.fixed), std::string(range.last_affected)});
  for (const std::string_view version : statement.versions) base::append(text, {" =", version});
  for (const std::string_view architecture : statement.architectures) base::append(text, {" @", architecture});
  return text;
}

// A compiler that writes into a folder of its own and opens what it wrote.
class CompilerTest : public testing::Test {
 protected:
  Database write() {
    auto info = compiler_->write(path());
    EXPECT_TRUE(info) << info.error().describe();
    auto database = Database::open(path());
    EXPECT_TRUE(database) << database.error().describe();
    return *std::move(database);
  }
  std::vector<std::string> ask(const Database& database, std::string_view name_space, std::string_view package,
                               KeyKind kind = KeyKind::source) {
    std::vector<Statement> statements;
    const auto result = database.statements(name_space, package, kind, statements);
    EXPECT_TRUE(result) << result.error().describe();
    std::vector<std::string> texts;
    for (const Statement& statement : statements) texts.push_back(written(statement));
    return texts;
  }
  std::string path() const { return folder_.path() + "/db"; }

  base::TemporaryDirectory folder_ = base::TemporaryDirectory::make("limpid-vulndb-").value();
  std::unique_ptr<Compiler> compiler_ = std::make_unique<Compiler>();
};

using Texts = std::vector<std::string>;

TEST_F(CompilerTest, KeepsAStatementWithAllItsParts) {
  compiler_->begin_feed("debian", "/some/where/data.json");
  Advisory one = advisory_of("CVE-2024-1", {affected("debian:12", "zlib", Status::fixed, {{"", "1.2-3", ""}})});
  one.affected[0].severity = "low";
  one.affected[0].architectures = {"arm64", "amd64", "arm64"};
  one.affected[0].versions = {"9", "10", "9"};
  compiler_->add(std::move(one));
  compiler_->end_feed(
      {.name = "debian", .path = {}, .records = 1, .statements = 1, .dropped = {}, .as_of = "2024-05-06"});
  const Database database = write();
  EXPECT_EQ(ask(database, "debian:12", "zlib"), Texts{"debian CVE-2024-1 zlib s1 k0 low[,1.2-3) =10 =9 @amd64 @arm64"});
  EXPECT_EQ(ask(database, "debian:12", "zlib", KeyKind::binary), Texts{});
  EXPECT_EQ(ask(database, "debian:12", "zlib1g"), Texts{});
  EXPECT_EQ(ask(database, "debian:1", "zlib"), Texts{});
  ASSERT_EQ(database.info().feeds.size(), 1U);
  EXPECT_EQ(database.info().feeds[0].path, "data.json");
  EXPECT_EQ(database.info().feeds[0].as_of, "2024-05-06");
}

}  // namespace
}  // namespace limpid::vulndb

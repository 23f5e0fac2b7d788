#include "vulndb/compare.h"

#include <functional>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "vulndb/testing.h"

namespace limpid::vulndb {
namespace {

using advisory::Status;
using testing::affected;
using testing::Input;

class CompareTest : public ::testing::Test {
 protected:
  Database make(std::vector<Input> inputs) {
    const std::string path = base::cat({folder_.path(), "/", ++count_, ".db"});
    const auto info = testing::compile(std::move(inputs), path);
    EXPECT_TRUE(info) << info.error().describe();
    auto database = Database::open(path, Access::map);
    EXPECT_TRUE(database) << database.error().describe();
    return *std::move(database);
  }
  // "namespace feed id: packages" of each change.
  static std::vector<std::string> compared(const Database& before, const Database& after) {
    const auto changed = compare(before, after);
    EXPECT_TRUE(changed) << changed.error().describe();
    std::vector<std::string> lines;
    for (const Changed& one : *changed)
      lines.push_back(base::cat({one.name_space, " ", one.feed, " ", one.id, ": ", base::join(one.packages, ",")}));
    return lines;
  }
  std::vector<std::string> after(const std::function<void(std::vector<Input>&)>& edit) {
    std::vector<Input> inputs = testing::small_inputs();
    edit(inputs);
    return compared(make(testing::small_inputs()), make(std::move(inputs)));
  }

  base::TemporaryDirectory folder_ = base::TemporaryDirectory::make("limpid-compare-test-").value();
  int count_ = 0;
};

using Lines = std::vector<std::string>;

TEST_F(CompareTest, TheSameRecordsDifferInNothing) {
  EXPECT_EQ(after([](auto&) {}), Lines{});
}

TEST_F(CompareTest, AnInsertedRecordMovesAllNumbersButChangesOnlyItself) {
  EXPECT_EQ(after([](auto& inputs) {
              advisory::Advisory one;
              one.id = "CVE-2000-0001";
              one.affected.push_back(affected("debian:12", "zlib", Status::affected, {{"", "", ""}}));
              inputs[0].advisories.insert(inputs[0].advisories.begin(), one);
            }),
            Lines{"debian:12 debian CVE-2000-0001: zlib"});
}

TEST_F(CompareTest, AFeedThatComesOrGoes) {
  EXPECT_EQ(after([](auto& inputs) { inputs.pop_back(); }),
            Lines{"npm ghsa GHSA-aaaa-bbbb-cccc: left-pad,many,many-more"});
  EXPECT_EQ(after([](auto& inputs) { inputs[1].feed = "aaa"; }),
            (Lines{"npm aaa GHSA-aaaa-bbbb-cccc: left-pad,many,many-more",
                   "npm ghsa GHSA-aaaa-bbbb-cccc: left-pad,many,many-more"}));
}

TEST_F(CompareTest, EachPartOfAStatementCounts) {
  const Lines only{"debian:12 debian CVE-2024-1000: zlib"};
  EXPECT_EQ(after([](auto& inputs) { inputs[0].advisories[0].affected[0].ranges[0].fixed = "9"; }), only);
  EXPECT_EQ(after([](auto& inputs) { inputs[0].advisories[0].affected[0].ranges.push_back({"20", "21", ""}); }), only);
  EXPECT_EQ(after([](auto& inputs) { inputs[0].advisories[0].affected[0].status = Status::will_not_fix; }), only);
  EXPECT_EQ(after([](auto& inputs) { inputs[0].advisories[0].affected[0].severity = "high"; }), only);
  EXPECT_EQ(after([](auto& inputs) { inputs[0].advisories[0].affected[0].versions.assign(1, "1"); }), only);
  EXPECT_EQ(after([](auto& inputs) { inputs[0].advisories[0].affected[0].architectures.assign(1, "arm64"); }), only);
  EXPECT_EQ(after([](auto& inputs) { inputs[0].advisories[0].affected[0].products.assign(1, "cpe:/o:a"); }), only);
  EXPECT_EQ(after([](auto& inputs) { inputs[0].advisories[0].affected[0].module = "zlib:1"; }), only);
}

TEST_F(CompareTest, TextsChangeEveryNamespaceOfTheRecord) {
  const Lines both{"debian:12 debian CVE-2024-1000: zlib", "debian:13 debian CVE-2024-1000: zlib"};
  EXPECT_EQ(after([](auto& inputs) { inputs[0].advisories[0].description += "!"; }), both);
  EXPECT_EQ(after([](auto& inputs) { inputs[0].advisories[0].references.assign(1, "https://example.org"); }), both);
  EXPECT_EQ(after([](auto& inputs) { inputs[0].advisories[0].published = "2024-12-31"; }), both);
}

// A report shows the highest severity that an advisory has in the namespace, whatever package it is of.
TEST_F(CompareTest, AnotherSeverityOfOnePackageConcernsAllOfTheNamespace) {
  const auto make_one = [&](const std::string& of_curl, const std::string& of_zlib, bool with_xz) {
    std::vector<Input> inputs = testing::small_inputs();
    advisory::Advisory& one = inputs[0].advisories[0];
    one.affected.push_back(affected("debian:12", "curl", Status::fixed, {{"", "1", ""}}));
    one.affected.back().severity = of_curl;
    one.affected[0].severity = of_zlib;
    if (with_xz) one.affected.push_back(affected("debian:12", "xz", Status::fixed, {{"", "1", ""}}));
    return make(std::move(inputs));
  };
  const Lines all{"debian:12 debian CVE-2024-1000: curl,zlib"};
  EXPECT_EQ(compared(make_one("medium", "low", false), make_one("high", "low", false)), all);
  EXPECT_EQ(compared(make_one("high", "low", false), make_one("low", "low", false)), all);
  // A package that comes or goes with a severity of its own; "low" is the record's.
  EXPECT_EQ(compared(make_one("high", "high", false), make_one("high", "high", true)),
            Lines{"debian:12 debian CVE-2024-1000: curl,xz,zlib"});
  EXPECT_EQ(compared(make_one("high", "high", true), make_one("high", "high", false)),
            Lines{"debian:12 debian CVE-2024-1000: curl,xz,zlib"});
  EXPECT_EQ(compared(make_one("high", "low", false), make_one("high", "low", true)),
            Lines{"debian:12 debian CVE-2024-1000: xz"});
}

TEST_F(CompareTest, EndsWhenCancelled) {
  const std::atomic<bool> cancel = true;
  const Database one = make(testing::small_inputs());
  EXPECT_EQ(compare(one, one, &cancel).error().code(), Code::cancelled);
}

TEST_F(CompareTest, AStatementOnAnotherPackage) {
  EXPECT_EQ(after([](auto& inputs) { inputs[0].advisories[0].affected[0].package = "zlib-ng"; }),
            Lines{"debian:12 debian CVE-2024-1000: zlib,zlib-ng"});
}

TEST_F(CompareTest, AllComesFromNothingAndGoesToNothing) {
  const Database nothing = make({});
  const Database all = make(testing::small_inputs());
  EXPECT_EQ(compared(nothing, all).size(), 11U);
  EXPECT_EQ(compared(nothing, all), compared(all, nothing));
}

// Against a naive comparison of everything that a database answers.
TEST_F(CompareTest, AgreesWithNaiveComparison) {
  std::mt19937 random(7);
  for (int round = 0; round < 30; ++round) {
    const auto make_inputs = [&] {
      std::vector<Input> inputs(2);
      inputs[0].feed = "a";
      inputs[1].feed = "b";
      for (Input& input : inputs)
        for (int id = 0; id < 20; ++id) {
          if (random() % 4 == 0) continue;
          advisory::Advisory one;
          one.id = "CVE-" + std::to_string(id);
          one.description = std::to_string(random() % 2);
          for (unsigned i = 0; i < 1 + random() % 3; ++i)
            one.affected.push_back(affected("debian:1" + std::to_string(random() % 2),
                                            std::string(1, "xyz"[random() % 3]), Status::fixed,
                                            {{"", std::to_string(1 + random() % 3), ""}}));
          input.advisories.push_back(std::move(one));
        }
      return inputs;
    };
    const Database before = make(make_inputs());
    const Database after = make(make_inputs());
    const auto answers = [](const Database& database) {
      std::map<std::string, std::multiset<std::string>> all;
      for (AdvisoryNumber number = 0; number < database.info().advisories; ++number) {
        const Details details = database.details(number).value();
        const auto placed = database.statements_of(number).value();
        for (const auto& [name_space, statement] : placed) {
          std::string text = testing::written(statement);
          text.erase(0, text.find(' '));  // the number
          all[base::cat({name_space, " ", statement.feed, " ", statement.id})].insert(text + details.description);
        }
      }
      return all;
    };
    auto old = answers(before);
    auto now = answers(after);
    std::set<std::string> expected;
    for (const auto& [key, value] : old)
      if (!now.contains(key) || now[key] != value) expected.insert(key);
    for (const auto& [key, value] : now)
      if (!old.contains(key)) expected.insert(key);
    std::set<std::string> got;
    for (const std::string& line : compared(before, after)) got.insert(line.substr(0, line.find(": ")));
    EXPECT_EQ(got, expected) << "round " << round;
  }
}

TEST_F(CompareTest, EachStatementIsThoseOfAllPackages) {
  const Database database = make(testing::small_inputs());
  std::multiset<std::string> each, asked;
  ASSERT_TRUE(database.each_statement("debian:12", [&](const Statement& one) { each.insert(testing::written(one)); }));
  const auto names = database.search("debian:12", "").value();
  for (const std::string_view package : names) {
    std::vector<Statement> statements;
    ASSERT_TRUE(database.statements("debian:12", package, advisory::KeyKind::source, statements));
    for (const Statement& one : statements) asked.insert(testing::written(one));
  }
  EXPECT_EQ(each.size(), 6U);
  EXPECT_EQ(each, asked);
}

TEST_F(CompareTest, InOrderPagesByName) {
  const Database database = make(testing::small_inputs());
  std::vector<std::string> ids;
  std::string after;
  for (;;) {
    const auto page = database.in_order("debian:12", after, 2);
    ASSERT_TRUE(page) << page.error().describe();
    if (page->empty()) break;
    EXPECT_LE(page->size(), 2U);
    for (const Database::Named& one : *page) {
      EXPECT_EQ(database.details(one.number)->id, one.id);
      ids.push_back(one.id);
    }
    after = ids.back();
  }
  EXPECT_EQ(ids, (Lines{"CVE-2024-1000", "CVE-2024-1001", "CVE-2024-1002", "CVE-2024-1003", "CVE-2024-1004"}));
  EXPECT_EQ(database.in_order("debian:12", "CVE-2024-1002x", 1).value().front().id, "CVE-2024-1003");
  EXPECT_TRUE(database.in_order("debian:12", "ZZZ", 10).value().empty());
  EXPECT_TRUE(database.in_order("nothing", "", 10).value().empty());
  EXPECT_EQ(database.in_order("debian:13", "", 100).value().size(), 5U);
}

}  // namespace
}  // namespace limpid::vulndb

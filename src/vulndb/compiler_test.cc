// Merging rules, normalisation, what is dropped and counted, and determinism of the compiler.
#include "vulndb/compiler.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <random>
#include <set>

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
  for (const std::string_view product : statement.products) base::append(text, {" ", product});
  if (!statement.module.empty()) base::append(text, {" module ", statement.module});
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
  one.affected[0].module = "zlib:1";
  one.affected[0].products = {"cpe:/o:b", "cpe:/a:b", "", "cpe:/o:b"};
  compiler_->add(std::move(one));
  compiler_->end_feed(
      {.name = "debian", .path = {}, .records = 1, .statements = 1, .dropped = {}, .as_of = "2024-05-06"});
  const Database database = write();
  EXPECT_EQ(ask(database, "debian:12", "zlib"),
            Texts{"debian CVE-2024-1 zlib s1 k0 low[,1.2-3) =10 =9 @amd64 @arm64 cpe:/a:b cpe:/o:b module zlib:1"});
  EXPECT_EQ(ask(database, "debian:12", "zlib", KeyKind::binary), Texts{});
  EXPECT_EQ(ask(database, "debian:12", "zlib1g"), Texts{});
  EXPECT_EQ(ask(database, "debian:1", "zlib"), Texts{});
  ASSERT_EQ(database.info().feeds.size(), 1U);
  EXPECT_EQ(database.info().feeds[0].path, "data.json");
  EXPECT_EQ(database.info().feeds[0].as_of, "2024-05-06");
}

TEST_F(CompilerTest, OfTwoFixedVersionsTheHighestCounts) {
  for (const bool swapped : {false, true}) {
    compiler_ = std::make_unique<Compiler>();
    compiler_->begin_feed("debian", "a");
    const char* versions[] = {"1:0.9", "2.0"};
    for (int i = 0; i < 2; ++i)
      compiler_->add(advisory_of(
          "CVE-1", {affected("debian:12", "zlib", Status::fixed, {{"", versions[swapped ? 1 - i : i], ""}})}));
    EXPECT_EQ(ask(write(), "debian:12", "zlib"), Texts{"debian CVE-1 zlib s1 k0 [,1:0.9)"});
  }
}

TEST_F(CompilerTest, UnitesOverlappingRangesAndKeepsDistantOnes) {
  compiler_->begin_feed("osv", "a");
  compiler_->add(advisory_of(
      "A", {affected("n", "p", Status::fixed, {{"5", "6", ""}, {"1", "2", ""}, {"1.5", "", "3"}, {"3", "4", ""}}),
            affected("n", "p", Status::fixed, {{"8", "", "9"}, {"8", "9", ""}})}));
  EXPECT_EQ(ask(write(), "n", "p"), Texts{"osv A p s1 k0 [1,4)[5,6)[8,9]"});
}

TEST_F(CompilerTest, DifferentFeedsIdsKindsAndConditionsStayApart) {
  for (const char* feed : {"debian", "osv"}) {
    compiler_->begin_feed(feed, feed);
    Advisory one = advisory_of(
        "CVE-1",
        {affected("n", "p", Status::fixed, {{"", "1", ""}}), affected("n", "p", Status::fixed, {{"", "2", ""}}),
         affected("n", "p", Status::fixed, {{"", "3", ""}}), affected("n", "p", Status::fixed, {{"", "4", ""}}),
         affected("n", "p", Status::fixed, {{"", "5", ""}})});
    one.affected[1].key_kind = KeyKind::binary;
    one.affected[2].architectures = {"arm64"};
    one.affected[3].module = "p:1";
    one.affected[4].products = {"cpe:/o:p"};
    compiler_->add(std::move(one));
  }
  const Database database = write();
  EXPECT_EQ(ask(database, "n", "p"), (Texts{"debian CVE-1 p s1 k0 [,1)", "debian CVE-1 p s1 k0 [,4) module p:1",
                                            "debian CVE-1 p s1 k0 [,5) cpe:/o:p", "debian CVE-1 p s1 k0 [,3) @arm64",
                                            "osv CVE-1 p s1 k0 [,1)", "osv CVE-1 p s1 k0 [,4) module p:1",
                                            "osv CVE-1 p s1 k0 [,5) cpe:/o:p", "osv CVE-1 p s1 k0 [,3) @arm64"}));
  EXPECT_EQ(ask(database, "n", "p", KeyKind::binary), (Texts{"debian CVE-1 p s1 k0 [,2)", "osv CVE-1 p s1 k0 [,2)"}));
}

struct StatusCase {
  std::vector<std::pair<Status, std::vector<Range>>> records;
  std::string expected;
};

TEST_F(CompilerTest, AnIdThatAnotherRecordCallsACveIsThatCve) {
  const auto add = [&](std::string_view feed, std::string id, std::vector<std::string> aliases) {
    compiler_->begin_feed(feed, feed);
    advisory::Advisory record;
    record.id = std::move(id);
    record.aliases = std::move(aliases);
    Affected affected;
    affected.name_space = "wolfi";
    affected.package = "zfoo";
    affected.scheme = version::Scheme::apk;
    affected.status = advisory::Status::affected;
    record.affected.push_back(std::move(affected));
    compiler_->add(std::move(record));
  };
  add("alpine", "GHSA-1", {});  // before and after what tells
  add("osv", "GO-1", {"GHSA-1", "CVE-2031-0001"});
  add("osv", "CVE-2031-0002", {"GHSA-2"});
  add("alpine", "GHSA-2", {});
  add("osv", "PYSEC-3", {"GHSA-3", "CVE-2031-0003"});  // of two flaws
  add("osv", "GO-3", {"GHSA-3", "CVE-2031-0004"});
  add("alpine", "GHSA-3", {});
  add("osv", "GO-4", {"GHSA-4", "CVE-2031-0003", "CVE-2031-0004"});
  add("alpine", "GHSA-4", {});
  add("osv", "GO-5", {"GHSA-5"});
  add("alpine", "GHSA-5", {});
  const Database database = write();
  std::vector<Statement> statements;
  ASSERT_TRUE(database.statements("wolfi", "zfoo", KeyKind::source, statements));
  std::map<std::string, std::vector<std::string>> flaws;
  for (const Statement& statement : statements)
    if (statement.feed == "alpine") flaws[std::string(statement.id)] = database.flaws(statement.advisory).value();
  EXPECT_EQ(flaws, (std::map<std::string, std::vector<std::string>>{{"GHSA-1", {"CVE-2031-0001"}},
                                                                    {"GHSA-2", {"CVE-2031-0002"}},
                                                                    {"GHSA-3", {}},
                                                                    {"GHSA-4", {}},
                                                                    {"GHSA-5", {}}}));
  EXPECT_TRUE(database.verify());
}

TEST_F(CompilerTest, TheStatusFollowsFromTheRangesAndTheWords) {
  const Range open{};
  const Range fixed{"", "2", ""};
  const Range later{"3", "", ""};
  const Range last{"", "", "2"};
  const std::vector<StatusCase> cases = {
      {{{Status::fixed, {fixed}}}, "s1 k0 [,2)"},
      {{{Status::affected, {fixed}}}, "s2 k0 [,2)"},  // nobody says "fixed": knowledge ends there
      {{{Status::affected, {fixed}}, {Status::fixed, {fixed}}}, "s1 k0 [,2)"},
      {{{Status::affected, {open}}}, "s2 k0 "},
      {{{Status::affected, {}}}, "s2 k0 "},
      {{{Status::fixed, {open}}}, "s2 k0 "},  // the range is believed, not the word
      {{{Status::fixed, {fixed}}, {Status::will_not_fix, {open}}}, "s3 k0 "},
      {{{Status::affected, {open}}, {Status::end_of_life, {open}}, {Status::fix_deferred, {open}}}, "s5 k0 "},
      {{{Status::fixed, {fixed}}, {Status::fix_deferred, {later}}}, "s4 k0 [,2)[3,)"},
      {{{Status::fixed, {fixed, later}}}, "s1 k0 [,2)[3,)"},
      {{{Status::affected, {last}}}, "s2 k0 [,2]"},
      {{{Status::not_affected, {}}}, "s7 k0 "},
      {{{Status::not_affected, {}}, {Status::fixed, {fixed}}}, "s1 k0 [,2)"},
      {{{Status::not_affected, {}}, {Status::under_investigation, {open}}}, "s6 k0 "},
      {{{Status::affected, {fixed}}, {Status::affected, {{"1", "", ""}}}}, "s2 k0 "},  // together everything
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    auto order = cases[i].records;
    for (int turn = 0; turn < 2; ++turn, std::reverse(order.begin(), order.end())) {
      compiler_ = std::make_unique<Compiler>();
      compiler_->begin_feed("f", "f");
      for (const auto& [status, ranges] : order) compiler_->add(advisory_of("A", {affected("n", "p", status, ranges)}));
      EXPECT_EQ(ask(write(), "n", "p"), Texts{"f A p " + cases[i].expected}) << "case " << i;
    }
  }
}

TEST_F(CompilerTest, InvalidBoundsNeverBecomeEverything) {
  compiler_->begin_feed("f", "f");
  compiler_->add(advisory_of("A", {affected("n", "lost", Status::fixed, {{"", "not a version!", ""}}),
                                   affected("n", "half", Status::fixed, {{"", "2", ""}, {"3", "not a version!", ""}}),
                                   affected("n", "empty", Status::fixed, {{"3", "2", ""}, {"3", "3", ""}}),
                                   affected("n", "both", Status::fixed, {{"", "2", "2"}})}));
  Affected none = affected("n", "none", Status::affected, {{"", "2", ""}});
  none.scheme = Scheme::none;
  none.versions = {"1"};
  Affected nothing = affected("n", "nothing", Status::affected, {{"1", "", ""}});
  nothing.scheme = Scheme::none;
  compiler_->add(advisory_of("B", {none, nothing}));
  compiler_->end_feed({});
  const Database database = write();
  EXPECT_EQ(ask(database, "n", "lost"), Texts{});
  EXPECT_EQ(ask(database, "n", "half"), Texts{"f A half s1 k0 [,2)"});
  EXPECT_EQ(ask(database, "n", "empty"), Texts{});
  EXPECT_EQ(ask(database, "n", "both"), Texts{});
  EXPECT_EQ(ask(database, "n", "none"), Texts{"f B none s2 k0  =1"});
  EXPECT_EQ(ask(database, "n", "nothing"), Texts{});
  const auto& dropped = database.info().feeds[0].dropped;
  EXPECT_EQ(dropped.at("invalid version bound"), 3U);
  EXPECT_EQ(dropped.at("range that holds no version"), 2U);
  EXPECT_EQ(dropped.at("range of a scheme without an ordering"), 2U);
  EXPECT_EQ(dropped.at("statement without a valid range"), 4U);
}

TEST_F(CompilerTest, MergesTheTextsOfOneIdWithinAFeed) {
  compiler_->begin_feed("f", "one.json");
  Advisory first = advisory_of("CVE-1", {affected("n", "p", Status::affected, {})});
  first.aliases = {"Z", "A", "CVE-1", ""};
  first.references = {"https://b"};
  first.title = "short";
  first.published = "2024-02-01";
  first.modified = "2024-02-01";
  first.cvss = {{"3.1", "X"}};
  compiler_->add(std::move(first));
  compiler_->end_feed(
      {.name = {}, .path = {}, .records = 3, .statements = 2, .dropped = {{"r", 1}}, .as_of = "2024-01-01"});
  compiler_->begin_feed("f", "folder/two.json/");
  Advisory second = advisory_of("CVE-1", {});
  second.aliases = {"A", "B"};
  second.references = {"https://a", "https://b"};
  second.title = "longer";
  second.description = "text";
  second.severity = "high";
  second.published = "2024-01-01";
  second.modified = "2024-03-01";
  second.kind = advisory::Kind::malware;
  second.cvss = {{"3.1", "X"}, {"2", "Y"}};
  compiler_->add(std::move(second));
  compiler_->end_feed(
      {.name = {}, .path = {}, .records = 4, .statements = 0, .dropped = {{"r", 2}}, .as_of = "2024-05-01"});
  const Database database = write();
  EXPECT_EQ(database.info().advisories, 1U);
  const Details details = database.details(0).value();
  EXPECT_EQ(details.aliases, (Texts{"A", "B", "Z"}));
  EXPECT_EQ(details.references, (Texts{"https://a", "https://b"}));
  EXPECT_EQ(details.title, "longer");
  EXPECT_EQ(details.description, "text");
  EXPECT_EQ(details.published, "2024-01-01");
  EXPECT_EQ(details.modified, "2024-03-01");
  ASSERT_EQ(details.cvss.size(), 2U);
  EXPECT_EQ(details.cvss[0].version, "2");
  // The kind and the severity of the whole are those of the statement.
  EXPECT_EQ(ask(database, "n", "p"), Texts{"f CVE-1 p s2 k1 high"});
  ASSERT_EQ(database.info().feeds.size(), 1U);
  const FeedInfo& feed = database.info().feeds[0];
  EXPECT_EQ(feed.path, "one.json, two.json");
  EXPECT_EQ(feed.records, 7U);
  EXPECT_EQ(feed.dropped.at("r"), 3U);
  EXPECT_EQ(feed.as_of, "2024-05-01");
}

TEST_F(CompilerTest, OfTwoSeveritiesTheFirstInTheOrderOfBytesCounts) {
  compiler_->begin_feed("f", "f");
  for (const char* severity : {"low", "", "High"}) {
    Advisory one = advisory_of("A", {affected("n", "p", Status::affected, {})});
    one.affected[0].severity = severity;
    compiler_->add(std::move(one));
  }
  EXPECT_EQ(ask(write(), "n", "p"), Texts{"f A p s2 k0 High"});
}

TEST_F(CompilerTest, TheNewestOfferAndTheLaterLifecycleCount) {
  for (const char* version : {"1.9", "1.10", "1.2"})
    compiler_->add(advisory::Available{"debian:12", "zlib", KeyKind::source, Scheme::dpkg, version});
  compiler_->add(advisory::EndOfLife{"debian:12", "bookworm", "2023-06-10", "2026-06-10", "", ""});
  compiler_->add(advisory::EndOfLife{"debian:12", "", "", "2026-07-11", "2028-06-30", ""});
  const Database database = write();
  EXPECT_EQ(database.available("debian:12", "zlib", KeyKind::source).value(), "1.10");
  EXPECT_FALSE(database.has_namespace("debian:12"));
  const auto life = database.end_of_life("debian:12").value();
  EXPECT_EQ(life.codename, "bookworm");
  EXPECT_EQ(life.standard, "2026-07-11");
  EXPECT_EQ(life.extended, "2028-06-30");
}

TEST_F(CompilerTest, OfSeveralWordsOnAPackagesSupportTheGravestCounts) {
  using advisory::PackageSupport;
  const auto said = [](const char* name_space, const char* package, bool is_prefix, PackageSupport::State state,
                       const char* since) {
    return PackageSupport{name_space, package, is_prefix, state, "1", since, "text", ""};
  };
  using enum PackageSupport::State;
  const std::vector all = {said("debian:12", "a", false, limited, ""),
                           said("debian:12", "a", false, ended, "2026-05-01"),
                           said("debian:12", "a", false, ended, "2026-04-01"),
                           said("debian:12", "a", true, limited, ""), said("debian:11", "z", false, limited, "")};
  const auto texts_of = [&](const std::vector<PackageSupport>& supports) {
    compiler_ = std::make_unique<Compiler>();
    compiler_->begin_feed("lists", "lists");
    for (const PackageSupport& support : supports) compiler_->add(PackageSupport(support));
    compiler_->add(said("", "a", false, limited, ""));
    compiler_->add(said("debian:12", "", false, limited, ""));
    const Database database = write();
    Texts texts;
    for (const char* name_space : {"debian:11", "debian:12", "debian:13", ""})
      for (const PackageSupport& one : database.package_support(name_space))
        texts.push_back(base::cat({one.name_space, " ", one.package, one.is_prefix ? "*" : "",
                                   one.state == ended ? " ended " : " limited ", one.since, one.last_version, " ",
                                   one.detail, " ", one.feed}));
    EXPECT_EQ(database.info().feeds.at(0).dropped.at("record without an id, a namespace or a package"), 2U);
    return texts;
  };
  const Texts wanted = {"debian:11 z limited 1 text lists", "debian:12 a ended 2026-04-011 text lists",
                        "debian:12 a* limited 1 text lists"};
  EXPECT_EQ(texts_of(all), wanted);
  EXPECT_EQ(texts_of({all.rbegin(), all.rend()}), wanted);
}

TEST_F(CompilerTest, WhatIsTooLongOrHasNoNameIsCounted) {
  compiler_->begin_feed("f", "f");
  const std::string longest(4'096, 'x');
  compiler_->add(advisory_of(longest, {affected("n", longest, Status::affected, {})}));
  compiler_->add(advisory_of(longest + "x", {affected("n", "p", Status::affected, {})}));
  compiler_->add(advisory_of("", {}));
  compiler_->add(advisory_of("A", {affected("n", longest + "x", Status::affected, {}),
                                   affected("", "p", Status::affected, {}), affected("n", "", Status::affected, {})}));
  Advisory text = advisory_of("B", {affected("n", "p", Status::affected, {})});
  text.description.assign(9 << 20, 'd');
  text.title = "kept";
  compiler_->add(std::move(text));
  const Database database = write();
  EXPECT_EQ(ask(database, "n", longest).size(), 1U);
  EXPECT_EQ(ask(database, "n", "p"), Texts{"f B p s2 k0 "});
  const Details details = database.details(database.find("B").value().at(0)).value();
  EXPECT_EQ(details.title, "kept");
  EXPECT_EQ(details.description, "");
  const auto& dropped = database.info().feeds[0].dropped;
  EXPECT_EQ(dropped.at("name or version too long"), 2U);
  EXPECT_EQ(dropped.at("record without an id, a namespace or a package"), 3U);
  EXPECT_EQ(dropped.at("description and references too long"), 1U);
  EXPECT_TRUE(database.verify());
}

TEST_F(CompilerTest, AFailedWriteLeavesTheOldFileAndNothingElse) {
  compiler_->begin_feed("f", "f");
  compiler_->add(advisory_of("A", {affected("n", "p", Status::affected, {})}));
  ASSERT_TRUE(compiler_->write(path()));
  EXPECT_FALSE(compiler_->write(folder_.path() + "/none/db"));
  EXPECT_FALSE(compiler_->write(folder_.path()));  // a folder is not replaced
  ASSERT_TRUE(compiler_->write(path()));           // writing twice is allowed
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_.path())) ++files;
  EXPECT_EQ(files, 1U);
  EXPECT_EQ(ask(Database::open(path()).value(), "n", "p").size(), 1U);
}

// Many records, some of them under one id, one package or both, with every kind of statement.
std::vector<std::pair<std::string, Advisory>> generated(std::size_t count) {
  std::mt19937 random(7);
  const auto below = [&](std::uint32_t end) { return static_cast<std::uint32_t>(random() % end); };
  std::vector<std::pair<std::string, Advisory>> records;
  for (std::size_t i = 0; i < count; ++i) {
    Advisory one;
    one.id = base::cat({"CVE-2024-", below(static_cast<std::uint32_t>(count))});
    one.description = base::cat({"Text ", below(50)});
    one.aliases = {base::cat({"ALIAS-", below(1000)})};
    for (std::uint32_t part = 0; part < 1 + below(4); ++part) {
      const std::string package = below(3) == 0 ? "linux" : base::cat({"package", below(3'000)});
      Affected statement = affected(base::cat({"debian:", 10 + below(4)}), package, static_cast<Status>(below(8)), {});
      for (std::uint32_t range = 0; range < below(3); ++range)
        statement.ranges.push_back({below(2) == 0 ? "" : std::to_string(below(9)), std::to_string(below(20)), ""});
      if (below(5) == 0) statement.versions = {std::to_string(below(9)), std::to_string(below(9))};
      if (below(9) == 0) statement.architectures = {below(2) == 0 ? "amd64" : "arm64"};
      if (below(9) == 0) statement.module = below(2) == 0 ? "nodejs:18" : "nodejs:20";
      if (below(9) == 0) statement.products = {below(2) == 0 ? "cpe:/o:a" : "cpe:/a:b", "cpe:/a:b"};
      if (below(2) == 0) statement.severity = below(2) == 0 ? "low" : "high";
      one.affected.push_back(std::move(statement));
    }
    records.emplace_back(below(3) == 0 ? "osv" : "debian", std::move(one));
  }
  return records;
}

TEST_F(CompilerTest, TheSameRecordsInAnyOrderGiveTheSameBytes) {
  auto records = generated(2'000);
  std::string first;
  for (unsigned seed = 0; seed < 10; ++seed) {
    if (seed != 0) std::shuffle(records.begin(), records.end(), std::mt19937(seed));
    compiler_ = std::make_unique<Compiler>();
    for (auto [feed, record] : records) {
      compiler_->begin_feed(feed, feed + ".json");
      compiler_->add(std::move(record));
    }
    for (const std::string& version : seed % 2 == 0 ? Texts{"1", "2"} : Texts{"2", "1"})
      compiler_->add(advisory::Available{"debian:12", "zlib", KeyKind::source, Scheme::dpkg, version});
    ASSERT_TRUE(compiler_->write(path()));
    const std::string bytes = base::read_file(path(), 64 << 20).value();
    if (seed == 0) first = bytes;
    ASSERT_TRUE(bytes == first) << "seed " << seed;
  }
  EXPECT_TRUE(Database::open(path())->verify());
}

TEST_F(CompilerTest, FiftyThousandStatementsAreAllFoundAgain) {
  std::size_t given = 0;
  std::map<std::pair<std::string, std::string>, std::set<std::string>> ids;  // by namespace and package
  for (auto& [feed, record] : generated(25'000)) {
    compiler_->begin_feed(feed, feed);
    given += record.affected.size();
    for (const Affected& one : record.affected) {
      // Those that certainly stay: without ranges nothing can be dropped.
      if (one.ranges.empty()) ids[{one.name_space, one.package}].insert(feed + record.id);
    }
    compiler_->add(std::move(record));
  }
  EXPECT_GT(given, 50'000U);
  const Database database = write();
  const auto verified = database.verify();
  EXPECT_TRUE(verified) << verified.error().describe();
  EXPECT_GT(database.info().statements, 40'000U);
  std::size_t found = 0;
  for (const auto& [key, wanted] : ids) {
    std::vector<Statement> statements;
    ASSERT_TRUE(database.statements(key.first, key.second, KeyKind::source, statements));
    std::set<std::string> got;
    for (const Statement& statement : statements) got.insert(base::cat({statement.feed, statement.id}));
    EXPECT_TRUE(std::includes(got.begin(), got.end(), wanted.begin(), wanted.end())) << key.second;
    found += statements.size();
  }
  EXPECT_GT(found, 40'000U);
  // The big package's statements come back by their advisories too.
  std::vector<Statement> linux_statements;
  ASSERT_TRUE(database.statements("debian:12", "linux", KeyKind::source, linux_statements));
  ASSERT_GT(linux_statements.size(), 1'000U);
  for (std::size_t i = 0; i < linux_statements.size(); i += 100) {
    const auto placed = database.statements_of(linux_statements[i].advisory).value();
    EXPECT_TRUE(std::any_of(placed.begin(), placed.end(), [&](const Database::Placed& one) {
      return one.name_space == "debian:12" && written(one.statement) == written(linux_statements[i]);
    }));
  }
}

}  // namespace
}  // namespace limpid::vulndb

#include "advisory/json_members.h"
#include "advisory/list.h"
#include "advisory/sink_for_test.h"

namespace limpid::advisory {
namespace {

constexpr std::string_view kEveryWord = R"({"zfoo":{
 "CVE-2031-0001":{"description":"An \"overflow\"","scope":"remote","debianbug":1,"releases":{
  "bookworm":{"status":"open","repositories":{"bookworm":"1.2-3"},"urgency":"low","nodsa":"Minor","nodsa_reason":""},
  "trixie":{"status":"resolved","repositories":{"trixie":"1.4-1"},"fixed_version":"1:1.3-2","urgency":"high**"},
  "bullseye":{"status":"resolved","repositories":{},"fixed_version":"0","urgency":"unimportant"},
  "sid":{"status":"undetermined","urgency":"not yet assigned"},
  "buster":{"status":"open","urgency":"end-of-life","nodsa_reason":"ignored"},
  "stretch":{"status":"open","urgency":"medium","nodsa":"x","nodsa_reason":"ignored"},
  "jessie":{"status":"open","urgency":"medium","nodsa":"x","nodsa_reason":"postponed"},
  "woody":{"status":"open","urgency":"medium"},
  "sarge":{"status":"open","urgency":"medium"},
  "etch":{"status":"resolved","urgency":"low"},
  "squeeze":{"status":"weird","urgency":"low"},
  "jammy":{"status":"open"},
  "nextone":{"status":"open"},
  "forky":{"status":"open"}}},
 "TEMP-0123456-ABCDEF":{"releases":{"bookworm":{"status":"open"},"sid":{"status":"open"}}},
 "CVE-2031-0002":{"releases":[]}},
 "zbar":{"CVE-2031-0001":{"releases":{"bookworm":{"status":"resolved","fixed_version":"2-1"}}}}})";

TEST(Debian, EveryStatusWord) {
  CollectingSink sink;
  const auto counts = read_text(debian_feed(), kEveryWord, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 4u);
  EXPECT_EQ(counts->statements, 17u);
  EXPECT_EQ(counts->dropped.at("temporary id"), 2u);
  EXPECT_EQ(counts->dropped.at("resolved without a version"), 1u);
  EXPECT_EQ(counts->dropped.at("unknown status"), 1u);
  EXPECT_EQ(counts->dropped.at("unknown release"), 2u);
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));

  const auto of = [&](std::string_view release) -> const Affected& {
    return sink.only("CVE-2031-0001", release, "zfoo");
  };
  EXPECT_EQ(of("debian:12").status, Status::affected);
  EXPECT_EQ(of("debian:12").severity, "low");
  EXPECT_EQ(of("debian:12").scheme, version::Scheme::dpkg);
  EXPECT_EQ(of("debian:12").key_kind, KeyKind::source);
  EXPECT_TRUE(of("debian:12").ranges.empty());
  EXPECT_EQ(of("debian:13").status, Status::fixed);
  EXPECT_EQ(of("debian:13").ranges, (std::vector<Range>{{.introduced = "", .fixed = "1:1.3-2", .last_affected = ""}}));
  EXPECT_EQ(of("debian:13").severity, "high**");
  EXPECT_EQ(of("debian:11").status, Status::not_affected);
  EXPECT_TRUE(of("debian:11").ranges.empty());
  EXPECT_EQ(of("debian:unstable").status, Status::under_investigation);
  EXPECT_EQ(of("debian:10").status, Status::end_of_life);
  EXPECT_EQ(of("debian:9").status, Status::will_not_fix);
  EXPECT_EQ(of("debian:8").status, Status::fix_deferred);
  EXPECT_EQ(of("debian:3.0").status, Status::affected);
  EXPECT_EQ(of("debian:3.1").status, Status::affected);
  EXPECT_EQ(of("debian:14").status, Status::affected);
  EXPECT_EQ(sink.only("CVE-2031-0001", "debian:12", "zbar").ranges[0].fixed, "2-1");
  EXPECT_EQ(sink.find("CVE-2031-0001")->description, "An \"overflow\"");
}

TEST(Debian, EveryCutFails) {
  for (std::size_t size = 0; size < kEveryWord.size(); size += 7) {
    CollectingSink sink;
    const auto counts = read_text(debian_feed(), kEveryWord.substr(0, size), sink);
    ASSERT_FALSE(counts) << size;
    ASSERT_EQ(counts.error().code(), Code::truncated) << size << ": " << counts.error().describe();
  }
}

TEST(Debian, WrongShapesFailAndSayWhere) {
  const auto error_of = [](std::string_view text) {
    CollectingSink sink;
    const auto counts = read_text(debian_feed(), text, sink);
    return counts ? std::string("none") : counts.error().describe();
  };
  EXPECT_NE(error_of("[]").find("expected an object at offset 0"), std::string::npos) << error_of("[]");
  EXPECT_NE(error_of(R"({"a":[]})").find("member a"), std::string::npos);
  EXPECT_NE(error_of(R"({"a":{"CVE-1":3}})").find("a, CVE-1: not an object"), std::string::npos);
  EXPECT_NE(error_of(R"({"a":{"CVE-1":{"releases":{]}}})").find("a, CVE-1"), std::string::npos);
  EXPECT_NE(error_of(R"({"a":{"CVE-1":{"releases":[1]}}})").find("releases"), std::string::npos);
  EXPECT_NE(error_of(R"({"a":{}} {})").find("nothing more"), std::string::npos);
  EXPECT_NE(error_of(R"({"a":{} "b":{}})").find("',' or '}'"), std::string::npos);
  EXPECT_NE(error_of(R"({"a":{,}})").find("a key"), std::string::npos);
  EXPECT_EQ(error_of("{}"), "none");
  EXPECT_EQ(error_of(" {\"a\" : { } , \"b\":{}}\n"), "none");
}

TEST(Debian, HostileDepthIsRefused) {
  const std::string deep(200'000, '[');
  CollectingSink sink;
  const auto open = read_text(debian_feed(), R"({"a":{"CVE-2031-1111":)" + deep, sink);
  ASSERT_FALSE(open);
  EXPECT_EQ(open.error().code(), Code::truncated);
  const auto closed = read_text(
      debian_feed(), R"({"a":{"CVE-2031-1111":{"releases":)" + deep + std::string(200'000, ']') + "}}}", sink);
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code(), Code::invalid);
}

TEST(Debian, FolderAndMissingPath) {
  const FeedFolder folder;
  folder.write("b.json", R"({"b":{"CVE-2031-0001":{"releases":{"sid":{"status":"open"}}}}})");
  folder.write("sub/a.json", R"({"a":{"CVE-2031-0001":{"releases":{"sid":{"status":"open"}}}}})");
  folder.write("readme.txt", "not a feed");
  CollectingSink sink;
  const auto counts = debian_feed().read({.path = folder.path(), .name_space = ""}, sink);
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->records, 2u);
  const auto missing = debian_feed().read({.path = folder.path() + "/none", .name_space = ""}, sink);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), Code::not_found);
}

TEST(Debian, RealTracker) {
  const auto path = shared_data("debian/tracker-derived.json.zst");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  const auto counts = debian_feed().read({.path = path, .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 28'335u);
  EXPECT_EQ(counts->statements, 40'332u);
  EXPECT_EQ(dropped_in_all(*counts), 0u);
  EXPECT_EQ(sink.statements(), 40'332u);
  std::map<std::string, std::size_t> by_release;
  for (const auto& advisory : sink.advisories) {
    for (const auto& affected : advisory.affected) ++by_release[affected.name_space];
  }
  EXPECT_EQ(by_release, (std::map<std::string, std::size_t>{{"debian:12", 7118},
                                                            {"debian:8", 5814},
                                                            {"debian:7", 5330},
                                                            {"debian:9", 4970},
                                                            {"debian:10", 3758},
                                                            {"debian:6", 2779},
                                                            {"debian:3.1", 2296},
                                                            {"debian:11", 1953},
                                                            {"debian:4", 1785},
                                                            {"debian:5", 1550},
                                                            {"debian:unstable", 1523},
                                                            {"debian:3.0", 1456}}));
}

TEST(Debian, RealBaseImagePart) {
  const auto path = shared_data("debian/tracker-derived-bookworm-base.json");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  const auto counts = debian_feed().read({.path = path, .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 1'591u);
  EXPECT_EQ(dropped_in_all(*counts), 0u);
}

TEST(Debian, RealSamplesOfTheWire) {
  const auto path = shared_data("debian/tracker-samples");
  LIMPID_SKIP_WITHOUT(path);
  CollectingSink sink;
  const auto counts = debian_feed().read({.path = path, .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_GT(counts->records, 10u);
  EXPECT_EQ(counts->statements, sink.statements() + dropped_in_all(*counts));
}

Result<std::vector<std::string>> members(std::string_view text, unsigned depth, const MemberLimits& limits = {}) {
  const auto source = archive::memory_source(base::as_bytes(text));
  std::vector<std::string> found;
  LIMPID_TRY(split_members(
      *source, depth,
      [&](std::span<const std::string> keys, std::string& value) -> Result<void> {
        std::string line;
        for (const auto& key : keys) line += key + "/";
        found.push_back(line + value);
        return {};
      },
      limits));
  return found;
}

TEST(JsonMembers, SplitsAtTheDepth) {
  EXPECT_EQ(members(R"({"a":{"x":1,"y":"}\"{"},"b":{},"c":{"z":[{"q":"]"}]}})", 2).value(),
            (std::vector<std::string>{"a/x/1", R"(a/y/"}\"{")", R"(c/z/[{"q":"]"}])"}));
  EXPECT_EQ(members(R"({"a":{"x":1},"b": null })", 1).value(), (std::vector<std::string>{R"(a/{"x":1})", "b/null"}));
}

TEST(JsonMembers, KeysAreUnescaped) {
  EXPECT_EQ(members(R"({"a\"\\\/\n\u002B\u00e4\u20AC\ud83d\ude00":1})", 1).value()[0], "a\"\\/\n+ä€😀/1");
  for (const auto* bad :
       {R"({"\x":1})", R"({"\u12g4":1})", R"({"\ud83d":1})", R"({"\ud83d\u0041":1})", R"({"\ude00":1})"}) {
    EXPECT_FALSE(members(bad, 1)) << bad;
  }
}

Result<std::string> elements(std::string_view text) {
  const auto source = archive::memory_source(base::as_bytes(text));
  std::string found;
  LIMPID_TRY(split_elements(*source, [&](const std::string& key, std::string& value) -> Result<void> {
    found += key + "=" + value + ";";
    return {};
  }));
  return found;
}

TEST(JsonMembers, SplitsArraysOfTheOutermostLevel) {
  EXPECT_EQ(elements(R"({"a":[1, {"x":[2]} ,"]"],"b":{"c":[3]},"d":[],"e":4})").value(),
            R"(a=1;a={"x":[2]};a="]";b={"c":[3]};e=4;)");
  EXPECT_EQ(elements(" [1,[2,3]] ").value(), "=1;=[2,3];");
  EXPECT_EQ(elements("[]").value(), "");
  EXPECT_EQ(elements("{}").value(), "");
  for (const auto* bad : {"", "[", "[1", "[1,", "{\"a\":[1,2}", "[1,]", "[1 2]", "[,1]", "[1]]", "3", "{\"a\":[1,]}"})
    EXPECT_FALSE(elements(bad)) << bad;
}

TEST(JsonMembers, LimitsHold) {
  const MemberLimits small{.key_size_max = 4, .value_size_max = 8};
  EXPECT_TRUE(members(R"({"abcd":[1,2,3]})", 1, small));
  EXPECT_EQ(members(R"({"abcde":1})", 1, small).error().code(), Code::limit);
  EXPECT_EQ(members(R"({"a":[1,2,3,4]})", 1, small).error().code(), Code::limit);
}

}  // namespace
}  // namespace limpid::advisory

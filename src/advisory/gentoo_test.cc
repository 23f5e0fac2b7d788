#include <algorithm>
#include <map>
#include <tuple>

#include "advisory/list.h"
#include "advisory/sink_for_test.h"
#include "version/ordering.h"

namespace limpid::advisory {
namespace {

std::string glsa(std::string_view packages, std::string_view id = "203101-01") {
  return base::cat({R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE glsa SYSTEM "http://www.gentoo.org/dtd/glsa.dtd">
<glsa id=")",
                    id,
                    R"("><title>zfoo: Bad</title><synopsis>It is bad.</synopsis><product type="ebuild">zfoo</product>
<announced>2031-01-02</announced><revised count="2">2031-01-03</revised><bug>1</bug><access>remote</access>
<affected>)",
                    packages, R"(</affected>
<description><p>See CVE-2031-0099.</p></description><impact type="normal"><p>Much.</p></impact>
<references><uri link="https://nvd.nist.gov/vuln/detail/CVE-2031-0013">CVE-2031-0013</uri><uri>CVE-2031-0014</uri>
</references><metadata tag="submitter">x</metadata></glsa>)"});
}

struct Parsed {
  CollectingSink sink;
  FeedCounts counts;
};
Parsed parsed(std::string_view packages) {
  Parsed result;
  auto counts = read_text(gentoo_feed(), glsa(packages), result.sink, "glsa-203101-01.xml");
  EXPECT_TRUE(counts) << counts.error().describe();
  if (counts) result.counts = *std::move(counts);
  return result;
}

std::string shown(const std::vector<Range>& ranges) {
  std::string text;
  for (const Range& range : ranges) {
    base::append(text, {text.empty() ? "" : " ", "[", range.introduced, ","});
    base::append(text, {range.last_affected.empty() ? range.fixed : range.last_affected,
                        range.last_affected.empty() ? ")" : "]"});
  }
  return text;
}

// The ranges of a package with these marks, each "OP VERSION" and for an unaffected one "-OP VERSION".
std::string ranges_of(const std::vector<std::string>& marks) {
  std::string text = R"(<package name="cat/zfoo" auto="yes" arch="*">)";
  for (std::string_view rest : marks) {
    const std::string_view element = base::strip_prefix(rest, "-") ? "unaffected" : "vulnerable";
    const auto op = base::take_word(rest);
    base::append(text, {"<", element, " range=\"", op, "\">", base::trim(rest), "</", element, ">"});
  }
  const auto result = parsed(text + "</package>");
  return result.sink.advisories.empty() ? "" : shown(result.sink.only("GLSA-203101-01", "gentoo", "cat/zfoo").ranges);
}

TEST(Gentoo, WhatAnAdvisorySays) {
  const auto result = parsed(
      R"(<package name="cat/zfoo" auto="yes" arch="*"><unaffected range="ge">1.2</unaffected>
<vulnerable range="lt">1.2</vulnerable></package>
<package name="cat/zbar" auto="yes" arch="x86 amd64"><vulnerable range="le">3-r1</vulnerable></package>
<package name="cat/zbaz" auto="yes" arch="*"><unaffected range="ge">1</unaffected></package>
<package name="" arch="*"><vulnerable range="le">3</vulnerable></package>
<package name="cat/odd" arch="*"><vulnerable range="near">3</vulnerable></package>
<package name="cat/odd" arch="*"><vulnerable range="lt">3*</vulnerable></package>)");
  EXPECT_EQ(result.counts.records, 1u);
  EXPECT_EQ(result.counts.statements, 6u);
  EXPECT_EQ(result.counts.dropped,
            (std::map<std::string, std::uint64_t>{
                {"no name", 1}, {"no version", 1}, {"nothing vulnerable", 1}, {"unknown operator", 1}}));
  const auto& advisory = *result.sink.find("GLSA-203101-01");
  EXPECT_EQ(advisory.upstream, (std::vector<std::string>{"CVE-2031-0013", "CVE-2031-0014"}));
  EXPECT_EQ(advisory.title, "zfoo: Bad");
  EXPECT_EQ(advisory.description, "It is bad.");
  EXPECT_EQ(advisory.severity, "normal");
  EXPECT_EQ(advisory.published, "2031-01-02T00:00:00Z");
  EXPECT_EQ(advisory.modified, "2031-01-03T00:00:00Z");
  EXPECT_EQ(result.counts.as_of, "2031-01-03T00:00:00Z");
  EXPECT_EQ(advisory.references, (std::vector<std::string>{"https://security.gentoo.org/glsa/203101-01",
                                                           "https://nvd.nist.gov/vuln/detail/CVE-2031-0013"}));
  const auto& fixed = result.sink.only("GLSA-203101-01", "gentoo", "cat/zfoo");
  EXPECT_EQ(shown(fixed.ranges), "[,1.2)");
  EXPECT_EQ(fixed.status, Status::fixed);
  EXPECT_EQ(fixed.scheme, version::Scheme::portage);
  EXPECT_EQ(fixed.module, "");
  EXPECT_TRUE(fixed.architectures.empty());
  const auto& open = result.sink.only("GLSA-203101-01", "gentoo", "cat/zbar");
  EXPECT_EQ(shown(open.ranges), "[,3-r1]");
  EXPECT_EQ(open.status, Status::affected);
  EXPECT_EQ(open.architectures, (std::vector<std::string>{"x86", "amd64"}));
}

TEST(Gentoo, Ranges) {
  EXPECT_EQ(ranges_of({"lt 1.2"}), "[,1.2)");
  EXPECT_EQ(ranges_of({"le 1.2"}), "[,1.2]");
  EXPECT_EQ(ranges_of({"eq 1.2"}), "[1.2,1.2]");
  EXPECT_EQ(ranges_of({"ge 1.2"}), "[1.2,)");
  EXPECT_EQ(ranges_of({"gt 1.2-r3"}), "[1.2-r4,)");
  EXPECT_EQ(ranges_of({"lt 3", "-ge 2"}), "[,2)");
  EXPECT_EQ(ranges_of({"lt 3", "-eq 2"}), "[,2) [2-r1,3)");
  EXPECT_EQ(ranges_of({"lt 2", "lt 3"}), "[,3)");
  EXPECT_EQ(ranges_of({"lt 2", "-lt 3"}), "");
  EXPECT_EQ(ranges_of({"ge 2", "lt 2"}), "[,)");  // every version
  // Revisions of one version only: a fix that was brought back to it, and one that was not.
  EXPECT_EQ(ranges_of({"rle 1.2-r3"}), "[1.2,1.2-r3]");
  EXPECT_EQ(ranges_of({"rlt 1.2-r3"}), "[1.2,1.2-r3)");
  EXPECT_EQ(ranges_of({"lt 2", "-rge 1.2-r4"}), "[,1.2-r4) [1.2-r1000000000,2)");
  EXPECT_EQ(ranges_of({"rgt 1.2"}), "[1.2-r1,1.2-r999999999]");
}

// Every mark by its own definition, and all of them by ours, over versions near them.
TEST(Gentoo, RangesAgreeWithTheOperators) {
  const auto& ordering = *version::find_ordering(version::Scheme::portage);
  const std::vector<std::string> versions = {"1",    "1-r1", "1-r2", "1.0", "1_p1",   "1_rc1", "2_beta",
                                             "2-r0", "2",    "2-r3", "2.1", "2.1-r1", "10",    "0.9"};
  const std::vector<std::string> operators = {"lt", "le", "eq", "ge", "gt", "rlt", "rle", "rge", "rgt"};
  const auto sign = [&](std::string_view a, std::string_view b) {
    const auto order = ordering.compare(ordering.parse(a), ordering.parse(b));
    return order < 0 ? -1 : order > 0 ? 1 : 0;
  };
  const auto holds = [&](std::string_view op, std::string_view bound, std::string_view version) {
    const auto base_of = [](std::string_view text) { return text.substr(0, text.find("-r")); };
    if (base::strip_prefix(op, "r") && sign(base_of(bound), base_of(version)) != 0) return false;
    const int order = sign(version, bound);
    return op == "lt"   ? order < 0
           : op == "le" ? order <= 0
           : op == "eq" ? order == 0
           : op == "ge" ? order >= 0
                        : order > 0;
  };
  std::uint64_t state = 7;
  const auto below = [&](std::size_t bound) {
    state = state * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
    return (state >> 33) % bound;
  };
  std::string document;
  std::vector<std::vector<std::tuple<bool, std::string, std::string>>> all;
  for (int i = 0; i < 300; ++i) {
    auto& marks = all.emplace_back();
    base::append(document, {"<package name=\"cat/p", i, "\" arch=\"*\">"});
    for (std::size_t count = 1 + below(5); count > 0; --count) {
      const bool vulnerable = marks.empty() || below(2) == 0;
      marks.emplace_back(vulnerable, operators[below(operators.size())], versions[below(versions.size())]);
      const auto& [_, op, bound] = marks.back();
      const std::string_view element = vulnerable ? "vulnerable" : "unaffected";
      base::append(document, {"<", element, " range=\"", op, "\">", bound, "</", element, ">"});
    }
    document += "</package>";
  }
  const auto result = parsed(document);
  std::size_t affected_in_all = 0;
  for (int i = 0; i < 300; ++i) {
    const auto name = base::cat({"cat/p", i});
    std::vector<Range> ranges;
    for (const auto& advisory : result.sink.advisories)
      for (const auto& affected : advisory.affected)
        if (affected.package == name) ranges = affected.ranges;
    for (const auto& version : versions) {
      bool vulnerable = false, unaffected = false;
      for (const auto& [is_vulnerable, op, bound] : all[static_cast<std::size_t>(i)])
        if (holds(op, bound, version)) (is_vulnerable ? vulnerable : unaffected) = true;
      const bool ours = std::ranges::any_of(ranges, [&](const Range& range) {
        return (range.introduced.empty() || sign(version, range.introduced) >= 0) &&
               (range.fixed.empty() || sign(version, range.fixed) < 0) &&
               (range.last_affected.empty() || sign(version, range.last_affected) <= 0);
      });
      EXPECT_EQ(ours, vulnerable && !unaffected) << name << ' ' << version << ": " << shown(ranges);
      affected_in_all += ours ? 1u : 0u;
    }
  }
  EXPECT_GT(affected_in_all, 500u);
}

TEST(Gentoo, EachSlotHasItsOwnFix) {
  const auto result = parsed(R"(<package name="dev-lang/zphp" auto="yes" arch="*">
<unaffected range="ge" slot="8.2">8.2.1</unaffected><unaffected range="ge" slot="7.4">7.4.9</unaffected>
<vulnerable range="lt" slot="*">8.2.1</vulnerable></package>
<package name="dev-lang/zone" arch="*"><vulnerable range="lt" slot="2">2.1</vulnerable></package>)");
  std::map<std::string, std::string> by_slot;
  for (const auto& affected : result.sink.find("GLSA-203101-01")->affected)
    by_slot[affected.package + " " + affected.module] = shown(affected.ranges);
  EXPECT_EQ(by_slot, (std::map<std::string, std::string>{{"dev-lang/zphp 8.2", "[,8.2.1)"},
                                                         {"dev-lang/zphp 7.4", "[,7.4.9)"},
                                                         {"dev-lang/zphp !7.4 !8.2", "[,8.2.1)"},
                                                         {"dev-lang/zone 2", "[,2.1)"}}));
  EXPECT_EQ(result.counts.statements, 4u);
}

TEST(Gentoo, CutsAndOtherDocumentsFail) {
  CollectingSink sink;
  const auto whole = glsa(R"(<package name="cat/zfoo"><vulnerable range="lt">1</vulnerable></package>)");
  for (std::size_t size = 0; size < whole.size(); size += 13)
    EXPECT_FALSE(read_text(gentoo_feed(), whole.substr(0, size), sink, "glsa-203101-01.xml")) << size;
  EXPECT_FALSE(read_text(gentoo_feed(), "<html/>", sink, "glsa-203101-01.xml"));
  EXPECT_TRUE(sink.advisories.empty());
}

TEST(Gentoo, AFolderOfThem) {
  const FeedFolder folder;
  const std::string_view package = R"(<package name="cat/zfoo"><vulnerable range="lt">1</vulnerable></package>)";
  folder.write("glsa/glsa-203101-01.xml", glsa(package));
  folder.write("glsa/glsa-203101-02.xml", glsa(package, "203101-02"));
  folder.write("glsa/glsa-203101-03.xml", "<glsa id='203101-03'>");
  folder.write("glsa/index.xml", "<other/>");
  CollectingSink sink;
  const auto counts = gentoo_feed().read({.path = folder.path(), .name_space = ""}, sink);
  ASSERT_TRUE(counts) << counts.error().describe();
  EXPECT_EQ(counts->records, 2u);
  EXPECT_EQ(sink.advisories.size(), 2u);
  ASSERT_EQ(counts->skipped.size(), 1u);
  EXPECT_TRUE(counts->skipped[0].path.ends_with("glsa-203101-03.xml"));
}

}  // namespace
}  // namespace limpid::advisory

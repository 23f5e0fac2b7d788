#include "advisory/xml.h"

#include <gtest/gtest.h>

namespace limpid::advisory {
namespace {

struct Recorder final : XmlHandler {
  std::string seen;
  std::string refuse;  // the element at which to stop
  Result<void> start(std::string_view name, const XmlAttributes& attributes) override {
    if (name == refuse) return fail(Code::unsupported, {"no more"});
    base::append(seen, {"<", name, " ", attributes["id"], ">"});
    return {};
  }
  Result<void> end(std::string_view name, std::string_view text) override {
    base::append(seen, {text, "</", name, ">"});
    return {};
  }
};

Result<std::string> parse(std::string_view text, std::string refuse = {}) {
  Recorder recorder;
  recorder.refuse = std::move(refuse);
  const auto source = archive::memory_source(base::as_bytes(text));
  LIMPID_TRY(parse_xml(*source, recorder));
  return recorder.seen;
}

TEST(Xml, NamesAttributesAndTexts) {
  EXPECT_EQ(*parse("<?xml version='1.0'?><a id='1'><x:b x:id='2'>t &lt; &#65;<!-- no --></x:b> </a>"),
            "<a 1><b 2>t < A</b> </a>");
  EXPECT_EQ(*parse("<a><![CDATA[<b>]]></a>"), "<a ><b></a>");
}

TEST(Xml, WhatIsCutIsTruncated) {
  for (const std::string_view text : {"", "<a", "<a><b></b>", "<a><![CDATA[x"}) {
    const auto parsed = parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code(), Code::truncated) << text << ": " << parsed.error().describe();
  }
}

TEST(Xml, WhatIsBrokenNamesItsLine) {
  for (const std::string_view text : {"<a>\n</b>", "<a>\n&nothing;</a>", "<a>\n<a b></a>", "<a/>\nmore"}) {
    const auto parsed = parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code(), Code::invalid);
    EXPECT_NE(parsed.error().describe().find("line 2"), std::string::npos) << parsed.error().describe();
  }
}

TEST(Xml, EntitiesOfItsOwnAreRefused) {
  std::string bomb = "<!DOCTYPE a [<!ENTITY l0 'lol'>";
  for (int i = 1; i < 10; ++i) {
    base::append(bomb, {"<!ENTITY l", i, " '"});
    for (int j = 0; j < 10; ++j) base::append(bomb, {"&l", i - 1, ";"});
    bomb += "'>";
  }
  bomb += "]><a>&l9;</a>";
  const auto parsed = parse(bomb);
  ASSERT_FALSE(parsed);
  EXPECT_NE(parsed.error().describe().find("declares an entity"), std::string::npos);
  EXPECT_FALSE(parse("<!DOCTYPE a [<!ENTITY f SYSTEM 'file:///etc/passwd'>]><a>&f;</a>"));
}

TEST(Xml, DepthTextAndTagsAreBounded) {
  std::string deep;
  for (std::size_t i = 0; i <= kXmlDepthMax; ++i) deep += "<a>";
  EXPECT_EQ(parse(deep).error().code(), Code::limit);
  EXPECT_EQ(parse(base::cat({"<a>", std::string(kXmlTextMax + 1, 'x'), "</a>"})).error().code(), Code::limit);
  const auto tag = parse(base::cat({"<a id='", std::string(2 * kXmlTokenMax, 'x'), "'/>"}));
  ASSERT_FALSE(tag);
  EXPECT_EQ(tag.error().code(), Code::limit) << tag.error().describe();
}

TEST(Xml, TheHandlersErrorEndsIt) {
  const auto parsed = parse("<a><b/><c/></a>", "b");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().describe(), "no more");
}

}  // namespace
}  // namespace limpid::advisory

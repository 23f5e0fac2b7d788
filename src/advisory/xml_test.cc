#include "advisory/xml.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace limpid::advisory {
namespace {

// Writes down what it is given: "<a x=1 <b text> text>".
class Recorder final : public XmlHandler {
 public:
  std::string seen;
  std::string refused;  // the element at which to fail
  Result<void> start(std::string_view element, const XmlAttributes& attributes) override {
    if (element == refused) return fail(Code::usage, {"not this one"});
    base::append(seen, {"<", element});
    attributes.each(
        [&](std::string_view name, std::string_view value) { base::append(seen, {" ", name, "=", value}); });
    last = attributes["x:t"];
    return {};
  }
  Result<void> end(std::string_view, std::string_view text) override {
    base::append(seen, {text, ">"});
    return {};
  }
  std::string last;
};

Result<std::string> record(std::string_view document, const XmlLimits& limits = {}) {
  Recorder recorder;
  const auto source = archive::memory_source(base::as_bytes(document));
  LIMPID_TRY(parse_xml(*source, recorder, limits));
  return recorder.seen;
}

TEST(Xml, ElementsAttributesAndOwnText) {
  EXPECT_EQ(record("<a><b k='1'>x</b>y<p:c xmlns:p='u'/>&lt;z&#228;<![CDATA[<&]]></a>").value(),
            "<a<b k=1x><c xmlns:p=u>y<zä<&>");
  EXPECT_EQ(record("<?xml version='1.0' encoding='iso-8859-1'?><!-- c --><a>\xe4</a>\n").value(), "<aä>");
  EXPECT_EQ(record("<!DOCTYPE glsa SYSTEM 'http://localhost/glsa.dtd'><a/>").value(), "<a>");
}

TEST(Xml, EveryCutIsTruncated) {
  const std::string_view whole = "<a><b k='1'>x<!-- c --></b><![CDATA[y]]>&amp;</a>";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto cut = record(whole.substr(0, size));
    ASSERT_FALSE(cut) << size;
    EXPECT_EQ(cut.error().code(), Code::truncated) << size << ": " << cut.error().describe();
  }
}

TEST(Xml, WrongDocumentsSayWhere) {
  const auto wrong = record("<a>\n<b></a>");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code(), Code::invalid);
  EXPECT_NE(wrong.error().describe().find("line 2"), std::string::npos) << wrong.error().describe();
  for (const auto* bad : {"<a/><b/>", "{}", "<a>&unknown;</a>", "<a k=1/>", "<a k='1' k='2'/>", "<a>\xff</a>"})
    EXPECT_FALSE(record(bad)) << bad;
}

TEST(Xml, EntitiesAreRefused) {
  for (const auto* bad : {"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "<!DOCTYPE a [<!ENTITY % x 'y'>]><a/>",
                          "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>"}) {
    const auto read = record(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().code(), Code::unsupported) << bad;
  }
}

TEST(Xml, LimitsHold) {
  const auto code = [](const std::string& document) {
    const auto read = record(document, {.depth_max = 3, .text_size_max = 10, .token_size_max = 100'000});
    return read ? Code::internal : read.error().code();
  };
  EXPECT_EQ(code("<a><a><a/></a></a>"), Code::internal);
  EXPECT_EQ(code("<a><a><a><a/></a></a></a>"), Code::limit);
  EXPECT_EQ(code("<a>0123456789</a>"), Code::internal);
  EXPECT_EQ(code("<a>0123456789<b/>0</a>"), Code::limit);
  EXPECT_EQ(code("<a k='" + std::string(500'000, 'x') + "'/>"), Code::limit);
  EXPECT_EQ(code("<a><!--" + std::string(500'000, 'x') + "--></a>"), Code::limit);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  EXPECT_EQ(code(deep), Code::limit);
}

TEST(Xml, TheHandlersErrorEndsIt) {
  Recorder recorder;
  recorder.refused = "c";
  const auto source = archive::memory_source(base::as_bytes(std::string_view("<a><b/><c/><d/></a>")));
  const auto read = parse_xml(*source, recorder);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), Code::usage);
  EXPECT_EQ(recorder.seen, "<a<b>");
}

TEST(Xml, AttributesByName) {
  Recorder recorder;
  const auto source = archive::memory_source(base::as_bytes(std::string_view("<a x:t='v' xmlns:x='u'/>")));
  ASSERT_TRUE(parse_xml(*source, recorder));
  EXPECT_EQ(recorder.last, "v");
}

}  // namespace
}  // namespace limpid::advisory

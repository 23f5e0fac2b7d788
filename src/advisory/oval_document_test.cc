#include "advisory/oval_document.h"

#include "advisory/sink_for_test.h"
#include "base/text.h"

namespace limpid::advisory {
namespace {

constexpr std::string_view kDocument = R"(<?xml version="1.0"?>
<o:oval_definitions xmlns:o="x" xmlns:l="y"><generator><o:timestamp>2031-01-02T00:00:00</o:timestamp></generator>
<definitions>
 <definition id="d1" class="patch"><metadata><title> zfoo
 update </title><affected family="unix"><platform>A</platform><platform>B</platform></affected>
 <advisory from="x"><severity>High</severity><cve href="u" k="v">CVE-2031-0001</cve></advisory></metadata>
 <criteria operator="AND" comment="top"><criterion test_ref="t1" comment="c1"/>
  <criteria operator="OR"><criterion test_ref="t2" negate="true"/><extend_definition definition_ref="d2"/></criteria>
  <criteria operator="XOR"/></criteria></definition>
 <definition id="d2" class="inventory" deprecated="true"><metadata><title>two</title></metadata></definition>
</definitions>
<tests><l:rpminfo_test id="t1"><l:object object_ref="o1"/><l:state state_ref="s1"/><l:state state_ref="s2"/></l:rpminfo_test>
 <l:rpminfo_test id="t2"/></tests>
<objects><l:rpminfo_object id="o1"><l:name var_ref="v1">zfoo</l:name></l:rpminfo_object></objects>
<states><l:rpminfo_state id="s1"><l:arch operation="pattern match">x86_64|aarch64</l:arch>
 <l:evr datatype="evr_string" operation="less than">0:1.2-3</l:evr></l:rpminfo_state></states>
<variables><constant_variable id="v1"><value>one</value><value>two</value></constant_variable></variables>
</o:oval_definitions>)";

// "all(test t1 c1 any(!test t2 definition d2 ) other())"
std::string shape(const OvalDocumentCriteria& node) {
  static constexpr std::array kNames = {"all", "any", "other", "test", "definition"};
  std::string text = base::cat({node.negate ? "!" : "", kNames.at(static_cast<std::size_t>(node.kind))});
  if (!node.reference.empty()) return base::cat({text, " ", node.reference, " "});
  text += "(";
  for (const auto& child : node.children) text += shape(child);
  return text + ")";
}

Result<OvalDocumentHead> read_document(std::string_view document, const OvalDocumentVisitor& visit) {
  const FeedFolder folder;
  return read_oval_document(folder.write("oval.xml", document), visit);
}

TEST(OvalDocument, DefinitionsWithWhatTheyReferTo) {
  std::vector<std::string> ids;
  const auto head =
      read_document(kDocument, [&](const OvalDocumentDefinition& definition, const OvalDocumentParts& parts) {
        ids.push_back(definition.id);
        if (definition.id == "d2") {
          EXPECT_TRUE(definition.deprecated);
          EXPECT_EQ(definition.klass, "inventory");
          EXPECT_EQ(definition.text("title"), "two");
          EXPECT_EQ(shape(definition.criteria), "all()");
          return Result<void>{};
        }
        EXPECT_FALSE(definition.deprecated);
        EXPECT_EQ(definition.text("title"), "zfoo\n update");
        EXPECT_EQ(definition.text("severity"), "High");
        EXPECT_EQ(definition.find("cve")->text, "CVE-2031-0001");
        EXPECT_EQ((*definition.find("cve"))["k"], "v");
        EXPECT_EQ((*definition.find("cve"))["none"], "");
        EXPECT_EQ(definition.find("nothing"), nullptr);
        std::string platforms;
        definition.each("platform", [&](const OvalDocumentElement& element) { platforms += element.text; });
        EXPECT_EQ(platforms, "AB");
        EXPECT_EQ(shape(definition.criteria), "all(all(test t1 any(!test t2 definition d2 )other()))");
        EXPECT_EQ(definition.criteria.children[0].comment, "top");

        const auto* test = parts.test("t1");
        EXPECT_NE(test, nullptr);
        EXPECT_EQ(test->kind, "rpminfo_test");
        EXPECT_EQ(test->states, (std::vector<std::string_view>{"s1", "s2"}));
        EXPECT_EQ(parts.object(test->object)->text("name"), "zfoo");
        EXPECT_EQ(parts.object(test->object)->find("name")->variable, "v1");
        EXPECT_EQ(*parts.variable("v1"), (std::vector<std::string_view>{"one", "two"}));
        EXPECT_EQ(parts.state("s1")->text("evr"), "0:1.2-3");
        EXPECT_EQ(parts.state("s1")->find("evr")->operation, "less than");
        EXPECT_EQ(parts.state("s1")->find("arch")->operation, "pattern match");
        EXPECT_EQ(parts.state("s2"), nullptr);
        EXPECT_TRUE(parts.test("t2")->states.empty());
        EXPECT_EQ(parts.test("t3"), nullptr);
        return Result<void>{};
      });
  ASSERT_TRUE(head) << head.error().describe();
  EXPECT_EQ(head->timestamp, "2031-01-02T00:00:00");
  EXPECT_EQ(ids, (std::vector<std::string>{"d1", "d2"}));
}

TEST(OvalDocument, EveryCutAndOtherDocumentsFail) {
  const auto nothing = [](const OvalDocumentDefinition&, const OvalDocumentParts&) { return Result<void>{}; };
  for (std::size_t size = 0; size < kDocument.size(); size += 11)
    EXPECT_FALSE(read_document(kDocument.substr(0, size), nothing)) << size;
  const auto other = read_document("<html><body/></html>", nothing);
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().describe().find("<html>"), std::string::npos) << other.error().describe();
}

TEST(OvalDocument, TheVisitorsErrorNamesTheDefinition) {
  const auto read =
      read_document(kDocument, [](const OvalDocumentDefinition&, const OvalDocumentParts&) -> Result<void> {
        return fail(Code::usage, {"not this"});
      });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), Code::usage);
  EXPECT_NE(read.error().describe().find("definition d1"), std::string::npos);
}

TEST(OvalDocument, RealDocumentsAreComplete) {
  const auto root = shared_data("azurelinux");
  LIMPID_SKIP_WITHOUT(root);
  for (const auto& [file, definitions] : {std::pair{"azurelinux/azurelinux-3.0-oval.xml.zst", 1'222U},
                                          {"azurelinux/cbl-mariner-2.0-oval.xml.zst", 2'436U},
                                          {"photon/oval/com.vmware.phsa-photon3.xml.zst", 222U}}) {
    std::size_t seen = 0, tests = 0, whole = 0;
    const auto head = read_oval_document(
        shared_data(file), [&](const OvalDocumentDefinition& definition, const OvalDocumentParts& parts) {
          ++seen;
          const auto count = [&](const auto& self, const OvalDocumentCriteria& node) -> void {
            for (const auto& child : node.children) self(self, child);
            if (node.kind != OvalDocumentCriteria::Kind::test) return;
            ++tests;
            const auto* test = parts.test(node.reference);
            if (test != nullptr && parts.object(test->object) != nullptr && !test->states.empty() &&
                parts.state(test->states[0]) != nullptr)
              ++whole;
          };
          count(count, definition.criteria);
          return Result<void>{};
        });
    ASSERT_TRUE(head) << head.error().describe();
    EXPECT_EQ(seen, definitions) << file;
    EXPECT_EQ(whole, tests) << file;
    EXPECT_GE(tests, seen) << file;
  }
}

}  // namespace
}  // namespace limpid::advisory

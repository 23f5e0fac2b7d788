#include "service/v1/codec.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace limpid::service::v1 {
namespace {

std::string problem_of(std::string_view body) {
  const auto layer = parse_layer(body);
  return layer ? "" : layer.error().message();
}

TEST(Codec, ReadsALayer) {
  const auto layer = parse_layer(
      R"({"Layer":{"Name":"n","Path":"http://h/b","ParentName":"p","Format":"Docker","Headers":{"Authorization":"Bearer t"}}})");
  ASSERT_TRUE(layer) << layer.error().describe();
  EXPECT_EQ(layer->name, "n");
  EXPECT_EQ(layer->path, "http://h/b");
  EXPECT_EQ(layer->parent, "p");
  EXPECT_EQ(layer->format, "Docker");
  EXPECT_EQ(layer->headers, (net::Headers{{"Authorization", "Bearer t"}}));
}

TEST(Codec, IsAsTolerantAsClair) {
  // Keys in any case, an exact one first; unknown ones, null, what follows the first value; the last of two counts.
  EXPECT_EQ(parse_layer(R"({"layer":{"NAME":"a"}})")->name, "a");
  EXPECT_EQ(parse_layer(R"({"Layer":{"name":"b","Name":"a","nAme":"c"}})")->name, "a");
  EXPECT_EQ(parse_layer(R"({"Layer":{"Name":"a","Path":null,"Other":[1,{"x":2}]}} garbage)")->name, "a");
  EXPECT_EQ(parse_layer(R"({"Layer":{"Name":"a","Name":"b"}})")->name, "b");
  EXPECT_EQ(parse_layer("{\"Layer\":{\"Name\":\"\\u00e9\\ud83d\\ude42\"}}")->name, "é🙂");
}

TEST(Codec, NamesWhatIsWrong) {
  EXPECT_EQ(problem_of(""), "EOF");
  EXPECT_EQ(problem_of("  \n"), "EOF");
  EXPECT_EQ(problem_of("{}"), "failed to provide layer");
  EXPECT_EQ(problem_of(R"({"Layer":null})"), "failed to provide layer");
  EXPECT_EQ(problem_of(R"({"Layer":{"Name":"a")"), "unexpected EOF");
  EXPECT_EQ(problem_of(R"({"Layer":{"Name":"a)"), "unexpected EOF");
  EXPECT_EQ(problem_of(R"({"Layer":{"Name":3}})"), "invalid JSON: Layer.Name must be a string");
  EXPECT_EQ(problem_of(R"({"Layer":{"Headers":{"a":1}}})"), "invalid JSON: Layer.Headers must be an object of strings");
  EXPECT_TRUE(problem_of("[1]").starts_with("invalid JSON"));
  EXPECT_TRUE(problem_of("{]").starts_with("invalid JSON"));
  EXPECT_TRUE(problem_of(std::string(100'000, '[')).starts_with("invalid JSON"));
}

TEST(Codec, MetadataIsKeptWithSortedKeys) {
  const auto request = parse_vulnerability(
      R"({"Vulnerability":{"Name":"CVE-1","NamespaceName":"debian:8","Severity":"High","Metadata":{"b":[1,2.5,true,null,"x"],"a":{"d":"\n","c":5}}}})");
  ASSERT_TRUE(request) << request.error().describe();
  EXPECT_EQ(request->metadata, R"({"a":{"c":5,"d":"\n"},"b":[1,2.5,true,null,"x"]})");
  EXPECT_EQ(parse_vulnerability(R"({"Vulnerability":{"Metadata":{}}})")->metadata, "");
  // What no double can hold would be no JSON when it is written.
  for (const char* number : {"1e999", "-2.5e355", "[1, {\"b\": 1e400}]"}) {
    const auto refused = parse_vulnerability(base::cat(
        {R"({"Vulnerability":{"Name":"C","NamespaceName":"d:8","Severity":"High","Metadata":{"a":)", number, "}}}"}));
    ASSERT_FALSE(refused) << number;
    EXPECT_EQ(refused.error().message(), "invalid JSON: a number in Metadata is out of range");
  }
}

TEST(Codec, StoredRevisionsComeBack) {
  Vulnerability one;
  one.name = "CVE-2024-1";
  one.name_space = "debian:12";
  one.description = "a \"quoted\"\n\tline\x01";
  one.link = "https://example.org/?a=1&b=<2>";
  one.severity = Severity::defcon1;
  one.metadata = R"({"NVD":{"CVSSv2":{"Score":5,"Vectors":"AV:N"}}})";
  one.fixed_in = {{"a", "1.0-1", version::Scheme::dpkg}, {"b", "", version::Scheme::none}};
  one.affects = {{"a", version::Scheme::dpkg, {{"", "1.0-1", ""}, {"2", "", "3"}}, {"9", "10"}},
                 {"b", version::Scheme::apk, {}, {}}};
  const auto again = parse_stored(stored(one));
  ASSERT_TRUE(again) << again.error().describe();
  EXPECT_EQ(*again, one);
  EXPECT_EQ(parse_stored(stored({})).value(), Vulnerability{});
  for (const std::string_view damaged : {"", "[]", R"({"severity":"None"})", R"({"severity":"Low","fixed_in":[["a"]]})",
                                         R"({"severity":"Low","affects":[1]})"})
    EXPECT_FALSE(parse_stored(damaged)) << damaged;
}

TEST(Codec, WritesVulnerabilitiesInClairsOrder) {
  Vulnerability one;
  one.name = "CVE-1";
  one.name_space = "debian:8";
  one.severity = Severity::low;
  one.metadata = "{\"x\":1}";
  one.fixed_in = {{"openssl", "", version::Scheme::dpkg}};
  std::string text;
  append_vulnerability(text, one, true);
  EXPECT_EQ(
      text,
      R"({"Name":"CVE-1","NamespaceName":"debian:8","Severity":"Low","Metadata":{"x":1},"FixedIn":[{"Name":"openssl","NamespaceName":"debian:8","VersionFormat":"dpkg","Version":"None"}]})");
}

TEST(Codec, MetadataReadsBackWhateverItsKeys) {
  const auto request = parse_vulnerability(
      "{\"Vulnerability\":{\"Metadata\":{\"\xf2z\":1,\"\xef\xbf\xbd\x61\":2,\"\xff\":3,\"\xfe\":4,\"é\":5}}}");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->metadata, "{\"é\":5,\"\xef\xbf\xbd\":4,\"\xef\xbf\xbd\x61\":2,\"\xef\xbf\xbdz\":1}");
}

TEST(Codec, NegativeZeroIsZero) {
  const auto revision = parse_stored(R"({"Severity":"High","Metadata":[-0e5,-0,-0.0]})");
  ASSERT_TRUE(revision);
  EXPECT_EQ(revision->metadata, "[0,0,0]");
}

TEST(Codec, EscapesAndRepairs) {
  const auto written = [](std::string_view text) {
    std::string to;
    append_string(to, text);
    return to;
  };
  EXPECT_EQ(written("a\"b\\c\n\r\t\x1f"), "\"a\\\"b\\\\c\\n\\r\\t\\u001f\"");
  EXPECT_EQ(written("é🙂"), "\"é🙂\"");
  EXPECT_EQ(written("\xff"
                    "a\xc3"),
            "\"\xef\xbf\xbd"
            "a\xef\xbf\xbd\"");
  EXPECT_EQ(written("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"") << "a lone surrogate";
  EXPECT_EQ(written(""), "\"\"");
}

}  // namespace
}  // namespace limpid::service::v1

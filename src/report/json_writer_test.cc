#include "report/json_writer.h"

#include <vector>

#include <gtest/gtest.h>

namespace limpid::report {
namespace {

TEST(JsonWriter, WritesInTheOrderGivenAndAlwaysUtf8) {
  JsonWriter json;
  json.open();
  json.text("b", "quote \" and \x1b");
  json.number("a", 18446744073709551615U);
  json.boolean("yes", true);
  json.list("list", std::vector<std::string>{"latin\xe9", "caf\xc3\xa9"});
  json.open("empty");
  json.close();
  json.close();
  EXPECT_EQ(json.take(),
            "{\n  \"b\": \"quote \\\" and \\u001B\",\n  \"a\": 18446744073709551615,\n  \"yes\": true,\n  \"list\": "
            "[\n    \"latin\\\\xe9\",\n"
            "    \"caf\xc3\xa9\"\n  ],\n  \"empty\": {}\n}\n");
}

TEST(JsonWriter, EscapesWhatDrivesATerminal) {
  JsonWriter json;
  json.open();
  json.text("a\u202e", "\u009b2J\x7f caf\u00e9 \U000e0041 \u4e2d");
  json.close();
  EXPECT_EQ(json.take(), "{\n  \"a\\u202e\": \"\\u009b2J\\u007f caf\u00e9 \\udb40\\udc41 \u4e2d\"\n}\n");
}

}  // namespace
}  // namespace limpid::report

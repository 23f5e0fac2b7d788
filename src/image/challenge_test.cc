#include "image/challenge.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace limpid::image {
namespace {

// "scheme token name=value name=value; scheme …", or the error.
std::string told(std::string_view value) {
  const auto challenges = parse_challenges(value);
  if (!challenges) return challenges.error().describe();
  std::string text;
  for (const Challenge& challenge : *challenges) {
    base::append(text, {text.empty() ? "" : "; ", challenge.scheme});
    if (!challenge.token.empty()) base::append(text, {" ", challenge.token});
    for (const auto& [name, parameter] : challenge.parameters) base::append(text, {" ", name, "=", parameter});
  }
  return text;
}

TEST(Challenges, WhatRegistriesSend) {
  EXPECT_EQ(
      told(R"(Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push")"),
      "bearer realm=https://auth.example/token scope=repository:a/b:pull,push service=registry.example");
  EXPECT_EQ(told(R"(Basic realm="Registry Realm")"), "basic realm=Registry Realm");
  EXPECT_EQ(told(R"(Basic realm="a b", charset="UTF-8")"), "basic charset=UTF-8 realm=a b");
}

TEST(Challenges, SeveralInOne) {
  EXPECT_EQ(told(R"(Basic realm="x", Bearer realm="y",service=z , Negotiate, Negotiate abc==)"),
            "basic realm=x; bearer realm=y service=z; negotiate; negotiate abc==");
  EXPECT_EQ(told(", ,Basic ,,"), "basic");
  EXPECT_EQ(told(""), "");
}

TEST(Challenges, GrammarsFinePrint) {
  EXPECT_EQ(told(R"(BEARER  Realm = "a\"b\\c" ,SERVICE=x)"), R"(bearer realm=a"b\c service=x)");
  EXPECT_EQ(told(R"(Basic realm="a, Bearer realm=b")"), "basic realm=a, Bearer realm=b");
  EXPECT_EQ(told("Basic realm=\"\xc3\xa4\"").substr(0, 12), "basic realm=");
  EXPECT_EQ(told("X a=b"), "x a=b");
  EXPECT_EQ(told("X a="), "x a=");  // one token, by the grammar
}

TEST(Challenges, RefusesWhatIsNone) {
  for (const std::string_view value :
       {R"(Basic realm="x)", R"(Basic realm="x\)", R"(realm="x")", R"(Basic realm="x" y)", R"(Basic realm="x"y="z")",
        R"(Basic a=b, a=c)", R"(Basic a=b, A=c)", "Basic a b", "=", "\"x\"", "Basic\"x\"",
        "Basic a=b, c=", "Basic a=\"\r\n\"", "B\xc3\xa4"}) {
    const auto challenges = parse_challenges(value);
    ASSERT_FALSE(challenges) << value;
    EXPECT_EQ(challenges.error().code(), Code::invalid);
  }
}

TEST(Challenges, AreBounded) {
  std::string many, wide = "Basic a=b";
  for (int i = 0; i < 20; ++i) many += "X, ";
  for (int i = 0; i < 40; ++i) base::append(wide, {", a", i, "=b"});
  for (const std::string& value : {many, wide, "Basic realm=" + std::string(20'000, 'x')}) {
    const auto challenges = parse_challenges(value);
    ASSERT_FALSE(challenges);
    EXPECT_EQ(challenges.error().code(), Code::limit);
  }
}

}  // namespace
}  // namespace limpid::image

#include "advisory/json_members.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace limpid::advisory {
namespace {

// The elements, joined by '|'; "none" where there is no such array, else the error's code.
std::string elements(std::string_view text, std::string_view key = "data") {
  std::string seen;
  const auto source = archive::memory_source(base::as_bytes(text));
  const auto found = split_array(*source, key, [&](std::string& value) -> Result<void> {
    base::append(seen, {seen.empty() ? "" : "|", value});
    return {};
  });
  if (!found) return std::string(name_of(found.error().code()));
  return *found ? seen : "none";
}

TEST(SplitArray, OfTheRootOrOfAMember) {
  EXPECT_EQ(elements(R"( [ 1, {"a": [2, "]"]} ,"x" ] )"), R"(1|{"a": [2, "]"]}|"x")");
  EXPECT_EQ(elements(R"({"a": {"data": [9]}, "data": [1,2], "b": 3})"), "1|2");
  EXPECT_EQ(elements("[]"), "");
  EXPECT_EQ(elements(R"({"data": []})"), "");
  EXPECT_EQ(elements(R"({"data": 1})"), "none");
  EXPECT_EQ(elements("{}"), "none");
}

TEST(SplitArray, WhatIsCutOrBrokenFails) {
  for (const auto* text : {"", "[", "[1", "[1,", "{", R"({"data")", R"({"data": [1])"})
    EXPECT_EQ(elements(text), "truncated") << text;
  for (const auto* text : {"1", "[1 2]", "[1,]", "[1]]", R"({"data": [1]} x)", R"({"data" [1]})"})
    EXPECT_EQ(elements(text), "invalid") << text;
}

}  // namespace
}  // namespace limpid::advisory

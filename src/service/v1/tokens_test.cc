#include "service/v1/tokens.h"

#include <random>

#include <gtest/gtest.h>

namespace limpid::service::v1 {
namespace {

// The key and token of the specification's own example (https://github.com/fernet/spec, verify.json).
constexpr std::string_view kSpecKey = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
constexpr std::string_view kSpecToken =
    "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
constexpr std::int64_t kSpecTime = 499'162'800;  // 1985-10-26T01:20:00-07:00

Tokens tokens(std::string_view key = kSpecKey) { return Tokens::make(key).value(); }

TEST(Tokens, OpensTheSpecificationsExample) { EXPECT_EQ(tokens().open(kSpecToken, kSpecTime + 1), "hello"); }

TEST(Tokens, WhatIsSealedOpens) {
  for (const std::string payload : {"", "x", "0123456789abcdef", "{\"OldVulnerability\":12}\n"})
    EXPECT_EQ(tokens().open(tokens().seal(payload, 1'000), 1'000), payload);
  EXPECT_NE(tokens().seal("x", 1'000), tokens().seal("x", 1'000)) << "each token has an IV of its own";
}

TEST(Tokens, LivesAnHour) {
  const std::string token = tokens().seal("x", 100'000);
  EXPECT_TRUE(tokens().open(token, 100'000 + 3'600));
  EXPECT_FALSE(tokens().open(token, 100'000 + 3'601));
  EXPECT_TRUE(tokens().open(token, 100'000 - 60));
  EXPECT_FALSE(tokens().open(token, 100'000 - 61)) << "from the future";
}

TEST(Tokens, AnotherKeyOrAChangedByteIsRefused) {
  const std::string token = tokens().seal("payload", 5);
  EXPECT_FALSE(tokens("").open(token, 5));
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '=') continue;
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(tokens().open(changed, 5)) << i;
    EXPECT_FALSE(tokens().open(token.substr(0, i), 5)) << i;
  }
}

TEST(Tokens, HostileTextIsRefused) {
  // The first made Clair drop the connection.
  for (const std::string_view text : {"gAAAAA==", "", "=", "====", "gA", "\x80", "%%%", "a b", "🙂"})
    EXPECT_FALSE(tokens().open(text, 5)) << text;
  EXPECT_FALSE(tokens().open(std::string(1'000'000, 'A'), 5));
}

TEST(Tokens, KeysInEverySpelling) {
  const std::string token = tokens().seal("x", 5);
  EXPECT_EQ(tokens("cw/0x689RpI+jtRR7oE8h/eQsKImvJapLeSbXpwF4e4=").open(token, 5), "x");
  EXPECT_EQ(tokens("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4").open(token, 5), "x");
  EXPECT_EQ(tokens("730ff4c7af3d46923e8ed451ee813c87f790b0a226bc96a92de49b5e9c05e1ee").open(token, 5), "x");
  EXPECT_EQ(tokens("730FF4C7AF3D46923E8ED451EE813C87F790B0A226BC96A92DE49B5E9C05E1EE").open(token, 5), "x");
  for (const std::string_view key : {"abc", "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4AAAA", "!!"})
    EXPECT_FALSE(Tokens::make(key)) << key;
}

}  // namespace
}  // namespace limpid::service::v1

// What the tests of every scheme share: reading pairs, and the laws that any order keeps.
#pragma once

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/text.h"
#include "version/ordering.h"

namespace limpid::version::checks {

inline char sign_of(std::strong_ordering order) { return order < 0 ? '<' : order > 0 ? '>' : '='; }

// Checks "A < B", "A = B", "A > B", and chains of these, both ways round.
inline void expect_order(const Ordering& ordering, std::string_view statement) {
  const std::vector<std::string_view> words = base::split(statement, ' ');
  ASSERT_TRUE(words.size() >= 3 && words.size() % 2 == 1) << statement;
  for (std::size_t i = 0; i + 2 < words.size(); i += 2) {
    const Version a = ordering.parse(words[i]);
    const Version b = ordering.parse(words[i + 2]);
    EXPECT_TRUE(a.valid) << words[i] << ": " << a.problem;
    EXPECT_TRUE(b.valid) << words[i + 2] << ": " << b.problem;
    const char expected = words[i + 1].front();
    const char reversed = expected == '<' ? '>' : expected == '>' ? '<' : '=';
    EXPECT_EQ(sign_of(ordering.compare(a, b)), expected) << statement;
    EXPECT_EQ(sign_of(ordering.compare(b, a)), reversed) << statement << " reversed";
  }
}

inline void expect_invalid(const Ordering& ordering, std::string_view raw) {
  const Version version = ordering.parse(raw);
  EXPECT_FALSE(version.valid) << "'" << base::printable(raw) << "'";
  EXPECT_FALSE(version.problem.empty());
  EXPECT_EQ(version.scheme, ordering.scheme());
}

using Random = std::mt19937_64;

inline std::size_t below(Random& random, std::size_t bound) { return random() % bound; }

// A string near `text`: one to three bytes inserted, removed, replaced or doubled.
inline std::string mutated(std::string text, Random& random, std::string_view alphabet) {
  for (std::size_t count = 1 + below(random, 3); count > 0; --count) {
    const std::size_t at = below(random, text.size() + 1);
    const char c = alphabet[below(random, alphabet.size())];
    switch (below(random, 4)) {
      case 0:
        text.insert(at, 1, c);
        break;
      case 1:
        if (at < text.size()) text.erase(at, 1);
        break;
      case 2:
        if (at < text.size()) text[at] = c;
        break;
      default:
        if (at < text.size()) text.insert(at, 1, text[at]);
    }
  }
  return text;
}

// Reflexive, antisymmetric, transitive, invalid below valid: over `triples` triples of strings near one of `seeds`.
inline void expect_laws(const Ordering& ordering, const std::vector<std::string>& seeds, std::string_view alphabet,
                        std::size_t triples) {
  constexpr std::uint64_t kSeed = 20'240'917;
  Random random(kSeed);
  std::size_t valid = 0;
  for (std::size_t i = 0; i < triples && !::testing::Test::HasFailure(); ++i) {
    const std::string& seed = seeds[below(random, seeds.size())];
    std::vector<std::string> raw(3);
    for (std::string& text : raw) text = mutated(seed, random, alphabet);
    std::vector<Version> parsed;
    for (const std::string& text : raw) parsed.push_back(ordering.parse(text));
    const auto order = [&](std::size_t x, std::size_t y) { return ordering.compare(parsed[x], parsed[y]); };
    const std::string where = base::cat({"seed ", kSeed, ": '", base::printable(raw[0]), "' '", base::printable(raw[1]),
                                         "' '", base::printable(raw[2]), "'"});
    for (std::size_t x = 0; x < 3; ++x) {
      valid += parsed[x].valid ? 1 : 0;
      EXPECT_EQ(sign_of(ordering.compare(parsed[x], ordering.parse(raw[x]))), '=') << where;
      for (std::size_t y = 0; y < 3; ++y) {
        EXPECT_EQ(sign_of(order(x, y)), sign_of(0 <=> order(y, x))) << where;
        EXPECT_TRUE(!parsed[x].valid || parsed[y].valid || order(x, y) > 0) << where;
        if (const auto unparsed = ordering.compare_texts(raw[x], raw[y]);
            unparsed && parsed[x].valid && parsed[y].valid) {
          EXPECT_EQ(sign_of(*unparsed), sign_of(order(x, y))) << where;
        }
        for (std::size_t z = 0; z < 3; ++z) {
          EXPECT_TRUE(order(x, y) > 0 || order(y, z) > 0 || order(x, z) <= 0) << where;
          EXPECT_TRUE(order(x, y) != 0 || order(y, z) != 0 || order(x, z) == 0) << where;
        }
      }
    }
  }
  EXPECT_GT(valid, triples / 2) << "the generator makes too few valid versions to prove anything";
}

}  // namespace limpid::version::checks

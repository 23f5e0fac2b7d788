// Stanzas: fields, odd lines, edges of the text, limits.
#include "inventory/deb822.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace limpid::inventory {
namespace {

std::vector<std::string> names(std::string_view text) {
  StanzaReader reader(text);
  Stanza stanza;
  std::vector<std::string> all;
  while (reader.next(stanza)) all.emplace_back(stanza["Package"]);
  return all;
}
using Names = std::vector<std::string>;

TEST(Deb822, StanzasAndFields) {
  StanzaReader reader("Package: a\nVersion:1\nDescription: short\n long: x\n .\n\n \t\r\nPACKAGE:  b \r\nversion:\r\n");
  Stanza stanza;
  ASSERT_TRUE(reader.next(stanza));
  EXPECT_EQ(stanza["package"], "a");
  EXPECT_EQ(stanza["VERSION"], "1");
  EXPECT_EQ(stanza["Description"], "short");
  EXPECT_EQ(stanza["long"], "");
  EXPECT_EQ(stanza.fields.size(), 3u);
  EXPECT_EQ(stanza.offset, 0u);
  ASSERT_TRUE(reader.next(stanza));
  EXPECT_EQ(stanza["Package"], "b");
  EXPECT_TRUE(stanza.has("Version"));
  EXPECT_EQ(stanza["Version"], "");
  EXPECT_FALSE(stanza.has("Source"));
  EXPECT_GT(stanza.offset, 40u);
  EXPECT_FALSE(reader.next(stanza));
  EXPECT_FALSE(reader.next(stanza));
}

TEST(Deb822, OddLinesAndDuplicates) {
  StanzaReader reader("Package: a\nno field here\n/etc/x y:z\nPackage: b\n:novalue\n");
  Stanza stanza;
  ASSERT_TRUE(reader.next(stanza));
  EXPECT_EQ(stanza["Package"], "b");
  EXPECT_EQ(stanza.odd_lines, 3u);
}

TEST(Deb822, EdgesOfText) {
  EXPECT_EQ(names(""), Names{});
  EXPECT_EQ(names("\n\n  \n"), Names{});
  EXPECT_EQ(names("Package: a"), Names{"a"});
  EXPECT_EQ(names("\n\nPackage: a\n\n\nPackage: b\n\n"), (Names{"a", "b"}));
  EXPECT_EQ(names(std::string_view("Package: a\0\n", 12)), Names{std::string("a\0", 2)});
}

TEST(Deb822, LimitsSpareTheNextStanza) {
  const std::string line = "Package: long\nX: " + std::string(kStanzaLineMax, 'x') + "\n\nPackage: b\n";
  std::string many = "Package: many\n";
  for (std::size_t i = 0; i <= kStanzaFieldsMax; ++i) many += "F: x\n";
  many += "\nPackage: b\n";
  std::string large = "Package: large\n";
  for (int i = 0; i < 5; ++i) large += " " + std::string(kStanzaLineMax - 10, 'x') + "\n";
  large += "\nPackage: b\n";
  for (const auto& text : {line, many, large}) {
    StanzaReader reader(text);
    Stanza stanza;
    ASSERT_TRUE(reader.next(stanza));
    EXPECT_NE(stanza.problem, "");
    ASSERT_TRUE(reader.next(stanza));
    EXPECT_EQ(stanza.problem, "");
    EXPECT_EQ(stanza["Package"], "b");
    EXPECT_FALSE(reader.next(stanza));
  }
}

}  // namespace
}  // namespace limpid::inventory

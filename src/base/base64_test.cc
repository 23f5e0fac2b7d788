#include "base/base64.h"

#include <gtest/gtest.h>

namespace limpid::base {
namespace {

// The vectors of RFC 4648 section 10.
TEST(Base64, TheStandardsOwnVectors) {
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
    EXPECT_EQ(from_base64(text.substr(0, text.find('='))), bytes);
  }
}

TEST(Base64, BothAlphabets) {
  const std::string bytes("\xfb\xff\0", 3);
  EXPECT_EQ(to_base64(bytes), "+/8A");
  EXPECT_EQ(to_base64(bytes, Base64::url_safe), "-_8A");
  EXPECT_EQ(from_base64("+/8A"), bytes);
  EXPECT_EQ(from_base64("-_8A"), bytes);
}

TEST(Base64, RefusesWhatIsNone) {
  for (const std::string_view text : {"Z", "Zg=a", "Zm9v Yg", "Zm9v\n", "Z\xc3\xa4==", "Zh"})
    EXPECT_FALSE(from_base64(text)) << text;
}

}  // namespace
}  // namespace limpid::base

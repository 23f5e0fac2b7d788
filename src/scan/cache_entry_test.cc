#include "scan/cache_entry.h"

#include <gtest/gtest.h>

namespace limpid::scan {
namespace {

const std::string kContent("con\0tent", 8);

TEST(CacheEntry, GivesBackWhatWasSealed) {
  for (const std::string& content : {std::string(), kContent, std::string(100'000, 'x')}) {
    const std::string bytes = seal_entry("key", content);
    const auto back = unseal_entry(bytes, "key");
    ASSERT_TRUE(back) << back.error().describe();
    EXPECT_EQ(*back, content);
  }
}

TEST(CacheEntry, EveryFlippedBitAndEveryCutIsNoticed) {
  const std::string bytes = seal_entry("key", kContent);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_FALSE(unseal_entry(bytes.substr(0, i), "key")) << i;
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      EXPECT_FALSE(unseal_entry(damaged, "key")) << i;
    }
  }
  EXPECT_FALSE(unseal_entry(bytes + "x", "key"));
}

TEST(CacheEntry, AnotherKeysEntryIsNotBelieved) {
  EXPECT_EQ(unseal_entry(seal_entry("key", kContent), "other").error().code(), Code::invalid);
  EXPECT_EQ(unseal_entry(std::string(200, 'x'), "key").error().code(), Code::invalid);
  EXPECT_EQ(unseal_entry("", "key").error().code(), Code::truncated);
}

TEST(KnownBlob, IsPackedAndUnpacked) {
  const KnownBlob blob{base::sha256(base::as_bytes("a")), base::sha256(base::as_bytes("b")), 12'345'678'901};
  const std::string packed = pack_blob(blob);
  const auto back = unpack_blob(packed);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, blob);
  for (std::size_t i = 0; i < packed.size(); ++i) EXPECT_FALSE(unpack_blob(packed.substr(0, i)));
  EXPECT_FALSE(unpack_blob(packed + "x"));
  EXPECT_FALSE(unpack_blob(pack_blob({})));
}

}  // namespace
}  // namespace limpid::scan

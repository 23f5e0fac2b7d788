#include "base/digest.h"

#include <gtest/gtest.h>

namespace limpid::base {
namespace {

constexpr std::string_view kEmpty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(Digest, RoundTrips) {
  const auto digest = Digest::parse(kEmpty);
  ASSERT_TRUE(digest);
  EXPECT_EQ(digest->to_string(), kEmpty);
  EXPECT_EQ(digest->brief(), "e3b0c44298fc");
  EXPECT_EQ(*digest, sha256({}));
  EXPECT_TRUE(Digest().empty());
  EXPECT_EQ(Digest().to_string(), "");
}

TEST(Digest, RefusesWhatIsNoDigest) {
  for (std::string text : {"", "sha256", "sha256:", "md5:d41d8cd98f00b204e9800998ecf8427e",
                           "sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
                           "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85",
                           "sha256:../../../../../../../../../../../../../../../../../../../etc/passwd"})
    EXPECT_FALSE(Digest::parse(text)) << text;
}

TEST(Hasher, AgreesWithPublishedVectors) {  // FIPS 180-4, "abc"
  Hasher small(HashAlgorithm::sha256);
  small.update(as_bytes("a"));
  small.update(as_bytes("bc"));
  EXPECT_EQ(small.finish().hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Hasher large(HashAlgorithm::sha512);
  large.update(as_bytes("abc"));
  EXPECT_EQ(large.finish().hex(),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d442364"
            "3ce80e2a9ac94fa54ca49f");
}

}  // namespace
}  // namespace limpid::base

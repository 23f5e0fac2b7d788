#include "base/digest.h"

#include <algorithm>
#include <random>
#include <vector>

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

// Whatever is taken along, and wherever the pieces end: both digests are those of one update each.
TEST(Hasher, TwoAtOnceAreTheSameAsOneAfterTheOther) {
  std::mt19937 random(20261127);  // NOLINT(cert-msc51-cpp): the same every time
  std::vector<std::uint8_t> ones(300'000), others(300'000);
  for (auto* bytes : {&ones, &others})
    for (std::uint8_t& byte : *bytes) byte = static_cast<std::uint8_t>(random());
  const auto below = [&](std::size_t limit) { return random() % limit; };
  std::size_t taken_at_all = 0;
  for (int round = 0; round < 300; ++round) {
    const auto algorithm = [&] { return below(10) == 0 ? HashAlgorithm::sha512 : HashAlgorithm::sha256; };
    const HashAlgorithm kinds[2] = {algorithm(), algorithm()};
    Hasher one(kinds[0]), other(kinds[1]);
    // Pieces of every size around a block's and a buffer's, the others' carried over as far as they were not taken.
    const std::size_t piece_max = std::size_t{1} << (1 + below(17));
    Bytes left = Bytes(ones).first(below(ones.size()));
    Bytes left_of_others = Bytes(others).first(below(others.size()));
    const Bytes all = left;
    const Bytes all_of_others = left_of_others;
    Bytes waiting;
    while (!left.empty()) {
      if (waiting.empty() || below(8) == 0) {
        other.update(waiting);
        waiting = left_of_others.first(std::min(left_of_others.size(), below(piece_max)));
        left_of_others = left_of_others.subspan(waiting.size());
      }
      const Bytes piece = left.first(std::min(left.size(), below(piece_max)));
      left = left.subspan(piece.size());
      const std::size_t taken = one.update(piece, other, waiting);
      ASSERT_LE(taken, waiting.size());
      ASSERT_LE(taken, piece.size() + 127) << "more than goes along";
      waiting = waiting.subspan(taken);
      taken_at_all += taken;
    }
    other.update(waiting);
    other.update(left_of_others);
    Hasher alone(kinds[0]), other_alone(kinds[1]);
    alone.update(all);
    other_alone.update(all_of_others);
    ASSERT_EQ(one.finish(), alone.finish()) << round;
    ASSERT_EQ(other.finish(), other_alone.finish()) << round;
  }
#ifdef __x86_64__
  if (__builtin_cpu_supports("sha") != 0) {
    EXPECT_GT(taken_at_all, 1'000'000U);
  }
#endif
}

}  // namespace
}  // namespace limpid::base

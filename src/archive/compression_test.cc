#include "archive/compression.h"

#include <random>

#include <gtest/gtest.h>
#include <isa-l/crc.h>

#include "archive/compressors.h"
#include "archive/testing.h"

namespace limpid::archive {
namespace {

using testing::ChoppedSource;
using testing::pack;

constexpr Compression kAll[] = {Compression::gzip, Compression::zstd, Compression::xz, Compression::bzip2};
constexpr std::uint64_t kPlenty = std::uint64_t{1} << 30;

// Text that compresses, with stretches that don't.
std::string sample(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::string text;
  while (text.size() < size) {
    if (random() % 4 == 0) {
      for (int i = 0; i < 300; ++i) text.push_back(static_cast<char>(random()));
    } else {
      text.append(base::cat({"Package: number-", random() % 1000, "\nStatus: install ok installed\n"}));
    }
  }
  text.resize(size);
  return text;
}

Result<std::string> inflate(std::string_view packed, std::size_t piece = 4096, const InflateLimits& limits = {}) {
  LIMPID_ASSIGN(const auto source, decompress_any(std::make_unique<ChoppedSource>(packed, piece), limits));
  return read_all(*source, kPlenty);
}
std::string outcome(std::string_view packed, std::size_t piece = 4096, const InflateLimits& limits = {}) {
  const auto result = inflate(packed, piece, limits);
  return result ? "ok" : std::string(base::name_of(result.error().code()));
}

class EachCompression : public ::testing::TestWithParam<Compression> {};
INSTANTIATE_TEST_SUITE_P(All, EachCompression, ::testing::ValuesIn(kAll),
                         [](const auto& kind) { return std::string(name_of(kind.param)); });

TEST_P(EachCompression, GivesBackTheBytesWhateverThePieces) {
  for (const std::size_t size : {0UL, 1UL, 1000UL, 70'000UL, kBufferSize, 2 * kBufferSize + 3}) {
    const std::string text = sample(size);
    const std::string packed = pack(GetParam(), text);
    ASSERT_EQ(sniff_compression(base::as_bytes(packed)), GetParam());
    for (const std::size_t piece : {size > 1000 ? 111UL : 1UL, 4096UL, std::size_t{1} << 22})
      EXPECT_EQ(inflate(packed, piece).value(), text) << size << " in pieces of " << piece;
  }
}

TEST_P(EachCompression, FillsTheWholeBuffer) {
  const std::string text = sample(3 * kBufferSize + 9);
  const std::string packed = pack(GetParam(), text) + pack(GetParam(), "tail");
  const auto source = decompress_any(std::make_unique<ChoppedSource>(packed, 1000)).value();
  std::vector<std::size_t> sizes;
  for (;;) {
    const auto piece = source->next();
    ASSERT_TRUE(piece);
    if (piece->empty()) break;
    sizes.push_back(piece->size());
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{kBufferSize, kBufferSize, kBufferSize, 13}));
  EXPECT_TRUE(source->next()->empty());
}

TEST_P(EachCompression, ManyMembersAreOneStream) {
  std::string packed, text;
  for (unsigned i = 0; i < 300; ++i) {
    const std::string part = sample(i * 7 % 500, i);
    packed += pack(GetParam(), part);
    text += part;
  }
  for (const std::size_t piece : {1UL, 13UL, 1UL << 20}) EXPECT_EQ(inflate(packed, piece).value(), text);
}

TEST_P(EachCompression, EmptyMembersAreNoEnd) {
  const std::string packed =
      pack(GetParam(), "") + pack(GetParam(), "") + pack(GetParam(), "hello") + pack(GetParam(), "");
  EXPECT_EQ(inflate(packed).value(), "hello");
}

TEST_P(EachCompression, EveryTruncationIsSeen) {
  const std::string text = sample(500);
  const std::string packed = pack(GetParam(), text);
  for (std::size_t size = 6; size < packed.size(); ++size) {
    const std::string_view part = std::string_view(packed).substr(0, size);
    ASSERT_EQ(outcome(part), "truncated") << size << " of " << packed.size();
    if (size % 8 == 0) {
      ASSERT_EQ(outcome(part, 1), "truncated") << size << " of " << packed.size();
    }
  }
  // In a second member too.
  for (std::size_t size = 1; size < packed.size(); size += 7)
    ASSERT_EQ(outcome(packed + packed.substr(0, size)), "truncated") << size;
}

TEST_P(EachCompression, EveryFlippedByteIsSeenOrHarmless) {
  const std::string text = sample(2000);
  const std::string packed = pack(GetParam(), text);
  std::size_t harmless = 0;
  for (std::size_t i = 6; i < packed.size(); ++i) {
    std::string broken = packed;
    broken[i] = static_cast<char>(broken[i] ^ 0x41);
    const auto result = inflate(broken);
    if (!result) continue;
    ASSERT_EQ(*result, text) << "byte " << i << " changed the content unseen";
    ++harmless;
  }
  // Time stamps and the like in the header.
  EXPECT_LT(harmless, 10U);
}

TEST_P(EachCompression, PaddingIsFineAndGarbageIsNot) {
  const std::string packed = pack(GetParam(), "hello");
  for (const std::size_t piece : {1UL, 7UL, 1000UL}) {
    EXPECT_EQ(inflate(packed + std::string(4096, '\0'), piece).value(), "hello");
    EXPECT_EQ(outcome(packed + "x", piece), "invalid");
    EXPECT_EQ(outcome(packed + std::string(512, '\0') + "x", piece), "invalid");
    EXPECT_NE(outcome(packed + packed.substr(0, 1) + "garbage", piece), "ok");
  }
  const auto error = inflate(packed + "garbage").error().describe();
  EXPECT_NE(error.find(base::cat({name_of(GetParam()), " byte ", packed.size()})), std::string::npos) << error;
}

TEST_P(EachCompression, OutputIsLimited) {
  const std::string text(100'000, 'a');
  const std::string packed = pack(GetParam(), text);
  InflateLimits limits;
  limits.output_max = text.size();
  EXPECT_EQ(outcome(packed, 4096, limits), "ok");
  --limits.output_max;
  const auto result = inflate(packed, 4096, limits);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::limit);
  EXPECT_NE(result.error().describe().find("99999"), std::string::npos) << result.error().describe();
}

TEST_P(EachCompression, RatioIsLimitedOnceEnoughCameOut) {
  const std::string text(4'000'000, 'a');
  const std::string packed = pack(GetParam(), text);
  InflateLimits limits;
  limits.ratio_max = 10;
  EXPECT_EQ(outcome(packed, 4096, limits), "ok");
  limits.ratio_free = 1'000'000;
  EXPECT_EQ(outcome(packed, 4096, limits), "limit");
  limits.ratio_max = 1'000'000;
  EXPECT_EQ(outcome(packed, 4096, limits), "ok");
}

TEST_P(EachCompression, AnErrorStaysAndFollowsTheGoodBytes) {
  const std::string packed = pack(GetParam(), sample(1000)) + "garbage";
  const auto source = decompress_any(std::make_unique<ChoppedSource>(packed, 100)).value();
  const auto first = source->next();
  ASSERT_TRUE(first);
  EXPECT_EQ(base::as_text(*first), sample(1000));
  EXPECT_FALSE(source->next());
  EXPECT_FALSE(source->next());
}

TEST_P(EachCompression, NothingAtAllIsTruncated) {
  const auto source = decompress(memory_source({}), GetParam()).value();
  EXPECT_EQ(source->next().error().code(), Code::truncated);
}

TEST_P(EachCompression, AnotherKindIsInvalid) {
  const std::string packed = pack(GetParam() == Compression::gzip ? Compression::xz : Compression::gzip, "hello");
  const auto source = decompress(memory_source(base::as_bytes(packed)), GetParam()).value();
  const auto result = source->next();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::invalid) << result.error().describe();
}

TEST(Sniff, FirstBytes) {
  const auto sniff = [](std::string_view text) { return sniff_compression(base::as_bytes(text)); };
  EXPECT_EQ(sniff(""), Compression::none);
  EXPECT_EQ(sniff("\x1f"), Compression::none);
  EXPECT_EQ(sniff("\x1f\x8b"), Compression::gzip);
  EXPECT_EQ(sniff("\x28\xb5\x2f\xfd"), Compression::zstd);
  EXPECT_EQ(sniff("\x50\x2a\x4d\x18"), Compression::zstd);
  EXPECT_EQ(sniff("\x5f\x2a\x4d\x18"), Compression::zstd);
  EXPECT_EQ(sniff("\x60\x2a\x4d\x18"), Compression::none);
  EXPECT_EQ(sniff(std::string_view("\xfd\x37\x7a\x58\x5a\x00", 6)), Compression::xz);
  EXPECT_EQ(sniff(std::string_view("\xfd\x37\x7a\x58\x5a\x01", 6)), Compression::none);
  EXPECT_EQ(sniff("BZh9"), Compression::bzip2);
  EXPECT_EQ(sniff("BZh0"), Compression::none) << "a file name may begin like this";
  EXPECT_EQ(sniff("BZhello"), Compression::none);
  EXPECT_EQ(sniff("usr/bin"), Compression::none);
}

TEST(DecompressAny, PlainBytesPassThrough) {
  const std::string text = sample(10'000);
  for (const std::size_t piece : {1UL, 5UL, 20'000UL}) EXPECT_EQ(inflate(text, piece).value(), text);
  EXPECT_EQ(inflate("").value(), "");
  EXPECT_EQ(inflate("abc", 1).value(), "abc");
  InflateLimits limits;
  limits.output_max = 9'999;
  EXPECT_EQ(outcome(text, 100, limits), "limit");
}

TEST(DecompressAny, PlainBytesAreNotCopied) {
  const std::string text = sample(10'000);
  const auto source = decompress_any(memory_source(base::as_bytes(text))).value();
  EXPECT_EQ(source->next()->data(), base::as_bytes(text).data());
}

// Every set of optional header fields, cut anywhere. (igzip's own reader of headers fails here.)
TEST(Gzip, OptionalHeaderFields) {
  const std::string plain = testing::gzip("hello");
  for (unsigned flags = 0; flags < 32; flags += 2) {
    std::string header = plain.substr(0, 10);
    header[3] = static_cast<char>(flags);
    if ((flags & 4) != 0) header += std::string("\x05\x00SG\x01\x00x", 7);
    if ((flags & 8) != 0) header += std::string("file.tar\0", 9);
    if ((flags & 16) != 0) header += std::string("a comment\0", 10);
    if ((flags & 2) != 0) {
      const auto crc = crc32_gzip_refl(0, base::as_bytes(header).data(), header.size());
      header.push_back(static_cast<char>(crc));
      header.push_back(static_cast<char>(crc >> 8));
    }
    const std::string packed = header + plain.substr(10);
    for (std::size_t piece = 1; piece < packed.size(); ++piece)
      ASSERT_EQ(inflate(packed + packed, piece).value_or("?"), "hellohello") << flags << " in pieces of " << piece;
    for (std::size_t size = 2; size < packed.size(); ++size)
      ASSERT_EQ(outcome(packed.substr(0, size)), "truncated") << flags << " " << size;
    if ((flags & 2) != 0) {
      std::string broken = packed;
      broken[header.size() - 1] ^= 1;
      EXPECT_EQ(outcome(broken), "invalid");
    }
  }
}

// After an error igzip gives back more input than it was given. (Found by fuzzing: a distance too far back.)
TEST(Gzip, BrokenDataInSmallPieces) {
  const std::string good = testing::gzip("Package: a\nPackage: b\nPackage: c\n" + sample(200));
  for (std::size_t at = 10; at < good.size() - 8; ++at) {
    for (const unsigned flip : {1U, 0x10U, 0xffU}) {
      std::string broken = good;
      broken[at] = static_cast<char>(static_cast<unsigned char>(broken[at]) ^ flip);
      const std::string whole = outcome(broken, 1 << 20);
      for (const std::size_t piece : {1U, 3U, 7U, 8U, 9U})
        EXPECT_EQ(outcome(broken, piece), whole) << at << " " << piece;
    }
  }
}

TEST(Gzip, EmptyExtraField) {
  const std::string plain = testing::gzip("hello");
  std::string packed = plain.substr(0, 10) + std::string(2, '\0') + plain.substr(10);
  packed[3] = 4;
  EXPECT_EQ(inflate(packed, 1).value(), "hello");
}

TEST(Gzip, OtherMethods) {
  std::string packed = testing::gzip("hello");
  packed[2] = 7;
  EXPECT_EQ(outcome(packed), "unsupported");
}

TEST(Gzip, WrongCrcAndWrongSize) {
  const std::string packed = testing::gzip(sample(5000));
  for (std::size_t back = 1; back <= 8; ++back) {
    std::string broken = packed;
    broken[packed.size() - back] = static_cast<char>(broken[packed.size() - back] ^ 1);
    for (const std::size_t piece : {1UL, 4096UL}) EXPECT_EQ(outcome(broken, piece), "invalid") << back;
  }
}

TEST(Gzip, ManyEmptyMembers) {
  std::string packed;
  const std::string empty = testing::gzip("");
  for (int i = 0; i < 200'000; ++i) packed += empty;
  EXPECT_EQ(inflate(packed, kBufferSize).value(), "");
}

TEST(Zstd, SkippableFramesAnywhere) {
  const std::string skippable = std::string("\x5a\x2a\x4d\x18\x05\x00\x00\x00", 8) + "table";
  const std::string packed =
      skippable + testing::zstd("hello ") + skippable + skippable + testing::zstd("world") + skippable;
  for (const std::size_t piece : {1UL, 7UL, 1000UL}) EXPECT_EQ(inflate(packed, piece).value(), "hello world");
  EXPECT_EQ(outcome(skippable.substr(0, 10)), "truncated");
  // One that claims 4 GiB.
  EXPECT_EQ(outcome(std::string("\x50\x2a\x4d\x18\xff\xff\xff\xff", 8) + std::string(1000, 'x')), "truncated");
}

// A frame that states 64 bytes and has one empty block: libzstd alone does not notice.
TEST(Zstd, AFrameIsOfTheSizeThatItStates) {
  const std::string lying("\x28\xb5\x2f\xfd\x20\x40\x01\x00\x00", 9);
  for (const std::size_t piece : {1UL, 7UL, 1000UL}) EXPECT_EQ(outcome(lying, piece), "invalid") << piece;
  std::string right = lying;
  right[5] = 0;
  for (const std::size_t piece : {1UL, 7UL, 1000UL}) EXPECT_EQ(inflate(right, piece).value(), "") << piece;
}

// A frame of no bytes, whose window is none, then, with a block of one byte, repeated no times: libzstd alone takes it
// where it sees all of it at once.
TEST(Zstd, ABlockFitsIntoTheWindowHoweverTheFrameIsCut) {
  const std::string frame("\x28\xb5\x2f\xfd\x20\x00\x02\x00\x00\x40\x01\x00\x00", 13);
  for (const std::size_t piece : {1UL, 7UL, 1000UL}) EXPECT_EQ(outcome(frame, piece), "invalid") << piece;
}

TEST(Zstd, LargeWindowsAreRefused) {
  const std::string packed = testing::zstd(sample(100'000), 24);
  InflateLimits limits;
  EXPECT_EQ(outcome(packed, 4096, limits), "ok");
  limits.zstd_window_log_max = 23;
  const auto result = inflate(packed, 4096, limits);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::limit);
  EXPECT_NE(result.error().describe().find("zstd-window=8388608"), std::string::npos);
}

TEST(Xz, PaddingBetweenStreams) {
  const std::string packed = testing::xz("hello ") + std::string(8, '\0') + testing::xz("world") + std::string(4, '\0');
  for (const std::size_t piece : {1UL, 1000UL}) EXPECT_EQ(inflate(packed, piece).value(), "hello world");
}

TEST(Xz, MemoryIsLimited) {
  InflateLimits limits;
  limits.xz_memory_max = 100'000;
  EXPECT_EQ(outcome(testing::xz(sample(100'000)), 4096, limits), "limit");
}

}  // namespace
}  // namespace limpid::archive

#include "archive/inflating_ahead.h"

#include <random>

#include <gtest/gtest.h>

#include "archive/compressors.h"
#include "archive/testing.h"

namespace limpid::archive {
namespace {

using testing::ChoppedSource;
using testing::pack;

constexpr Compression kAll[] = {Compression::gzip, Compression::zstd, Compression::xz, Compression::bzip2};

// Text that compresses to about a third.
std::string sample(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::string text;
  while (text.size() < size) {
    for (int i = 0; i < 40; ++i) text.push_back(static_cast<char>(random()));
    text.append(base::cat({"Package: number-", random() % 1000, "\nStatus: install ok installed\n\n\n"}));
  }
  text.resize(size);
  return text;
}

// Ends with an error instead of an end.
class BreakingSource final : public Source {
 public:
  explicit BreakingSource(std::string_view bytes) : bytes_(bytes, 1000) {}
  Result<Bytes> next() override {
    LIMPID_ASSIGN(const Bytes piece, bytes_.next());
    if (piece.empty()) return fail(Code::io, {"the line is dead"});
    return piece;
  }

 private:
  ChoppedSource bytes_;
};

// All that comes out, and how it ended.
struct Outcome {
  std::string text, error;
  bool operator==(const Outcome&) const = default;
};
template <class Next>
Outcome drain(const Next& next) {
  Outcome outcome;
  for (;;) {
    const Result<Bytes> piece = next();
    if (!piece) outcome.error = base::cat({base::name_of(piece.error().code()), ": ", piece.error().describe()});
    if (!piece || piece->empty()) {
      const Result<Bytes> again = next();
      EXPECT_EQ(again.has_value(), piece.has_value()) << "the end stays the end";
      return outcome;
    }
    outcome.text.append(base::as_text(*piece));
  }
}

std::unique_ptr<Decoder> decoder_of(Compression kind) {
  switch (kind) {
    case Compression::gzip:
      return make_gzip_decoder();
    case Compression::zstd:
      return make_zstd_decoder({});
    case Compression::xz:
      return make_xz_decoder({});
    default:
      return make_bzip2_decoder();
  }
}

Outcome on_one_thread(Compression kind, std::unique_ptr<Source> source) {
  const auto inflated = decompress(std::move(source), kind).value();
  return drain([&] { return inflated->next(); });
}

// The first `before` buffers without another thread, then with one.
Outcome on_two_threads(Compression kind, std::unique_ptr<Source> source, std::size_t before = 0) {
  Inflater inflater(kind, decoder_of(kind), {});
  std::vector<std::uint8_t> buffer(kBufferSize);
  base::SpareThreads spare(1);
  std::unique_ptr<InflatingAhead> ahead;
  const Outcome outcome = drain([&]() -> Result<Bytes> {
    if (before > 0) {
      --before;
      LIMPID_ASSIGN(const std::size_t size, inflater.fill(buffer, *source));
      return Bytes(buffer).first(size);
    }
    if (!ahead) ahead = InflatingAhead::start(inflater, *source, spare);
    return ahead->next();
  });
  EXPECT_TRUE(spare.take()) << "the thread is given back at the end, not when the reader goes";
  ahead.reset();
  EXPECT_FALSE(spare.take()) << "and only once";
  return outcome;
}

class EachCompression : public ::testing::TestWithParam<Compression> {};
INSTANTIATE_TEST_SUITE_P(All, EachCompression, ::testing::ValuesIn(kAll),
                         [](const auto& kind) { return std::string(name_of(kind.param)); });

TEST_P(EachCompression, YieldsTheSameBytes) {
  for (const std::size_t size : {0UL, 1UL, 70'000UL, kBufferSize, 12 * kBufferSize + 3}) {
    const std::string text = sample(size);
    const std::string packed = pack(GetParam(), text) + pack(GetParam(), "and a second member");
    for (const std::size_t piece : {999UL, 300'000UL, std::size_t{1} << 24}) {
      const Outcome outcome = on_two_threads(GetParam(), std::make_unique<ChoppedSource>(packed, piece));
      EXPECT_EQ(outcome.error, "");
      EXPECT_TRUE(outcome.text == text + "and a second member") << size << " in pieces of " << piece;
    }
  }
}

TEST_P(EachCompression, TakesOverInTheMiddle) {
  const std::string text = sample(9 * kBufferSize);
  const std::string packed = pack(GetParam(), text);
  for (const std::size_t before : {1UL, 4UL, 9UL}) {
    for (const std::size_t piece : {5'000UL, std::size_t{1} << 24}) {
      const Outcome outcome = on_two_threads(GetParam(), std::make_unique<ChoppedSource>(packed, piece), before);
      EXPECT_EQ(outcome.error, "");
      EXPECT_TRUE(outcome.text == text) << before << " before, in pieces of " << piece;
    }
  }
}

// Whatever is wrong, what comes out until then and the error are those of one thread.
TEST_P(EachCompression, BreaksAtTheSamePlace) {
  const std::string text = sample(3 * kBufferSize);
  const std::string packed = pack(GetParam(), text);
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    std::string broken = packed;
    if (round % 3 == 0) broken.resize(random() % broken.size());
    if (round % 3 == 1) broken[random() % broken.size()] ^= static_cast<char>(1 + random() % 255);
    if (round % 3 == 2) broken += "rest";
    const std::size_t piece = 1 + random() % 400'000;
    const Outcome expected = on_one_thread(GetParam(), std::make_unique<ChoppedSource>(broken, piece));
    const Outcome outcome = on_two_threads(GetParam(), std::make_unique<ChoppedSource>(broken, piece), random() % 2);
    EXPECT_EQ(outcome.error, expected.error) << "round " << round;
    EXPECT_TRUE(outcome.text == expected.text) << "round " << round;
  }
}

TEST_P(EachCompression, PassesOnTheSourcesError) {
  const std::string packed = pack(GetParam(), sample(5 * kBufferSize));
  const std::string_view half = std::string_view(packed).substr(0, packed.size() / 2);
  const Outcome expected = on_one_thread(GetParam(), std::make_unique<BreakingSource>(half));
  EXPECT_NE(expected.error.find("the line is dead"), std::string::npos);
  EXPECT_TRUE(on_two_threads(GetParam(), std::make_unique<BreakingSource>(half)) == expected);
}

TEST(InflatingAhead, MayBeLeftAtAnyTime) {
  const std::string packed = testing::gzip(sample(30 * kBufferSize));
  for (std::size_t pieces = 0; pieces < 12; ++pieces) {
    ChoppedSource source(packed, 100'000);
    Inflater inflater(Compression::gzip, make_gzip_decoder(), {});
    base::SpareThreads spare(1);
    auto ahead = InflatingAhead::start(inflater, source, spare);
    ASSERT_TRUE(ahead);
    EXPECT_FALSE(InflatingAhead::start(inflater, source, spare)) << "there is no second thread to be had";
    for (std::size_t i = 0; i < pieces; ++i) ASSERT_TRUE(ahead->next());
    ahead.reset();
    EXPECT_TRUE(spare.take());
  }
}

// decompress() takes a thread when one becomes free, if enough is left.
TEST(InflatingAhead, IsUsedWhereItIsWorthIt) {
  const std::string text = sample(3 * kAheadMin);
  const std::string packed = testing::gzip(text);
  ASSERT_GT(packed.size(), kAheadMin + 3 * kBufferSize);
  ASSERT_LT(packed.size(), 2 * kAheadMin);
  const auto source = decompress(std::make_unique<ChoppedSource>(packed, 50'000), Compression::gzip).value();
  base::SpareThreads spare;
  source->may_use(spare, packed.size());
  std::string out(base::as_text(source->next().value()));
  spare.give();
  out += base::as_text(source->next().value());
  EXPECT_FALSE(spare.take());
  const auto rest = read_all(*source, text.size());
  ASSERT_TRUE(rest) << rest.error().describe();
  EXPECT_TRUE(out + *rest == text);
  EXPECT_TRUE(spare.take());

  const std::string small = testing::gzip(sample(kAheadMin / 2));
  const auto other = decompress(std::make_unique<ChoppedSource>(small, 50'000), Compression::gzip).value();
  spare.give();
  other->may_use(spare, small.size());
  ASSERT_TRUE(other->next());
  EXPECT_TRUE(spare.take()) << "it was left where it was";
}

}  // namespace
}  // namespace limpid::archive

#include "image/blob_ranges.h"

#include <random>

#include <gtest/gtest.h>

#include "archive/testing.h"
#include "image/testing.h"

namespace limpid::image {
namespace {

using testing::error_of;
using Ranges = std::vector<Range>;

TEST(PlanRanges, MergesWhatLiesClose) {
  EXPECT_EQ(plan_ranges({}, 10), Ranges{});
  EXPECT_EQ(plan_ranges({{50, 60}, {0, 10}}, 10), (Ranges{{0, 10}, {50, 60}}));
  EXPECT_EQ(plan_ranges({{20, 30}, {0, 10}}, 10), (Ranges{{0, 30}}));
  EXPECT_EQ(plan_ranges({{21, 30}, {0, 10}}, 10), (Ranges{{0, 10}, {21, 30}}));
  EXPECT_EQ(plan_ranges({{0, 100}, {10, 20}, {90, 120}}, 0), (Ranges{{0, 120}}));
  EXPECT_EQ(bytes_in({{0, 10}, {21, 30}}), 19U);
}

TEST(PlanRanges, MakesNoMoreThanAllowed) {
  Ranges needed;
  for (std::uint64_t i = 0; i < 1000; ++i) needed.push_back({i * 1000, i * 1000 + 1});
  EXPECT_EQ(plan_ranges(needed, 10, 1000).size(), 1000U);
  EXPECT_EQ(plan_ranges(needed, 10, 999), (Ranges{{0, 999'001}}));
  EXPECT_EQ(plan_ranges(needed, 0, 0), (Ranges{{0, 999'001}}));
}

TEST(PlanRanges, CoversWhatIsNeededInOrder) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    Ranges needed;
    for (auto i = random() % 30; i > 0; --i) {
      const std::uint64_t offset = random() % 10'000;
      needed.push_back({offset, offset + 1 + random() % 500});
    }
    const std::size_t count_max = 1 + random() % 20;
    const std::uint64_t gap = random() % 200;
    const Ranges planned = plan_ranges(needed, gap, count_max);
    EXPECT_LE(planned.size(), count_max);
    for (std::size_t i = 1; i < planned.size(); ++i) EXPECT_GT(planned[i].offset, planned[i - 1].end + gap);
    for (const Range& range : needed)
      EXPECT_TRUE(std::ranges::any_of(
          planned, [&](const Range& one) { return one.offset <= range.offset && range.end <= one.end; }));
  }
}

// A blob in memory that is given in small pieces, and its requests.
class MemoryStore final : public BlobStore {
 public:
  explicit MemoryStore(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<Blob> open(const std::string& name) const override { return fail(Code::not_found, {name}); }
  bool contains(const std::string&) const override { return true; }
  Result<std::unique_ptr<archive::Source>> open_range(const std::string&, std::uint64_t offset,
                                                      std::uint64_t size) const override {
    asked_.push_back({offset, offset + size});
    return std::make_unique<archive::testing::ChoppedSource>(std::string_view(bytes_).substr(offset, size), 7);
  }
  const Ranges& asked() const { return asked_; }

 private:
  std::string bytes_;
  mutable Ranges asked_;
};

Result<std::string> read(PlannedRanges& ranges, Range range) {
  std::string all;
  LIMPID_TRY(ranges.seek(range));
  for (;;) {
    LIMPID_ASSIGN(const Bytes piece, ranges.next());
    if (piece.empty()) return all;
    all += base::as_text(piece);
  }
}

std::string numbers(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; bytes.size() < size; ++i) bytes += std::to_string(i) + ",";
  bytes.resize(size);
  return bytes;
}

TEST(PlannedRanges, AreFetchedWithOneRequestEach) {
  const std::string bytes = numbers(1000);
  const auto store = std::make_shared<MemoryStore>(bytes);
  BlobRanges blob(store, "x", bytes.size());
  PlannedRanges ranges(blob, {{100, 300}, {500, 600}});
  EXPECT_EQ(read(ranges, {110, 120}).value(), bytes.substr(110, 10));
  EXPECT_EQ(read(ranges, {120, 121}).value(), bytes.substr(120, 1));
  EXPECT_EQ(read(ranges, {200, 300}).value(), bytes.substr(200, 100));
  EXPECT_EQ(read(ranges, {500, 600}).value(), bytes.substr(500, 100));
  EXPECT_EQ(store->asked(), (Ranges{{110, 300}, {500, 600}}));
  // Backwards, beside the plan, and across its borders: each by itself.
  EXPECT_EQ(read(ranges, {110, 120}).value(), bytes.substr(110, 10));
  EXPECT_EQ(read(ranges, {0, 50}).value(), bytes.substr(0, 50));
  EXPECT_EQ(read(ranges, {290, 310}).value(), bytes.substr(290, 20));
  EXPECT_EQ(store->asked(), (Ranges{{110, 300}, {500, 600}, {110, 120}, {0, 50}, {290, 310}}));
  EXPECT_EQ(blob.fetched(), 190U + 100 + 10 + 50 + 20);
}

TEST(PlannedRanges, AnyOrderGivesTheSameBytes) {
  std::mt19937 random(11);
  const std::string bytes = numbers(5000);
  for (int round = 0; round < 100; ++round) {
    BlobRanges blob(std::make_shared<MemoryStore>(bytes), "x", bytes.size());
    PlannedRanges ranges(blob, plan_ranges({{random() % 1000, 1500}, {2000 + random() % 10, 2300}, {4000, 4999}}, 100));
    for (int i = 0; i < 20; ++i) {
      const std::uint64_t offset = random() % 4900;
      const std::uint64_t size = 1 + random() % 60;
      const auto found = read(ranges, {offset, offset + size});
      if (!found) {
        EXPECT_EQ(found.error().code(), Code::limit);
        break;
      }
      EXPECT_EQ(*found, bytes.substr(offset, size));
      if (random() % 3 == 0) {
        EXPECT_TRUE(ranges.seek({offset, offset + size}));  // and left half read
      }
    }
  }
}

TEST(BlobRanges, AreBounded) {
  const auto store = std::make_shared<MemoryStore>(numbers(1000));
  BlobRanges blob(store, "x", 1000);
  EXPECT_CONTAINS(error_of(blob.open({10, 10})), "do not lie within");
  EXPECT_CONTAINS(error_of(blob.open({10, 1001})), "do not lie within its 1000");
  EXPECT_TRUE(store->asked().empty());
  EXPECT_EQ(blob.read({0, 600}).value().size(), 600U);
  const auto too_much = blob.open({0, 401});
  ASSERT_FALSE(too_much);
  EXPECT_EQ(too_much.error().code(), Code::limit);
  BlobRanges often(store, "x", 1'000'000);
  for (unsigned i = 0; i < kRangeRequestsMax; ++i) ASSERT_TRUE(often.open({0, 1}));
  const auto too_often = often.open({0, 1});
  ASSERT_FALSE(too_often);
  EXPECT_CONTAINS(error_of(too_often), "the limit range-requests=500");
  // The store has less than the manifest promised.
  BlobRanges cut(store, "x", 2000);
  EXPECT_EQ(cut.read({900, 1100}).error().code(), Code::truncated);
  PlannedRanges ranges(cut, {});
  EXPECT_CONTAINS(error_of(read(ranges, {900, 1100})), "the blob ends at byte 1000, where 100 more");
}

}  // namespace
}  // namespace limpid::image

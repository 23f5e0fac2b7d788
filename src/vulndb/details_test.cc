#include "vulndb/details.h"

#include <gtest/gtest.h>

namespace limpid::vulndb {
namespace {

StoredDetails some() {
  StoredDetails details;
  details.id = "CVE-2024-1";
  details.severity = "high";
  details.title = "a title";
  details.description = "a title";
  details.aliases = {"GHSA-1", "high"};
  details.references = {"https://example.org/CVE-2024-1", "\x01 stays", "\x02"};
  return details;
}

std::vector<std::string_view> views(const TextPool& pool) { return {pool.texts().begin(), pool.texts().end()}; }

TEST(Details, ReadBackWithAndWithoutAPool) {
  format::Encoder plain, pooled;
  TextPool pool;
  encode(some(), plain);
  encode(some(), pooled, &pool);
  EXPECT_EQ(pool.texts().size(), 7U) << "each once";
  const auto texts = views(pool);
  for (const auto& [bytes, from] : {std::pair{plain.view(), static_cast<const std::vector<std::string_view>*>(nullptr)},
                                    std::pair{pooled.view(), &texts}}) {
    format::Decoder in(bytes);
    const StoredDetails read = decode_details(in, from);
    EXPECT_TRUE(in.finished());
    EXPECT_EQ(read.id, some().id);
    EXPECT_EQ(read.severity, some().severity);
    EXPECT_EQ(read.title, some().title);
    EXPECT_EQ(read.description, some().description);
    EXPECT_EQ(read.aliases, some().aliases);
    EXPECT_EQ(read.references, some().references);
    EXPECT_TRUE(read.published.empty());
  }
}

TEST(Details, ATextThatIsNotInThePoolIsRefused) {
  format::Encoder bytes;
  TextPool pool;
  encode(some(), bytes, &pool);
  auto texts = views(pool);
  texts.pop_back();
  format::Decoder in(bytes.view());
  (void)decode_details(in, &texts);
  EXPECT_FALSE(in.ok());
}

// A few bytes that ask for one long text again and again.
TEST(Details, ATextAskedForOftenDoesNotTakeAllMemory) {
  StoredDetails details = some();
  details.references.assign(100, std::string(format::kDetailsMax / 50, 'x'));
  format::Encoder bytes;
  TextPool pool;
  encode(details, bytes, &pool);
  EXPECT_LT(bytes.size(), 200U);
  const auto texts = views(pool);
  format::Decoder in(bytes.view());
  (void)decode_details(in, &texts);
  EXPECT_FALSE(in.ok());
}

}  // namespace
}  // namespace limpid::vulndb

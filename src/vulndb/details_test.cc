#include "vulndb/details.h"

#include <set>

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

// Whatever else the block has, and however it numbers its texts.
TEST(Details, ThePrintTellsApartWhatIsSaid) {
  const auto print_of = [](const StoredDetails& details, bool among_others) {
    TextPool pool;
    if (among_others)
      for (const char* other : {"something", "a title", "else"}) pool.number_of(other);
    format::Encoder bytes;
    encode(details, bytes, &pool);
    const auto texts = views(pool);
    std::vector<std::uint64_t> hashes;
    for (const std::string_view text : texts) hashes.push_back(format::checksum(base::as_bytes(text), 0));
    format::Decoder in(bytes.view());
    const DetailsPrint print = print_details(in, texts, hashes);
    EXPECT_TRUE(in.finished());
    EXPECT_EQ(print.id, details.id);
    return print.hash;
  };
  StoredDetails whole = some();
  whole.published = "2024-05-06T07:08:09Z";
  whole.modified = "2024-05-06T07:08:09.123Z";
  whole.upstream = {"CVE-2024-2"};
  whole.cvss = {{"3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}, {"4.0", "no vector"}};
  EXPECT_EQ(print_of(whole, false), print_of(whole, true));
  std::vector<StoredDetails> others(12, whole);
  others[0].id = "CVE-2024-3";
  others[1].kind = advisory::Kind::malware;
  others[2].severity = "low";
  others[3].published = "2024-05-06T07:08:10Z";
  others[4].modified = "yesterday";
  others[5].title = "";
  others[6].description = "another";
  others[7].aliases.pop_back();
  others[8].upstream = {};
  others[9].cvss[0].vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N";
  others[10].cvss[1].vector = "no vector at all";
  others[11].references.pop_back();
  std::set<std::uint64_t> prints{print_of(whole, false)};
  for (const StoredDetails& other : others) prints.insert(print_of(other, false));
  EXPECT_EQ(prints.size(), others.size() + 1);
}

}  // namespace
}  // namespace limpid::vulndb

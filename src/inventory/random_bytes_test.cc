#include "inventory/random_bytes.h"

#include <cstdlib>

#include <gtest/gtest.h>

namespace limpid::inventory {
namespace {

std::string pattern(std::size_t size, int seed) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 251 + static_cast<std::size_t>(seed));
  return text;
}

RandomBytes keep(KeptFiles& files, std::string_view content) {
  files.begin();
  for (std::size_t at = 0; at < content.size(); at += 100'000) {
    EXPECT_TRUE(files.append(base::as_bytes(content.substr(at, 100'000))));
  }
  return files.end();
}

void expect_bytes(const RandomBytes& bytes, std::string_view content) {
  ASSERT_EQ(bytes.size(), content.size());
  std::vector<std::uint8_t> buffer;
  for (std::size_t at = 0; at < content.size(); at += 77'777) {
    const std::size_t count = std::min<std::size_t>(5'000, content.size() - at);
    const auto part = bytes.at(at, count, buffer);
    ASSERT_TRUE(part);
    EXPECT_EQ(base::as_text(*part), content.substr(at, count)) << at;
  }
  EXPECT_TRUE(bytes.at(content.size(), 0, buffer));
  const auto behind = bytes.at(content.size(), 1, buffer);
  ASSERT_FALSE(behind);
  EXPECT_EQ(behind.error().code(), Code::truncated);
  EXPECT_FALSE(bytes.at(~std::uint64_t{0}, 2, buffer));
}

TEST(KeptFiles, AreTheSameInMemoryAndOutOfIt) {
  KeptFiles files;
  const std::string small = pattern(1'000'000, 1), large = pattern(KeptFiles::kInMemoryMax + 12'345, 2),
                    larger = pattern(KeptFiles::kInMemoryMax * 2, 3), last = pattern(500'000, 4);
  const RandomBytes a = keep(files, small), b = keep(files, large), c = keep(files, ""), d = keep(files, larger),
                    e = keep(files, last);
  expect_bytes(a, small);
  expect_bytes(b, large);
  expect_bytes(c, "");
  expect_bytes(d, larger);
  expect_bytes(e, last);
}

TEST(KeptFiles, SayWhereNoTemporaryFileCanBe) {
  const char* before = std::getenv("TMPDIR");
  const std::string folder = before != nullptr ? before : "";
  setenv("TMPDIR", "/dev/null", 1);
  KeptFiles files;
  files.begin();
  const auto done = files.append(base::as_bytes(pattern(KeptFiles::kInMemoryMax + 1, 0)));
  before != nullptr ? setenv("TMPDIR", folder.c_str(), 1) : unsetenv("TMPDIR");
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().describe().find("/dev/null"), std::string::npos);
}

}  // namespace
}  // namespace limpid::inventory

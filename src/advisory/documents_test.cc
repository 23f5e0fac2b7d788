#include "advisory/documents.h"

#include <map>

#include "advisory/sink_for_test.h"

namespace limpid::advisory {
namespace {

struct Read {
  std::map<std::string, std::string> documents;  // by their names below the input
  std::map<std::string, SkipReason> skipped;
  std::string error;
};

constexpr std::size_t kSizeMax = 100;
const DocumentKind kJson = {.suffix = ".json", .size_max = kSizeMax};
// A kind of documents that begin with anything that is text.
const DocumentKind kText = {.suffix = ".json", .size_max = kSizeMax, .begins_document = [](std::string_view beginning) {
                              return beginning.find('\0') == std::string_view::npos;
                            }};

// "bad" in a document makes its visit fail.
Read read(const std::string& path, const DocumentKind& kind = kJson) {
  CollectingSink sink;
  FeedCounts counts;
  Read result;
  const auto below = [&](const std::string& name) {
    return name.size() > path.size() ? name.substr(path.size() + 1) : std::string();
  };
  const auto ended = each_document({.path = path, .name_space = {}}, kind, sink, counts,
                                   [&](const std::string& name, std::string& text) -> Result<void> {
                                     if (text.find("bad") != std::string::npos) return fail(Code::invalid, {"no good"});
                                     result.documents[below(name)] = text;
                                     return {};
                                   });
  if (!ended) result.error = ended.error().describe();
  for (const auto& skipped : counts.skipped) result.skipped[below(skipped.path)] = skipped.reason;
  return result;
}

void run(const FeedFolder& folder, const std::string& command) {
  ASSERT_EQ(std::system(("cd " + folder.path() + " && " + command).c_str()), 0) << command;
}

// Two documents, a damaged one, one beyond the limit, and what is none.
void write_documents(const FeedFolder& folder) {
  folder.write("in/2024/a.json", R"({"a":1})");
  folder.write("in/2025/b.json", R"({"b":2})");
  folder.write("in/2025/bad.json", R"({"bad":1})");
  folder.write("in/2025/big.json", std::string(kSizeMax + 1, ' '));
  folder.write("in/README", "bad");
}
const std::map<std::string, std::string> kDocuments = {{"2024/a.json", R"({"a":1})"}, {"2025/b.json", R"({"b":2})"}};
const std::map<std::string, SkipReason> kSkipped = {{"2025/bad.json", SkipReason::damaged},
                                                    {"2025/big.json", SkipReason::too_big}};

TEST(Documents, InAFolderAndInArchivesAreTheSame) {
  const FeedFolder folder;
  write_documents(folder);
  run(folder, "tar -cf in.tar -C in 2024 2025 README && gzip -k in.tar");
  run(folder, "cd in && python3 -c \"import shutil; shutil.make_archive('../in', 'zip', '.')\"");
  for (const char* input : {"in", "in.tar", "in.tar.gz", "in.zip"}) {
    const auto result = read(folder.path() + "/" + input);
    EXPECT_EQ(result.error, "") << input;
    EXPECT_EQ(result.documents, kDocuments) << input;
    EXPECT_EQ(result.skipped, kSkipped) << input;
  }
}

TEST(Documents, OfAFolderMayBeCompressedOrInArchives) {
  const FeedFolder folder;
  write_documents(folder);
  run(folder, "mkdir all && tar -czf all/x.tgz -C in 2024/a.json && gzip -c in/2025/b.json > all/b.json.gz");
  folder.write("all/zcut.tar.gz", "\x1f\x8b");
  const auto result = read(folder.path() + "/all");
  EXPECT_EQ(result.documents,
            (std::map<std::string, std::string>{{"x.tgz/2024/a.json", R"({"a":1})"}, {"b.json.gz", R"({"b":2})"}}));
  EXPECT_NE(result.error.find("zcut.tar.gz"), std::string::npos) << result.error;
}

TEST(Documents, AloneSayWhatIsWrong) {
  const FeedFolder folder;
  EXPECT_EQ(read(folder.write("a.json", " {}")).documents.size(), 1U);
  EXPECT_NE(read(folder.write("bad.json", "{\"bad\"}")).error.find("no good"), std::string::npos);
  EXPECT_NE(read(folder.write("big.json", "{" + std::string(kSizeMax, ' '))).error.find("big.json"), std::string::npos);
  EXPECT_NE(read(folder.write("none.json", "neither a document nor an archive")).error, "");
  EXPECT_NE(read(folder.path() + "/absent").error, "");
}

TEST(Documents, OfAKindAreToldFromArchivesByIt) {
  const FeedFolder folder;
  write_documents(folder);
  run(folder, "tar -czf in.tar.gz -C in 2024 2025");
  EXPECT_EQ(read(folder.path() + "/in.tar.gz", kText).documents, kDocuments);
  const auto path = folder.write("a.text", "no JSON");
  EXPECT_EQ(read(path, kText).documents.size(), 1U);
  EXPECT_NE(read(path, kJson).error, "");
}

}  // namespace
}  // namespace limpid::advisory

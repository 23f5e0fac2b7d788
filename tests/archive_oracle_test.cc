// The archive room against libarchive, zlib and libzip: thousands of random archives, written by theirs and read by
// both. Then the same archives with bytes changed, which must end in an answer or an error, soon.
#include <clocale>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <zip.h>
#include <zlib.h>

#include "archive/compression.h"
#include "archive/tar.h"
#include "archive/testing.h"
#include "archive/zip.h"
#include "base/digest.h"

namespace limpid::archive {
namespace {

// std::mt19937 gives 32 bits in a 64-bit type.
class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  unsigned operator()() { return static_cast<unsigned>(engine_()); }

 private:
  std::mt19937 engine_;
};
using Lines = std::vector<std::string>;

struct Free {
  void operator()(::archive* reader) const { archive_free(reader); }
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

std::string random_bytes(Random& random, std::size_t size) {
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random() % 7 == 0 ? random() : 'a' + random() % 3);
  return text;
}

// Paths from short to beyond what v7, ustar and the GNU header hold, with UTF-8 and stray bytes among them.
std::string random_path(Random& random) {
  static const std::vector<std::string> kParts = {"etc", "usr", "lib", "a b", "caf\xc3\xa9", "\xe6\x97\xa5\xe6\x9c\xac",
                                                  ".",   "x..y"};
  std::string path = random() % 4 == 0 ? "./" : "";
  const unsigned depth = random() % 5 + 1;
  for (unsigned i = 0; i < depth; ++i) {
    if (i > 0) path += random() % 20 == 0 ? "//" : "/";
    path += kParts[random() % kParts.size()];
    path += std::to_string(random() % 100);
    if (random() % 8 == 0) path += std::string(random() % 180, 'n');
    if (random() % 60 == 0) path += '\xe9';
  }
  return path;
}

la_ssize_t append(::archive*, void* to, const void* from, std::size_t size) {
  static_cast<std::string*>(to)->append(static_cast<const char*>(from), size);
  return static_cast<la_ssize_t>(size);
}

enum class Format : std::uint8_t { v7, ustar, pax, restricted_pax, gnu };
constexpr Format kFormats[] = {Format::v7, Format::ustar, Format::pax, Format::restricted_pax, Format::gnu};

void set_format(::archive* writer, Format format) {
  switch (format) {
    case Format::v7:
      archive_write_set_format_v7tar(writer);
      break;
    case Format::ustar:
      archive_write_set_format_ustar(writer);
      break;
    case Format::pax:
      archive_write_set_format_pax(writer);
      break;
    case Format::restricted_pax:
      archive_write_set_format_pax_restricted(writer);
      break;
    case Format::gnu:
      archive_write_set_format_gnutar(writer);
      break;
  }
}

// A file with holes, as pax can hold it.
void make_sparse(Random& random, archive_entry* entry, std::string& content) {
  std::size_t at = 0;
  std::string sparse(content.size() * 20 + 1, '\0');
  std::size_t used = 0;
  archive_entry_set_size(entry, static_cast<la_int64_t>(sparse.size()));  // first: parts beyond it are refused
  while (used < content.size()) {
    at += random() % 3000;
    const std::size_t length = std::min<std::size_t>(random() % 900 + 1, content.size() - used);
    if (at + length > sparse.size()) break;
    archive_entry_sparse_add_entry(entry, static_cast<la_int64_t>(at), static_cast<la_int64_t>(length));
    sparse.replace(at, length, content, used, length);
    at += length + 1;
    used += length;
  }
  content = sparse;
}

std::string random_tar(Random& random, Format format) {
  std::string tar;
  const std::unique_ptr<::archive, Free> writer(archive_write_new());
  set_format(writer.get(), format);
  archive_write_set_bytes_per_block(writer.get(), 512);
  archive_write_open(writer.get(), &tar, nullptr, append, nullptr);
  const std::unique_ptr<archive_entry, Free> entry(archive_entry_new());
  const unsigned count = random() % 12;
  for (unsigned i = 0; i < count; ++i) {
    archive_entry_clear(entry.get());
    archive_entry_set_pathname(entry.get(), random_path(random).c_str());
    archive_entry_set_perm(entry.get(), random() % 010000);
    archive_entry_set_mtime(entry.get(), static_cast<time_t>(random()), random() % 2 == 0 ? 0 : 5000);
    // Above 2^21, these need base-256 or pax.
    archive_entry_set_uid(entry.get(), random() % 3 == 0 ? 3'000'000 : 1000);
    std::string content;
    switch (random() % 8) {
      case 0:
        archive_entry_set_filetype(entry.get(), AE_IFDIR);
        break;
      case 1:
        archive_entry_set_filetype(entry.get(), AE_IFLNK);
        archive_entry_set_symlink(entry.get(), random_path(random).c_str());
        break;
      case 2:
        archive_entry_set_filetype(entry.get(), AE_IFREG);
        archive_entry_set_hardlink(entry.get(), random_path(random).c_str());
        break;
      case 3:
        archive_entry_set_filetype(entry.get(), random() % 2 == 0 ? AE_IFCHR : AE_IFBLK);
        archive_entry_set_rdevmajor(entry.get(), random() % 256);
        archive_entry_set_rdevminor(entry.get(), random() % 1000);
        break;
      default:
        archive_entry_set_filetype(entry.get(), AE_IFREG);
        content = random_bytes(random, random() % 2 == 0 ? random() % 700 : random() % 9000);
        if (format == Format::pax && random() % 4 == 0) make_sparse(random, entry.get(), content);
        archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    }
    // What a format cannot hold is refused, and not in the archive.
    if (archive_write_header(writer.get(), entry.get()) < ARCHIVE_WARN) continue;
    if (!content.empty()) archive_write_data(writer.get(), content.data(), content.size());
  }
  archive_write_close(writer.get());
  return tar;
}

std::string line_of(const Entry& entry, const std::string& content) {
  return base::cat({testing::describe(entry), " ", std::uint64_t{entry.mode}, " ", entry.size, " ",
                    base::sha256(base::as_bytes(content)).brief()});
}

// libarchive's reading in our own words.
Lines their_reading(const std::string& tar) {
  const std::unique_ptr<::archive, Free> reader(archive_read_new());
  archive_read_support_format_tar(reader.get());
  archive_read_support_format_empty(reader.get());
  if (archive_read_open_memory(reader.get(), tar.data(), tar.size()) < ARCHIVE_WARN) return {"open failed"};
  Lines lines;
  archive_entry* theirs = nullptr;
  for (;;) {
    const int status = archive_read_next_header(reader.get(), &theirs);
    if (status == ARCHIVE_EOF) return lines;
    if (status < ARCHIVE_WARN) {
      lines.push_back(base::cat({"error: ", archive_error_string(reader.get())}));
      return lines;
    }
    Entry entry;
    if (!normalise_path(archive_entry_pathname(theirs), entry.path, entry.outside_root)) continue;
    entry.mode = archive_entry_perm(theirs);
    if (const char* target = archive_entry_hardlink(theirs)) {
      bool outside = false;
      entry.type = EntryType::hard_link;
      normalise_path(target, entry.link_target, outside);
    } else if (archive_entry_filetype(theirs) == AE_IFLNK) {
      entry.type = EntryType::symlink;
      entry.link_target = archive_entry_symlink(theirs);
    } else if (archive_entry_filetype(theirs) == AE_IFDIR) {
      entry.type = EntryType::directory;
    } else if (archive_entry_filetype(theirs) == AE_IFREG) {
      entry.size = static_cast<std::uint64_t>(archive_entry_size(theirs));
    } else {
      entry.type = archive_entry_filetype(theirs) == AE_IFCHR ? EntryType::char_device : EntryType::block_device;
      entry.device =
          static_cast<std::uint32_t>(archive_entry_rdevmajor(theirs) << 20 | archive_entry_rdevminor(theirs));
    }
    std::string content;
    char buffer[4096];
    for (la_ssize_t got; (got = archive_read_data(reader.get(), buffer, sizeof(buffer))) > 0;)
      content.append(buffer, static_cast<std::size_t>(got));
    lines.push_back(line_of(entry, content));
  }
}

Lines our_reading(const std::string& tar, std::size_t piece) {
  testing::ChoppedSource source(tar, piece);
  TarLimits limits;
  limits.sparse_size_max = 1 << 20;
  const auto reader = open_tar(source, limits);
  Lines lines;
  for (;;) {
    const auto entry = reader->next();
    if (!entry) {
      lines.push_back("error: " + entry.error().describe());
      return lines;
    }
    if (*entry == nullptr) return lines;
    const Entry copy = **entry;
    const auto content = read_content(*reader, 1 << 20);
    lines.push_back(content ? line_of(copy, *content) : "error: " + content.error().describe());
  }
}

TEST(Oracle, TarsReadAsLibarchiveReadsThem) {
  // In the C locale libarchive warns about every UTF-8 name in a pax header.
  ASSERT_NE(std::setlocale(LC_ALL, "C.UTF-8"), nullptr);
  Random random(42);
  std::size_t entries = 0, sparse = 0;
  for (int i = 0; i < 5000; ++i) {
    const Format format = kFormats[static_cast<std::size_t>(i) % std::size(kFormats)];
    const std::string tar = random_tar(random, format);
    const Lines theirs = their_reading(tar);
    ASSERT_EQ(our_reading(tar, i % 2 == 0 ? tar.size() : random() % 2000 + 1), theirs)
        << "archive " << i << " of format " << static_cast<int>(format);
    entries += theirs.size();
    sparse += tar.find("GNU.sparse.major") != std::string::npos;
  }
  EXPECT_GT(entries, 20'000U);
  EXPECT_GT(sparse, 300U);
}

TEST(Oracle, ChangedTarsEndInAnAnswerOrAnError) {
  Random random(43);
  std::size_t errors = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string tar = random_tar(random, kFormats[static_cast<std::size_t>(i) % std::size(kFormats)]);
    for (unsigned n = random() % 5 + 1; n-- > 0;) tar[random() % tar.size()] = static_cast<char>(random());
    if (random() % 4 == 0) tar.resize(random() % tar.size());
    const Lines whole = our_reading(tar, tar.size() + 1);
    ASSERT_EQ(our_reading(tar, 700), whole);
    errors += !whole.empty() && whole.back().starts_with("error: ");
  }
  EXPECT_GT(errors, 500U);
}

// --- gzip ---

std::string zlib_member(Random& random, const std::string& text) {
  z_stream stream{};
  // Levels, windows and strategies give all kinds of blocks.
  const int strategies[] = {Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED};
  deflateInit2(&stream, static_cast<int>(random() % 10), Z_DEFLATED, 16 + 9 + static_cast<int>(random() % 7),
               1 + static_cast<int>(random() % 9), strategies[random() % std::size(strategies)]);
  std::string name = random_bytes(random, random() % 40), comment = random_bytes(random, random() % 40);
  std::erase(name, '\0');
  std::erase(comment, '\0');
  std::string extra = random_bytes(random, random() % 60);
  gz_header header{};
  if (random() % 2 == 0) header.name = reinterpret_cast<Bytef*>(name.data());
  if (random() % 2 == 0) header.comment = reinterpret_cast<Bytef*>(comment.data());
  if (random() % 2 == 0) header.extra = reinterpret_cast<Bytef*>(extra.data());
  header.extra_len = static_cast<uInt>(extra.size());
  header.hcrc = static_cast<int>(random() % 2);
  deflateSetHeader(&stream, &header);
  std::string packed(deflateBound(&stream, text.size()) + 300, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

TEST(Oracle, GzipReadsWhatZlibWrites) {
  Random random(44);
  for (int i = 0; i < 400; ++i) {
    std::string text, packed;
    for (unsigned members = random() % 3 + 1; members-- > 0;) {
      const std::string part = random_bytes(random, random() % 10 == 0 ? random() % 300'000 : random() % 3000);
      packed += zlib_member(random, part);
      text += part;
    }
    const auto source = decompress_any(std::make_unique<testing::ChoppedSource>(packed, random() % 5000 + 1)).value();
    const auto read = read_all(*source, text.size());
    ASSERT_TRUE(read) << i << " " << read.error().describe();
    ASSERT_TRUE(*read == text) << i;
  }
}

// --- zip ---

struct Zip {
  std::string bytes;
  std::map<std::string, std::string> members;
};

Zip random_zip(Random& random) {
  Zip zip;
  zip_source_t* buffer = zip_source_buffer_create(nullptr, 0, 0, nullptr);
  zip_source_keep(buffer);
  zip_t* writer = zip_open_from_source(buffer, ZIP_TRUNCATE, nullptr);
  for (unsigned i = random() % 12; i-- > 0;) {
    const std::string name = base::cat({"m", i, "/", random() % 1000, random() % 5 == 0 ? "\xc3\xa9" : "", ".class"});
    const std::string& content = zip.members[name] =
        random_bytes(random, random() % 4 == 0 ? random() % 90'000 : random() % 300);
    const auto index = zip_file_add(writer, name.c_str(), zip_source_buffer(writer, content.data(), content.size(), 0),
                                    ZIP_FL_ENC_UTF_8);
    zip_set_file_compression(writer, static_cast<zip_uint64_t>(index),
                             random() % 2 == 0 ? ZIP_CM_STORE : ZIP_CM_DEFLATE, 0);
  }
  if (random() % 2 == 0) zip_set_archive_comment(writer, "a comment", 9);
  zip_close(writer);
  zip_source_open(buffer);
  zip_source_seek(buffer, 0, SEEK_END);
  const auto size = zip_source_tell(buffer);
  zip.bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  zip_source_seek(buffer, 0, SEEK_SET);
  zip_source_read(buffer, zip.bytes.data(), zip.bytes.size());
  zip_source_close(buffer);
  zip_source_free(buffer);
  return zip;
}

TEST(Oracle, ZipReadsWhatLibzipWrites) {
  Random random(45);
  for (int i = 0; i < 200; ++i) {
    Zip zip = random_zip(random);
    if (zip.members.empty()) continue;  // libzip writes no file then
    if (random() % 3 == 0) zip.bytes.insert(0, random_bytes(random, random() % 5000));
    const auto reader = ZipReader::open(base::as_bytes(zip.bytes));
    ASSERT_TRUE(reader) << i << " " << reader.error().describe();
    EXPECT_TRUE(reader->skipped().empty());
    std::map<std::string, std::string> ours;
    for (const ZipMember& member : reader->members()) {
      const auto content = read_all(*reader->read(member).value(), 1 << 20);
      ASSERT_TRUE(content) << i << " " << content.error().describe();
      ours[member.path] = *content;
    }
    ASSERT_TRUE(ours == zip.members) << i;
  }
}

}  // namespace
}  // namespace limpid::archive

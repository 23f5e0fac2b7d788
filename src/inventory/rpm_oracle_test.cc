// The readers of rpm's databases against rpm itself: packages that rpmbuild makes are installed into an SQLite database
// by rpm, whose headers are then put into Berkeley DB files by libdb and into NDB files by a writer of the tests' own.
// Of each, `rpm -qa` and we must tell the same; NDB, which Debian's rpm cannot read, must tell the same as its source.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include <db.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "base/file.h"
#include "base/text.h"
#include "inventory/rpm_testing.h"

namespace limpid::inventory {
namespace {

namespace fs = std::filesystem;
using testing::Blobs;

// One line for each package and one for each of its files, as rpm tells them and as we do.
constexpr std::string_view kFormat =
    "%{NAME}|%|EPOCH?{%{EPOCH}}:{0}|:%{VERSION}-%{RELEASE}|%{ARCH}|%{SOURCERPM}|%{VENDOR}|%{LICENSE}|%{MODULARITYLABEL}"
    "\\n"
    "[%{=NAME}-%{=VERSION}-%{=RELEASE} %{FILENAMES}\\n]";
using Lines = std::multiset<std::string>;

std::string output_of(const std::string& command, bool& worked) {
  std::string output;
  FILE* pipe = popen(command.c_str(), "r");
  worked = pipe != nullptr;
  if (pipe == nullptr) return output;
  std::array<char, 65'536> buffer;
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) output.append(buffer.data(), got);
  worked = pclose(pipe) == 0;
  return output;
}

Lines lines_of_rpm(const std::string& folder, const std::string& backend) {
  bool worked = false;
  const std::string output = output_of(
      base::cat({"rpm --dbpath '", folder, "' --define '_db_backend ", backend, "' -qa --queryformat '", kFormat, "'"}),
      worked);
  EXPECT_TRUE(worked) << output.substr(0, 1'000);
  Lines lines;
  std::string_view rest = output;
  while (const auto line = base::take_line(rest)) lines.emplace(*line);
  return lines;
}

Blobs blobs_of(const std::string& name, const std::string& bytes, const std::string* log = nullptr) {
  Blobs blobs;
  SkippedList skipped;
  {
    Notes notes(name, skipped);
    const RandomBytes file{base::as_bytes(bytes)};
    const RandomBytes log_bytes{log != nullptr ? base::as_bytes(*log) : Bytes{}};
    const RpmBlobTaker take = [&](std::uint64_t number, Bytes blob) {
      blobs.emplace_back(static_cast<std::uint32_t>(number), base::as_text(blob));
      return true;
    };
    const auto head = base::as_bytes(bytes).first(std::min(bytes.size(), kRpmHeadSize));
    const auto done = is_rpm_bdb(head)   ? read_rpm_bdb(file, take, notes)
                      : is_rpm_ndb(head) ? read_rpm_ndb(file, take, notes)
                                         : read_rpm_sqlite(file, log != nullptr ? &log_bytes : nullptr, take, notes);
    EXPECT_TRUE(done) << name << ": " << (done ? "" : done.error().describe());
  }
  EXPECT_TRUE(skipped.empty()) << name << ": " << skipped.front().detail;
  return blobs;
}

Lines lines_of(const Blobs& blobs) {
  Lines lines;
  for (const auto& [number, blob] : blobs) {
    const auto header = read_rpm_header(base::as_bytes(blob));
    EXPECT_TRUE(header) << number << ": " << (header ? "" : header.error().describe());
    if (!header) continue;
    const auto shown = [](std::string_view text) { return text.empty() ? std::string_view("(none)") : text; };
    lines.insert(base::cat({header->name, '|', header->epoch.value_or(0), ':', header->version, '-', header->release,
                            '|', shown(header->arch), '|', shown(header->source_rpm), '|', shown(header->vendor), '|',
                            shown(header->license), '|', shown(header->module)}));
    EXPECT_TRUE(each_rpm_file(*header, [&](std::string_view path) {
      lines.insert(base::cat({header->name, '-', header->version, '-', header->release, " /", path}));
    }));
  }
  return lines;
}

std::string spec() {
  std::string text =
      "Name: main\nEpoch: 1\nVersion: 1.0\nRelease: 1.el9\nSummary: x\nLicense: MIT and BSD\n"
      "Vendor: Red Hat, Inc.\nBuildArch: noarch\n%description\nx\n%install\nmkdir -p %{buildroot}/usr/share/main\n"
      "for i in $(seq 300); do echo $i > \"%{buildroot}/usr/share/main/a long name of file $i\"; done\n"
      "mkdir -p %{buildroot}/etc; echo > %{buildroot}/etc/os-release; ln -s x %{buildroot}/etc/link\n"
      "%files\n/usr/share/main\n/etc/os-release\n%ghost /var/log/ghost\n";
  text.insert(text.find("%files"), "mkdir -p %{buildroot}/var/log; echo > %{buildroot}/var/log/ghost\n");
  const std::vector<std::string> versions = {"1.0",    "0.0~rc1", "2^20240101git", "1_2+3", "20230311", "1.0.0",
                                             "4.18.0", "1",       "10.1xyz",       "0",     "5.5p1",    "1.1.1k"};
  for (std::size_t i = 0; i < 48; ++i) {
    const std::string name = base::cat({"package-", i, i % 3 == 0 ? "+" : "", i % 5 == 0 ? ".x86" : ""});
    base::append(text, {"%package -n ", name, "\nSummary: x\nVersion: ", versions[i % versions.size()],
                        "\nRelease: ", i % 4, i % 2 == 0 ? ".el8_10" : ".module+el9", "\n",
                        i % 4 == 3   ? "Epoch: 0\n"
                        : i % 4 == 1 ? "Epoch: 33\n"
                                     : "",
                        "License: L", i, "\n%description -n ", name, "\n", std::string(i * 211, 'd'), "\n%files -n ",
                        name, "\n", i == 7 ? "/etc/link\n" : ""});
  }
  return text;
}

class RpmOracle : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (std::system("rpmbuild --version >/dev/null 2>&1 && rpm --version >/dev/null 2>&1") != 0) return;
    folder_ = new base::TemporaryDirectory(*base::TemporaryDirectory::make("limpid-rpm-"));
    std::ofstream(path("a.spec")) << spec();
    const std::string build = base::cat(
        {"cd '", folder_->path(),
         "' && rpmbuild --quiet -bb --define \"_topdir $PWD\" --define 'modularitylabel nodejs:18:1:2' ",
         "--define '_build_id_links none' a.spec >log 2>&1 && "
         "rpm --dbpath \"$PWD/sqlite\" -i --justdb --nodeps --noscripts --ignorearch RPMS/noarch/*.rpm >>log 2>&1"});
    made_ = std::system(build.c_str()) == 0;
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  void SetUp() override {
    if (folder_ == nullptr) GTEST_SKIP() << "no rpm and rpmbuild here to ask";
    ASSERT_TRUE(made_) << *base::read_file(path("log"), 1 << 20);
  }
  static std::string path(std::string_view name) { return base::cat({folder_->path(), "/", name}); }
  static std::string content(std::string_view name) { return *base::read_file(path(name), 1 << 28); }

  static base::TemporaryDirectory* folder_;
  static bool made_;
};
base::TemporaryDirectory* RpmOracle::folder_ = nullptr;
bool RpmOracle::made_ = false;

void write_bdb(const std::string& file, const Blobs& blobs, std::uint32_t page_size, bool big_endian) {
  DB* db = nullptr;
  ASSERT_EQ(db_create(&db, nullptr, 0), 0);
  ASSERT_EQ(db->set_pagesize(db, page_size), 0);
  ASSERT_EQ(db->set_lorder(db, big_endian ? 4'321 : 1'234), 0);
  ASSERT_EQ(db->open(db, nullptr, file.c_str(), nullptr, DB_HASH, DB_CREATE, 0644), 0);
  const auto put = [&](std::uint32_t number, std::string value) {
    std::string key;
    testing::put_word(key, number, big_endian);
    DBT k{}, v{};
    k.data = key.data();
    k.size = static_cast<std::uint32_t>(key.size());
    v.data = value.data();
    v.size = static_cast<std::uint32_t>(value.size());
    EXPECT_EQ(db->put(db, nullptr, &k, &v, 0), 0);
  };
  put(0, std::string("\0\0\1\0", 4));
  for (const auto& [number, blob] : blobs) put(number, "to be replaced" + std::string(number * 37, 'x'));
  for (const auto& [number, blob] : blobs) put(number, blob);
  EXPECT_EQ(db->close(db, 0), 0);
}

TEST_F(RpmOracle, SqliteAsRpmWroteIt) {
  const Lines lines = lines_of(blobs_of("rpmdb.sqlite", content("sqlite/rpmdb.sqlite")));
  EXPECT_EQ(lines, lines_of_rpm(path("sqlite"), "sqlite"));
  EXPECT_GT(lines.size(), 49U + 300U);
  EXPECT_TRUE(std::ranges::any_of(lines, [](const std::string& line) { return line.ends_with("|nodejs:18:1:2"); }));
}

TEST_F(RpmOracle, SqliteWithALog) {
  fs::create_directories(path("wal"));
  sqlite3* handle = nullptr;
  fs::copy_file(path("sqlite/rpmdb.sqlite"), path("live.sqlite"));
  ASSERT_EQ(sqlite3_open(path("live.sqlite").c_str(), &handle), SQLITE_OK);
  for (const auto* sql :
       {"PRAGMA journal_mode=WAL", "PRAGMA wal_autocheckpoint=0", "DELETE FROM Packages WHERE hnum % 3 = 0",
        "INSERT INTO Packages SELECT 900 + hnum, blob FROM Packages WHERE hnum < 5"}) {
    ASSERT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sql;
  }
  fs::copy_file(path("live.sqlite"), path("wal/rpmdb.sqlite"));
  fs::copy_file(path("live.sqlite-wal"), path("wal/rpmdb.sqlite-wal"));
  sqlite3_close(handle);
  const std::string log = content("wal/rpmdb.sqlite-wal");
  const Lines lines = lines_of(blobs_of("rpmdb.sqlite", content("wal/rpmdb.sqlite"), &log));
  EXPECT_EQ(lines, lines_of_rpm(path("wal"), "sqlite"));
  EXPECT_NE(lines, lines_of(blobs_of("rpmdb.sqlite", content("sqlite/rpmdb.sqlite"))));
}

TEST_F(RpmOracle, BerkeleyDbOfBothByteOrders) {
  const Blobs blobs = blobs_of("rpmdb.sqlite", content("sqlite/rpmdb.sqlite"));
  for (const bool big_endian : {false, true}) {
    for (const std::uint32_t page_size : {512U, 4'096U, 65'536U}) {
      const std::string folder = base::cat({"bdb-", page_size, big_endian ? "-big" : "-little"});
      fs::create_directories(path(folder));
      write_bdb(path(folder + "/Packages"), blobs, page_size, big_endian);
      const Lines lines = lines_of(blobs_of(folder, content(folder + "/Packages")));
      EXPECT_EQ(lines, lines_of_rpm(path(folder), "bdb_ro")) << folder;
      EXPECT_EQ(lines, lines_of(blobs)) << folder;
    }
  }
}

TEST_F(RpmOracle, Ndb) {
  const Blobs blobs = blobs_of("rpmdb.sqlite", content("sqlite/rpmdb.sqlite"));
  EXPECT_EQ(lines_of(blobs_of("Packages.db", testing::ndb_of(blobs))), lines_of(blobs));
}

// Signed packages of a distribution: the same key as rpm names.
TEST_F(RpmOracle, KeysOfRealPackages) {
  const char* shared = std::getenv("LIMPID_SHARED");
  const fs::path fixture =
      fs::path(shared != nullptr ? shared : "") / "fixtures/rpm-sqlite/mariner-2.0/var/lib/rpm/rpmdb.sqlite";
  if (shared == nullptr || !fs::exists(fixture))
    GTEST_SKIP() << "LIMPID_SHARED names no folder with fixtures/rpm-sqlite";
  fs::create_directories(path("signed"));
  std::ofstream(path("signed/rpmdb.sqlite")) << *base::read_file(fixture.string(), 1 << 28);
  bool worked = false;
  const std::string output = output_of(
      base::cat({"rpm --dbpath '", path("signed"), "' -qa --queryformat '%{NAME} %{RSAHEADER:pgpsig}\\n'"}), worked);
  ASSERT_TRUE(worked);
  Lines keys, expected;
  std::string_view rest = output;
  while (const auto line = base::take_line(rest)) {
    const auto name = line->substr(0, line->find(' '));
    const auto key = line->find("Key ID ");
    expected.insert(base::cat({name, ' ', key == std::string_view::npos ? std::string_view{} : line->substr(key + 7)}));
  }
  for (const auto& [number, blob] : blobs_of("rpmdb.sqlite", content("signed/rpmdb.sqlite"))) {
    const auto header = read_rpm_header(base::as_bytes(blob));
    ASSERT_TRUE(header);
    keys.insert(base::cat({header->name, ' ', header->key_id}));
  }
  EXPECT_EQ(keys, expected);
  EXPECT_GT(keys.size(), 100U);
}

}  // namespace
}  // namespace limpid::inventory

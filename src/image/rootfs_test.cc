#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image/source.h"
#include "image/testing.h"

namespace limpid::image {
namespace {

using testing::digest_of;
using testing::error_of;
using testing::Folder;
using testing::gzip;
using testing::read_whole;
using testing::Tar;

std::vector<std::string> paths_of(const ImageSource& image) {
  std::vector<std::string> paths;
  const auto layer = image.open_layer(0);
  EXPECT_TRUE(layer);
  for (;;) {
    const auto entry = (*layer)->entries().next();
    EXPECT_TRUE(entry) << error_of(entry);
    if (!entry || *entry == nullptr) return paths;
    paths.push_back((*entry)->path);
  }
}

// Of the whole walk, every file read.
SkippedList skipped_of(const ImageSource& image) {
  const auto layer = image.open_layer(0);
  EXPECT_TRUE(testing::read_entries(**layer));
  return (*layer)->entries().skipped();
}

TEST(Rootfs, WalksADirectoryInOrder) {
  const Folder folder;
  folder.write("b/file", "beta");
  folder.write("a", "");
  folder.write("b/z", std::string(200'000, 'z'));
  folder.write("b.c", "c");
  std::filesystem::create_directories(folder.path("empty"));
  std::filesystem::create_symlink("../../outside", folder.path("b/link"));
  std::filesystem::create_hard_link(folder.path("b/file"), folder.path("hard"));
  ASSERT_EQ(::mkfifo(folder.path("fifo").c_str(), 0644), 0);
  ASSERT_EQ(::chmod(folder.path("b.c").c_str(), 04750), 0);

  const auto image = open_rootfs(folder.path(), {});
  ASSERT_TRUE(image) << error_of(image);
  EXPECT_EQ(paths_of(**image),
            (std::vector<std::string>{"a", "b", "b/file", "b/link", "b/z", "b.c", "empty", "fifo", "hard"}));
  const Manifest& manifest = (*image)->manifest();
  EXPECT_EQ(manifest.name, folder.path());
  EXPECT_TRUE(manifest.digest.empty() && manifest.config_digest.empty());
  ASSERT_EQ(manifest.layers.size(), 1U);
  EXPECT_TRUE(manifest.layers[0].diff_id.empty());
  EXPECT_TRUE(manifest.notes.empty());
  // Twice: each reading walks anew.
  for (int i = 0; i < 2; ++i) {
    const auto whole = read_whole(**image, 0);
    ASSERT_TRUE(whole) << error_of(whole);
    EXPECT_EQ(whole->entries.at("b/file"), "beta");
    EXPECT_EQ(whole->entries.at("hard"), "beta");
    EXPECT_EQ(whole->entries.at("b/z"), std::string(200'000, 'z'));
    EXPECT_EQ(whole->entries.at("b/link"), "-> ../../outside");
    EXPECT_EQ(whole->entries.at("a"), "");
    EXPECT_TRUE(whole->measured.digest.empty() && whole->measured.diff_id.empty());
  }
  const auto layer = (*image)->open_layer(0);
  for (;;) {
    const auto entry = (*layer)->entries().next();
    ASSERT_TRUE(entry && *entry != nullptr);
    if ((*entry)->path != "b.c") continue;
    EXPECT_EQ((*entry)->mode, 04750U);
    EXPECT_EQ((*entry)->size, 1U);
    break;
  }
  EXPECT_FALSE((*image)->open_layer(1));
}

TEST(Rootfs, FollowsNoLink) {
  const Folder folder;
  folder.write("outside/secret", "secret");
  std::filesystem::create_directories(folder.path("root"));
  std::filesystem::create_directory_symlink(folder.path("outside"), folder.path("root/folder"));
  std::filesystem::create_symlink(folder.path("outside/secret"), folder.path("root/file"));
  std::filesystem::create_directory_symlink(".", folder.path("root/loop"));
  const auto image = open_rootfs(folder.path("root"), {});
  ASSERT_TRUE(image);
  EXPECT_EQ(paths_of(**image), (std::vector<std::string>{"file", "folder", "loop"}));
  const auto whole = read_whole(**image, 0);
  for (const auto& [path, text] : whole->entries) EXPECT_TRUE(text.starts_with("-> ")) << path << ": " << text;
  // The root itself may be a link.
  std::filesystem::create_directory_symlink("root", folder.path("alias"));
  EXPECT_EQ(paths_of(**open_rootfs(folder.path("alias"), {})).size(), 3U);
}

TEST(Rootfs, AReplacedFileIsNotReadThroughItsLink) {
  const Folder folder;
  folder.write("outside", "secret");
  folder.write("root/file", "plain!");
  const auto image = open_rootfs(folder.path("root"), {});
  const auto layer = (*image)->open_layer(0);
  ASSERT_TRUE((*layer)->entries().next().value() != nullptr);
  std::filesystem::remove(folder.path("root/file"));
  std::filesystem::create_symlink("../outside", folder.path("root/file"));
  EXPECT_TRUE((*layer)->entries().content().value().empty());
  ASSERT_EQ((*layer)->entries().skipped().size(), 1U);
  EXPECT_EQ((*layer)->entries().skipped()[0].reason, SkipReason::unsafe);
}

TEST(Rootfs, LooksNotIntoVirtualFolders) {
  const Folder folder;
  folder.write("proc/1/environ", "x");
  folder.write("sys/x", "x");
  folder.write("dev/null", "x");
  folder.write("usr/proc/kept", "x");
  const auto image = open_rootfs(folder.path(), {});
  ASSERT_TRUE(image);
  EXPECT_EQ(paths_of(**image), (std::vector<std::string>{"dev", "proc", "sys", "usr", "usr/proc", "usr/proc/kept"}));
  ASSERT_EQ((*image)->manifest().notes.size(), 1U);
  EXPECT_CONTAINS((*image)->manifest().notes[0], "proc, sys, dev");
}

TEST(Rootfs, ImagesOfAnEngineAreNotThisSystems) {
  const Folder folder;
  folder.write("var/lib/docker/overlay2/x/diff/var/lib/dpkg/status", "x");
  folder.write("var/lib/containers/storage/x", "x");
  folder.write("var/lib/containers/kept", "x");
  folder.write("srv/var/lib/docker/kept", "x");
  const auto image = open_rootfs(folder.path(), {});
  ASSERT_TRUE(image);
  const auto paths = paths_of(**image);
  EXPECT_EQ(std::ranges::count_if(paths, [](const auto& path) { return path.ends_with("/kept"); }), 2);
  EXPECT_EQ(std::ranges::count_if(paths, [](const auto& path) { return path.ends_with("/x"); }), 0);
  const SkippedList skipped = skipped_of(**image);
  ASSERT_EQ(skipped.size(), 2U);
  EXPECT_EQ(skipped[0].path, "var/lib/containers/storage");
  EXPECT_CONTAINS(skipped[1].detail, "scan those as targets");
}

// In a child process, whose mounts end with it; what it says comes through `folder`/said.
TEST(Rootfs, FileSystemsThatAreMountedBelow) {
  const Folder folder;
  for (const char* place : {"root/var", "root/run", "root/usr"})
    std::filesystem::create_directories(folder.path(place));
  folder.write("root/usr/own", "x");
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    constexpr int kMayNot = 77;
    if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) ::_exit(kMayNot);
    const auto mount = [&](const char* from, const std::string& to, const char* type, unsigned long flags) {
      if (::mount(from, to.c_str(), type, flags, nullptr) != 0) ::_exit(kMayNot);
    };
    mount("none", "/", nullptr, MS_REC | MS_PRIVATE);
    mount("tmpfs", folder.path("root/var"), "tmpfs", 0);
    mount("tmpfs", folder.path("root/run"), "tmpfs", 0);
    folder.write("root/var/lib/dpkg/status", "x");
    folder.write("root/run/lost", "x");
    const auto image = open_rootfs(folder.path("root"), {});
    std::string said;
    for (const std::string& path : paths_of(**image)) said += path + "\n";
    for (const Skipped& skipped : skipped_of(**image)) said += skipped.path + ": " + skipped.detail + "\n";
    folder.write("said", said);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "nothing may be mounted here";
  ASSERT_EQ(WEXITSTATUS(status), 0);
  std::ifstream file(folder.path("said"));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}),
            "run\nusr\nusr/own\nvar\nvar/lib\nvar/lib/dpkg\nvar/lib/dpkg/status\n"
            "run: another file system is mounted here; scan it as a target of its own\n");
}

TEST(Rootfs, ListsWhatItMayNotRead) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const Folder folder;
  folder.write("closed/file", "x");
  folder.write("file", "secret");
  folder.write("open", "x");
  ASSERT_EQ(::chmod(folder.path("closed").c_str(), 0), 0);
  ASSERT_EQ(::chmod(folder.path("file").c_str(), 0), 0);
  const SkippedList skipped = skipped_of(**open_rootfs(folder.path(), {}));
  ::chmod(folder.path("closed").c_str(), 0700);
  ASSERT_EQ(skipped.size(), 2U);
  EXPECT_EQ(skipped[0].path, "closed");
  EXPECT_EQ(skipped[1].path, "file");
  EXPECT_EQ(skipped[0].reason, SkipReason::unreadable);
}

TEST(Rootfs, AFileThatShrinksIsListed) {
  const Folder folder;
  folder.write("file", std::string(1000, 'x'));
  const auto image = open_rootfs(folder.path(), {});
  const auto layer = (*image)->open_layer(0);
  ASSERT_TRUE((*layer)->entries().next().value() != nullptr);
  std::filesystem::resize_file(folder.path("file"), 10);
  EXPECT_EQ(archive::read_content((*layer)->entries(), 4096).value().size(), 10U);
  ASSERT_EQ((*layer)->entries().skipped().size(), 1U);
  EXPECT_EQ((*layer)->entries().skipped()[0].reason, SkipReason::truncated);
}

TEST(Rootfs, IsBoundedInDepthAndNumber) {
  const Folder folder;
  std::string path = "d";
  for (int i = 0; i < 300; ++i) path += "/d";
  std::filesystem::create_directories(folder.path(path));
  const auto image = open_rootfs(folder.path(), {});
  const SkippedList skipped = skipped_of(**image);
  ASSERT_EQ(skipped.size(), 1U);
  EXPECT_EQ(skipped[0].reason, SkipReason::too_big);

  OpenOptions options;
  options.tar.entries_max = 10;
  const auto few = open_rootfs(folder.path(), options);
  const auto whole = read_whole(**few, 0);
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().code(), Code::limit);
}

TEST(Rootfs, SocketsAreNothing) {
  const Folder folder;
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  folder.path("s").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(descriptor);
  const auto image = open_rootfs(folder.path(), {});
  EXPECT_TRUE(paths_of(**image).empty());
  EXPECT_TRUE(skipped_of(**image).empty());
}

TEST(Rootfs, ReadsATarOfOne) {
  const Folder folder;
  const std::string tar = Tar().directory("etc").file("./etc/os-release", "ID=x").end();
  for (const std::string& bytes : {tar, gzip(tar)}) {
    const auto image = open_rootfs(folder.write("rootfs", bytes), {});
    ASSERT_TRUE(image) << error_of(image);
    EXPECT_EQ((*image)->manifest().layers.at(0).size, bytes.size());
    const auto whole = read_whole(**image, 0);
    ASSERT_TRUE(whole) << error_of(whole);
    EXPECT_EQ(whole->entries.at("etc/os-release"), "ID=x");
    EXPECT_EQ(whole->measured.digest.to_string(), digest_of(bytes));
    EXPECT_EQ(whole->measured.diff_id.to_string(), digest_of(tar));
  }
}

TEST(Rootfs, SaysWhatIsNone) {
  EXPECT_EQ(open_rootfs("/nowhere/at/all", {}).error().code(), Code::not_found);
  EXPECT_EQ(open_rootfs("/dev/null", {}).error().code(), Code::unsupported);
  const Folder folder;
  const auto image = open_rootfs(folder.write("x", std::string(2000, 'x')), {});
  ASSERT_TRUE(image);
  EXPECT_FALSE(read_whole(**image, 0));
}

TEST(Rootfs, EndsWhenItIsCancelled) {
  const Folder folder;
  for (const char* name : {"a", "b", "c"}) folder.write(name, "content");
  std::atomic<bool> cancel = false;
  OpenOptions options;
  options.cancel = &cancel;
  const auto image = open_rootfs(folder.path(), options);
  const auto layer = (*image)->open_layer(0);
  ASSERT_TRUE((*layer)->entries().next());
  cancel = true;
  EXPECT_EQ((*layer)->entries().content().error().code(), Code::cancelled);
  EXPECT_EQ((*layer)->entries().next().error().code(), Code::cancelled);
}

}  // namespace
}  // namespace limpid::image

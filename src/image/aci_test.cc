#include "image/aci.h"

#include <gtest/gtest.h>

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

constexpr std::string_view kManifest =
    R"({"acKind":"ImageManifest","acVersion":"0.8.11","name":"example.com/app","labels":[)"
    R"({"name":"version","value":"1.2"},{"name":"os","value":"linux"},{"name":"arch","value":"arm64"}],)"
    R"("app":{"exec":["/bin/app","-x"],"user":"100","group":"300","environment":[{"name":"A","value":"b"}]},)"
    R"("annotations":[{"name":"created","value":"2024-01-02T03:04:05Z"}]})";

Tar rootfs() {
  return Tar()
      .directory("rootfs")
      .file("rootfs/etc/os-release", "ID=debian\n")
      .hard_link("rootfs/etc/same", "rootfs/etc/os-release")
      .symlink("rootfs/etc/link", "/etc/os-release")
      .file("beside", "x");
}

TEST(Aci, IsReadAndRecognised) {
  const Folder folder;
  for (const bool packed : {false, true}) {
    for (const bool manifest_first : {false, true}) {
      Tar tar;
      if (manifest_first) tar.file("manifest", kManifest);
      tar.append(rootfs());
      if (!manifest_first) tar.file("manifest", kManifest);
      const std::string path = folder.write("image.aci", packed ? gzip(tar.end()) : tar.end());
      for (const std::string& target : {path, "aci:" + path}) {
        const auto image = open_image(target);
        ASSERT_TRUE(image) << error_of(image);
        const Manifest& manifest = (*image)->manifest();
        EXPECT_EQ(manifest.tags, std::vector<std::string>{"example.com/app:1.2"});
        EXPECT_EQ(to_string(manifest.platform), "linux/arm64");
        EXPECT_EQ(manifest.created, "2024-01-02T03:04:05Z");
        EXPECT_EQ(manifest.entrypoint, (std::vector<std::string>{"/bin/app", "-x"}));
        EXPECT_EQ(manifest.environment, std::vector<std::string>{"A=b"});
        const auto whole = read_whole(**image, 0);
        ASSERT_TRUE(whole) << error_of(whole);
        EXPECT_EQ(whole->entries, (std::map<std::string, std::string>{{"", "/"},
                                                                      {"etc/os-release", "ID=debian\n"},
                                                                      {"etc/same", "-> etc/os-release"},
                                                                      {"etc/link", "-> /etc/os-release"}}));
        EXPECT_EQ(whole->measured.diff_id.to_string(), digest_of(tar.end()));
      }
    }
  }
}

TEST(Aci, SaysThatItsDependenciesWereNotRead) {
  const Folder folder;
  const std::string manifest =
      R"({"acKind":"ImageManifest","name":"a","dependencies":[{"imageName":"example.com/base","imageID":"sha512-x"}]})";
  const auto image = open_image("aci:" + folder.write("a", rootfs().file("manifest", manifest).end()));
  ASSERT_TRUE(image) << error_of(image);
  ASSERT_EQ((*image)->manifest().notes.size(), 1U);
  EXPECT_CONTAINS((*image)->manifest().notes[0], "not read: example.com/base");
}

TEST(Aci, RefusesWhatIsNone) {
  const Folder folder;
  const auto fault = [&](const std::string& bytes) { return error_of(open_image("aci:" + folder.write("a", bytes))); };
  EXPECT_CONTAINS(fault(rootfs().end()), "no file 'manifest'");
  EXPECT_CONTAINS(fault(rootfs().file("manifest", "{").end()), "manifest: not JSON");
  EXPECT_CONTAINS(fault(rootfs().file("manifest", R"({"acKind":"PodManifest"})").end()), "acKind is 'PodManifest'");
  EXPECT_CONTAINS(fault(rootfs().file("manifest", R"({"acKind":"ImageManifest","app":[]})").end()),
                  "not a JSON object");
  EXPECT_CONTAINS(error_of(open_image("aci:" + folder.path("a") + ":1")), "no tags or digests");
}

TEST(Aci, DoesNotHideARootFileSystem) {
  const Folder folder;
  const std::string both = rootfs().file("manifest", kManifest).file("etc/passwd", "x").end();
  EXPECT_CONTAINS(error_of(open_image(folder.write("both", both))), "say which");
  // Without a manifest it is any tar that has such a folder.
  const auto plain = open_image(folder.write("plain", rootfs().end()));
  ASSERT_TRUE(plain) << error_of(plain);
  EXPECT_TRUE(read_whole(**plain, 0)->entries.contains("rootfs/etc/os-release"));
}

}  // namespace
}  // namespace limpid::image

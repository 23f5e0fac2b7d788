// Layers that their vendor keeps: a layout names them, a server of the test's own has them.
#include "image/foreign_layer.h"

#include <gtest/gtest.h>

#include "image/testing.h"
#include "net/testing.h"

namespace limpid::image {
namespace {

using net::testing::Connection;
using net::testing::Received;
using net::testing::Server;
using testing::config_of;
using testing::descriptor;
using testing::digest_of;
using testing::error_of;
using testing::Folder;
using testing::gzip;
using testing::index_of;
using testing::kConfigType;
using testing::kManifestType;
using testing::LayoutFiles;
using testing::read_whole;
using testing::Tar;

const std::string kTar = Tar().file("a", "alpha").end();

class Foreign : public ::testing::Test {
 protected:
  // A layout of one layer that it does not have.
  Result<std::unique_ptr<ImageSource>> open(const std::vector<std::string>& urls, OpenOptions options,
                                            std::string_view type =
                                                "application/vnd.docker.image.rootfs.foreign."
                                                "diff.tar.gzip") const {
    std::string list;
    for (const std::string& url : urls) base::append(list, {list.empty() ? "" : ",", "\"", url, "\""});
    const std::string config = config_of({kTar});
    const std::string manifest =
        base::cat({R"({"schemaVersion":2,"config":)", descriptor(kConfigType, config), R"(,"layers":[)",
                   descriptor(type, gzip(kTar), base::cat({R"(,"urls":[)", list, "]"})), "]}"});
    LayoutFiles files;
    files.blob(config).blob(manifest).set("index.json", index_of({descriptor(kManifestType, manifest)}));
    options.registry.proxy = "none";
    options.registry.username = "ann";
    options.registry.password = "s3cret";
    return open_image(files.write(folder_, "layout"), options);
  }
  static OpenOptions allowing(const std::vector<std::string>& places) {
    OpenOptions options;
    options.foreign_layers_from = places;
    return options;
  }
  Folder folder_;
  std::string bytes_ = gzip(kTar);
  Server vendor_{[this](Connection& to, const Received& request) {
    if (request.target == "/layer")
      to.answer(200, bytes_);
    else if (request.target == "/away")
      to.answer(302, "", "Location: http://localhost:1/\r\n");
    else
      to.answer(404, "");
  }};
};

TEST_F(Foreign, IsSkippedAndListedUnlessItsHostIsAllowed) {
  for (const std::vector<std::string>& allowed : {std::vector<std::string>{}, {"vendor.example"}, {"127.0.0.1:1"}}) {
    for (const std::string_view type : {"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                                        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"}) {
      const auto image = open({vendor_.url("/layer")}, allowing(allowed), type);
      ASSERT_TRUE(image) << error_of(image);
      const auto layer = (*image)->open_layer(0);
      ASSERT_TRUE(layer) << error_of(layer);
      EXPECT_EQ((*layer)->entries().next().value(), nullptr);
      ASSERT_EQ((*layer)->entries().skipped().size(), 1U);
      const Skipped& skipped = (*layer)->entries().skipped()[0];
      EXPECT_EQ(skipped.path, "");
      EXPECT_EQ(skipped.reason, SkipReason::unsupported);
      EXPECT_CONTAINS(skipped.detail, vendor_.url("/layer"));
      EXPECT_CONTAINS(skipped.detail, "--foreign-layers-from");
      const auto measured = (*layer)->finish();
      ASSERT_TRUE(measured);
      EXPECT_TRUE(measured->is_absent);
      EXPECT_EQ(measured->diff_id.to_string(), digest_of(kTar));
    }
  }
  EXPECT_TRUE(vendor_.requests().empty());
}

TEST_F(Foreign, IsFetchedWithoutCredentialsAndVerified) {
  const auto image = open({"http://elsewhere.example/layer", vendor_.url("/layer")}, allowing({"127.0.0.1"}));
  ASSERT_TRUE(image) << error_of(image);
  const auto whole = read_whole(**image, 0);
  ASSERT_TRUE(whole) << error_of(whole);
  EXPECT_EQ(whole->entries.at("a"), "alpha");
  EXPECT_EQ(whole->measured.digest.to_string(), digest_of(gzip(kTar)));
  EXPECT_FALSE(whole->measured.is_absent);
  ASSERT_EQ(vendor_.requests().size(), 1U);
  EXPECT_FALSE(vendor_.requests()[0].has("authorization"));

  bytes_[bytes_.size() - 600] = '?';
  EXPECT_FALSE(read_whole(**image, 0));
  bytes_ = gzip(kTar + std::string(512, '\0'));
  EXPECT_CONTAINS(error_of(read_whole(**image, 0)), "more than");
}

TEST_F(Foreign, AnAllowedPlaceThatFailsIsAnError) {
  const auto image = open({vendor_.url("/none"), vendor_.url("/none")}, allowing({"127.0.0.1"}));
  EXPECT_CONTAINS(error_of(read_whole(**image, 0)), "foreign: status 404");
  // The second URL may have it.
  EXPECT_TRUE(read_whole(**open({vendor_.url("/none"), vendor_.url("/layer")}, allowing({"127.0.0.1"})), 0));
}

TEST_F(Foreign, ARedirectLeadsOnlyWhereItIsAllowed) {
  const auto image = open({vendor_.url("/away")}, allowing({base::cat({"127.0.0.1:", vendor_.port()})}));
  const auto layer = (*image)->open_layer(0);
  ASSERT_TRUE(layer) << error_of(layer);
  ASSERT_EQ((*layer)->entries().skipped().size(), 1U);
  EXPECT_CONTAINS((*layer)->entries().skipped()[0].detail, "redirect");
}

TEST_F(Foreign, ALayerThatIsThereIsReadAsAnyOther) {
  folder_.write("layout/blobs/sha256/" + testing::hex_of(gzip(kTar)), gzip(kTar));
  const auto image = open({vendor_.url("/layer")}, {});
  EXPECT_EQ(read_whole(**image, 0)->entries.at("a"), "alpha");
}

TEST_F(Foreign, WithoutAUrlItSaysSo) {
  const auto image = open({}, allowing({"127.0.0.1"}));
  const auto layer = (*image)->open_layer(0);
  ASSERT_TRUE(layer) << error_of(layer);
  EXPECT_CONTAINS((*layer)->entries().skipped().at(0).detail, "does not say where");
}

}  // namespace
}  // namespace limpid::image

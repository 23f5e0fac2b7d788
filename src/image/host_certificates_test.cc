#include "image/host_certificates.h"

#include <gtest/gtest.h>

#include "image/testing.h"

namespace limpid::image {
namespace {

using testing::error_of;
using testing::Folder;

class HostCertificates : public ::testing::Test {
 protected:
  Result<net::Tls> found(std::string_view name, net::Tls tls = {}) {
    const CertificateSearch search{
        [this](std::string_view key) { return key == "HOME" ? folder_.path("home") : std::string(); },
        {folder_.path("containers"), folder_.path("docker")}};
    LIMPID_TRY(add_host_certificates(*parse_name(name), search, tls));
    return tls;
  }
  Folder folder_;
};

TEST_F(HostCertificates, AreThoseOfTheHost) {
  folder_.write("docker/a.example:5000/ca.crt", "one");
  folder_.write("docker/a.example:5000/more.crt", "two");
  folder_.write("docker/a.example:5000/README", "no");
  for (const std::string_view other : {"a.example/x", "b.example:5000/x", "alpine"})
    EXPECT_FALSE(found(other).value().has_authorities()) << other;
  const auto tls = found("a.example:5000/team/x:1");
  ASSERT_TRUE(tls) << error_of(tls);
  EXPECT_EQ(tls->ca, "\none\ntwo");
  EXPECT_FALSE(tls->has_identity());
  folder_.write("docker/docker.io/ca.crt", "hub");
  EXPECT_EQ(found("alpine").value().ca, "\nhub");
}

TEST_F(HostCertificates, OfTheFirstFolderThatIsThere) {
  const auto ca = [&] { return found("a.example/x").value().ca; };
  folder_.write("docker/a.example/ca.crt", "docker");
  EXPECT_EQ(ca(), "\ndocker");
  folder_.write("containers/a.example/ca.crt", "containers");
  EXPECT_EQ(ca(), "\ncontainers");
  folder_.write("home/.config/containers/certs.d/a.example/README", "");
  EXPECT_EQ(ca(), "");
}

TEST_F(HostCertificates, TheFirstPairIsTheClients) {
  for (const std::string file : {"b.cert", "b.key", "a.cert", "a.key"}) folder_.write("docker/a.example/" + file, file);
  net::Tls tls = found("a.example/x").value();
  EXPECT_EQ(tls.cert, "a.cert");
  EXPECT_EQ(tls.key, "a.key");
  tls.cert = "given";
  EXPECT_EQ(found("a.example/x", tls).value().cert, "given");
}

TEST_F(HostCertificates, ThatAreIncomplete) {
  folder_.write("docker/a.example/x.cert", "");
  EXPECT_CONTAINS(error_of(found("a.example/x")), "a.example: x.cert is without its x.key");
  folder_.write("docker/b.example/x.key", "");
  EXPECT_CONTAINS(error_of(found("b.example/x")), "b.example: x.key is without its x.cert");
}

}  // namespace
}  // namespace limpid::image

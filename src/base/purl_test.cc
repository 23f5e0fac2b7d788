#include "base/purl.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace limpid::base {
namespace {

std::string shown(std::string_view text) {
  const auto purl = parse_purl(text);
  if (!purl) return "none";
  std::string line = cat({purl->type, " ", purl->name_space, " ", purl->name, " ", purl->version});
  for (const auto& [key, value] : purl->qualifiers) append(line, {" ", key, "=", value});
  return line;
}

TEST(PackageUrl, Parts) {
  EXPECT_EQ(shown("pkg:rpm/redhat/zjs@18-1.module%2Bel9?arch=x86_64&epoch=1&rpmmod=zjs:18"),
            "rpm redhat zjs 18-1.module+el9 arch=x86_64 epoch=1 rpmmod=zjs:18");
  EXPECT_EQ(shown("pkg:bitnami/redis@7.4.0-0?arch=arm64&distro=debian-12#sub/path"),
            "bitnami  redis 7.4.0-0 arch=arm64 distro=debian-12");
  EXPECT_EQ(shown("pkg:maven/org.postgresql/pljava@1.6.8"), "maven org.postgresql pljava 1.6.8");
  EXPECT_EQ(shown("pkg:golang/github.com/a/b@v1.2.3"), "golang github.com/a b v1.2.3");
  EXPECT_EQ(shown("pkg:npm/%40scope/name@1.0"), "npm @scope name 1.0");
}

TEST(PackageUrl, WrittenCarelessly) {
  EXPECT_EQ(shown("pkg:npm/@scope/name@1.0"), "npm @scope name 1.0");
  EXPECT_EQ(shown("pkg:npm/@scope/name"), "npm @scope name ");
  EXPECT_EQ(shown("pkg://DEB/debian/zfoo?Arch=amd64"), "deb debian zfoo  arch=amd64");
  EXPECT_EQ(shown("pkg:generic/100%@1%2"), "generic  100% 1%2");
  EXPECT_EQ(shown("pkg:generic/a@1?x&=y&&z="), "generic  a 1 x= =y = z=");
}

TEST(PackageUrl, None) {
  for (const char* text : {"", "pkg:", "pkg:/", "pkg:rpm", "pkg:rpm/", "pkg:rpm/@1", "pkg:rpm/redhat/@1", "rpm/a@1",
                           "pkg:?a=b", "pkg:///"})
    EXPECT_EQ(shown(text), "none") << text;
}

}  // namespace
}  // namespace limpid::base

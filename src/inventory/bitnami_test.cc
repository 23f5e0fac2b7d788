// Bitnami's components, from its documents and its lists.
#include <gtest/gtest.h>

#include "inventory/merge.h"
#include "inventory/rpm_testing.h"

namespace limpid::inventory {
namespace {

using testing::file;
using testing::read_files;

const std::string kJson = R"({"spdxVersion": "SPDX-2.3", "name": "SPDX document for zfoo", "packages": [
 {"name": "zfoo", "versionInfo": "1.2.3-4", "licenseDeclared": "MIT", "licenseConcluded": "NOASSERTION", "externalRefs": [
  {"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:*:zfoo:zfoo:1.2.3:*"},
  {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
   "referenceLocator": "pkg:bitnami/zfoo@1.2.3-4?arch=amd64&distro=debian-12"}]},
 {"name": "zjar", "versionInfo": "9", "licenseDeclared": "NONE", "externalRefs": [
  {"referenceType": "purl", "referenceLocator": "pkg:maven/org.example/zjar@2.0"}]},
 {"name": "@z/n", "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:npm/%40z/n@1.0.0"}]},
 {"name": "odd", "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:cran/odd@3"}]},
 {"name": "sources", "versionInfo": "1"},
 {"name": "torn", "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:bitnami/torn"}]}, 7]})";

const std::string kTagValue = R"(SPDXVersion: SPDX-2.3
Creator: Organization: zfoo
Comment: <text>PackageName: not-this
ExternalRef: PACKAGE-MANAGER purl pkg:bitnami/not-this@1
</text>
PackageName: zbar
PackageVersion: 2.0.0-1
PackageLicenseDeclared: NOASSERTION
PackageLicenseConcluded: Apache-2.0
ExternalRef: SECURITY cpe23Type cpe:2.3:*:zbar:zbar:2.0.0:*
ExternalRef: PACKAGE-MANAGER purl pkg:bitnami/zbar@2.0.0-1?arch=arm64

PackageName: zbaz
PackageVersion: 3
ExternalRef: PACKAGE_MANAGER purl pkg:bitnami/zbaz
)";

const std::string kList = R"({"zfoo": {"arch": "amd64", "type": "NAMI", "version": "1.2.3-4"},
 "zold": {"arch": "amd64", "type": "NAMI", "version": "0.1-2"}, "number": 1, "none": {"type": "NAMI"}})";

TEST(Bitnami, DocumentsAndLists) {
  const std::vector<LayerInventory> layers = {read_files({
      file("opt/bitnami/zfoo/.spdx-zfoo.spdx", kJson),
      file("opt/bitnami/zbar/.spdx-zbar.spdx", kTagValue),
      file("opt/bitnami/.bitnami_components.json", kList),
      file("opt/bitnami/cut/.spdx-cut.spdx", R"({"packages": [{"name")"),
      file("opt/bitnami/zfoo/licences/zfoo.spdx", "no document of a component"),
      file("usr/share/doc/.spdx-other.spdx", kJson),
  })};
  const auto image = merge_layers(layers);
  std::vector<std::string> urls;
  for (const Package& package : image.packages) urls.push_back(purl(package) + " " + base::join(package.licenses, ","));
  EXPECT_EQ(urls,
            (std::vector<std::string>{"pkg:bitnami/zbar@2.0.0-1?arch=arm64 Apache-2.0", "pkg:bitnami/zbaz@3 ",
                                      "pkg:bitnami/zfoo@1.2.3-4?arch=amd64 MIT", "pkg:bitnami/zold@0.1-2?arch=amd64 ",
                                      "pkg:cran/odd@3 ", "pkg:maven/org.example/zjar@2.0 ", "pkg:npm/%40z/n@1.0.0 "}));
  EXPECT_EQ(image.packages[2].name_space, "bitnami");
  EXPECT_EQ(image.packages[2].location, "opt/bitnami/zfoo/.spdx-zfoo.spdx");
  std::vector<std::string> skipped;
  for (const Skipped& one : image.skipped) skipped.push_back(one.path);
  std::ranges::sort(skipped);
  EXPECT_EQ(skipped, (std::vector<std::string>{"opt/bitnami/.bitnami_components.json", "opt/bitnami/cut/.spdx-cut.spdx",
                                               "opt/bitnami/zfoo/.spdx-zfoo.spdx"}));
}

}  // namespace
}  // namespace limpid::inventory

// The names under which feeds speak of rpm packages and their versions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace limpid::advisory {

// "epoch:version-release" as installed packages state it: without an epoch that is 0 or absent. "" if there is no
// version; a release that is empty is left out.
std::string rpm_version(std::string_view epoch, std::string_view version, std::string_view release);
// The same of one text, "0:1.2-3" or "1.2-3".
std::string rpm_version(std::string_view evr);
// A source package's file name has no epoch, so statements that go by source packages have none either.
std::string_view without_epoch(std::string_view evr);

// "zlib-devel-1:1.2-3.el9.x86_64" or, without an architecture, "zlib-1.2-3.el9".
struct RpmName {
  std::string_view name;
  std::string_view epoch;  // "" if there is none
  std::string_view version, release;
  std::string_view architecture;
};
// Nothing if it has no two hyphens.
std::optional<RpmName> split_nvr(std::string_view text);
std::optional<RpmName> split_nevra(std::string_view text);  // also with ".rpm" at the end

// Packages of debugging symbols: nobody runs them, and they are half of what an update consists of.
bool is_debug_package(std::string_view name);

// "pkg:rpm/redhat/zlib@1.2-3.el9?arch=x86_64&epoch=1&rpmmod=nodejs:18:8090:rhel8", percent-decoded.
// https://github.com/package-url/purl-spec
struct RpmPurl {
  std::string vendor, name, version, architecture, epoch, module;
};
// Nothing for another type of package, or a malformed one.
std::optional<RpmPurl> parse_rpm_purl(std::string_view purl);

// "nodejs:18" of a module's label, "nodejs:18:8090020240301111813:rhel8"; "" if it is none.
std::string module_stream(std::string_view label);

}  // namespace limpid::advisory

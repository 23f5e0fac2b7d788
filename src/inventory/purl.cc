// Package URLs: https://github.com/package-url/purl-spec (PURL-SPECIFICATION.rst; types: deb, apk, rpm and
// those of languages).
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>

#include "base/text.h"
#include "inventory/types.h"

namespace limpid::inventory {
namespace {

struct Type {
  std::string_view ecosystem, type;
};
constexpr std::array kTypes = {
    Type{"npm", "npm"},         Type{"PyPI", "pypi"},    Type{"Maven", "maven"},    Type{"Go", "golang"},
    Type{"crates.io", "cargo"}, Type{"RubyGems", "gem"}, Type{"NuGet", "nuget"},    Type{"Packagist", "composer"},
    Type{"Hex", "hex"},         Type{"Pub", "pub"},      Type{"SwiftURL", "swift"}, Type{"ConanCenter", "conan"},
    Type{"Hackage", "hackage"}, Type{"CRAN", "cran"},    Type{"Julia", "julia"},    Type{"opam", "opam"},
    Type{"Bitnami", "bitnami"}, Type{"Snap", "snap"},    Type{"Homebrew", "brew"},  Type{"Flatpak", "flatpak"},
    Type{"nix", "nix"},         Type{"guix", "guix"},
};

void encode(std::string& to, std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    if (base::is_alnum(c) || c == '.' || c == '-' || c == '_' || c == '~') {
      to.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      to.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
}

std::string_view type_of(const Package& package) {
  if (package.detector == "opkg" || package.detector == "cos") return package.detector;
  if (package.scheme == version::Scheme::portage) return "ebuild";
  if (package.scheme == version::Scheme::pacman) return "alpm";
  if (package.scheme == version::Scheme::dpkg && package.kind == PackageKind::binary) return "deb";
  if (package.scheme == version::Scheme::apk && package.kind == PackageKind::binary) return "apk";
  if (package.scheme == version::Scheme::rpm && package.kind == PackageKind::binary) return "rpm";
  for (const Type& type : kTypes) {
    if (type.ecosystem == package.ecosystem) return type.type;
  }
  return "generic";
}

// Of a language package: what stands before the last slash (npm's scope, Go's module path) or, in Maven, the colon.
void append_library_name(std::string& url, const Package& package, std::string_view type) {
  std::string name = package.name;
  if (type == "brew") name = base::lower(name);
  if (type == "pypi") {
    name = base::lower(name);
    for (char& c : name) c = c == '_' ? '-' : c;
  }
  const char separator = type == "maven" ? ':' : '/';
  std::string_view rest = name;
  while (!rest.empty()) {
    url.push_back('/');
    encode(url, base::take_until(rest, separator));
  }
}

// "nix/store/02mqs1by2vab9yzw0qc4j7463w78p3ps-glibc-2.37-8" → what tells this build from all others.
std::string_view store_hash(std::string_view location) {
  location.remove_prefix(location.rfind('/') + 1);
  return location.substr(0, location.find('-'));
}

// "debian:12" → "debian-12", "alpine:v3.19" → "alpine-3.19".
std::string distro_of(std::string_view name_space) {
  const auto id = base::take_until(name_space, ':');
  if (name_space.empty()) return std::string(id);
  if (name_space.size() > 1 && base::is_digit(name_space[1])) base::strip_prefix(name_space, "v");
  return base::cat({id, '-', name_space});
}

// Package URLs name an rpm's vendor, which is not the id of every system that it makes.
std::string_view vendor_of(std::string_view id, std::string_view type) {
  if (type != "rpm") return id;
  if (id == "rhel") return "redhat";
  if (id == "ol") return "oracle";
  if (id.starts_with("opensuse")) return "opensuse";
  if (id.starts_with("sle") || id.starts_with("sl-") || id.starts_with("suse")) return "suse";
  return id;
}

using Qualifiers = std::map<std::string_view, std::string>;  // sorted by key, as the canonical form wants

// The version without the epoch, which has a place of its own.
std::string_view take_rpm_version(const Package& package, Qualifiers& qualifiers) {
  std::string_view version = package.version;
  if (version.find(':') != std::string_view::npos) qualifiers["epoch"] = base::take_until(version, ':');
  qualifiers["rpmmod"] = package.module;
  // What has no architecture is a key and was built from nothing.
  if (!package.arch.empty()) {
    qualifiers["upstream"] = base::cat({package.source_name, '-', package.source_version, ".src.rpm"});
  }
  return version;
}

}  // namespace

std::string_view ecosystem_of_type(std::string_view type) {
  const auto found = std::ranges::find(kTypes, type, &Type::type);
  return found == kTypes.end() ? std::string_view() : found->ecosystem;
}

std::string purl(const Package& package) {
  const auto type = type_of(package);
  std::string url = base::cat({"pkg:", type});
  Qualifiers qualifiers;
  std::string_view version = package.version;
  if (package.kind == PackageKind::binary) {
    std::string_view rest = package.name_space;
    const bool of_category = type == "ebuild";  // which stands where others have the distribution
    if (const auto id = base::take_until(rest, ':'); !id.empty()) {
      if (!of_category) {
        url.push_back('/');
        encode(url, vendor_of(id, type));
      }
      qualifiers["distro"] = distro_of(package.name_space);
    }
    if (of_category) {
      append_library_name(url, package, type);
    } else {
      url.push_back('/');
      encode(url, package.name);
    }
    qualifiers["arch"] = package.arch;
    if (type == "rpm") {
      version = take_rpm_version(package, qualifiers);
    } else if (package.source_name != package.name || package.source_version != package.version) {
      std::string& upstream = qualifiers["upstream"] = package.source_name;
      if (package.source_version != package.version && !upstream.empty()) {
        base::append(upstream, {'@', package.source_version});
      }
    }
  } else {
    append_library_name(url, package, type);
    if (type == "nix") qualifiers["outputhash"] = store_hash(package.location);
    if (type == "bitnami") qualifiers["arch"] = package.arch;
  }
  if (!version.empty()) {
    url.push_back('@');
    encode(url, version);
  }
  char separator = '?';
  for (const auto& [key, value] : qualifiers) {
    if (value.empty()) continue;
    base::append(url, {separator, key, '='});
    encode(url, value);
    separator = '&';
  }
  return url;
}

}  // namespace limpid::inventory

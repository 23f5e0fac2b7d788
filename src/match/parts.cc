#include "match/parts.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace limpid::match {
namespace {

using inventory::Package;

bool begins_with_any(std::string_view text, const auto& prefixes) {
  return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return text.starts_with(prefix); });
}
bool ends_with_any(std::string_view text, const auto& suffixes) {
  return std::ranges::any_of(suffixes, [&](std::string_view suffix) { return text.ends_with(suffix); });
}

// Debian's and Ubuntu's: sources "linux", "linux-signed-amd64", "linux-meta", "linux-hwe-5.15".
KernelPart part_of_dpkg(const Package& package) {
  static constexpr std::array<std::string_view, 4> kHeaders = {"linux-headers-", "linux-libc-dev", "linux-kbuild-",
                                                               "linux-compiler-"};
  static constexpr std::array<std::string_view, 2> kCode = {"linux-image-", "linux-modules-"};
  if (!package.source_name.starts_with("linux")) return KernelPart::none;
  if (begins_with_any(package.name, kHeaders)) return KernelPart::headers;
  return begins_with_any(package.name, kCode) ? KernelPart::code : KernelPart::none;
}

// "kernel", "kernel-rt", "kernel-uek", "kernel-default" and what is built with them; Photon OS' "linux", "linux-esx".
KernelPart part_of_rpm(const Package& package) {
  static constexpr std::array<std::string_view, 6> kHeaders = {"-headers",         "-devel",          "-doc",
                                                               "-abi-stablelists", "-abi-whitelists", "-macros"};
  static constexpr std::array<std::string_view, 5> kPhoton = {"linux", "linux-esx", "linux-rt", "linux-aws",
                                                              "linux-secure"};
  if (package.name == "glibc-kernheaders" || package.name == "linux-glibc-devel") return KernelPart::headers;
  if (std::ranges::find(kPhoton, package.name) != kPhoton.end()) return KernelPart::code;
  if (!package.source_name.starts_with("kernel") || !package.name.starts_with("kernel")) return KernelPart::none;
  if (ends_with_any(package.name, kHeaders)) return KernelPart::headers;
  const bool other = package.name.find("-tools") != std::string::npos || package.name.starts_with("kernel-firmware");
  return other ? KernelPart::none : KernelPart::code;
}

// Alpine's ("linux-lts", "linux-virt") and Arch Linux's ("linux", "linux-zen"). By name, since "linux-pam" is none.
KernelPart part_of_others(const Package& package) {
  static constexpr std::array<std::string_view, 14> kKernels = {
      "linux",     "linux-lts",      "linux-virt",    "linux-edge",    "linux-rpi", "linux-stable", "linux-asahi",
      "linux-zen", "linux-hardened", "linux-vanilla", "linux-openpax", "linux-rt",  "linux-rt-lts", "linux-grsec",
  };
  static constexpr std::array<std::string_view, 4> kHeaders = {"-headers", "-docs", "-dev", "-doc"};
  if (package.name == "linux-headers" || package.name == "linux-api-headers") return KernelPart::headers;
  if (std::ranges::find(kKernels, package.source_name) == kKernels.end()) return KernelPart::none;
  if (package.name == package.source_name) return KernelPart::code;
  return ends_with_any(package.name, kHeaders) ? KernelPart::headers : KernelPart::none;
}

}  // namespace

KernelPart kernel_part(const Package& package) {
  switch (package.scheme) {
    case version::Scheme::dpkg:
      return part_of_dpkg(package);
    case version::Scheme::rpm:
      return part_of_rpm(package);
    default:
      return package.kind == inventory::PackageKind::binary ? part_of_others(package) : KernelPart::none;
  }
}

bool is_data_only(const Package& package) {
  static constexpr std::array<std::string_view, 7> kSuffixes = {"-doc",  "-docs", "-documentation", "-filesystem",
                                                                "-l10n", "-lang", "-locales"};
  static constexpr std::array<std::string_view, 3> kParts = {"-l10n-", "-langpack-", "-locale-"};  // and a language
  if (package.kind != inventory::PackageKind::binary) return false;
  return ends_with_any(package.name, kSuffixes) || std::ranges::any_of(kParts, [&](std::string_view part) {
           return package.name.find(part) != std::string::npos;
         });
}

}  // namespace limpid::match

#include "image/platform.h"

#include <array>
#include <limits>

#include <sys/utsname.h>

#include "base/text.h"
#include "image/source.h"

namespace limpid::image {
namespace {

struct Alias {
  std::string_view written, architecture, variant;
};
// What uname, Debian and people say for what Go says.
constexpr std::array kAliases{
    Alias{"x86_64", "amd64", ""},      Alias{"x86-64", "amd64", ""},
    Alias{"aarch64", "arm64", ""},     Alias{"i386", "386", ""},
    Alias{"i486", "386", ""},          Alias{"i586", "386", ""},
    Alias{"i686", "386", ""},          Alias{"armhf", "arm", "v7"},
    Alias{"armel", "arm", "v6"},       Alias{"armv7l", "arm", "v7"},
    Alias{"armv6l", "arm", "v6"},      Alias{"armv8l", "arm", "v8"},
    Alias{"ppc64el", "ppc64le", ""},   Alias{"loongarch64", "loong64", ""},
    Alias{"mips64el", "mips64le", ""},
};
constexpr std::array<std::string_view, 10> kSystems{"linux",   "windows", "darwin",  "freebsd", "netbsd",
                                                    "openbsd", "solaris", "illumos", "aix",     "plan9"};

bool is_system(std::string_view text) {
  for (const std::string_view system : kSystems)
    if (system == text) return true;
  return false;
}

// "v8" → 8, "v8.2" → 8; "" → 0.
std::optional<unsigned> level_of(std::string_view variant) {
  if (variant.empty()) return 0;
  base::strip_prefix(variant, "v");
  const auto number = base::parse_unsigned(base::take_until(variant, '.'));
  if (!number || *number > 99) return std::nullopt;
  return static_cast<unsigned>(*number);
}

bool has_levels(std::string_view architecture) {
  return architecture == "arm" || architecture == "arm64" || architecture == "amd64";
}

}  // namespace

std::string to_string(const Platform& platform) {
  std::string text = platform.os;
  if (!platform.architecture.empty()) base::append(text, {"/", platform.architecture});
  if (!platform.variant.empty()) base::append(text, {"/", platform.variant});
  return text;
}

Platform normalised(Platform platform) {
  platform.os = base::lower(platform.os);
  platform.architecture = base::lower(platform.architecture);
  platform.variant = base::lower(platform.variant);
  for (const Alias& alias : kAliases) {
    if (platform.architecture != alias.written) continue;
    platform.architecture = alias.architecture;
    if (platform.variant.empty()) platform.variant = alias.variant;
    break;
  }
  if (!platform.variant.empty() && base::is_digit(platform.variant.front())) platform.variant.insert(0, "v");
  if (platform.architecture == "arm64" && platform.variant == "v8") platform.variant.clear();
  if (platform.architecture == "amd64" && platform.variant == "v1") platform.variant.clear();
  if (platform.architecture == "arm" && platform.variant.empty()) platform.variant = "v7";
  return platform;
}

Platform host_platform() {
  Platform platform;
  utsname name{};
  if (::uname(&name) == 0) platform.architecture = name.machine;
  return normalised(platform);
}

Result<Platform> parse_platform(std::string_view text) {
  const std::vector<std::string_view> parts = base::split(text, '/');
  for (const std::string_view part : parts)
    if (part.empty()) return fail(Code::usage, {"platform '", text, "' is not os/arch[/variant]"});
  if (parts.size() > 3) return fail(Code::usage, {"platform '", text, "' is not os/arch[/variant]"});
  Platform platform;
  if (parts.size() == 1) {
    if (is_system(parts[0])) {
      platform = host_platform();
      platform.os = parts[0];
    } else {
      platform.architecture = parts[0];
    }
    return normalised(platform);
  }
  platform.os = parts[0];
  platform.architecture = parts[1];
  if (parts.size() == 3) platform.variant = parts[2];
  return normalised(platform);
}

std::optional<unsigned> distance(const Platform& wanted, const Platform& offered) {
  const Platform a = normalised(wanted);
  const Platform b = normalised(offered);
  if (a.os != b.os || a.architecture != b.architecture) return std::nullopt;
  if (!a.os_version.empty() && !b.os_version.starts_with(a.os_version)) return std::nullopt;
  if (a.variant == b.variant) return 0;
  // Windows and most architectures have no variants worth telling apart.
  if (!has_levels(a.architecture)) return 1;
  const auto wanted_level = level_of(a.variant);
  const auto offered_level = level_of(b.variant);
  if (!wanted_level || !offered_level) return std::nullopt;
  if (*offered_level < *wanted_level) return *wanted_level - *offered_level;
  // A processor of a lower level does not run it, but we only read it: the last resort, unless a level was named.
  const bool named = !wanted.variant.empty() && a.architecture != "arm";
  if (named) return std::nullopt;
  return 100 + *offered_level - *wanted_level;
}

Result<void> judge_platform(std::string_view asked, Manifest& manifest) {
  Platform wanted = host_platform();
  const Platform& offered = manifest.platform;
  if (asked == kAllPlatforms || offered.architecture.empty()) return {};
  if (!asked.empty()) {
    LIMPID_ASSIGN(wanted, parse_platform(asked));
  }
  if (distance(wanted, offered)) return {};
  if (!asked.empty())
    return fail(Code::not_found,
                {"no image for the platform ", to_string(wanted), "; there are: ", to_string(offered)});
  manifest.notes.push_back(base::cat({"the only image is for ", to_string(offered), ", not for this machine's ",
                                      to_string(wanted), ": it was taken"}));
  return {};
}

}  // namespace limpid::image

#include "advisory/rpm_names.h"

#include <algorithm>
#include <utility>

#include "base/purl.h"
#include "base/text.h"

namespace limpid::advisory {
namespace {

bool is_number(std::string_view text) { return !text.empty() && std::ranges::all_of(text, base::is_digit); }

}  // namespace

std::string rpm_version(std::string_view epoch, std::string_view version, std::string_view release) {
  std::string evr;
  if (version.empty()) return evr;
  if (is_number(epoch) && epoch.find_first_not_of('0') != std::string_view::npos) base::append(evr, {epoch, ":"});
  evr += version;
  if (!release.empty()) base::append(evr, {"-", release});
  return evr;
}

std::string rpm_version(std::string_view evr) {
  std::string_view version = without_epoch(evr);
  return rpm_version(evr.substr(0, evr.size() - version.size()).substr(0, evr.find(':')), version, {});
}

std::string_view without_epoch(std::string_view evr) {
  const auto colon = evr.find(':');
  return colon != std::string_view::npos && is_number(evr.substr(0, colon)) ? evr.substr(colon + 1) : evr;
}

std::optional<RpmName> split_nvr(std::string_view text) {
  const auto release = text.rfind('-');
  if (release == std::string_view::npos || release == 0) return std::nullopt;
  const auto version = text.rfind('-', release - 1);
  if (version == std::string_view::npos || version == 0) return std::nullopt;
  RpmName name;
  name.name = text.substr(0, version);
  name.version = text.substr(version + 1, release - version - 1);
  name.release = text.substr(release + 1);
  if (const auto bare = without_epoch(name.version); bare.size() != name.version.size()) {
    name.epoch = name.version.substr(0, name.version.find(':'));
    name.version = bare;
  }
  if (name.version.empty() || name.release.empty()) return std::nullopt;
  return name;
}

std::optional<RpmName> split_nevra(std::string_view text) {
  base::strip_suffix(text, ".rpm");
  const auto dot = text.rfind('.');
  if (dot == std::string_view::npos || dot + 1 == text.size()) return std::nullopt;
  auto name = split_nvr(text.substr(0, dot));
  if (name) name->architecture = text.substr(dot + 1);
  return name;
}

bool is_debug_package(std::string_view name) {
  return name.ends_with("-debuginfo") || name.ends_with("-debugsource") ||
         name.find("-debuginfo-common") != std::string_view::npos;
}

std::optional<RpmPurl> parse_rpm_purl(std::string_view text) {
  auto purl = base::parse_purl(text);
  if (!purl || purl->type != "rpm") return std::nullopt;
  return RpmPurl{.vendor = std::move(purl->name_space),
                 .name = std::move(purl->name),
                 .version = std::move(purl->version),
                 .architecture = std::string(purl->qualifier("arch")),
                 .epoch = std::string(purl->qualifier("epoch")),
                 .module = std::string(purl->qualifier("rpmmod"))};
}

std::string module_stream(std::string_view label) {
  const auto name = base::take_until(label, ':');
  const auto stream = base::take_until(label, ':');
  return name.empty() || stream.empty() ? std::string() : base::cat({name, ":", stream});
}

}  // namespace limpid::advisory

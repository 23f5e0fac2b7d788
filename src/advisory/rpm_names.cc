#include "advisory/rpm_names.h"

#include <algorithm>

#include "base/text.h"

namespace limpid::advisory {
namespace {

int hex_value(char c) {
  if (base::is_digit(c)) return c - '0';
  const char lower = base::to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low < 0) {
      decoded.push_back(text[i]);
      continue;
    }
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

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

std::optional<RpmPurl> parse_rpm_purl(std::string_view purl) {
  if (!base::strip_prefix(purl, "pkg:rpm/")) return std::nullopt;
  purl = purl.substr(0, purl.find('#'));
  RpmPurl parsed;
  std::string_view qualifiers;
  if (const auto query = purl.find('?'); query != std::string_view::npos) {
    qualifiers = purl.substr(query + 1);
    purl = purl.substr(0, query);
  }
  if (const auto at = purl.rfind('@'); at != std::string_view::npos) {
    parsed.version = percent_decoded(purl.substr(at + 1));
    purl = purl.substr(0, at);
  }
  if (const auto slash = purl.rfind('/'); slash != std::string_view::npos) {
    parsed.vendor = percent_decoded(purl.substr(0, slash));
    purl.remove_prefix(slash + 1);
  }
  parsed.name = percent_decoded(purl);
  if (parsed.name.empty()) return std::nullopt;
  while (!qualifiers.empty()) {
    auto value = base::take_until(qualifiers, '&');
    const auto key = base::take_until(value, '=');
    if (key == "arch") parsed.architecture = percent_decoded(value);
    if (key == "epoch") parsed.epoch = percent_decoded(value);
    if (key == "rpmmod") parsed.module = percent_decoded(value);
  }
  return parsed;
}

std::string module_stream(std::string_view label) {
  const auto name = base::take_until(label, ':');
  const auto stream = base::take_until(label, ':');
  return name.empty() || stream.empty() ? std::string() : base::cat({name, ":", stream});
}

}  // namespace limpid::advisory

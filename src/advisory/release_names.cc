#include "advisory/release_names.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace limpid::advisory {
namespace {

struct Release {
  std::string_view codename, name_space;
};

constexpr std::array kReleases = {
    Release{"buzz", "debian:1.1"},          Release{"rex", "debian:1.2"},        Release{"bo", "debian:1.3"},
    Release{"hamm", "debian:2.0"},          Release{"slink", "debian:2.1"},      Release{"potato", "debian:2.2"},
    Release{"woody", "debian:3.0"},         Release{"sarge", "debian:3.1"},      Release{"etch", "debian:4"},
    Release{"lenny", "debian:5"},           Release{"squeeze", "debian:6"},      Release{"wheezy", "debian:7"},
    Release{"jessie", "debian:8"},          Release{"stretch", "debian:9"},      Release{"buster", "debian:10"},
    Release{"bullseye", "debian:11"},       Release{"bookworm", "debian:12"},    Release{"trixie", "debian:13"},
    Release{"forky", "debian:14"},          Release{"duke", "debian:15"},        Release{"sid", "debian:unstable"},
    Release{"unstable", "debian:unstable"},

    Release{"warty", "ubuntu:4.10"},        Release{"hoary", "ubuntu:5.04"},     Release{"breezy", "ubuntu:5.10"},
    Release{"dapper", "ubuntu:6.06"},       Release{"edgy", "ubuntu:6.10"},      Release{"feisty", "ubuntu:7.04"},
    Release{"gutsy", "ubuntu:7.10"},        Release{"hardy", "ubuntu:8.04"},     Release{"intrepid", "ubuntu:8.10"},
    Release{"jaunty", "ubuntu:9.04"},       Release{"karmic", "ubuntu:9.10"},    Release{"lucid", "ubuntu:10.04"},
    Release{"maverick", "ubuntu:10.10"},    Release{"natty", "ubuntu:11.04"},    Release{"oneiric", "ubuntu:11.10"},
    Release{"precise", "ubuntu:12.04"},     Release{"quantal", "ubuntu:12.10"},  Release{"raring", "ubuntu:13.04"},
    Release{"saucy", "ubuntu:13.10"},       Release{"trusty", "ubuntu:14.04"},   Release{"utopic", "ubuntu:14.10"},
    Release{"vivid", "ubuntu:15.04"},       Release{"wily", "ubuntu:15.10"},     Release{"xenial", "ubuntu:16.04"},
    Release{"yakkety", "ubuntu:16.10"},     Release{"zesty", "ubuntu:17.04"},    Release{"artful", "ubuntu:17.10"},
    Release{"bionic", "ubuntu:18.04"},      Release{"cosmic", "ubuntu:18.10"},   Release{"disco", "ubuntu:19.04"},
    Release{"eoan", "ubuntu:19.10"},        Release{"focal", "ubuntu:20.04"},    Release{"groovy", "ubuntu:20.10"},
    Release{"hirsute", "ubuntu:21.04"},     Release{"impish", "ubuntu:21.10"},   Release{"jammy", "ubuntu:22.04"},
    Release{"kinetic", "ubuntu:22.10"},     Release{"lunar", "ubuntu:23.04"},    Release{"mantic", "ubuntu:23.10"},
    Release{"noble", "ubuntu:24.04"},       Release{"oracular", "ubuntu:24.10"}, Release{"plucky", "ubuntu:25.04"},
    Release{"questing", "ubuntu:25.10"},    Release{"resolute", "ubuntu:26.04"}, Release{"stonking", "ubuntu:26.10"},
};

// "12" and "5" of "12.5"; false unless every component is a number.
bool split_numbers(std::string_view release, std::string_view& first, std::string_view& second) {
  const auto is_number = [](std::string_view text) {
    return !text.empty() && text.size() <= 4 && std::ranges::all_of(text, base::is_digit);
  };
  auto rest = release;
  first = base::take_until(rest, '.');
  second = base::take_until(rest, '.');
  if (!is_number(first) || (release.size() > first.size() && !is_number(second))) return false;
  return rest.empty() || std::ranges::all_of(rest, [](char c) { return base::is_digit(c) || c == '.'; });
}

}  // namespace

std::string_view namespace_of_codename(std::string_view codename) {
  const auto found = std::ranges::find(kReleases, codename, &Release::codename);
  return found == kReleases.end() ? std::string_view{} : found->name_space;
}

std::string_view codename_of_namespace(std::string_view name_space) {
  const auto found = std::ranges::find(kReleases, name_space, &Release::name_space);
  return found == kReleases.end() ? std::string_view{} : found->codename;
}

std::string debian_namespace(std::string_view release) {
  if (const auto known = namespace_of_codename(release); known.starts_with("debian:")) return std::string(known);
  std::string_view major, minor;
  if (!split_numbers(release, major, minor)) return {};
  // Before 4.0 the second number named the release.
  if (major.size() == 1 && major[0] < '4' && !minor.empty()) return base::cat({"debian:", major, ".", minor});
  return base::cat({"debian:", major});
}

std::string ubuntu_namespace(std::string_view release) {
  base::strip_suffix(release, " LTS");
  std::string_view year, month;
  if (!split_numbers(release, year, month) || month.size() != 2) return {};
  return base::cat({"ubuntu:", year, ".", month});
}

std::string alpine_namespace(std::string_view release) {
  if (release == "edge") return "alpine:edge";
  base::strip_prefix(release, "v");
  std::string_view major, minor;
  if (!split_numbers(release, major, minor) || minor.empty()) return {};
  return base::cat({"alpine:v", major, ".", minor});
}

std::string namespace_of_version_suffix(std::string_view version) {
  const auto at = version.rfind("deb");
  if (at == std::string_view::npos || at == 0 || (version[at - 1] != '+' && version[at - 1] != '~')) return {};
  const auto rest = version.substr(at + 3);
  const auto digits = std::ranges::find_if_not(rest, base::is_digit);
  const auto number = rest.substr(0, static_cast<std::size_t>(digits - rest.begin()));
  return rest.substr(number.size()).starts_with('u') ? debian_namespace(number) : std::string();
}

}  // namespace limpid::advisory

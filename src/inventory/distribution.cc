// Which distribution a root is, from the facts of its clue files (os_release.cc), and how its namespace is spelled.
// os-release: https://www.freedesktop.org/software/systemd/man/os-release
#include "inventory/distribution.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace limpid::inventory {
namespace {

// How much of VERSION_ID makes a release: of what is told apart by advisories, no more.
enum class Rule : std::uint8_t {
  whole,
  major,        // 9.4 → 9
  major_minor,  // 22.04.4 → 22.04
  rolling,      // no release at all
  debian,
  alpine,
  postmarketos,
  amazon,
};

struct Family {
  std::string_view id;
  Rule rule;
  std::string_view ecosystem;  // as OSV spells it
};

// The one table of distributions; any other id takes its VERSION_ID whole and has no ecosystem.
constexpr std::array kFamilies = {
    Family{"debian", Rule::debian, "Debian"},
    Family{"raspbian", Rule::debian, ""},
    Family{"ubuntu", Rule::major_minor, "Ubuntu"},
    Family{"alpine", Rule::alpine, "Alpine"},
    Family{"postmarketos", Rule::postmarketos, "Alpine"},
    Family{"wolfi", Rule::rolling, "Wolfi"},
    Family{"chainguard", Rule::rolling, "Chainguard"},
    Family{"secureos", Rule::rolling, ""},
    Family{"minimos", Rule::whole, "MinimOS"},
    Family{"echo", Rule::whole, "Echo"},
    Family{"alpaquita", Rule::whole, "Alpaquita"},
    Family{"bellsoft-hardened-containers", Rule::whole, "BellSoft Hardened Containers"},
    Family{"rhel", Rule::major, "Red Hat"},
    Family{"redhat", Rule::major, "Red Hat"},
    Family{"centos", Rule::major, ""},
    Family{"rocky", Rule::major, "Rocky Linux"},
    Family{"almalinux", Rule::major, "AlmaLinux"},
    Family{"ol", Rule::major, ""},
    Family{"cloudlinux", Rule::major, ""},
    Family{"eurolinux", Rule::major, ""},
    Family{"scientific", Rule::major, ""},
    Family{"virtuozzo", Rule::major, ""},
    Family{"miraclelinux", Rule::major, ""},
    Family{"springdale", Rule::major, ""},
    Family{"amzn", Rule::amazon, ""},
    Family{"fedora", Rule::whole, ""},
    Family{"sles", Rule::whole, "SUSE"},
    Family{"sles_sap", Rule::whole, "SUSE"},
    Family{"sled", Rule::whole, "SUSE"},
    Family{"sle-micro", Rule::whole, "SUSE"},
    Family{"sle-micro-rancher", Rule::whole, "SUSE"},
    Family{"sl-micro", Rule::whole, "SUSE"},
    Family{"suse-microos", Rule::whole, "SUSE"},
    Family{"opensuse", Rule::whole, "openSUSE"},
    Family{"opensuse-leap", Rule::whole, "openSUSE"},
    Family{"opensuse-leap-micro", Rule::whole, "openSUSE"},
    Family{"opensuse-tumbleweed", Rule::rolling, "openSUSE"},
    Family{"photon", Rule::major_minor, "Photon OS"},
    Family{"mariner", Rule::major_minor, ""},
    Family{"azurelinux", Rule::major_minor, "Azure Linux"},
    Family{"openeuler", Rule::major_minor, "openEuler"},
    Family{"mageia", Rule::whole, "Mageia"},
    Family{"arch", Rule::rolling, ""},
    Family{"archarm", Rule::rolling, ""},
    Family{"manjaro", Rule::rolling, ""},
    Family{"manjaro-arm", Rule::rolling, ""},
    Family{"endeavouros", Rule::rolling, ""},
    Family{"artix", Rule::rolling, ""},
    Family{"gentoo", Rule::rolling, ""},
    Family{"void", Rule::rolling, ""},
};

struct Codename {
  std::string_view family, name, release;
};
constexpr std::array kCodenames = {
    Codename{"debian", "wheezy", "7"},
    Codename{"debian", "jessie", "8"},
    Codename{"debian", "stretch", "9"},
    Codename{"debian", "buster", "10"},
    Codename{"debian", "bullseye", "11"},
    Codename{"debian", "bookworm", "12"},
    Codename{"debian", "trixie", "13"},
    Codename{"debian", "sid", "unstable"},
    // Not released: testing says the same of itself as unstable does, and the tracker's unstable holds for both.
    Codename{"debian", "forky", "unstable"},
    Codename{"debian", "duke", "unstable"},
    Codename{"debian", "testing", "unstable"},
    Codename{"debian", "unstable", "unstable"},
    Codename{"ubuntu", "precise", "12.04"},
    Codename{"ubuntu", "trusty", "14.04"},
    Codename{"ubuntu", "xenial", "16.04"},
    Codename{"ubuntu", "bionic", "18.04"},
    Codename{"ubuntu", "focal", "20.04"},
    Codename{"ubuntu", "groovy", "20.10"},
    Codename{"ubuntu", "hirsute", "21.04"},
    Codename{"ubuntu", "impish", "21.10"},
    Codename{"ubuntu", "jammy", "22.04"},
    Codename{"ubuntu", "kinetic", "22.10"},
    Codename{"ubuntu", "lunar", "23.04"},
    Codename{"ubuntu", "mantic", "23.10"},
    Codename{"ubuntu", "noble", "24.04"},
    Codename{"ubuntu", "oracular", "24.10"},
    Codename{"ubuntu", "plucky", "25.04"},
    Codename{"ubuntu", "questing", "25.10"},
    Codename{"ubuntu", "resolute", "26.04"},
};

// https://wiki.postmarketos.org/wiki/Releases: each is made of one Alpine release's packages.
constexpr std::array kPostmarketOs = {
    Codename{"", "25.12", "3.23"}, Codename{"", "25.06", "3.22"}, Codename{"", "24.12", "3.21"},
    Codename{"", "24.06", "3.20"}, Codename{"", "23.12", "3.19"}, Codename{"", "23.06", "3.18"},
    Codename{"", "22.12", "3.17"}, Codename{"", "22.06", "3.16"}, Codename{"", "21.12", "3.15"},
    Codename{"", "21.06", "3.14"}, Codename{"", "21.03", "3.13"}, Codename{"", "20.05", "3.12"},
};

// The one-line release files, most particular first: rebuilds of Red Hat also carry etc/redhat-release.
struct ReleaseFile {
  std::string_view path;
  std::string_view id;  // "" where the text decides
};
constexpr std::array kReleaseFiles = {
    ReleaseFile{"etc/oracle-release", "ol"},
    ReleaseFile{"etc/almalinux-release", "almalinux"},
    ReleaseFile{"etc/rocky-release", "rocky"},
    ReleaseFile{"etc/cloudlinux-release", "cloudlinux"},
    ReleaseFile{"etc/eurolinux-release", "eurolinux"},
    ReleaseFile{"etc/centos-release", "centos"},
    ReleaseFile{"etc/fedora-release", "fedora"},
    ReleaseFile{"etc/mageia-release", "mageia"},
    ReleaseFile{"etc/mariner-release", "mariner"},
    ReleaseFile{"etc/photon-release", "photon"},
    ReleaseFile{"etc/gentoo-release", "gentoo"},
    ReleaseFile{"etc/slackware-version", "slackware"},
    ReleaseFile{"etc/SuSE-release", ""},
    ReleaseFile{"usr/lib/system-release", ""},
    ReleaseFile{"etc/system-release", ""},
    ReleaseFile{"etc/redhat-release", ""},
};
struct ReleaseText {
  std::string_view prefix, id;
};
constexpr std::array kReleaseTexts = {
    ReleaseText{"Red Hat", "rhel"},
    ReleaseText{"CentOS", "centos"},
    ReleaseText{"Amazon Linux", "amzn"},
    ReleaseText{"Fedora", "fedora"},
    ReleaseText{"Rocky", "rocky"},
    ReleaseText{"AlmaLinux", "almalinux"},
    ReleaseText{"Oracle", "ol"},
    ReleaseText{"Scientific", "scientific"},
    ReleaseText{"CloudLinux", "cloudlinux"},
    ReleaseText{"EuroLinux", "eurolinux"},
    ReleaseText{"Virtuozzo", "virtuozzo"},
    ReleaseText{"MIRACLE", "miraclelinux"},
    ReleaseText{"Springdale", "springdale"},
    ReleaseText{"openSUSE", "opensuse"},
    ReleaseText{"SUSE Linux Enterprise Server", "sles"},
    ReleaseText{"SUSE Linux Enterprise Desktop", "sled"},
};

using Facts = std::map<std::string, std::string>;

const Family& family_of(std::string_view id) {
  static constexpr Family kOther{"", Rule::whole, ""};
  for (const Family& family : kFamilies) {
    if (family.id == id) return family;
  }
  return kOther;
}

std::string_view release_of_codename(std::string_view family, std::string_view name) {
  for (const Codename& codename : kCodenames) {
    if (codename.family == family && codename.name == name) return codename.release;
  }
  return {};
}

// The first `count` fields between dots.
std::string_view fields(std::string_view version, int count) {
  std::size_t end = 0;
  while (count-- > 0 && end != std::string_view::npos) end = version.find('.', end == 0 ? 0 : end + 1);
  return version.substr(0, end);
}

const std::string* find(const DistributionClues& clues, const std::string& path, const std::string& key) {
  const auto file = clues.find(path);
  if (file == clues.end()) return nullptr;
  const auto fact = file->second.find(key);
  return fact == file->second.end() ? nullptr : &fact->second;
}

std::string fact(const Facts& facts, const std::string& key) {
  const auto found = facts.find(key);
  return found == facts.end() ? std::string() : found->second;
}

// "12 (bookworm)", "Debian GNU/Linux trixie/sid": a word that is a codename of the family.
std::string_view codename_in(std::string_view text, std::string_view family) {
  while (!text.empty()) {
    std::size_t end = 0;
    while (end < text.size() && base::is_alnum(text[end])) ++end;
    if (const auto word = text.substr(0, end); !release_of_codename(family, word).empty()) return word;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

// The first suite of apt's sources that is a release of the family; "" if there is none.
std::string_view suite_in_sources(const DistributionClues& clues, std::string_view family) {
  for (const std::string_view file :
       {"etc/apt/sources.list", "etc/apt/sources.list.d/debian.sources", "etc/apt/sources.list.d/ubuntu.sources"}) {
    const auto* suites = find(clues, std::string(file), "suites");
    if (suites == nullptr) continue;
    std::string_view rest = *suites;
    for (auto word = base::take_word(rest); !word.empty(); word = base::take_word(rest))
      if (!release_of_codename(family, word).empty()) return word;
  }
  return {};
}

std::string debian_release(const Distribution& d, const DistributionClues& clues) {
  // A codename in place of a number is how testing and unstable speak. Without os-release to ask, as stated: what an
  // old image of the then testing had become since can't be told.
  if (!d.version_id.empty()) {
    if (const auto release = release_of_codename("debian", d.version_id); !release.empty()) return std::string(release);
    const auto slash = d.version_id.find('/');
    if (slash == std::string::npos) return std::string(fields(d.version_id, 1));
    const auto release = release_of_codename("debian", std::string_view(d.version_id).substr(0, slash));
    return release == "unstable" ? std::string(release) : d.version_id;
  }
  std::string_view name = d.version_codename;
  if (release_of_codename("debian", name).empty()) name = codename_in(d.version, "debian");
  if (name.empty()) {
    const auto* text = find(clues, "etc/debian_version", "text");
    name = codename_in(text != nullptr ? std::string_view(*text) : std::string_view(d.pretty_name), "debian");
    if (name.empty() && text != nullptr && base::is_digit(text->front())) return std::string(fields(*text, 1));
  }
  // Images of testing and unstable whose os-release tells no release at all.
  if (release_of_codename("debian", name).empty()) name = suite_in_sources(clues, "debian");
  return std::string(release_of_codename("debian", name));
}

// "3.19.1" → v3.19; "3.21.0_alpha20240807" → edge. Repositories know better: edge's os-release names the coming
// release.
std::string alpine_release(std::string version, const DistributionClues& clues) {
  if (version.empty()) {
    if (const auto* text = find(clues, "etc/alpine-release", "text")) version = *text;
  }
  bool edge = version.find('_') != std::string::npos || version == "edge";
  if (const auto* releases = find(clues, "etc/apk/repositories", "releases")) {
    std::string_view rest = *releases;
    std::pair<std::uint64_t, std::uint64_t> highest;
    for (auto word = base::take_word(rest); !word.empty(); word = base::take_word(rest)) {
      if (word == "edge") edge = true;
      base::strip_prefix(word, "v");
      const auto major = base::parse_unsigned(base::take_until(word, '.'));
      const auto minor = base::parse_unsigned(base::take_until(word, '.'));
      if (major && minor) highest = std::max(highest, {*major, *minor});
    }
    if (highest.first != 0) version = base::cat({highest.first, '.', highest.second});
  }
  if (edge) return "edge";
  std::string_view number = version;
  base::strip_prefix(number, "v");
  return number.empty() ? std::string() : base::cat({'v', fields(number, 2)});
}

std::string postmarketos_release(std::string_view version) {
  base::strip_prefix(version, "v");
  if (version == "edge") return "edge";
  for (const Codename& release : kPostmarketOs) {
    if (fields(version, 2) == release.name) return base::cat({'v', release.release});
  }
  return {};
}

std::string release_of(const Distribution& d, Rule rule, const DistributionClues& clues) {
  switch (rule) {
    case Rule::whole:
      return d.version_id;
    case Rule::major:
      return std::string(fields(d.version_id, 1));
    case Rule::major_minor:
      return std::string(fields(d.version_id, 2));
    case Rule::rolling:
      return {};
    case Rule::debian:
      return debian_release(d, clues);
    case Rule::alpine:
      return alpine_release(d.version_id, clues);
    case Rule::postmarketos:
      return postmarketos_release(d.version_id);
    case Rule::amazon:
      // "2023.6.20241010" is 2023, but "2018.03" is the release's name.
      return d.version_id.starts_with("201") ? d.version_id : std::string(fields(d.version_id, 1));
  }
  return {};
}

// Namespace and ecosystem from id and version. An os-release without ID means "linux", by its specification.
void name(Distribution& d, const DistributionClues& clues) {
  if (d.id.empty() && d.version_id.empty()) return;
  const std::string id = d.id.empty() ? "linux" : base::lower(d.id);
  const Family& family = family_of(id);
  const std::string release = release_of(d, family.rule, clues);
  d.name_space = family.rule == Rule::postmarketos ? "alpine" : id;
  if (d.name_space == "redhat") d.name_space = "rhel";
  if (!release.empty()) base::append(d.name_space, {':', release});
  d.ecosystem = family.ecosystem;
}

// Of those that do not say it otherwise: what each is made of.
struct Made {
  std::string_view id, version, parent;  // version "" for any
};
constexpr std::array kMade = {
    Made{"kali", "", "debian:unstable"},  // of testing's packages, of which Debian says what it says of unstable's
    Made{"devuan", "4", "debian:11"},
    Made{"devuan", "5", "debian:12"},
    Made{"devuan", "6", "debian:13"},
};

std::string parent_of(const Distribution& d, std::string_view debian_codename, const DistributionClues& clues) {
  const std::string id = base::lower(d.id);
  if (id == "debian" || id == "ubuntu") return {};
  for (const Made& made : kMade)
    if (made.id == id && (made.version.empty() || made.version == fields(d.version_id, 1)))
      return std::string(made.parent);
  const auto is_like = [&](std::string_view family) { return std::ranges::find(d.id_like, family) != d.id_like.end(); };
  if (const auto release = release_of_codename("ubuntu", d.ubuntu_codename); !release.empty() && is_like("ubuntu"))
    return base::cat({"ubuntu:", release});
  std::string release;
  if (id == "raspbian") {  // numbered as Debian is
    release = debian_release(d, clues);
  } else if (is_like("debian")) {
    release = release_of_codename("debian", debian_codename);
    if (release.empty()) release = release_of_codename("debian", d.version_codename);
  }
  return release.empty() ? release : base::cat({"debian:", release});
}

bool from_os_release(const DistributionClues& clues, Distribution& d) {
  for (const auto* path : {"etc/os-release", "usr/lib/os-release"}) {
    const auto file = clues.find(path);
    if (file == clues.end()) continue;
    const Facts& facts = file->second;
    d.id = fact(facts, "ID");
    d.version_id = fact(facts, "VERSION_ID");
    if (d.id.empty() && d.version_id.empty()) continue;
    std::string_view like{};
    const std::string likes = fact(facts, "ID_LIKE");
    like = likes;
    for (auto word = base::take_word(like); !word.empty(); word = base::take_word(like)) d.id_like.emplace_back(word);
    d.version = fact(facts, "VERSION");
    d.version_codename = fact(facts, "VERSION_CODENAME");
    if (d.version_codename.empty()) d.version_codename = fact(facts, "DEBIAN_CODENAME");
    d.ubuntu_codename = fact(facts, "UBUNTU_CODENAME");
    d.name = fact(facts, "NAME");
    d.pretty_name = fact(facts, "PRETTY_NAME");
    d.cpe_name = fact(facts, "CPE_NAME");
    d.variant_id = fact(facts, "VARIANT_ID");
    d.build_id = fact(facts, "BUILD_ID");
    d.support_end = fact(facts, "SUPPORT_END");
    d.location = path;
    // Red Hat CoreOS is numbered as OpenShift is, and made of RHEL's packages.
    if (d.id == "rhcos" && !fact(facts, "RHEL_VERSION").empty()) {
      d.id = "rhel";
      d.version_id = fact(facts, "RHEL_VERSION");
    }
    d.parent = parent_of(d, fact(facts, "DEBIAN_CODENAME"), clues);
    return true;
  }
  return false;
}

// "AlmaLinux release 8.4 (Electric Cheetah)" → 8.4; "SUSE Linux Enterprise Server 11 (x86_64)" → 11.
std::string version_in(std::string_view text) {
  if (const auto mark = text.find("release "); mark != std::string_view::npos) text.remove_prefix(mark + 8);
  for (auto word = base::take_word(text); !word.empty(); word = base::take_word(text)) {
    if (base::is_digit(word.front())) return std::string(word);
  }
  return {};
}

bool from_release_file(const DistributionClues& clues, Distribution& d) {
  for (const ReleaseFile& file : kReleaseFiles) {
    const auto* text = find(clues, std::string(file.path), "text");
    if (text == nullptr) continue;
    std::string_view id = file.id;
    for (const ReleaseText& known : kReleaseTexts) {
      if (id.empty() && text->starts_with(known.prefix)) id = known.id;
    }
    if (id.empty()) continue;
    d.id = id;
    d.version_id = version_in(*text);
    d.location = file.path;
    return true;
  }
  return false;
}

bool from_other_file(const DistributionClues& clues, Distribution& d) {
  if (const auto* id = find(clues, "etc/lsb-release", "DISTRIB_ID"); id != nullptr && !id->empty()) {
    const Facts& facts = clues.at("etc/lsb-release");
    d.id = base::lower(*id);
    d.version_id = fact(facts, "DISTRIB_RELEASE");
    d.version_codename = fact(facts, "DISTRIB_CODENAME");
    d.pretty_name = fact(facts, "DISTRIB_DESCRIPTION");
    d.location = "etc/lsb-release";
    return true;
  }
  if (const auto* text = find(clues, "etc/alpine-release", "text")) {
    d.id = "alpine";
    d.version_id = *text;
    d.location = "etc/alpine-release";
    return true;
  }
  if (find(clues, "etc/apk/repositories", "releases") != nullptr) {
    d.id = "alpine";
    d.location = "etc/apk/repositories";
    return true;
  }
  if (const auto* id = find(clues, "etc/openwrt_release", "DISTRIB_ID"); id != nullptr && !id->empty()) {
    d.id = base::lower(*id);
    d.version_id = fact(clues.at("etc/openwrt_release"), "DISTRIB_RELEASE");
    d.location = "etc/openwrt_release";
    return true;
  }
  if (const auto* text = find(clues, "etc/debian_version", "text")) {
    d.id = "debian";
    d.version_id = *text;
    d.location = "etc/debian_version";
    return true;
  }
  for (const std::string_view family : {"debian", "ubuntu"}) {
    const std::string_view suite = suite_in_sources(clues, family);
    if (suite.empty()) continue;
    d.id = family;
    d.version_id = release_of_codename(family, suite);
    d.version_codename = suite;
    d.location = "etc/apt/sources.list";
    return true;
  }
  return false;
}

// Ubuntu Pro: which of its services change what the fixed version of a package is.
void add_esm(const DistributionClues& clues, Distribution& d) {
  const auto* services = find(clues, "var/lib/ubuntu-advantage/status.json", "services");
  if (services == nullptr || (!d.id.empty() && d.id != "ubuntu")) return;
  if (d.id.empty()) {
    d.id = "ubuntu";
    d.location = "var/lib/ubuntu-advantage/status.json";
  }
  std::string_view rest = *services;
  for (auto word = base::take_word(rest); !word.empty(); word = base::take_word(rest)) {
    if (word.starts_with("esm-") || word.starts_with("fips") || word.starts_with("realtime")) d.esm.emplace_back(word);
  }
}

// What people and other scanners call them.
std::string_view usual_id(std::string_view id) {
  struct Alias {
    std::string_view from, to;
  };
  static constexpr std::array kAliases = {
      Alias{"amazon", "amzn"},
      Alias{"amazonlinux", "amzn"},
      Alias{"oracle", "ol"},
      Alias{"oraclelinux", "ol"},
      Alias{"alma", "almalinux"},
      Alias{"redhat", "rhel"},
      Alias{"rockylinux", "rocky"},
      Alias{"suse", "sles"},
      Alias{"cbl-mariner", "mariner"},
      Alias{"opensuse.leap", "opensuse-leap"},
      Alias{"opensuse.tumbleweed", "opensuse-tumbleweed"},
  };
  for (const Alias& alias : kAliases) {
    if (alias.from == id) return alias.to;
  }
  return id;
}

bool is_plain(std::string_view text) {
  return text.size() <= 64 && std::ranges::all_of(text, [](char c) {
           return base::is_alnum(c) || std::string_view("._-+/()").find(c) != std::string_view::npos;
         });
}

}  // namespace

Distribution decide_distribution(const DistributionClues& clues) {
  Distribution d;
  if (!from_os_release(clues, d)) {
    d = {};
    if (!from_release_file(clues, d)) from_other_file(clues, d);
  }
  if (!d.location.empty()) name(d, clues);
  add_esm(clues, d);
  return d;
}

Result<Distribution> parse_distribution(std::string_view text) {
  const auto border = text.find_first_of(":/");
  auto version = border == std::string_view::npos ? std::string_view{} : text.substr(border + 1);
  const std::string id = base::lower(text.substr(0, border));
  const bool half = border != std::string_view::npos && version.empty();
  if (id.empty() || half || id.find('/') != std::string::npos || !is_plain(id) || !is_plain(version)) {
    return fail(Code::usage, {"'", text, "' names no distribution: write id:release, as in debian:12 or alpine:3.19"});
  }
  Distribution d;
  d.id = usual_id(id);
  if (const auto release = release_of_codename(d.id, base::lower(version)); !release.empty()) version = release;
  if (d.id == "alpine" || d.id == "postmarketos") base::strip_prefix(version, "v");
  d.version_id = version;
  name(d, {});
  return d;
}

}  // namespace limpid::inventory

#include "volumes/facts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace limpid::volumes {
namespace {

constexpr std::size_t kFlaws = 330'000;   // NVD's
constexpr std::size_t kPackages = 4'200;  // source packages that ever had a flaw
constexpr std::size_t kWords = 6'000;     // of which texts are made
constexpr int kFirstYear = 1999;
// Flaws numbered in each year from 1999 on, in hundreds; the last of them to be filled.
constexpr std::array<unsigned, 28> kYears = {16, 12, 15, 24,  15,  27,  49,  70,  66,  57,  50,  52,  49,  58,
                                             67, 90, 85, 105, 170, 170, 175, 205, 230, 265, 300, 400, 470, 30};

std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325U;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return value;
}

// The most frequent words of such texts, by falling frequency; rarer ones are invented.
constexpr std::array kCommon = {
    "the",        "a",         "to",          "of",        "in",          "and",           "is",
    "an",         "could",     "with",        "for",       "this",        "that",          "from",
    "by",         "on",        "or",          "when",      "which",       "via",           "be",
    "as",         "not",       "it",          "are",       "user",        "memory",        "file",
    "versions",   "attacker",  "code",        "function",  "access",      "server",        "before",
    "can",        "issue",     "prior",       "data",      "buffer",      "allows",        "input",
    "may",        "request",   "remote",      "affected",  "component",   "was",           "at",
    "has",        "crafted",   "information", "service",   "overflow",    "result",        "after",
    "use",        "if",        "kernel",      "improper",  "handling",    "through",       "vulnerable",
    "local",      "arbitrary", "validation",  "parameter", "execution",   "network",       "error",
    "leads",      "other",     "value",       "free",      "read",        "write",         "due",
    "process",    "system",    "check",       "while",     "length",      "using",         "without",
    "session",    "pointer",   "device",      "certain",   "sensitive",   "its",           "configuration",
    "field",      "null",      "driver",      "user's",    "potentially", "lack",          "leading",
    "missing",    "host",      "size",        "path",      "address",     "packet",        "image",
    "object",     "list",      "cause",       "page",      "call",        "during",        "incorrect",
    "privileges", "exploit",   "application", "parsing",   "filter",      "cache",         "lock",
    "queue",      "key",       "header",      "response",  "message",     "string",        "table",
    "stack",      "heap",      "state",       "socket",    "stream",      "only",          "also",
    "some",       "there",     "no",          "all",       "patch",       "allocation",    "race",
    "condition",  "return",    "index",       "bounds",    "loop",        "integer",       "type",
    "reference",  "content",   "multiple",    "specially", "malicious",   "authenticated", "victim",
    "client",     "browser",   "password",    "token",     "command",     "injection",     "traversal",
    "directory",  "upload",    "default",     "option",    "interface",   "module",        "plugin",
    "context",    "resource",  "exhaustion"};

constexpr std::array kWho = {"remote attackers",
                             "a remote attacker",
                             "an attacker",
                             "local users",
                             "an unauthenticated attacker",
                             "remote authenticated users",
                             "a physically proximate attacker",
                             "a malicious guest",
                             "context-dependent attackers"};
constexpr std::array kEffect = {"to cause a denial of service (application crash)",
                                "to execute arbitrary code",
                                "to obtain sensitive information",
                                "to cause a denial of service (memory consumption)",
                                "to bypass intended access restrictions",
                                "to gain privileges",
                                "to cause a denial of service (out-of-bounds read)",
                                "to conduct cross-site scripting (XSS) attacks",
                                "to read arbitrary files",
                                "to cause a denial of service (NULL pointer dereference and crash) or possibly have "
                                "unspecified other impact"};
constexpr std::array kFlawKind = {"heap-based buffer overflow",
                                  "use-after-free",
                                  "integer overflow",
                                  "out-of-bounds read",
                                  "NULL pointer dereference",
                                  "race condition",
                                  "stack-based buffer overflow",
                                  "memory leak",
                                  "double free",
                                  "infinite loop",
                                  "out-of-bounds write",
                                  "path traversal"};
constexpr std::array kReal = {"linux",       "openssl",  "curl",     "glibc",      "systemd", "python3.11", "perl",
                              "openssh",     "bash",     "zlib",     "libxml2",    "expat",   "sqlite3",    "gnutls28",
                              "krb5",        "ncurses",  "chromium", "firefox",    "php",     "nodejs",     "ruby",
                              "samba",       "bind9",    "apache2",  "nginx",      "mariadb", "postgresql", "vim",
                              "imagemagick", "ffmpeg",   "tiff",     "webkit2gtk", "qemu",    "xen",        "wireshark",
                              "tcpdump",     "binutils", "openjdk",  "golang",     "mozjs"};
constexpr std::array kSyllables = {"ba",  "ce",  "di",  "fo",  "gu",  "la",  "me",  "ni",  "po",  "ru",  "sa",  "te",
                                   "vi",  "xo",  "zu",  "can", "der", "fil", "gor", "lim", "mon", "net", "par", "ser",
                                   "tor", "val", "web", "xml", "ker", "dec", "str", "ing", "ion", "lib"};

std::string invented(Random& random, std::size_t syllables) {
  std::string name;
  for (std::size_t i = 0; i < syllables; ++i) name += kSyllables.at(random.below(kSyllables.size()));
  return name;
}

std::string date_of(int year, Random& random) {
  std::string text(20, '\0');
  const int size = std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d", year,
                                 static_cast<int>(1 + random.below(12)), static_cast<int>(1 + random.below(28)),
                                 static_cast<int>(random.below(24)), static_cast<int>(random.below(60)),
                                 static_cast<int>(random.below(60)));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

template <class Words>
std::string_view any(const Words& words, Random& random) {
  return words.at(random.skewed(words.size(), 2));
}

}  // namespace

std::uint64_t Random::next() {
  state_ += 0x9e3779b97f4a7c15U;
  return mix(state_);
}

std::size_t Random::skewed(std::size_t bound, int skew) {
  const double value = std::pow(unit(), skew);
  return std::min(bound - 1, static_cast<std::size_t>(value * static_cast<double>(bound)));
}

Random random_of(std::string_view purpose, std::uint64_t number, std::uint64_t second) {
  return Random(mix(hash(purpose) ^ mix(number + 1) ^ mix((second + 7) << 20)));
}

World::World(double scale) : flaws_(static_cast<std::size_t>(static_cast<double>(kFlaws) * scale)) {
  unsigned all = 0;
  for (const unsigned year : kYears) all += year;
  unsigned sum = 0;
  for (const unsigned year : kYears) {
    sum += year;
    until_.push_back(flaws_ * sum / all);
  }
  auto random = random_of("packages", 0);
  for (std::size_t i = 0; i < kPackages; ++i) {
    SourcePackage package;
    package.kernel = i == 0;
    package.name = i < kReal.size() ? std::string(kReal.at(i)) : invented(random, 2 + random.below(3));
    if (i >= kReal.size() && random.chance(20)) package.name += "-" + invented(random, 1 + random.below(2));
    // Most sources make a handful of packages, a few dozens.
    const std::size_t binaries = package.kernel ? 45 : 1 + random.skewed(24, 3);
    package.binaries.push_back(package.name);
    constexpr std::array kParts = {"libs", "devel", "common", "tools", "doc", "utils", "server", "client", "plugins"};
    for (std::size_t b = 1; b < binaries; ++b)
      package.binaries.push_back(package.name + "-" +
                                 (b <= kParts.size() ? std::string(kParts.at(b - 1)) : invented(random, 2)));
    packages_.push_back(std::move(package));
  }
  for (const std::string_view word : kCommon) words_.emplace_back(word);
  while (words_.size() < kWords) words_.push_back(invented(random, 2 + random.below(3)));
}

Flaw World::flaw(std::size_t number) const {
  Flaw flaw;
  flaw.number = number;
  const auto year = std::upper_bound(until_.begin(), until_.end(), number) - until_.begin();
  flaw.year = kFirstYear + static_cast<int>(year);
  const std::size_t first = year == 0 ? 0 : until_[static_cast<std::size_t>(year) - 1];
  auto random = random_of("flaw", number);
  char id[32];
  std::snprintf(id, sizeof id, "CVE-%d-%04zu", flaw.year, 1 + (number - first) * 2 + random.below(2));
  flaw.id = id;
  flaw.published = date_of(flaw.year, random);
  flaw.modified = date_of(std::max(flaw.year, 2024) + (random.chance(40) ? 1 : 0), random);
  // One of seven is the kernel's, more of late.
  flaw.package = random.chance(flaw.year >= 2021 ? 30 : 8) ? 0 : 1 + random.skewed(packages_.size() - 1, 3);
  return flaw;
}

// Zipf's law, roughly: the rank falls from an exponential spread.
const std::string& World::word(Random& random) const {
  const double rank = std::pow(static_cast<double>(words_.size()), std::pow(random.unit(), 1.7));
  return words_[std::min(words_.size() - 1, static_cast<std::size_t>(rank) - 1)];
}

std::string World::symbol(Random& random) const {
  std::string name = words_[150 + random.skewed(words_.size() - 150, 2)] + "_" + word(random);
  if (random.chance(50)) name += "_" + words_[150 + random.skewed(2'000, 2)];
  return name;
}

std::string World::sentence(Random& random) const {
  std::string text;
  const std::size_t words = 8 + random.below(14);
  for (std::size_t i = 0; i < words; ++i) {
    if (i != 0) text += ' ';
    text += random.chance(3) ? symbol(random) + "()" : word(random);
  }
  text[0] = static_cast<char>(text[0] >= 'a' && text[0] <= 'z' ? text[0] - 'a' + 'A' : text[0]);
  return text + ".";
}

std::string World::title(const Flaw& flaw) const {
  auto random = random_of("title", flaw.number);
  std::string text = is_of_linux(flaw.number) ? packages_[flaw.package].name : words_[random.skewed(words_.size(), 1)];
  text += ": ";
  text += any(kFlawKind, random);
  return text + " in " + symbol(random);
}

std::string World::description(const Flaw& flaw) const {
  auto random = random_of("description", flaw.number);
  const bool linux = is_of_linux(flaw.number);
  std::string text;
  if (linux && packages_[flaw.package].kernel && flaw.year >= 2021) {
    text = "In the Linux kernel, the following vulnerability has been resolved:\n\n" + word(random) + ": " +
           word(random) + ": " + sentence(random) + "\n\n";
    const std::size_t sentences = 2 + random.skewed(10, 2);
    for (std::size_t i = 0; i < sentences; ++i) text += sentence(random) + (random.chance(30) ? "\n" : " ");
    if (random.chance(35)) {
      text += "\n Call Trace:\n";
      const std::size_t frames = 4 + random.below(12);
      for (std::size_t i = 0; i < frames; ++i) {
        char at[40];
        std::snprintf(at, sizeof at, "+0x%x/0x%x\n", static_cast<unsigned>(random.below(2'048)),
                      static_cast<unsigned>(random.below(4'096)));
        text += "  " + symbol(random) + at;
      }
    }
    return text;
  }
  const std::string name = linux ? packages_[flaw.package].name : words_[200 + random.skewed(words_.size() - 200, 1)];
  const std::string version =
      std::to_string(random.below(12)) + "." + std::to_string(random.below(30)) + "." + std::to_string(random.below(9));
  switch (random.below(4)) {
    case 0:
      text = "The " + symbol(random) + " function in " + name + " before " + version + " allows ";
      text += any(kWho, random);
      text += " ";
      text += any(kEffect, random);
      text += " via a crafted " + word(random) + " " + word(random) + ".";
      break;
    case 1:
      text = "An issue was discovered in " + name + " through " + version + ". " + sentence(random);
      break;
    case 2:
      text = "A ";
      text += any(kFlawKind, random);
      text += " flaw was found in " + name + ". " + sentence(random) + " This flaw allows ";
      text += any(kWho, random);
      text += " ";
      text += any(kEffect, random);
      text += ".";
      break;
    default:
      text = name + " is a " + word(random) + " " + word(random) + ". Versions prior to " + version +
             " contain a flaw in " + symbol(random) + ". " + sentence(random);
  }
  const std::size_t more = random.skewed(4, 2);
  for (std::size_t i = 0; i < more; ++i) text += " " + sentence(random);
  return text;
}

std::string World::reference(const Flaw& flaw, unsigned index) const {
  auto random = random_of("reference", flaw.number, index);
  char hex[48];
  std::snprintf(hex, sizeof hex, "%016llx%016llx%08llx", static_cast<unsigned long long>(random.next()),
                static_cast<unsigned long long>(random.next()),
                static_cast<unsigned long long>(random.next() & 0xffff'ffffU));
  const std::string project = words_[200 + random.skewed(3'000, 2)];
  switch (random.below(5)) {
    case 0:
      return "https://github.com/" + project + "/" + project + "/commit/" + hex;
    case 1:
      return "https://github.com/" + project + "/" + words_[200 + random.skewed(3'000, 2)] + "/issues/" +
             std::to_string(random.below(30'000));
    case 2:
      return "https://git.kernel.org/stable/c/" + std::string(hex).substr(0, 12);
    case 3:
      return "https://www.openwall.com/lists/oss-security/" + std::to_string(flaw.year) + "/0" +
             std::to_string(1 + random.below(9)) + "/" + std::to_string(10 + random.below(18)) + "/" +
             std::to_string(1 + random.below(9));
    default:
      return "https://www." + project + ".org/security/" + std::to_string(flaw.year) + "-" +
             std::to_string(random.below(900));
  }
}

std::string World::cvss3(const Flaw& flaw, unsigned variant) {
  auto random = random_of("cvss", flaw.number, variant);
  const auto pick = [&](std::string_view letters) { return std::string(1, letters[random.below(letters.size())]); };
  return "CVSS:3.1/AV:" + pick("NNNNLLLPA") + "/AC:" + pick("LLLLH") + "/PR:" + pick("NNNLLH") + "/UI:" + pick("NNR") +
         "/S:" + pick("UUUUC") + "/C:" + pick("HHNNL") + "/I:" + pick("HHNNL") + "/A:" + pick("HHHNNL");
}

unsigned World::cwe(const Flaw& flaw) {
  constexpr std::array kCwes = {79U,  89U,  787U, 125U, 20U, 416U, 22U,  352U, 78U,  476U, 190U, 434U, 862U,
                                287U, 200U, 400U, 119U, 77U, 918U, 362U, 863U, 502U, 94U,  269U, 401U, 667U};
  auto random = random_of("cwe", flaw.number);
  return random.chance(95) ? kCwes.at(random.skewed(kCwes.size(), 2)) : static_cast<unsigned>(random.below(1'300));
}

World::Version World::fix(const Flaw& flaw, std::string_view line) const {
  const SourcePackage& package = packages_[flaw.package];
  auto own = random_of(line, flaw.package);
  const std::size_t major = own.below(9);
  const std::size_t minor = own.below(30);
  // The flaws of some weeks are fixed by one update.
  const auto update = (flaw.number - flaw.number % (package.kernel ? 120 : 900));
  auto random = random_of(line, flaw.package, update);
  Version version;
  if (package.kernel) {
    version.upstream =
        std::to_string(5 + major % 2) + "." + std::to_string(minor) + "." + std::to_string(update / 120 % 240);
  } else {
    version.upstream = std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(random.below(6));
  }
  version.release = static_cast<unsigned>(1 + random.below(9));
  return version;
}

bool World::ships(const Flaw& flaw, std::size_t binary) {
  if (binary == 0) return true;
  auto random = random_of("binary", flaw.package, binary);
  return !random.chance(35) || flaw.year >= 2012 + static_cast<int>(random.below(14));
}

bool World::speaks(std::string_view who, std::size_t flaw, unsigned percent) {
  return random_of(who, flaw, 99).chance(percent);
}

std::string_view severity(const Flaw& flaw, const std::string_view (&words)[4]) {
  auto random = random_of("severity", flaw.number);
  const auto at = random.below(100);
  return words[at < 20 ? 0 : at < 70 ? 1 : at < 94 ? 2 : 3];
}

}  // namespace limpid::volumes

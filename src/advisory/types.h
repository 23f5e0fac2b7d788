// An upstream's statements, in one shape for every feed. Nothing is judged here: severities are the upstream's words,
// "not affected" is kept as a statement, and what several statements mean together is for match/ to say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "version/types.h"

namespace limpid::advisory {

// What the upstream says of one package. The numbers are stored in the vulnerability database.
enum class Status : std::uint8_t {
  unknown = 0,
  fixed = 1,     // affected below a fixed version
  affected = 2,  // affected, no fix yet
  will_not_fix = 3,
  fix_deferred = 4,
  end_of_life = 5,  // affected, and the release gets no more fixes
  under_investigation = 6,
  not_affected = 7,  // an explicit denial, which silences other statements
};
std::string_view name_of(Status status);

// What an advisory is about. Stored.
enum class Kind : std::uint8_t {
  vulnerability = 0,
  malware = 1,
  unmaintained = 2,  // RustSec's informational records
};

// Which field of an installed package the name is compared with. Stored.
enum class KeyKind : std::uint8_t { source = 0, binary = 1 };

// Affected are versions v with introduced <= v < fixed, or <= last_affected. "" is an open end: everything from the
// beginning, or no fix. At most one of `fixed` and `last_affected` is set.
struct Range {
  std::string introduced, fixed, last_affected;
  bool operator==(const Range&) const = default;
};

struct Affected {
  std::string name_space;  // "debian:12", "npm": the design's spelling
  std::string package;     // the feed's key, normalised by the ecosystem's rule
  KeyKind key_kind = KeyKind::source;
  version::Scheme scheme = version::Scheme::none;
  Status status = Status::unknown;
  // Affected if in any range or equal to any version. Both empty: no version at all with Status::not_affected, else
  // every version.
  std::vector<Range> ranges;
  std::vector<std::string> versions;
  std::vector<std::string> architectures;  // empty: any
  // rpm: the stream of the module that the package is built for, "nodejs:18"; "" is a package of no module.
  // Gentoo: the slot, "3.12"; "!3.11 !3.12" for every slot but those, "" for any.
  std::string module;
  // The products that offer the package, as CPE names ("cpe:/a:redhat:enterprise_linux:9::appstream"); empty: any.
  std::vector<std::string> products;
  std::string severity;  // the upstream's own word for this package, "" if it gives none
};

struct Cvss {
  std::string version;  // "2", "3.0", "3.1", "4.0"
  std::string vector;
};

struct Advisory {
  std::string id;                     // as the upstream keys it
  std::vector<std::string> aliases;   // the same flaw elsewhere
  std::vector<std::string> upstream;  // flaws that this record inherits (a distribution's record names its CVE)
  Kind kind = Kind::vulnerability;
  std::string severity;  // the word for the whole record, where Affected has none
  std::vector<Cvss> cvss;
  std::string published, modified;  // RFC 3339, "" if not stated
  std::string title, description;
  std::vector<std::string> references;
  std::vector<Affected> affected;
};

// What is said of a flaw itself, whatever package it is in. Several feeds say parts of it; the database unites them by
// CVE id.
struct Enrichment {
  // https://www.first.org/epss/: in millionths.
  struct Epss {
    std::uint32_t probability = 0;  // that it is exploited within 30 days
    std::uint32_t percentile = 0;   // the share of all flaws that are no more probable
    bool operator==(const Epss&) const = default;
  };
  struct SourcedCvss {
    Cvss cvss;
    std::string source;    // who assessed it: "nvd@nist.gov", "CISA-ADP", "redhat"
    bool primary = false;  // NVD's own assessment, not one that it passes on
  };
  // https://github.com/cisagov/vulnrichment: stakeholder-specific decision points. Stored.
  enum class Exploitation : std::uint8_t { unknown = 0, none = 1, poc = 2, active = 3 };
  enum class Automatable : std::uint8_t { unknown = 0, no = 1, yes = 2 };
  enum class TechnicalImpact : std::uint8_t { unknown = 0, partial = 1, total = 2 };

  std::string cve;  // "CVE-2031-0001"
  std::vector<SourcedCvss> cvss;
  std::optional<Epss> epss;
  // CISA's catalogue of known exploited vulnerabilities: the days of its entry and of its deadline, "" if it is not
  // there.
  std::string kev_added, kev_due;
  bool ransomware = false;  // known to be used by ransomware
  Exploitation exploitation = Exploitation::unknown;
  Automatable automatable = Automatable::unknown;
  TechnicalImpact technical_impact = TechnicalImpact::unknown;
  bool rejected = false;  // the id was withdrawn
  bool disputed = false;
  std::string published, modified;  // RFC 3339, "" if not stated
  std::vector<std::string> cwes;    // "CWE-79"
};
std::string_view name_of(Enrichment::Exploitation exploitation);  // "poc", "" for unknown; so the others
std::string_view name_of(Enrichment::Automatable automatable);
std::string_view name_of(Enrichment::TechnicalImpact impact);

// The newest version of a package that a repository offers: what an upgrade can reach.
struct Available {
  std::string name_space, package;  // the source package for distributions
  KeyKind key_kind = KeyKind::source;
  version::Scheme scheme = version::Scheme::none;
  std::string version;
};

// A repository of a vendor's and the products that it offers, as CPE names: what leads from an image to the products
// that Affected speaks of.
struct RepositoryProducts {
  std::string repository;             // "rhel-9-for-x86_64-baseos-rpms"
  std::vector<std::string> products;  // "cpe:/o:redhat:enterprise_linux:9::baseos"
};

// The last day with security support, "YYYY-MM-DD"; "" if not stated or not over.
struct EndOfLife {
  std::string name_space;  // "debian:10"
  std::string codename;    // "buster", "" for none
  std::string released;
  std::string standard;  // the vendor's own regular security support
  std::string extended;  // free long-term support (Debian LTS)
  std::string paid;      // for subscribers only (Ubuntu Pro, Debian ELTS)
};

// A package that gets no security support, or not for every use, though its release does.
struct PackageSupport {
  enum class State : std::uint8_t { limited = 0, ended = 1 };  // stored
  std::string name_space;
  std::string package;  // the source package's name, or with `is_prefix` what the names begin with
  bool is_prefix = false;
  State state = State::limited;
  std::string last_version;  // the last one with support, "" if not stated
  std::string since;         // the day on which it ended, "YYYY-MM-DD", "" if not stated
  std::string detail;        // a sentence or an address, as the upstream has it
  std::string feed;          // who says so, "" until the database is compiled
};

}  // namespace limpid::advisory

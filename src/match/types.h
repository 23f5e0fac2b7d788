// Findings and what is said about them: pure data, made by match.h, policy.h and plan.h, printed by report/.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/types.h"
#include "base/date.h"
#include "inventory/types.h"
#include "match/evaluation.h"
#include "match/severity.h"

namespace limpid::match {

// One flaw in one installed package. Its texts are views into the database and into Matches::texts: an image has a
// thousand of these, and copying what is there already would cost more than finding them.
struct Finding {
  std::uint32_t package = 0;          // index into ImageInventory::packages
  std::uint32_t advisory_number = 0;  // in the database
  std::string_view id;                // the CVE if the advisory has one, else the advisory's own id
  std::string_view advisory;          // the id of the advisory that decided, as its feed keys it
  std::string_view feed;              // the feed that decided
  std::string_view severity_word;     // as its source words it
  std::string_view severity_source;   // the feed whose word it is, "" if nobody says
  std::string_view fixed_in;          // the version to upgrade the matched (source) package to, "" if there is none
  std::string_view fixed_for_subscribers;  // the version that Ubuntu Pro has where `fixed_in` is "", "" if it has none
  std::string_view key;                    // the package that the advisory names
  Evaluation evaluation;                   // which of its ranges holds the installed version
  std::vector<std::string_view> also;      // other feeds with a statement on the same flaw and package
  advisory::Status status = advisory::Status::unknown;
  advisory::Kind kind = advisory::Kind::vulnerability;
  Severity severity = Severity::unknown;
  bool by_source = false;    // the source package's version was held against the range
  bool uncertain = false;    // the installed version does not follow its scheme
  bool not_running = false;  // in a kernel that a container brings along and that does not run
  bool data_only = false;    // in a package that by its name has no program
};
// Which package and version was held against which range: "source package openssl 3.0.1-1: < 3.0.2-1".
std::string reason(const Finding& finding, const inventory::Package& package);

// A package that was deliberately not held against the advisories, or not in full.
struct Unmatched {
  enum class Why : std::uint8_t {
    third_party,      // not built by the distribution: its advisories do not speak of it
    derivative,       // built by a distribution that publishes no advisories, in place of its parent's package
    headers_only,     // carries no code of its source package's program
    no_distribution,  // nobody knows whose package it is
    no_advisories,    // the database has nothing for its namespace
  };
  std::uint32_t package = 0;
  Why why = Why::no_advisories;
};
std::string_view name_of(Unmatched::Why why);
std::string_view describe(Unmatched::Why why);

// A newer version is to be had, vulnerability or not.
struct Outdated {
  std::uint32_t package = 0;
  std::string available;  // of the source package for distributions
};

// Where the image's release stands on a given day.
struct Support {
  enum class State : std::uint8_t {
    unknown,    // no dates for this release: never to be read as supported
    supported,  // regular security support
    extended,   // only the free long-term support is left
    ended,      // nothing free is left
  };
  State state = State::unknown;
  std::string standard, extended, paid;  // the last days, "YYYY-MM-DD", "" where not stated
  // What a reader must see before anything else; "" where the release has its regular support, or nobody knows.
  std::string sentence;
};
std::string_view name_of(Support::State state);

// Something that gets no security fixes, or not all, whatever is known to be wrong with it: the release itself, or a
// package of a release that is supported.
struct Unsupported {
  enum class State : std::uint8_t {
    extended,  // only long-term support is left
    limited,   // supported for some uses only
    ended,     // nothing is fixed any more
  };
  State state = State::ended;
  std::optional<std::uint32_t> package;  // nothing: the release
  std::string id;      // for people and ignore files: "EOL:debian:8", "EOL:debian:12/suricata" (the source package)
  std::string until;   // the last day of regular support, "" if not stated
  std::string detail;  // a sentence, "" if nobody wrote one
  std::string_view feed;
};
std::string_view name_of(Unsupported::State state);

// Valid as long as the Database is that it was made from.
struct Matches {
  std::list<std::string> texts;   // what findings speak of that is not in the database in this form
  std::vector<Finding> findings;  // by package, most severe first
  std::vector<Unmatched> unmatched;
  std::vector<Outdated> outdated;
  Support support;
  std::vector<Unsupported> unsupported;  // the release first
  // True if the database has advisories for the image's distribution: without them no findings means nothing.
  bool covered = false;
  // Plain sentences that a reader must see first.
  std::vector<std::string> warnings;
};

// How many there are, and how many of them an upgrade makes go away.
struct Count {
  std::size_t findings = 0, cured = 0;
  std::size_t by_severity[6] = {};  // indexed by Severity
  std::size_t by_status[8] = {};    // indexed by advisory::Status
};
Count count(const std::vector<Finding>& findings);

}  // namespace limpid::match

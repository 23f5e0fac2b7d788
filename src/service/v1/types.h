// The objects of Clair's v1 API, as far as they are ours to think about. docs/api-v1.md shows each on the wire.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "advisory/types.h"
#include "match/severity.h"
#include "net/client.h"
#include "version/types.h"

namespace limpid::service::v1 {

// Clair's engine version 3: what IndexedByVersion reports, and what Quay compares with its own target.
inline constexpr int kEngine = 3;

// Ascending. No feed yields Defcon1: it is for people.
enum class Severity : std::uint8_t { unknown, negligible, low, medium, high, critical, defcon1 };
std::string_view name_of(Severity severity);                    // "Unknown", "Defcon1"
std::optional<Severity> parse_severity(std::string_view word);  // in any case
Severity of(match::Severity severity);

// Which versions of a package a vulnerability is in. In none of `ranges` and `versions`: every version.
struct Affects {
  std::string package;
  version::Scheme scheme = version::Scheme::none;
  std::vector<advisory::Range> ranges;
  std::vector<std::string> versions;
  bool operator==(const Affects&) const = default;
};

// An entry of FixedIn: the version that is free of it, "" where there is none yet (the API's "None").
struct Fix {
  std::string package, version;
  version::Scheme scheme = version::Scheme::none;
  bool operator==(const Fix&) const = default;
};

struct Vulnerability {
  std::string name, name_space;
  std::string description, link;
  Severity severity = Severity::unknown;
  std::string metadata;          // a JSON object with sorted keys, "" for none
  std::vector<Fix> fixed_in;     // by package
  std::vector<Affects> affects;  // by package; what matching goes by
  bool operator==(const Vulnerability&) const = default;
};
// Affects as a custom vulnerability means it: below the fix, or everything.
std::vector<Affects> affects_of(const std::vector<Fix>& fixed_in);

// What POST /v1/layers asks for.
struct LayerRequest {
  std::string name, path, parent, format;
  net::Headers headers;
};

// A FixedIn entry, or the body of PUT fixes, as a client wrote it.
struct FeatureRequest {
  std::string name, name_space, version_format, version;
};

struct VulnerabilityRequest {
  std::string name, name_space, description, link, severity, metadata;
  std::vector<FeatureRequest> fixed_in;
};

// The word that clients know for an ordering: "dpkg" (apk, too: Clair compared Alpine's versions so), "rpm", "" if
// none.
std::string_view version_format(version::Scheme scheme);
// The ordering of a namespace: told from its name, else from the client's word for it; none if neither is known, or the
// client's word is one that nobody knows.
version::Scheme scheme_of(std::string_view name_space, std::string_view version_format);
// The namespace under which Clair's clients know ours: RHEL is matched as CentOS, "ol" is "oracle".
std::string clair_namespace(std::string_view name_space);

}  // namespace limpid::service::v1

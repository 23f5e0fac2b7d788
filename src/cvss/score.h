// Scores of CVSS vectors, computed: upstreams give vectors without scores, and scores that do not fit their vectors.
//
// Specifications: https://www.first.org/cvss/v2/guide, https://www.first.org/cvss/v3.0/specification-document,
// https://www.first.org/cvss/v3.1/specification-document, https://www.first.org/cvss/v4.0/specification-document.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace limpid::cvss {

enum class Version : std::uint8_t { v2, v3_0, v3_1, v4_0 };
std::string_view name_of(Version version);  // "3.1"

// Scores from 0.0 to 10.0, each the double nearest to its one decimal.
struct Scores {
  Version version = Version::v3_1;
  double base = 0;  // of the base metrics alone
  // With the temporal metrics that the vector has (version 4: the threat metric), and with all that it has. Metrics
  // that it does not have are "not defined".
  double temporal = 0, environmental = 0;
};

// The score of "CVSS:3.1/AV:N/…", "CVSS:4.0/AV:N/…" or, for version 2, "AV:N/AC:L/Au:N/…", with or without brackets.
// Metrics may stand in any order; a last "/" is overlooked. Nothing if a base metric is missing, a metric is there
// twice or is not the version's, or a value is not the metric's.
std::optional<Scores> score(std::string_view vector);

}  // namespace limpid::cvss

// What NVD's and the CVE list's JSON have in common. Only for .cc files: the header of the JSON parser is heavy.
#pragma once

#include <string>
#include <string_view>

#include "advisory/json_parser.h"
#include "advisory/types.h"
#include "base/text.h"

namespace limpid::advisory {

inline constexpr std::size_t kCvssVectorSizeMax = 512;

// "cvssData" or "cvssV3_1": an object with `version` and `vectorString`. False if it has no vector.
inline bool add_cvss(const json::object& data, std::string_view source, bool primary, Enrichment& to) {
  auto vector = text_member(data, "vectorString").value_or("");
  base::strip_suffix(vector, "/");
  if (vector.empty() || vector.size() > kCvssVectorSizeMax) return false;
  std::string version(text_member(data, "version").value_or(""));
  if (vector.starts_with("CVSS:")) {
    auto rest = vector.substr(5);
    version = base::take_until(rest, '/');
  }
  if (version == "2.0" || version.empty()) version = "2";
  if (version != "2" && version != "3.0" && version != "3.1" && version != "4.0") return false;
  auto& score = to.cvss.emplace_back();
  score.cvss.version = std::move(version);
  score.cvss.vector = vector;
  score.source = source;
  score.primary = primary;
  return true;
}

// Times come with and without their zone, which is UTC, and in old documents without seconds.
inline std::string utc(std::string_view time) {
  if (time.size() == 17 && time.ends_with('Z')) return base::cat({time.substr(0, 16), ":00Z"});
  if (time.empty() || time.ends_with('Z') || time.size() <= 10 || time.find('+', 10) != std::string_view::npos)
    return std::string(time);
  return base::cat({time, "Z"});
}

}  // namespace limpid::advisory

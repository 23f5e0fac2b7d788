#include "advisory/ids.h"

#include <algorithm>

#include "base/text.h"

namespace limpid::advisory {

using base::is_alnum;
using base::is_digit;

bool is_plausible_id(std::string_view text) {
  return !text.empty() && text.size() <= kIdLengthMax &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

std::string leading_cve(std::string_view text, std::size_t& length) {
  constexpr std::size_t kPrefix = 4, kYear = 4, kNumberMin = 4;
  length = 0;
  if (text.size() < kPrefix + kYear + 1 + kNumberMin) return {};
  if (!base::equal_ignoring_case(text.substr(0, 3), "CVE") || (text[3] != '-' && text[3] != '_')) return {};
  if (!std::ranges::all_of(text.substr(kPrefix, kYear), is_digit) || text[kPrefix + kYear] != '-') return {};
  std::size_t end = kPrefix + kYear + 1;
  while (end < text.size() && is_digit(text[end])) ++end;
  if (end - (kPrefix + kYear + 1) < kNumberMin || end > kIdLengthMax) return {};
  length = end;
  return base::cat({"CVE-", text.substr(kPrefix, end - kPrefix)});
}

std::vector<std::string> find_cves(std::string_view text) {
  std::vector<std::string> found;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != 'C' && text[at] != 'c') continue;
    if (at > 0 && is_alnum(text[at - 1])) continue;
    std::size_t length = 0;
    auto id = leading_cve(text.substr(at), length);
    if (id.empty() || text[at + 3] != '-') continue;
    at += length - 1;
    found.push_back(std::move(id));
  }
  return found;
}

}  // namespace limpid::advisory

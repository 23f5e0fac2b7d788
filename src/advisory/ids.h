// Identifiers of flaws inside free text: what counts as one, and in which spelling it is kept.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace limpid::advisory {

inline constexpr std::size_t kIdLengthMax = 128;

// Not empty, no longer than kIdLengthMax, printable ASCII without blanks: what an id may be made of.
bool is_plausible_id(std::string_view text);

// The CVE id that `text` begins with (CVE-YYYY-NNNN…, in any case, "CVE_" for "CVE-"), in upper case; "" if none.
// `length` is what it took of the text.
std::string leading_cve(std::string_view text, std::size_t& length);

// Every CVE-YYYY-NNNN… in `text` that does not stand inside a longer word, in upper case, in the order of the text,
// repeated if named repeatedly.
std::vector<std::string> find_cves(std::string_view text);

}  // namespace limpid::advisory

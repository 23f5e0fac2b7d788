#include "advisory/redhat_streams.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "version/ordering.h"

namespace limpid::advisory {
namespace {

constexpr std::size_t kNumberDigitsMax = 9;

// The digits that `text` begins with, nothing if there are none or too many.
std::optional<unsigned> leading_number(std::string_view text) {
  const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
  if (end == 0 || end > kNumberDigitsMax) return std::nullopt;
  return static_cast<unsigned>(*base::parse_unsigned(text.substr(0, end)));
}

struct Evr {
  std::string_view upstream;  // with its epoch: "1:1.2"
  std::string_view release;
};
Evr split(std::string_view version) {
  const auto hyphen = version.rfind('-');
  if (hyphen == std::string_view::npos) return {version, {}};
  return {version.substr(0, hyphen), version.substr(hyphen + 1)};
}

// Where the number of the minor release stands in "26.el9_3.2"; npos if it has none.
std::size_t place_of_minor(std::string_view release) {
  const auto mark = release.find(".el");
  if (mark == std::string_view::npos) return mark;
  const auto end = release.find_first_not_of("0123456789", mark + 3);
  return end == std::string_view::npos || release[end] != '_' ? std::string_view::npos : end + 1;
}

// The lowest version that belongs to the later fix's stream, as far as can be told.
std::string first_behind(std::string_view earlier, std::string_view later) {
  const auto from = split(earlier), to = split(later);
  if (from.upstream != to.upstream) return base::cat({from.upstream, "^"});  // above each of its releases
  const auto number = leading_number(from.release), later_number = leading_number(to.release);
  if (number && later_number && *number < *later_number) return base::cat({from.upstream, "-", *number + 1});
  const auto at = place_of_minor(from.release);
  if (at == std::string_view::npos || place_of_minor(to.release) != at) return {};
  if (from.release.substr(0, at) != to.release.substr(0, at)) return {};
  const auto minor = leading_number(from.release.substr(at));
  return minor ? base::cat({from.upstream, "-", from.release.substr(0, at), *minor + 1}) : std::string();
}

}  // namespace

std::optional<unsigned> redhat_minor(std::string_view product_id, std::string_view major) {
  while (!product_id.empty()) {
    const auto end = std::min(product_id.find_first_of("-:"), product_id.size());
    std::string_view word = product_id.substr(0, end);
    product_id.remove_prefix(std::min(end + 1, product_id.size()));
    if (base::strip_prefix(word, major) && base::strip_prefix(word, ".")) return leading_number(word);
  }
  return std::nullopt;
}

void separate_streams(std::vector<StreamFix>& fixes) {
  const auto* ordering = version::find_ordering(version::Scheme::rpm);
  struct Parsed {
    version::Version version;
    StreamFix fix;
    unsigned last_minor;  // that has this version; fix.minor is the first
  };
  std::vector<Parsed> sorted;
  for (auto& fix : fixes) sorted.push_back({ordering->parse(fix.version), fix, fix.minor});
  std::ranges::stable_sort(sorted, [&](const Parsed& a, const Parsed& b) {
    const auto order = ordering->compare(a.version, b.version);
    return order == 0 ? a.fix.minor < b.fix.minor : order < 0;
  });

  std::vector<Parsed> kept;
  for (auto& one : sorted) {
    if (kept.empty()) {
      kept.push_back(std::move(one));
      continue;
    }
    Parsed& before = kept.back();
    if (ordering->compare(before.version, one.version) == 0) {
      before.last_minor = one.last_minor;
      continue;
    }
    if (one.fix.minor == before.last_minor) {
      one.fix.introduced = before.fix.introduced;  // the first fix did not suffice
    } else if (one.fix.minor > before.last_minor) {
      auto begin = first_behind(before.fix.version, one.fix.version);
      const auto parsed = ordering->parse(begin);
      const bool between = !begin.empty() && parsed.valid && ordering->compare(parsed, before.version) > 0 &&
                           ordering->compare(parsed, one.version) < 0;
      one.fix.introduced = between ? std::move(begin) : before.fix.introduced;
    }
    kept.push_back(std::move(one));
  }
  fixes.clear();
  for (auto& one : kept) fixes.push_back(std::move(one.fix));
}

}  // namespace limpid::advisory

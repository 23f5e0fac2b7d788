// Comparing many pairs of versions, a line each, in bounded memory.
#include "version/compare_pairs.h"

#include <array>
#include <istream>
#include <limits>
#include <ostream>

namespace limpid::version {
namespace {

void put_answer(const Ordering& ordering, std::string_view line, std::ostream& out) {
  base::strip_suffix(line, "\r");
  const std::size_t tab = line.find('\t');
  if (tab == std::string_view::npos || line.find('\t', tab + 1) != std::string_view::npos) {
    out << "?\tinvalid: not two versions with a tab between\n";
    return;
  }
  const Version a = ordering.parse(line.substr(0, tab));
  const Version b = ordering.parse(line.substr(tab + 1));
  if (!a.valid) {
    out << "?\tinvalid: A: " << a.problem << '\n';
  } else if (!b.valid) {
    out << "?\tinvalid: B: " << b.problem << '\n';
  } else {
    const std::strong_ordering order = ordering.compare(a, b);
    out << (order < 0 ? "<\n" : order > 0 ? ">\n" : "=\n");
  }
}

}  // namespace

Result<void> compare_pairs(const Ordering& ordering, std::istream& pairs, std::ostream& out) {
  std::array<char, kPairLineMax + 1> buffer;
  std::size_t number = 0;
  while (pairs && out) {
    pairs.getline(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    auto read = static_cast<std::size_t>(pairs.gcount());
    if (pairs.bad() || (pairs.eof() && read == 0)) break;
    ++number;
    if (pairs.fail()) {  // the line is longer than the buffer
      pairs.clear();
      pairs.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
      out << "?\tinvalid: a line longer than " << kPairLineMax << " bytes\n";
      continue;
    }
    if (!pairs.eof()) --read;  // gcount includes the line feed
    put_answer(ordering, {buffer.data(), read}, out);
  }
  if (!out) return fail(Code::io, {"writing the answer to line ", number});
  if (pairs.bad() || !pairs.eof()) return fail(Code::io, {"reading pairs of versions, after line ", number});
  return {};
}

}  // namespace limpid::version

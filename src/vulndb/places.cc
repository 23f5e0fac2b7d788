#include "vulndb/places.h"

#include <algorithm>

namespace limpid::vulndb {

// What stands there already is not written again.
std::uint64_t PlacesWriter::keep_entry() {
  const Bytes entry = entry_.view();
  const auto [found, is_new] = known_.try_emplace(format::checksum(entry, 0), bytes_.size());
  if (!is_new) {
    const Bytes before = bytes_.view().subspan(found->second);
    if (before.size() >= entry.size() && std::equal(entry.begin(), entry.end(), before.begin())) return found->second;
  }
  const std::uint64_t at = bytes_.size();
  bytes_.raw(entry_.bytes());
  return at;
}

std::uint64_t PlacesWriter::add(std::span<const std::uint32_t> groups,
                                const std::function<std::uint32_t(std::uint32_t group)>& namespace_of) {
  sets_.clear();
  for (std::size_t begin = 0, end = 0; begin < groups.size(); begin = end) {
    const std::uint32_t name_space = namespace_of(groups[begin]);
    for (end = begin + 1; end < groups.size() && namespace_of(groups[end]) == name_space;) ++end;
    entry_.clear();
    entry_.varint(end - begin);
    for (std::size_t i = begin; i < end; ++i) entry_.varint(groups[i] - (i == begin ? 0 : groups[i - 1]));
    sets_.push_back(keep_entry());
  }
  entry_.clear();
  entry_.varint(sets_.size());
  for (const std::uint64_t set : sets_) entry_.varint(set);
  return keep_entry();
}

Result<std::vector<std::uint32_t>> read_places(Bytes section, std::uint64_t offset, std::uint64_t groups) {
  if (offset >= section.size()) return fail(Code::invalid, {"places at ", offset, " of ", section.size(), " bytes"});
  std::vector<std::uint32_t> places;
  format::Decoder list(section.subspan(offset));
  const std::size_t sets = list.count(1);
  std::uint64_t beyond = 0;  // the lowest number that may follow
  for (std::size_t i = 0; i < sets; ++i) {
    const std::uint64_t at = list.varint();
    if (!list.ok() || at >= section.size()) return fail(Code::invalid, {"places at ", offset, ": damaged list"});
    format::Decoder set(section.subspan(at));
    const std::size_t count = set.count(1);
    std::uint64_t number = 0;
    for (std::size_t one = 0; one < count; ++one) {
      const std::uint64_t step = set.varint();
      // Ascending over all sets, so that a hostile list cannot be longer than there are groups.
      if (!set.ok() || step >= groups - number || number + step < beyond)
        return fail(Code::invalid, {"places at ", at, ": no ascending numbers of groups"});
      number += step;
      beyond = number + 1;
      places.push_back(static_cast<std::uint32_t>(number));
    }
    if (count == 0) return fail(Code::invalid, {"places at ", at, ": empty set"});
  }
  if (!list.ok()) return fail(Code::invalid, {"places at ", offset, ": damaged list"});
  return places;
}

}  // namespace limpid::vulndb

// A set of CVEs by their keys (cve_ids.h), for asking of thousands whether they are among some dozens.
#pragma once

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace limpid::vulndb {

class CveSet {
 public:
  void clear() {
    keys_.clear();
    seen_.reset();
  }
  void add(std::uint32_t key) {
    keys_.push_back(key);
    seen_.set(slot_of(key));
  }
  // Before has().
  void sort() {
    std::ranges::sort(keys_);
    keys_.erase(std::ranges::unique(keys_).begin(), keys_.end());
  }
  bool has(std::uint32_t key) const { return seen_.test(slot_of(key)) && std::ranges::binary_search(keys_, key); }

 private:
  // A first sieve. Consecutive numbers of one year have slots of their own.
  static constexpr std::size_t kSlots = 4'096;
  static std::size_t slot_of(std::uint32_t key) { return (key + (key >> 26) * 911) % kSlots; }

  std::vector<std::uint32_t> keys_;
  std::bitset<kSlots> seen_;
};

}  // namespace limpid::vulndb

// A map from texts that live elsewhere, for documents of thousands of ids: filled, asked and emptied again and again
// without an allocation. Its hash is keyed, so that nobody can write ids that collide.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/keyed_hash.h"

namespace limpid::advisory {

template <class Value>
class TextMap {
 public:
  TextMap() : slots_(kSlotsMin) {}

  void clear() {
    ++generation_;
    size_ = 0;
  }
  // The key's value, a fresh one if it was not there; `second` says which. Lives until the next call.
  std::pair<Value*, bool> get(std::string_view key) {
    if ((size_ + 1) * 2 > slots_.size()) grow();
    const std::size_t hash = base::KeyedHash()(key);
    Slot& slot = slots_[place_of(hash, key)];
    if (slot.generation == generation_) return {&slot.value, false};
    slot = Slot{generation_, hash, key, Value()};
    ++size_;
    return {&slot.value, true};
  }
  const Value* find(std::string_view key) const {
    const Slot& slot = slots_[place_of(base::KeyedHash()(key), key)];
    return slot.generation == generation_ ? &slot.value : nullptr;
  }

 private:
  struct Slot {
    std::uint64_t generation = 0;  // a slot of an earlier one is free
    std::size_t hash = 0;
    std::string_view key;
    Value value = Value();
  };
  static constexpr std::size_t kSlotsMin = 256;

  std::size_t place_of(std::size_t hash, std::string_view key) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t place = hash & mask;
    while (slots_[place].generation == generation_ && (slots_[place].hash != hash || slots_[place].key != key))
      place = (place + 1) & mask;
    return place;
  }
  void grow() {
    std::vector<Slot> before(slots_.size() * 2);
    before.swap(slots_);
    for (Slot& slot : before)
      if (slot.generation == generation_) slots_[place_of(slot.hash, slot.key)] = std::move(slot);
  }

  std::vector<Slot> slots_;
  std::uint64_t generation_ = 1;
  std::size_t size_ = 0;
};

}  // namespace limpid::advisory

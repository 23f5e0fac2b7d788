// One matcher over the interests of all detectors: two hash look-ups and a bitmap test per path, whatever the number of
// detectors. A layer has tens of thousands of paths of which a few dozen are wanted, so saying no must be cheap.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "inventory/detector.h"

namespace limpid::inventory {

// Who wants a path, each detector once.
struct Wanted {
  struct By {
    std::uint16_t detector;  // index into the detectors that the matcher was made of
    std::uint64_t size_max;  // the largest that any of its fitting interests allows
    bool random_access;
  };
  static constexpr std::size_t kDetectorsMax = 8;  // that want one and the same path; the matcher's tests check it

  std::array<By, kDetectorsMax> by;
  std::size_t count = 0;
  // The path may be a directory above something wanted. Interests of any depth (basename, suffix) make no ancestors:
  // every directory would be one; of a nested interest only its own components count.
  bool ancestor = false;

  explicit operator bool() const { return count != 0; }
  std::span<const By> detectors() const& { return {by.data(), count}; }
  std::span<const By> detectors() const&& = delete;  // would dangle
};

class Matcher {
 public:
  explicit Matcher(std::span<const Detector* const> detectors);
  // Allocates nothing. `path` is normalised.
  Wanted look(std::string_view path) const;
  // Who wants the directory itself (Interest::Match::folders).
  Wanted look_at_folder(std::string_view path) const;

 private:
  enum class Kind : std::uint8_t { exact, nested, basename, directory, folders, suffix, above_exact, above_nested };
  struct Rule {
    Kind kind;
    std::uint16_t detector;
    std::string_view text;
    std::string_view ending;
    std::string_view below;
    std::uint64_t size_max;
    bool random_access;
  };
  // Rules that share a key stand together in rules_; a slot tells where. Open addressing, at most half full.
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t first = 0;
    std::uint32_t count = 0;  // 0: empty
  };
  struct Keyed {
    std::uint64_t hash;
    Rule rule;
  };

  void fill(std::vector<Keyed>& keyed, std::vector<Slot>& table);
  std::span<const Rule> find(const std::vector<Slot>& table, std::uint64_t hash) const;

  std::vector<Rule> rules_;
  std::vector<Slot> by_name_;       // key: the last component (exact, nested, basename and what is above the first two)
  std::vector<Slot> by_directory_;  // key: all but the last component
  std::vector<Slot> by_tail_;       // key: the last two bytes (suffix)
  std::vector<std::uint64_t> tails_;  // bitmap over all pairs of bytes: is there a suffix rule that ends so?
};

// The matcher of all registered detectors.
const Matcher& matcher();

}  // namespace limpid::inventory

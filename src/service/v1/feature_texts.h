// The JSON of features with what the compiled database knows against them. Images share most of their packages, so that
// the report of one that was never asked for consists of texts that stand ready. Belongs to one compiled database and
// knows nothing of custom vulnerabilities.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/types.h"

namespace limpid::service::v1 {

// An image of 500 packages brings some 1 MB, of which the next image shares all but what it adds.
inline constexpr std::uint64_t kFeatureTextBytesMax = std::uint64_t{128} << 20;

class FeatureTexts {
 public:
  struct Text {
    std::string json;                // up to, but without, AddedBy and the closing brace
    std::vector<std::string> flaws;  // the names in its Vulnerabilities
    std::uint64_t bytes() const;
  };
  using Pointer = std::shared_ptr<const Text>;

  // nullptr if it is not there (any more).
  Pointer find(const store::Feature& feature);
  void put(const store::Feature& feature, Pointer text);
  std::uint64_t bytes() const;
  // Takes what `before` has over, unless it speaks of one of these packages, as (namespace, package): those are what
  // the two databases do not say the same of.
  void take_over(const FeatureTexts& before, const std::set<std::pair<std::string, std::string>>& changed);

 private:
  struct Hash {
    std::size_t operator()(const store::Feature& feature) const;
  };
  using Map = std::unordered_map<store::Feature, Pointer, Hash>;
  // What was asked for since the last turn, and before it: when the young ones fill half of the room, the old ones go.
  struct Shard {
    mutable std::mutex mutex;
    Map young, old;
    std::uint64_t young_bytes = 0, old_bytes = 0;
  };
  void insert(Shard& shard, const store::Feature& feature, Pointer text);

  static constexpr std::size_t kShards = 16;
  std::array<Shard, kShards> shards_;
};

}  // namespace limpid::service::v1

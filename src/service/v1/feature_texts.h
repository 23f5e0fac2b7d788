// The JSON of features with what the compiled database knows against them. Images share most of their packages, so that
// the report of one that was never asked for consists of texts that stand ready. Belongs to one compiled database and
// knows nothing of custom vulnerabilities.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
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
  // Takes over what `before` has of these namespaces, unless it speaks of one of these packages, as (namespace,
  // package): those are what the two databases do not say the same of.
  void take_over(const FeatureTexts& before, const std::set<std::string, std::less<>>& namespaces,
                 const std::set<std::pair<std::string, std::string>>& changed);

 private:
  // A feature with its hash, which is a good part of what finding a text costs: computed once.
  struct Key {
    store::Feature feature;
    std::size_t hash = 0;
  };
  struct Asked {
    const store::Feature& feature;  // NOLINT: lives as long as a call
    std::size_t hash = hash_of(feature);
  };
  static std::size_t hash_of(const store::Feature& feature);
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const Key& key) const { return key.hash; }
    std::size_t operator()(const Asked& asked) const { return asked.hash; }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Key& a, const Key& b) const { return a.feature == b.feature; }
    bool operator()(const Asked& a, const Key& b) const { return a.feature == b.feature; }
    bool operator()(const Key& a, const Asked& b) const { return a.feature == b.feature; }
  };
  class Map : public std::unordered_map<Key, Pointer, Hash, Equal> {
   public:
    Map() { max_load_factor(0.5F); }  // each further node of a bucket is a miss of the processor's caches
  };
  // What was asked for since the last turn, and before it: when the young ones fill half of the room, the old ones go.
  struct Shard {
    mutable std::mutex mutex;
    Map young, old;
    std::uint64_t young_bytes = 0, old_bytes = 0;
  };
  static void insert(Shard& shard, const Asked& asked, Pointer text);

  static constexpr std::size_t kShards = 16;
  std::array<Shard, kShards> shards_;
};

}  // namespace limpid::service::v1

#include "service/v1/feature_texts.h"

#include <utility>

#include "base/keyed_hash.h"

namespace limpid::service::v1 {

// The map's node, the feature's strings and the text's own; measured, and no more exact than a bound must be.
constexpr std::uint64_t kOverhead = 400;

std::uint64_t FeatureTexts::Text::bytes() const {
  std::uint64_t sum = kOverhead + json.capacity();
  for (const std::string& flaw : flaws) sum += sizeof(flaw) + flaw.size();
  return sum;
}

std::size_t FeatureTexts::hash_of(const store::Feature& feature) {
  const base::KeyedHash hash;  // names and versions come from outside
  std::size_t mixed = hash(feature.name) * 31 + hash(feature.version);
  mixed = mixed * 31 + hash(feature.name_space);
  mixed = mixed * 31 + hash(feature.origin);
  return mixed * 31 + hash(feature.module);
}

FeatureTexts::Pointer FeatureTexts::find(const store::Feature& feature) {
  const Asked asked{feature};
  Shard& shard = shards_.at(asked.hash % kShards);
  const std::lock_guard lock(shard.mutex);
  if (const auto young = shard.young.find(asked); young != shard.young.end()) return young->second;
  const auto old = shard.old.find(asked);
  if (old == shard.old.end()) return nullptr;
  Pointer text = std::move(old->second);
  shard.old_bytes -= text->bytes();
  shard.old.erase(old);
  insert(shard, asked, text);
  return text;
}

void FeatureTexts::put(const store::Feature& feature, Pointer text) {
  const Asked asked{feature};
  Shard& shard = shards_.at(asked.hash % kShards);
  const std::lock_guard lock(shard.mutex);
  insert(shard, asked, std::move(text));
}

void FeatureTexts::insert(Shard& shard, const Asked& asked, Pointer text) {
  constexpr std::uint64_t kHalf = kFeatureTextBytesMax / kShards / 2;
  const std::uint64_t bytes = text->bytes();
  if (bytes > kHalf) return;
  if (shard.young_bytes + bytes > kHalf) {
    shard.old = std::exchange(shard.young, {});
    shard.old_bytes = std::exchange(shard.young_bytes, 0);
  }
  if (shard.young.emplace(Key{asked.feature, asked.hash}, std::move(text)).second) shard.young_bytes += bytes;
}

void FeatureTexts::take_over(const FeatureTexts& before, const std::set<std::string, std::less<>>& namespaces,
                             const std::set<std::pair<std::string, std::string>>& changed) {
  const auto is_same = [&](const store::Feature& feature) {
    return namespaces.contains(feature.name_space) && !changed.contains({feature.name_space, feature.name}) &&
           (feature.origin.empty() || !changed.contains({feature.name_space, feature.origin}));
  };
  for (std::size_t number = 0; number < kShards; ++number) {
    const Shard& from = before.shards_[number];
    const std::scoped_lock lock(from.mutex, shards_[number].mutex);
    // The old ones first, so that these are the first to go here, too.
    for (const Map* texts : {&from.old, &from.young})
      for (const auto& [key, text] : *texts)
        if (is_same(key.feature)) insert(shards_[number], {key.feature, key.hash}, text);
  }
}

std::uint64_t FeatureTexts::bytes() const {
  std::uint64_t sum = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    sum += shard.young_bytes + shard.old_bytes;
  }
  return sum;
}

}  // namespace limpid::service::v1

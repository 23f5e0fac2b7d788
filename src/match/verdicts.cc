#include "match/verdicts.h"

namespace limpid::match {

void Verdicts::begin(bool rebuilt) {
  rebuilt_ = rebuilt;
  ++generation_;
  kept_ = 0;
  scheme_ = version::Scheme::none;
}

const Evaluation& Verdicts::keep(const Evaluation& evaluation) {
  if (kept_ == chunks_.size() * kPerChunk) chunks_.push_back(std::make_unique<std::array<Evaluation, kPerChunk>>());
  Evaluation& place = (*chunks_[kept_ / kPerChunk])[kept_ % kPerChunk];
  ++kept_;
  return place = evaluation;
}

const Evaluation& Verdicts::of(const vulndb::Statement& statement, const version::Version& installed,
                               std::string_view raw, bool by_source) {
  static constexpr Evaluation kNothing, kEverything{.affected = true, .range = {}, .listed = {}};
  if (statement.status == advisory::Status::not_affected) return kNothing;
  if (statement.ranges.empty() && statement.versions.empty()) return kEverything;
  const void* ranges = statement.ranges.place();
  const void* versions = statement.versions.place();
  constexpr std::uint64_t kSpread = 0x9e37'79b9'7f4a'7c15;
  Slot& slot = slots_[(reinterpret_cast<std::uintptr_t>(ranges != nullptr ? ranges : versions) * kSpread) >> 55];
  static_assert(kSlots == 1U << (64 - 55));
  if (slot.ranges == ranges && slot.versions == versions && slot.generation == generation_ &&
      slot.scheme == statement.scheme && slot.by_source == by_source)
    return *slot.evaluation;
  if (scheme_ != statement.scheme) evaluator_.begin(scheme_ = statement.scheme, rebuilt_);
  slot = {ranges,           versions,  generation_,
          statement.scheme, by_source, &keep(evaluator_.evaluate(statement, installed, raw))};
  return *slot.evaluation;
}

}  // namespace limpid::match

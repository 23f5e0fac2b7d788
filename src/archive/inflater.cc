#include "archive/inflater.h"

#include <algorithm>

namespace limpid::archive {
namespace {

// The libraries count in 32 bits.
constexpr std::size_t kStepInputMax = std::size_t{1} << 30;

}  // namespace

Result<void> check_output(std::uint64_t output, const InflateLimits& limits) {
  if (output > limits.output_max)
    return fail(Code::limit, {"expands beyond the limit of ", limits.output_max, " bytes"});
  return {};
}

Result<std::size_t> Inflater::fill(std::span<std::uint8_t> to, Source& source) {
  if (failure_) return std::unexpected(*failure_);
  if (ended_) return std::size_t{0};
  free_ = to;
  if (auto filled = fill_free(source); !filled)
    failure_ = std::move(filled).error().within({name_of(kind_), " byte ", consumed_});
  const std::size_t produced = to.size() - free_.size();
  if (failure_ && produced == 0) return std::unexpected(*failure_);
  return produced;
}

Result<void> Inflater::fill_free(Source& source) {
  while (!free_.empty()) {
    if (inside_) {
      LIMPID_ASSIGN(const bool progress, step());
      if (progress) continue;
      if (!input_.empty()) return fail(Code::invalid, {"the decoder is stuck"});
    } else if (!input_.empty()) {
      LIMPID_TRY(between_members());
      if (inside_) continue;
    }
    LIMPID_ASSIGN(input_, source.next());
    if (input_.empty()) {
      if (inside_ || members_ == 0) return fail(Code::truncated, {"ends too early"});
      ended_ = true;
      return {};
    }
  }
  return {};
}

Result<bool> Inflater::step() {
  Bytes input = input_.first(std::min(input_.size(), kStepInputMax));
  const std::size_t had = input.size();
  const std::size_t room = free_.size();
  const auto finished = decoder_->step(input, free_);
  const std::size_t taken = had - input.size();
  const std::size_t put = room - free_.size();
  input_ = input_.subspan(taken);
  consumed_ += taken;
  produced_ += put;
  if (!finished) return std::unexpected(finished.error());
  LIMPID_TRY(check_limits());
  if (*finished) {
    inside_ = false;
    ++members_;
  }
  return *finished || taken > 0 || put > 0;
}

Result<void> Inflater::between_members() {
  while (!input_.empty() && input_.front() == 0 && members_ > 0) {
    padding_ = true;
    input_ = input_.subspan(1);
    ++consumed_;
  }
  if (input_.empty()) return {};
  if ((padding_ && !decoder_->padding_between_members()) || (members_ > 0 && !decoder_->may_begin_with(input_.front())))
    return fail(Code::invalid, {"other bytes follow the end"});
  padding_ = false;
  inside_ = true;
  return decoder_->begin();
}

Result<void> Inflater::check_limits() const {
  LIMPID_TRY(check_output(produced_, limits_));
  if (produced_ > limits_.ratio_free && produced_ / limits_.ratio_max > consumed_)
    return fail(Code::limit, {"expands more than ", limits_.ratio_max, " times"});
  return {};
}

}  // namespace limpid::archive

#include "archive/inflating_ahead.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace limpid::archive {

void InflatingAhead::Ring::put(Result<std::size_t> what) {
  filled[next_free()] = std::move(what);
  ++count;
}

Result<Bytes> InflatingAhead::Ring::lend() {
  is_lent = true;
  Result<std::size_t>& size = filled[first];
  if (!size) return std::unexpected(size.error());
  return Bytes{slot(first).first(*size)};
}

void InflatingAhead::Ring::take_back() {
  if (!is_lent) return;
  is_lent = false;
  first = (first + 1) % kSlots;
  --count;
}

// What the inflater sees as its source.
class InflatingAhead::Inputs final : public Source {
 public:
  explicit Inputs(InflatingAhead& ahead) : ahead_(ahead) {}
  Result<Bytes> next() override { return ahead_.next_input(); }

 private:
  InflatingAhead& ahead_;
};

std::unique_ptr<InflatingAhead> InflatingAhead::start(Inflater& inflater, Source& source, base::SpareThreads& spare) {
  if (!spare.take()) return nullptr;
  std::unique_ptr<InflatingAhead> ahead(new InflatingAhead(inflater, source, spare));
  // What the inflater still holds of the source's buffer comes along as the first input.
  ahead->piece_ = inflater.input();
  inflater.move_input({});
  try {
    ahead->thread_ = std::thread([running = ahead.get()] { running->run(); });
  } catch (const std::system_error&) {  // no thread to be had: it goes on as before
    inflater.move_input(ahead->piece_);
    return nullptr;
  }
  return ahead;
}

InflatingAhead::~InflatingAhead() { finish(); }

// Also as soon as the last byte is out, so that another layer may have the thread.
void InflatingAhead::finish() {
  if (is_over_ && !thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  for_inflater_.notify_all();
  if (thread_.joinable()) thread_.join();
  spare_.give();
}

// ---- The inflating thread.

void InflatingAhead::run() {
  Inputs inputs(*this);
  std::unique_lock lock(mutex_);
  for (;;) {
    for_inflater_.wait(lock, [this] { return is_stopping_ || outputs_.has_room(); });
    if (is_stopping_) return;
    const std::span<std::uint8_t> slot = outputs_.slot(outputs_.next_free());
    lock.unlock();
    Result<std::size_t> filled = inflater_.fill(slot, inputs);
    const bool is_last = !filled || *filled == 0;
    lock.lock();
    outputs_.put(std::move(filled));
    for_reader_.notify_one();
    if (is_last) return;
  }
}

Result<Bytes> InflatingAhead::next_input() {
  std::unique_lock lock(mutex_);
  if (inputs_.is_lent) {
    inputs_.take_back();
    for_reader_.notify_one();
  }
  for_inflater_.wait(lock, [this] { return is_stopping_ || inputs_.has_ready(); });
  if (is_stopping_) return fail(Code::cancelled, {"nobody reads on"});
  return inputs_.lend();
}

// ---- The reading thread.

Result<Bytes> InflatingAhead::next() {
  if (is_over_) return last_;
  std::unique_lock lock(mutex_);
  if (outputs_.is_lent) {
    outputs_.take_back();
    for_inflater_.notify_one();
  }
  for (;;) {
    // Feeding comes first, or the inflater would have nothing to do while its output is being read.
    if (!is_fed_ && inputs_.has_room()) {
      feed(lock);
    } else if (outputs_.has_ready()) {
      break;
    } else {
      for_reader_.wait(lock, [this] { return outputs_.has_ready() || (!is_fed_ && inputs_.has_room()); });
    }
  }
  Result<Bytes> output = outputs_.lend();
  if (output && !output->empty()) return output;
  is_over_ = true;
  last_ = output;
  lock.unlock();
  finish();
  return last_;
}

// One buffer of compressed bytes, or the source's end or error as its last word.
void InflatingAhead::feed(std::unique_lock<std::mutex>& lock) {
  const std::span<std::uint8_t> slot = inputs_.slot(inputs_.next_free());
  lock.unlock();
  Result<std::size_t> filled = std::size_t{0};
  if (piece_.empty()) {
    auto piece = source_.next();
    if (piece) {
      piece_ = *piece;
    } else {
      filled = std::unexpected(std::move(piece).error());
    }
  }
  if (!piece_.empty()) {
    filled = std::min(piece_.size(), slot.size());
    std::copy_n(piece_.begin(), *filled, slot.begin());
    piece_ = piece_.subspan(*filled);
  }
  lock.lock();
  is_fed_ = !filled || *filled == 0;
  inputs_.put(std::move(filled));
  for_inflater_.notify_one();
}

}  // namespace limpid::archive

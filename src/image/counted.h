// Counts the bytes that pass, for a ReadObserver. Private to this room.
#pragma once

#include <atomic>
#include <memory>

#include "archive/source.h"
#include "image/source.h"

namespace limpid::image {

class Counted final : public archive::Source {
 public:
  Counted(std::unique_ptr<archive::Source> inner, std::shared_ptr<std::atomic<std::uint64_t>> count)
      : inner_(std::move(inner)), count_(std::move(count)) {}
  Result<Bytes> next() override {
    auto view = inner_->next();
    if (view) count_->fetch_add(view->size(), std::memory_order_relaxed);
    return view;
  }
  void may_use(base::SpareThreads& spare, std::uint64_t input_size) override { inner_->may_use(spare, input_size); }

 private:
  std::unique_ptr<archive::Source> inner_;
  std::shared_ptr<std::atomic<std::uint64_t>> count_;
};

// `source` itself where nobody counts. `counter` is one of those in `counters`.
inline std::unique_ptr<archive::Source> counted(std::unique_ptr<archive::Source> source,
                                                const std::shared_ptr<ReadCounters>& counters,
                                                std::atomic<std::uint64_t> ReadCounters::* counter) {
  if (!counters) return source;
  std::shared_ptr<std::atomic<std::uint64_t>> count(counters, &(counters.get()->*counter));
  return std::make_unique<Counted>(std::move(source), std::move(count));
}

}  // namespace limpid::image

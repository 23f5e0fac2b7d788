// A stream that ends when somebody wants it to (base/cancel.h). Stands on both sides of a decompressor: bytes that are
// waited for, and those that one read makes a thousand times as many of. Private to this room.
#pragma once

#include <atomic>
#include <memory>

#include "archive/source.h"
#include "base/cancel.h"

namespace limpid::image {

class Stoppable final : public archive::Source {
 public:
  Stoppable(std::unique_ptr<archive::Source> inner, const std::atomic<bool>* cancel)
      : inner_(std::move(inner)), cancel_(cancel) {}
  Result<Bytes> next() override {
    LIMPID_TRY(base::check_cancelled(cancel_));
    return inner_->next();
  }
  void may_use(base::SpareThreads& spare, std::uint64_t input_size) override { inner_->may_use(spare, input_size); }

 private:
  std::unique_ptr<archive::Source> inner_;
  const std::atomic<bool>* cancel_;
};

// `source` itself where nobody can wish for an early end.
inline std::unique_ptr<archive::Source> stoppable(std::unique_ptr<archive::Source> source,
                                                  const std::atomic<bool>* cancel) {
  if (cancel == nullptr) return source;
  return std::make_unique<Stoppable>(std::move(source), cancel);
}

}  // namespace limpid::image

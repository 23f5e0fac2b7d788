// A source whose first bytes were looked at, and which gives them nevertheless.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "archive/source.h"

namespace limpid::archive {

class PeekedSource final : public Source {
 public:
  // At least `count` bytes ahead, or all that there is.
  static Result<std::unique_ptr<PeekedSource>> peek(std::unique_ptr<Source> source, std::size_t count) {
    Source& read = *source;
    return peek(std::unique_ptr<PeekedSource>(new PeekedSource(read, std::move(source))), count);
  }
  // `source` outlives what is given.
  static Result<std::unique_ptr<PeekedSource>> peek(Source& source, std::size_t count) {
    return peek(std::unique_ptr<PeekedSource>(new PeekedSource(source, nullptr)), count);
  }

  Bytes first() const { return first_; }
  Result<Bytes> next() override {
    if (!first_.empty()) return std::exchange(first_, {});
    return source_.next();
  }

 private:
  PeekedSource(Source& source, std::unique_ptr<Source> owned) : source_(source), owned_(std::move(owned)) {}

  static Result<std::unique_ptr<PeekedSource>> peek(std::unique_ptr<PeekedSource> peeked, std::size_t count) {
    LIMPID_ASSIGN(Bytes first, peeked->source_.next());
    // Tiny pieces are gathered; the usual first piece is lent on as it is.
    while (!first.empty() && first.size() + peeked->gathered_.size() < count) {
      peeked->gathered_.append(base::as_text(first));
      LIMPID_ASSIGN(first, peeked->source_.next());
    }
    if (!peeked->gathered_.empty()) {
      peeked->gathered_.append(base::as_text(first));
      first = base::as_bytes(peeked->gathered_);
    }
    peeked->first_ = first;
    return peeked;
  }

  Source& source_;
  std::unique_ptr<Source> owned_;  // what source_ is, unless it is lent
  std::string gathered_;
  Bytes first_;
};

}  // namespace limpid::archive

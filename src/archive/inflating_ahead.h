// Decompression on a thread of its own, a few buffers ahead of whoever reads what comes out. Compressed bytes are still
// fetched (and hashed, counted, cancelled) by the reading thread, whose turn it is whenever it calls next(): the other
// one does nothing but inflate, and so never waits for anything but this one. Private to this room.
//
//   reader:  source → copy ─→ inputs ─→ inflater ─→ outputs ─→ lent to the reader
//                            └──────── thread ────────┘
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <thread>

#include "archive/inflater.h"
#include "archive/source.h"
#include "base/spare.h"

namespace limpid::archive {

// With less left than this to read, another thread would cost as much as it brings.
inline constexpr std::uint64_t kAheadMin = std::uint64_t{4} << 20;

class InflatingAhead {
 public:
  // Takes over from where `inflater` is in `source`; both outlive this object. Nothing where no thread is to be had.
  static std::unique_ptr<InflatingAhead> start(Inflater& inflater, Source& source, base::SpareThreads& spare);
  // Ends the thread, wherever it is.
  ~InflatingAhead();
  InflatingAhead(const InflatingAhead&) = delete;
  InflatingAhead& operator=(const InflatingAhead&) = delete;

  // As Source::next().
  Result<Bytes> next();

 private:
  static constexpr std::size_t kSlots = 4;

  // Buffers that go round between two threads, in order. What stands in one is a length (0 is the end) or an error.
  struct Ring {
    std::array<Result<std::size_t>, kSlots> filled;
    std::unique_ptr<std::uint8_t[]> bytes = std::make_unique_for_overwrite<std::uint8_t[]>(kSlots * kBufferSize);
    std::size_t first = 0;  // the oldest that is in use
    std::size_t count = 0;  // in use: ready, or being read
    bool is_lent = false;   // the first is being read

    std::span<std::uint8_t> slot(std::size_t index) { return {bytes.get() + index * kBufferSize, kBufferSize}; }
    bool has_room() const { return count < kSlots; }
    bool has_ready() const { return count > (is_lent ? 1U : 0U); }
    std::size_t next_free() const { return (first + count) % kSlots; }
    void put(Result<std::size_t> what);
    // The next one, until take_back().
    Result<Bytes> lend();
    void take_back();
  };
  class Inputs;

  InflatingAhead(Inflater& inflater, Source& source, base::SpareThreads& spare)
      : inflater_(inflater), source_(source), spare_(spare) {}
  void run();
  void finish();
  void feed(std::unique_lock<std::mutex>& lock);
  Result<Bytes> next_input();

  Inflater& inflater_;
  Source& source_;
  base::SpareThreads& spare_;

  std::mutex mutex_;  // of what follows, but for the bytes in slots, which belong to whoever fills or reads them
  std::condition_variable for_reader_, for_inflater_;
  Ring inputs_, outputs_;
  bool is_stopping_ = false;

  // The reading thread's own.
  Bytes piece_;  // of the source, what has not been copied yet
  bool is_fed_ = false;
  Result<Bytes> last_ = Bytes{};  // once is_over_
  bool is_over_ = false;

  std::thread thread_;
};

}  // namespace limpid::archive

// The one loop around all decompressors: full output buffers, members one after another, truncation, padding, limits.
// Private to this room.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "archive/compression.h"
#include "archive/decoder.h"
#include "archive/source.h"

namespace limpid::archive {

class Inflater {
 public:
  Inflater(Compression kind, std::unique_ptr<Decoder> decoder, const InflateLimits& limits)
      : kind_(kind), decoder_(std::move(decoder)), limits_(limits) {}

  // Fills `to`, which is not empty, from `source`. Fewer bytes than fit only where the stream ends or breaks after
  // them; none at its end. What came out before an error is good and goes first; the error is repeated from then on.
  Result<std::size_t> fill(std::span<std::uint8_t> to, Source& source);

  // Of the compressed bytes, how many have been used.
  std::uint64_t consumed() const { return consumed_; }
  // What has been lent by the source and not been used yet. To go on with another source, give these bytes at another
  // place.
  Bytes input() const { return input_; }
  void move_input(Bytes input) { input_ = input; }

 private:
  Result<void> fill_free(Source& source);
  Result<bool> step();
  Result<void> between_members();
  Result<void> check_limits() const;

  Compression kind_;
  std::unique_ptr<Decoder> decoder_;
  InflateLimits limits_;
  Bytes input_;
  std::span<std::uint8_t> free_;
  std::uint64_t consumed_ = 0;
  std::uint64_t produced_ = 0;
  std::uint64_t members_ = 0;
  bool inside_ = false;   // a member
  bool padding_ = false;  // zero bytes were seen after the last
  bool ended_ = false;
  std::optional<Error> failure_;
};

// Code::limit where `output` is more than a stream may expand to.
Result<void> check_output(std::uint64_t output, const InflateLimits& limits);

}  // namespace limpid::archive

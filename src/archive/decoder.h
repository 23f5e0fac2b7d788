// What a decompressor must offer so that compression.cc can make a Source of it: one member (gzip), frame (zstd) or
// stream (xz, bzip2) decoded step by step between two buffers that the caller owns.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "archive/compression.h"

namespace limpid::archive {

class Decoder {
 public:
  virtual ~Decoder() = default;
  // Whether a member may begin with this byte.
  virtual bool may_begin_with(std::uint8_t first) const = 0;
  // Called before each member.
  virtual Result<void> begin() = 0;
  // Takes from the front of `input`, puts to the front of `output`, shortens both; true when the member is complete and
  // all of it has been put out. Called with empty input too, for output that is still held inside.
  virtual Result<bool> step(Bytes& input, std::span<std::uint8_t>& output) = 0;
  // xz: zero bytes between two streams are part of the format.
  virtual bool padding_between_members() const { return false; }
};

std::unique_ptr<Decoder> make_gzip_decoder();
std::unique_ptr<Decoder> make_zstd_decoder(const InflateLimits& limits);
std::unique_ptr<Decoder> make_xz_decoder(const InflateLimits& limits);
std::unique_ptr<Decoder> make_bzip2_decoder();

}  // namespace limpid::archive

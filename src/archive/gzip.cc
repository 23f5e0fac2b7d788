// gzip (RFC 1952). isa-l's igzip inflates twice as fast as zlib, and checks CRC and size. Its reading of headers is not
// used: version 2.30 gets lost in those with two optional fields, or with a checksum of their own.
#include <algorithm>

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include "archive/decoder.h"

namespace limpid::archive {
namespace {

Result<void> check(int status) {
  if (status >= 0) return {};
  if (status == ISAL_INCORRECT_CHECKSUM) return fail(Code::invalid, {"wrong gzip CRC or size"});
  return fail(Code::invalid, {"broken deflate data (", status, ")"});
}

// Takes a member's header byte by byte, wherever the pieces are cut.
class GzipHeader {
 public:
  void reset() { *this = {}; }
  bool complete() const { return field_ == Field::done; }

  // Takes from the front of `input` until the header is complete.
  Result<void> take(Bytes& input) {
    while (!input.empty() && !complete()) {
      const std::uint8_t byte = input.front();
      input = input.subspan(1);
      // The checksum covers what comes before it.
      if (field_ != Field::checksum) crc_ = crc32_gzip_refl(crc_, &byte, 1);
      LIMPID_TRY(take(byte));
    }
    return {};
  }

 private:
  enum class Field : std::uint8_t { fixed, extra_length, extra, name, comment, checksum, done };
  enum Flag : std::uint8_t { kChecksum = 1 << 1, kExtra = 1 << 2, kName = 1 << 3, kComment = 1 << 4 };

  Result<void> take(std::uint8_t byte) {
    const std::size_t at = position_++;
    switch (field_) {
      case Field::fixed:
        if ((at == 0 && byte != 0x1f) || (at == 1 && byte != 0x8b)) return fail(Code::invalid, {"no gzip header"});
        if (at == 2 && byte != 8) return fail(Code::unsupported, {"gzip method ", unsigned{byte}, ", not deflate"});
        if (at == 3) flags_ = byte;
        if (at == 9) enter(Field::extra_length);
        break;
      case Field::extra_length:
        value_ |= static_cast<std::uint32_t>(byte) << (8 * at);
        if (at == 1) {
          extra_left_ = value_;
          enter(extra_left_ > 0 ? Field::extra : Field::name);
        }
        break;
      case Field::extra:
        if (--extra_left_ == 0) enter(Field::name);
        break;
      case Field::name:
        if (byte == 0) enter(Field::comment);
        break;
      case Field::comment:
        if (byte == 0) enter(Field::checksum);
        break;
      case Field::checksum:
        value_ |= static_cast<std::uint32_t>(byte) << (8 * at);
        if (at == 1 && value_ != (crc_ & 0xffff)) return fail(Code::invalid, {"wrong checksum of the gzip header"});
        if (at == 1) enter(Field::done);
        break;
      case Field::done:
        break;
    }
    return {};
  }

  // Goes to `field`, or to the next one after it that the flags announce.
  void enter(Field field) {
    position_ = value_ = 0;
    if (field == Field::extra_length && (flags_ & kExtra) == 0) field = Field::name;
    if (field == Field::name && (flags_ & kName) == 0) field = Field::comment;
    if (field == Field::comment && (flags_ & kComment) == 0) field = Field::checksum;
    if (field == Field::checksum && (flags_ & kChecksum) == 0) field = Field::done;
    field_ = field;
  }

  Field field_ = Field::fixed;
  std::uint8_t flags_ = 0;
  std::size_t position_ = 0;  // in the field
  std::uint32_t value_ = 0;
  std::uint32_t extra_left_ = 0;
  std::uint32_t crc_ = 0;
};

class GzipDecoder final : public Decoder {
 public:
  GzipDecoder() { isal_inflate_init(&state_); }

  bool may_begin_with(std::uint8_t first) const override { return first == 0x1f; }
  Result<void> begin() override {
    header_.reset();
    isal_inflate_reset(&state_);
    // Only the trailer is igzip's.
    state_.crc_flag = ISAL_GZIP_NO_HDR_VER;
    return {};
  }
  Result<bool> step(Bytes& input, std::span<std::uint8_t>& output) override {
    if (!header_.complete()) {
      LIMPID_TRY(header_.take(input));
      if (!header_.complete()) return false;
    }
    // igzip never writes through next_in; its interface only lacks the const.
    state_.next_in = const_cast<std::uint8_t*>(input.data());
    state_.avail_in = static_cast<std::uint32_t>(input.size());
    state_.next_out = output.data();
    state_.avail_out = static_cast<std::uint32_t>(output.size());
    const int status = isal_inflate(&state_);
    output = output.last(std::min<std::size_t>(state_.avail_out, output.size()));
    LIMPID_TRY(check(status));
    // Only now: after an error avail_in may also count bytes of earlier pieces, which igzip had in its bit buffer.
    if (state_.avail_in > input.size()) return fail(Code::invalid, {"broken deflate data"});
    input = input.last(state_.avail_in);
    return state_.block_state == ISAL_BLOCK_FINISH;
  }

 private:
  GzipHeader header_;
  inflate_state state_;
};

}  // namespace

std::unique_ptr<Decoder> make_gzip_decoder() { return std::make_unique<GzipDecoder>(); }

}  // namespace limpid::archive

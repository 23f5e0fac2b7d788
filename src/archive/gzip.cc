// gzip (RFC 1952) through isa-l's igzip, twice as fast as zlib. igzip stops at the end of a member, and neither
// continues nor complains: compression.cc starts the next one. It checks CRC and size itself.
#include <isa-l/igzip_lib.h>

#include "archive/decoder.h"

namespace limpid::archive {
namespace {

Result<void> check(int status) {
  if (status >= 0) return {};
  switch (status) {
    case ISAL_INCORRECT_CHECKSUM:
      return fail(Code::invalid, {"wrong gzip CRC or size"});
    case ISAL_UNSUPPORTED_METHOD:
      return fail(Code::unsupported, {"a gzip method other than deflate"});
    case ISAL_INVALID_WRAPPER:
      return fail(Code::invalid, {"no gzip header"});
    default:
      return fail(Code::invalid, {"broken deflate data (", status, ")"});
  }
}

class GzipDecoder final : public Decoder {
 public:
  GzipDecoder() { isal_inflate_init(&state_); }

  bool may_begin_with(std::uint8_t first) const override { return first == 0x1f; }
  Result<void> begin() override {
    isal_inflate_reset(&state_);
    state_.crc_flag = ISAL_GZIP;
    return {};
  }
  Result<bool> step(Bytes& input, std::span<std::uint8_t>& output) override {
    // igzip never writes through next_in; its interface only lacks the const.
    state_.next_in = const_cast<std::uint8_t*>(input.data());
    state_.avail_in = static_cast<std::uint32_t>(input.size());
    state_.next_out = output.data();
    state_.avail_out = static_cast<std::uint32_t>(output.size());
    const int status = isal_inflate(&state_);
    input = input.last(state_.avail_in);
    output = output.last(state_.avail_out);
    LIMPID_TRY(check(status));
    return state_.block_state == ISAL_BLOCK_FINISH;
  }

 private:
  inflate_state state_;
};

}  // namespace

std::unique_ptr<Decoder> make_gzip_decoder() { return std::make_unique<GzipDecoder>(); }

}  // namespace limpid::archive

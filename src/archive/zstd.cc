// Zstandard (RFC 8878) through libzstd, which skips skippable frames (zstd:chunked keeps its table of contents in one).
#include <zstd.h>
#include <zstd_errors.h>

#include "archive/decoder.h"

namespace limpid::archive {
namespace {

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

class ZstdDecoder final : public Decoder {
 public:
  explicit ZstdDecoder(unsigned window_log_max) : context_(ZSTD_createDCtx()), window_log_max_(window_log_max) {}

  bool may_begin_with(std::uint8_t first) const override { return first == 0x28 || (first >= 0x50 && first <= 0x5f); }
  Result<void> begin() override {
    if (!context_) return fail(Code::limit, {"out of memory for zstd"});
    ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
    const auto status = ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, static_cast<int>(window_log_max_));
    if (ZSTD_isError(status) != 0) return fail(Code::internal, {"zstd window log limit ", window_log_max_, " refused"});
    return {};
  }
  Result<bool> step(Bytes& input, std::span<std::uint8_t>& output) override {
    ZSTD_inBuffer from{input.data(), input.size(), 0};
    ZSTD_outBuffer to{output.data(), output.size(), 0};
    const std::size_t status = ZSTD_decompressStream(context_.get(), &to, &from);
    input = input.subspan(from.pos);
    output = output.subspan(to.pos);
    if (ZSTD_isError(status) == 0) return status == 0;
    switch (ZSTD_getErrorCode(status)) {
      case ZSTD_error_frameParameter_windowTooLarge:
        return fail(Code::limit, {"zstd window beyond the limit zstd-window=", std::uint64_t{1} << window_log_max_});
      case ZSTD_error_memory_allocation:
        return fail(Code::limit, {"out of memory for zstd"});
      case ZSTD_error_dictionary_wrong:
        return fail(Code::unsupported, {"zstd with a dictionary of its own"});
      default:
        return fail(Code::invalid, {"broken zstd data: ", ZSTD_getErrorName(status)});
    }
  }

 private:
  std::unique_ptr<ZSTD_DCtx, FreeContext> context_;
  unsigned window_log_max_;
};

}  // namespace

std::unique_ptr<Decoder> make_zstd_decoder(const InflateLimits& limits) {
  return std::make_unique<ZstdDecoder>(limits.zstd_window_log_max);
}

}  // namespace limpid::archive

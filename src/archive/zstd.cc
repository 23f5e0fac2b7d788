// Zstandard (RFC 8878) through libzstd, which skips skippable frames (zstd:chunked keeps its table of contents in one).
#include <algorithm>
#include <array>

#include <zstd.h>
#include <zstd_errors.h>

#include "archive/decoder.h"

namespace limpid::archive {
namespace {

// A frame's magic number, and its longest header: RFC 8878, section 3.1.1.
constexpr std::size_t kMagicSize = 4;
constexpr std::size_t kHeaderMax = 18;

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
    header_size_ = 0;
    produced_ = 0;
    return {};
  }
  Result<bool> step(Bytes& input, std::span<std::uint8_t>& output) override {
    // The magic number alone: a frame that libzstd sees whole takes another way through it, which lets pass what the
    // usual one refuses (1.5.4: blocks beyond the window). What a frame means shall not depend on how it is cut.
    const std::size_t offered = header_size_ < kMagicSize ? kMagicSize - header_size_ : input.size();
    ZSTD_inBuffer from{input.data(), std::min(input.size(), offered), 0};
    ZSTD_outBuffer to{output.data(), output.size(), 0};
    const std::size_t status = ZSTD_decompressStream(context_.get(), &to, &from);
    const auto header = input.first(std::min(from.pos, kHeaderMax - header_size_));
    std::ranges::copy(header, header_.begin() + static_cast<std::ptrdiff_t>(header_size_));
    header_size_ += header.size();
    produced_ += to.pos;
    input = input.subspan(from.pos);
    output = output.subspan(to.pos);
    if (status == 0 && !has_its_size())
      return fail(Code::invalid, {"broken zstd data: not of the size that it states"});
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
  // libzstd looks at this itself, but not where the last block is empty (1.5.4).
  bool has_its_size() const {
    const unsigned long long stated = ZSTD_getFrameContentSize(header_.data(), header_size_);
    return stated == ZSTD_CONTENTSIZE_UNKNOWN || stated == produced_;
  }

  std::unique_ptr<ZSTD_DCtx, FreeContext> context_;
  unsigned window_log_max_;
  // Of the frame that is being read.
  std::array<std::uint8_t, kHeaderMax> header_{};
  std::size_t header_size_ = 0;
  std::uint64_t produced_ = 0;
};

}  // namespace

std::unique_ptr<Decoder> make_zstd_decoder(const InflateLimits& limits) {
  return std::make_unique<ZstdDecoder>(limits.zstd_window_log_max);
}

}  // namespace limpid::archive

// xz (https://tukaani.org/xz/xz-file-format.txt) through liblzma, stream by stream.
#include <lzma.h>

#include "archive/decoder.h"

namespace limpid::archive {
namespace {

class XzDecoder final : public Decoder {
 public:
  explicit XzDecoder(std::uint64_t memory_max) : memory_max_(memory_max) {}
  XzDecoder(const XzDecoder&) = delete;
  XzDecoder& operator=(const XzDecoder&) = delete;
  ~XzDecoder() override { lzma_end(&stream_); }

  bool may_begin_with(std::uint8_t first) const override { return first == 0xfd; }
  bool padding_between_members() const override { return true; }
  Result<void> begin() override {
    // Without the flag a stream whose check liblzma doesn't know would go unchecked.
    if (lzma_stream_decoder(&stream_, memory_max_, LZMA_TELL_UNSUPPORTED_CHECK) != LZMA_OK)
      return fail(Code::limit, {"out of memory for xz"});
    return {};
  }
  Result<bool> step(Bytes& input, std::span<std::uint8_t>& output) override {
    stream_.next_in = input.data();
    stream_.avail_in = input.size();
    stream_.next_out = output.data();
    stream_.avail_out = output.size();
    const lzma_ret status = lzma_code(&stream_, LZMA_RUN);
    input = input.last(stream_.avail_in);
    output = output.last(stream_.avail_out);
    switch (status) {
      case LZMA_OK:
      case LZMA_BUF_ERROR:  // no progress was possible: the caller sees that for itself
        return false;
      case LZMA_STREAM_END:
        return true;
      case LZMA_MEMLIMIT_ERROR:
        return fail(Code::limit, {"xz needs ", lzma_memusage(&stream_),
                                  " bytes of memory, beyond the limit xz-memory=", memory_max_});
      case LZMA_MEM_ERROR:
        return fail(Code::limit, {"out of memory for xz"});
      case LZMA_OPTIONS_ERROR:
      case LZMA_UNSUPPORTED_CHECK:
        return fail(Code::unsupported, {"xz options or check of a kind that we don't read"});
      default:
        return fail(Code::invalid, {"broken xz data (", static_cast<int>(status), ")"});
    }
  }

 private:
  std::uint64_t memory_max_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

}  // namespace

std::unique_ptr<Decoder> make_xz_decoder(const InflateLimits& limits) {
  return std::make_unique<XzDecoder>(limits.xz_memory_max);
}

}  // namespace limpid::archive

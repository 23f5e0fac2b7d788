// bzip2 through libbz2, stream by stream (pbzip2 writes many). Its memory is at most 3.7 MB, whatever the input says.
#include <bzlib.h>

#include "archive/decoder.h"

namespace limpid::archive {
namespace {

class Bzip2Decoder final : public Decoder {
 public:
  Bzip2Decoder() = default;
  Bzip2Decoder(const Bzip2Decoder&) = delete;
  Bzip2Decoder& operator=(const Bzip2Decoder&) = delete;
  ~Bzip2Decoder() override { end(); }

  bool may_begin_with(std::uint8_t first) const override { return first == 'B'; }
  Result<void> begin() override {
    end();
    stream_ = {};
    open_ = BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK;
    if (!open_) return fail(Code::limit, {"out of memory for bzip2"});
    return {};
  }
  Result<bool> step(Bytes& input, std::span<std::uint8_t>& output) override {
    // libbz2's interface speaks of char, and lacks the const.
    stream_.next_in = const_cast<char*>(base::as_text(input).data());
    stream_.avail_in = static_cast<unsigned>(input.size());
    stream_.next_out = reinterpret_cast<char*>(output.data());  // NOLINT
    stream_.avail_out = static_cast<unsigned>(output.size());
    const int status = BZ2_bzDecompress(&stream_);
    input = input.last(stream_.avail_in);
    output = output.last(stream_.avail_out);
    switch (status) {
      case BZ_OK:
        return false;
      case BZ_STREAM_END:
        return true;
      case BZ_MEM_ERROR:
        return fail(Code::limit, {"out of memory for bzip2"});
      default:
        return fail(Code::invalid, {"broken bzip2 data (", status, ")"});
    }
  }

 private:
  void end() {
    if (open_) BZ2_bzDecompressEnd(&stream_);
    open_ = false;
  }

  bz_stream stream_{};
  bool open_ = false;
};

}  // namespace

std::unique_ptr<Decoder> make_bzip2_decoder() { return std::make_unique<Bzip2Decoder>(); }

}  // namespace limpid::archive

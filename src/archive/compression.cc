// Which decompressor, and whether it runs on the thread that reads or on one of its own.
#include "archive/compression.h"

#include "archive/decoder.h"
#include "archive/inflater.h"
#include "archive/inflating_ahead.h"
#include "archive/peeked.h"

namespace limpid::archive {
namespace {

class CountedSource final : public Source {
 public:
  CountedSource(std::unique_ptr<Source> source, const InflateLimits& limits)
      : source_(std::move(source)), limits_(limits) {}
  Result<Bytes> next() override {
    LIMPID_TRY(check_output(output_, limits_));
    LIMPID_ASSIGN(const Bytes piece, source_->next());
    output_ += piece.size();
    LIMPID_TRY(check_output(output_, limits_));
    return piece;
  }

 private:
  std::unique_ptr<Source> source_;
  InflateLimits limits_;
  std::uint64_t output_ = 0;
};

class InflatedSource final : public Source {
 public:
  InflatedSource(std::unique_ptr<Source> source, Compression kind, std::unique_ptr<Decoder> decoder,
                 const InflateLimits& limits)
      : source_(std::move(source)), inflater_(kind, std::move(decoder), limits) {}

  Result<Bytes> next() override {
    if (spare_ != nullptr && is_worth_a_thread()) go_ahead();
    if (ahead_) return ahead_->next();
    if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(kBufferSize);
    LIMPID_ASSIGN(const std::size_t produced, inflater_.fill({buffer_.get(), kBufferSize}, *source_));
    return Bytes{buffer_.get(), produced};
  }

  void may_use(base::SpareThreads& spare, std::uint64_t input_size) override {
    spare_ = &spare;
    input_size_ = input_size;
  }

 private:
  bool is_worth_a_thread() const {
    const std::uint64_t consumed = inflater_.consumed();
    if (input_size_ == 0) return consumed >= kAheadMin;
    return input_size_ >= consumed && input_size_ - consumed >= kAheadMin;
  }
  void go_ahead() {
    ahead_ = InflatingAhead::start(inflater_, *source_, *spare_);
    if (ahead_) spare_ = nullptr;
  }

  std::unique_ptr<Source> source_;
  Inflater inflater_;
  std::unique_ptr<std::uint8_t[]> buffer_;
  base::SpareThreads* spare_ = nullptr;
  std::uint64_t input_size_ = 0;
  std::unique_ptr<InflatingAhead> ahead_;  // last: its thread ends before what it uses goes
};

}  // namespace

std::string_view name_of(Compression compression) {
  switch (compression) {
    case Compression::none:
      return "none";
    case Compression::gzip:
      return "gzip";
    case Compression::zstd:
      return "zstd";
    case Compression::xz:
      return "xz";
    case Compression::bzip2:
      return "bzip2";
  }
  return "unknown";
}

Compression sniff_compression(Bytes first) {
  const std::string_view text = base::as_text(first);
  if (text.starts_with("\x1f\x8b")) return Compression::gzip;
  if (text.starts_with("\x28\xb5\x2f\xfd")) return Compression::zstd;
  // A skippable frame, 0x184D2A50 to 5F.
  if (text.size() >= 4 && (first[0] & 0xf0) == 0x50 && text.substr(1).starts_with("\x2a\x4d\x18"))
    return Compression::zstd;
  if (text.starts_with(std::string_view("\xfd"
                                        "7zXZ\0",
                                        kSniffLength)))
    return Compression::xz;
  if (text.size() >= 4 && text.starts_with("BZh") && text[3] >= '1' && text[3] <= '9') return Compression::bzip2;
  return Compression::none;
}

Result<std::unique_ptr<Source>> decompress(std::unique_ptr<Source> compressed, Compression kind,
                                           const InflateLimits& limits) {
  std::unique_ptr<Decoder> decoder;
  switch (kind) {
    case Compression::none:
      return std::make_unique<CountedSource>(std::move(compressed), limits);
    case Compression::gzip:
      decoder = make_gzip_decoder();
      break;
    case Compression::zstd:
      decoder = make_zstd_decoder(limits);
      break;
    case Compression::xz:
      decoder = make_xz_decoder(limits);
      break;
    case Compression::bzip2:
      decoder = make_bzip2_decoder();
      break;
  }
  return std::make_unique<InflatedSource>(std::move(compressed), kind, std::move(decoder), limits);
}

Result<std::unique_ptr<Source>> decompress_any(std::unique_ptr<Source> compressed, const InflateLimits& limits) {
  LIMPID_ASSIGN(auto peeked, PeekedSource::peek(std::move(compressed), kSniffLength));
  const Compression kind = sniff_compression(peeked->first());
  return decompress(std::move(peeked), kind, limits);
}

}  // namespace limpid::archive

// The one loop around all decompressors: full output buffers, members one after another, truncation, padding, limits.
#include "archive/compression.h"

#include <algorithm>
#include <optional>

#include "archive/decoder.h"

namespace limpid::archive {
namespace {

// The libraries count in 32 bits.
constexpr std::size_t kStepInputMax = std::size_t{1} << 30;

Result<void> check_output(std::uint64_t output, const InflateLimits& limits) {
  if (output > limits.output_max)
    return fail(Code::limit, {"expands beyond the limit unpacked-size=", limits.output_max});
  return {};
}

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
      : source_(std::move(source)), kind_(kind), decoder_(std::move(decoder)), limits_(limits) {}

  Result<Bytes> next() override {
    if (failure_) return std::unexpected(*failure_);
    if (ended_) return Bytes{};
    if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(kBufferSize);
    free_ = {buffer_.get(), kBufferSize};
    if (auto filled = fill(); !filled)
      failure_ = std::move(filled).error().within({name_of(kind_), " byte ", consumed_});
    const Bytes produced{buffer_.get(), kBufferSize - free_.size()};
    // What came out before the error is good, and goes first.
    if (failure_ && produced.empty()) return std::unexpected(*failure_);
    return produced;
  }

 private:
  Result<void> fill() {
    while (!free_.empty()) {
      if (inside_) {
        LIMPID_ASSIGN(const bool progress, step());
        if (progress) continue;
        if (!input_.empty()) return fail(Code::invalid, {"the decoder is stuck"});
      } else if (!input_.empty()) {
        LIMPID_TRY(between_members());
        if (inside_) continue;
      }
      LIMPID_ASSIGN(input_, source_->next());
      if (input_.empty()) {
        if (inside_ || members_ == 0) return fail(Code::truncated, {"ends too early"});
        ended_ = true;
        return {};
      }
    }
    return {};
  }

  Result<bool> step() {
    Bytes input = input_.first(std::min(input_.size(), kStepInputMax));
    const std::size_t had = input.size();
    const std::size_t room = free_.size();
    const auto finished = decoder_->step(input, free_);
    const std::size_t taken = had - input.size();
    const std::size_t put = room - free_.size();
    input_ = input_.subspan(taken);
    consumed_ += taken;
    produced_ += put;
    if (!finished) return std::unexpected(finished.error());
    LIMPID_TRY(check_limits());
    if (*finished) {
      inside_ = false;
      ++members_;
    }
    return *finished || taken > 0 || put > 0;
  }

  Result<void> between_members() {
    while (!input_.empty() && input_.front() == 0 && members_ > 0) {
      padding_ = true;
      input_ = input_.subspan(1);
      ++consumed_;
    }
    if (input_.empty()) return {};
    if ((padding_ && !decoder_->padding_between_members()) ||
        (members_ > 0 && !decoder_->may_begin_with(input_.front())))
      return fail(Code::invalid, {"other bytes follow the end"});
    padding_ = false;
    inside_ = true;
    return decoder_->begin();
  }

  Result<void> check_limits() const {
    LIMPID_TRY(check_output(produced_, limits_));
    if (produced_ > limits_.ratio_free && produced_ / limits_.ratio_max > consumed_)
      return fail(Code::limit, {"expands more times than the limit ratio=", limits_.ratio_max});
    return {};
  }

  std::unique_ptr<Source> source_;
  Compression kind_;
  std::unique_ptr<Decoder> decoder_;
  InflateLimits limits_;
  Bytes input_;
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::span<std::uint8_t> free_;
  std::uint64_t consumed_ = 0;
  std::uint64_t produced_ = 0;
  std::uint64_t members_ = 0;
  bool inside_ = false;   // a member
  bool padding_ = false;  // zero bytes were seen after the last
  bool ended_ = false;
  std::optional<Error> failure_;
};

// Gives back the piece that was read to tell the kind.
class PeekedSource final : public Source {
 public:
  // At least `count` bytes ahead, or all that there is.
  static Result<std::unique_ptr<PeekedSource>> peek(std::unique_ptr<Source> source, std::size_t count) {
    LIMPID_ASSIGN(Bytes first, source->next());
    auto peeked = std::make_unique<PeekedSource>(std::move(source));
    // Tiny pieces are gathered; the usual first piece is lent on as it is.
    while (!first.empty() && first.size() + peeked->gathered_.size() < count) {
      peeked->gathered_.append(base::as_text(first));
      LIMPID_ASSIGN(first, peeked->source_->next());
    }
    if (!peeked->gathered_.empty()) {
      peeked->gathered_.append(base::as_text(first));
      first = base::as_bytes(peeked->gathered_);
    }
    peeked->first_ = first;
    return peeked;
  }
  explicit PeekedSource(std::unique_ptr<Source> source) : source_(std::move(source)) {}

  Bytes first() const { return first_; }
  Result<Bytes> next() override {
    if (!first_.empty()) return std::exchange(first_, {});
    return source_->next();
  }

 private:
  std::unique_ptr<Source> source_;
  std::string gathered_;
  Bytes first_;
};

constexpr std::size_t kSniffLength = 6;

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

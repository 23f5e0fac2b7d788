// Compressors for this room's tests.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <bzlib.h>
#include <isa-l/igzip_lib.h>
#include <lzma.h>
#include <zstd.h>

#include "archive/compression.h"

namespace limpid::archive::testing {

inline std::string igzip(std::string_view text, std::uint16_t wrapper) {
  // Room for stored blocks, should the text not shrink.
  std::string packed(text.size() + text.size() / 1000 + 512, '\0');
  const auto stream = std::make_unique<isal_zstream>();
  isal_deflate_stateless_init(stream.get());
  stream->gzip_flag = wrapper;
  stream->end_of_stream = 1;
  stream->next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  stream->avail_in = static_cast<std::uint32_t>(text.size());
  stream->next_out = reinterpret_cast<std::uint8_t*>(packed.data());
  stream->avail_out = static_cast<std::uint32_t>(packed.size());
  if (isal_deflate_stateless(stream.get()) != COMP_OK) return {};
  packed.resize(stream->total_out);
  return packed;
}
inline std::string gzip(std::string_view text) { return igzip(text, IGZIP_GZIP); }
inline std::string raw_deflate(std::string_view text) { return igzip(text, IGZIP_DEFLATE); }

inline std::string zstd(std::string_view text, int window_log = 0) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  if (window_log != 0) {
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, window_log);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, 0);
    // Streamed, so that the window isn't shrunk to the content.
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    ZSTD_outBuffer out{packed.data(), packed.size(), 0};
    while (in.pos < in.size) ZSTD_compressStream2(context.get(), &out, &in, ZSTD_e_continue);
    while (ZSTD_compressStream2(context.get(), &out, &in, ZSTD_e_end) != 0) {
    }
    packed.resize(out.pos);
    return packed;
  }
  packed.resize(ZSTD_compress2(context.get(), packed.data(), packed.size(), text.data(), text.size()));
  return packed;
}

inline std::string xz(std::string_view text) {
  std::string packed(lzma_stream_buffer_bound(text.size()), '\0');
  std::size_t at = 0;
  lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                          reinterpret_cast<std::uint8_t*>(packed.data()), &at, packed.size());
  packed.resize(at);
  return packed;
}

inline std::string bzip2(std::string_view text) {
  std::string packed(text.size() + text.size() / 100 + 600, '\0');
  auto size = static_cast<unsigned>(packed.size());
  BZ2_bzBuffToBuffCompress(packed.data(), &size, const_cast<char*>(text.data()), static_cast<unsigned>(text.size()), 1,
                           0, 0);
  packed.resize(size);
  return packed;
}

inline std::string pack(Compression kind, std::string_view text) {
  switch (kind) {
    case Compression::gzip:
      return gzip(text);
    case Compression::zstd:
      return zstd(text);
    case Compression::xz:
      return xz(text);
    case Compression::bzip2:
      return bzip2(text);
    case Compression::none:
      break;
  }
  return std::string(text);
}

}  // namespace limpid::archive::testing

#include "volumes/packed.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <bzlib.h>
#include <zlib.h>
#include <zstd.h>

namespace limpid::volumes {
namespace {

constexpr std::size_t kPieceSize = 1 << 20;
constexpr std::size_t kTarBlock = 512;

[[noreturn]] void give_up(const std::string& path) {
  std::perror(path.c_str());
  std::exit(1);
}

}  // namespace

// One of the three libraries, or none, and a piece that is handed to it when it is full.
struct File::Packer {
  std::string path, piece;
  std::FILE* file = nullptr;
  gzFile gzip = nullptr;
  BZFILE* bzip2 = nullptr;
  ZSTD_CCtx* zstd = nullptr;
  std::vector<char> packed;

  void put(const char* bytes, std::size_t size) {
    if (size != 0 && std::fwrite(bytes, 1, size, file) != size) give_up(path);
  }
  void flush(bool last) {
    int error = BZ_OK;
    if (gzip != nullptr) {
      if (!piece.empty() && gzwrite(gzip, piece.data(), static_cast<unsigned>(piece.size())) <= 0) give_up(path);
    } else if (bzip2 != nullptr) {
      BZ2_bzWrite(&error, bzip2, piece.data(), static_cast<int>(piece.size()));
      if (error != BZ_OK) give_up(path);
    } else if (zstd != nullptr) {
      ZSTD_inBuffer in{piece.data(), piece.size(), 0};
      for (std::size_t left = 1; left != 0;) {
        ZSTD_outBuffer out{packed.data(), packed.size(), 0};
        const std::size_t result = ZSTD_compressStream2(zstd, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(result) != 0U) give_up(path);
        put(packed.data(), out.pos);
        left = last ? result : in.size - in.pos;
      }
    } else {
      put(piece.data(), piece.size());
    }
    piece.clear();
  }
};

File::File(const std::string& path) : packer_(std::make_unique<Packer>()) {
  packer_->path = path;
  packer_->piece.reserve(kPieceSize * 2);
  if (path.ends_with(".gz")) {
    packer_->gzip = gzopen(path.c_str(), "wb6");
    if (packer_->gzip == nullptr) give_up(path);
    return;
  }
  packer_->file = std::fopen(path.c_str(), "wb");
  if (packer_->file == nullptr) give_up(path);
  if (path.ends_with(".bz2")) {
    int error = BZ_OK;
    constexpr int kBlocks = 9;
    packer_->bzip2 = BZ2_bzWriteOpen(&error, packer_->file, kBlocks, 0, 0);
    if (error != BZ_OK) give_up(path);
  } else if (path.ends_with(".zst")) {
    packer_->zstd = ZSTD_createCCtx();
    packer_->packed.resize(ZSTD_CStreamOutSize());
  }
}

File::~File() {
  packer_->flush(true);
  if (packer_->gzip != nullptr && gzclose(packer_->gzip) != Z_OK) give_up(packer_->path);
  int error = BZ_OK;
  if (packer_->bzip2 != nullptr) BZ2_bzWriteClose(&error, packer_->bzip2, 0, nullptr, nullptr);
  if (packer_->zstd != nullptr) ZSTD_freeCCtx(packer_->zstd);
  if (packer_->file != nullptr && std::fclose(packer_->file) != 0) give_up(packer_->path);
}

void File::write(std::string_view bytes) {
  unpacked_ += bytes.size();
  packer_->piece += bytes;
  if (packer_->piece.size() >= kPieceSize) packer_->flush(false);
}

// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html, ustar.
void Tar::add(std::string_view path, std::string_view content) {
  std::array<char, kTarBlock> head{};
  const auto put = [&](std::size_t at, std::string_view text) {
    std::memcpy(head.data() + at, text.data(), text.size());
  };
  put(0, path);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  char size[16];
  std::snprintf(size, sizeof size, "%011llo", static_cast<unsigned long long>(content.size()));
  put(124, std::string_view(size, 11));
  put(136, "14000000000");
  put(148, "        ");
  head[156] = '0';
  put(257, std::string_view("ustar\00000", 8));
  unsigned sum = 0;
  for (const char c : head) sum += static_cast<unsigned char>(c);
  char octal[16];
  std::snprintf(octal, sizeof octal, "%06o", sum);
  put(148, std::string_view(octal, 7));
  file_.write({head.data(), head.size()});
  file_.write(content);
  static constexpr std::array<char, kTarBlock> kZero{};
  if (const auto rest = content.size() % kTarBlock; rest != 0) file_.write({kZero.data(), kTarBlock - rest});
}

void Tar::end() {
  static constexpr std::array<char, 2 * kTarBlock> kZero{};
  file_.write({kZero.data(), kZero.size()});
}

void append_json(std::string& to, std::string_view text) {
  for (;;) {
    const std::size_t line = text.find('\n');
    to += text.substr(0, line);
    if (line == std::string_view::npos) return;
    to += "\\n";
    text.remove_prefix(line + 1);
  }
}

}  // namespace limpid::volumes

// bench-reference THREADS BLOB…: reads each layer blob, hashes it, inflates it and hashes what comes out, keeping
// nothing: the least that any scan which verifies both digests has to do. Prints "<blob sha256> <diff sha256>" each.
// Written straight against the libraries, so that it shares no code with what it is the measure of.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

namespace {

constexpr std::size_t kBuffer = std::size_t{256} << 10;

[[noreturn]] void die(const char* what, const std::string& path) {
  std::fprintf(stderr, "bench-reference: %s: %s\n", path.c_str(), what);
  std::exit(1);
}

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_, EVP_sha256(), nullptr); }
  ~Sha256() { EVP_MD_CTX_free(context_); }
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void update(const void* data, std::size_t size) { EVP_DigestUpdate(context_, data, size); }
  std::string hex() {
    unsigned char raw[32];
    EVP_DigestFinal_ex(context_, raw, nullptr);
    std::string text(64, '0');
    for (std::size_t i = 0; i < 32; ++i) std::snprintf(text.data() + 2 * i, 3, "%02x", raw[i]);
    return text;
  }

 private:
  EVP_MD_CTX* context_;
};

struct Layer {
  std::string path, blob, diff;
  off_t size = 0;
};

class Gzip {
 public:
  Gzip() { reset(); }
  void feed(unsigned char* data, std::size_t size, std::vector<unsigned char>& out, Sha256& diff) {
    state_.next_in = data;
    state_.avail_in = static_cast<std::uint32_t>(size);
    do {
      if (state_.block_state == ISAL_BLOCK_FINISH) {
        if (state_.avail_in == 0) break;
        const auto in = std::pair(state_.next_in, state_.avail_in);
        reset();
        std::tie(state_.next_in, state_.avail_in) = in;
      }
      state_.next_out = out.data();
      state_.avail_out = static_cast<std::uint32_t>(out.size());
      if (isal_inflate(&state_) != ISAL_DECOMP_OK) std::exit(1);
      diff.update(out.data(), out.size() - state_.avail_out);
    } while (state_.avail_in > 0 || state_.avail_out == 0);
  }

 private:
  void reset() {
    isal_inflate_init(&state_);
    state_.crc_flag = ISAL_GZIP;
  }
  inflate_state state_{};
};

void read_layer(Layer& layer) {
  const int file = open(layer.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) die("cannot be opened", layer.path);
  std::vector<unsigned char> in(kBuffer), out(kBuffer);
  Sha256 blob, diff;
  Gzip gzip;
  ZSTD_DCtx* zstd = nullptr;
  enum { unknown, plain, gz, zst } kind = unknown;
  for (ssize_t got = 0; (got = read(file, in.data(), in.size())) > 0;) {
    const auto size = static_cast<std::size_t>(got);
    blob.update(in.data(), size);
    if (kind == unknown) kind = in[0] == 0x1f ? gz : in[0] == 0x28 ? zst : plain;
    if (kind == plain) diff.update(in.data(), size);
    if (kind == gz) gzip.feed(in.data(), size, out, diff);
    if (kind == zst) {
      if (zstd == nullptr) zstd = ZSTD_createDCtx();
      ZSTD_inBuffer input{in.data(), size, 0};
      ZSTD_outBuffer output{out.data(), out.size(), 0};
      do {
        output.pos = 0;
        if (ZSTD_isError(ZSTD_decompressStream(zstd, &output, &input)) != 0) die("zstd", layer.path);
        diff.update(out.data(), output.pos);
      } while (input.pos < input.size || output.pos == output.size);
    }
  }
  ZSTD_freeDCtx(zstd);
  close(file);
  layer.blob = blob.hex();
  layer.diff = diff.hex();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  std::vector<Layer> layers;
  for (int i = 2; i < argc; ++i) {
    struct stat status{};
    if (stat(argv[i], &status) != 0) die("not there", argv[i]);
    layers.push_back({argv[i], {}, {}, status.st_size});
  }
  std::ranges::stable_sort(layers, [](const Layer& a, const Layer& b) { return a.size > b.size; });
  std::atomic<std::size_t> next = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < std::atoi(argv[1]); ++i)  // NOLINT(cert-err34-c): our own bench/run calls this
      threads.emplace_back([&] {
        for (std::size_t mine = next++; mine < layers.size(); mine = next++) read_layer(layers[mine]);
      });
  }
  for (const Layer& layer : layers) std::printf("%s %s\n", layer.blob.c_str(), layer.diff.c_str());
  return 0;
}

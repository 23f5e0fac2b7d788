// bench-make-image FOLDER gzip|zstd LEVEL LAYERS MEGABYTES|FILESf [FIRST-TAR]: writes an OCI layout whose layers are
// always the same for the same arguments. Each holds MEGABYTES of invented files (text, machine code and what does not
// compress, in the proportions that make a Debian image shrink to two fifths), or FILES empty ones in folders of a
// thousand. FIRST-TAR, a tar without its end, stands at the beginning of the lowest layer. Prints "<compressed>
// <uncompressed>".
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

namespace {

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "bench-make-image: %s\n", what.c_str());
  std::exit(1);
}

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_, EVP_sha256(), nullptr); }
  ~Sha256() { EVP_MD_CTX_free(context_); }
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void update(std::string_view bytes) { EVP_DigestUpdate(context_, bytes.data(), bytes.size()); }
  std::string hex() {
    unsigned char raw[32];
    EVP_DigestFinal_ex(context_, raw, nullptr);
    std::string text(64, '0');
    for (std::size_t i = 0; i < 32; ++i) std::snprintf(text.data() + 2 * i, 3, "%02x", unsigned{raw[i]});
    return text.substr(0, 64);
  }

 private:
  EVP_MD_CTX* context_;
};

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.hex();
}

// splitmix64: https://prng.di.unimi.it/splitmix64.c
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t operator()() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  std::uint64_t below(std::uint64_t limit) { return (*this)() % limit; }

 private:
  std::uint64_t state_;
};

// Content of the three kinds.
class Invention {
 public:
  explicit Invention(std::uint64_t seed) : random_(seed) {
    Random common(1);  // words and instructions are those of every layer
    for (std::string& word : words_) {
      for (std::uint64_t i = 2 + common.below(13); i > 0; --i) word += static_cast<char>('a' + common.below(26));
      word += common.below(9) == 0 ? '\n' : ' ';
    }
    for (auto& code : codes_)
      for (char& byte : code) byte = static_cast<char>(common() % 3 == 0 ? 0 : common());
  }

  void fill(std::string& content, std::size_t size) {
    content.clear();
    const std::uint64_t kind = random_.below(20);
    while (content.size() < size) {
      const std::uint64_t value = random_();
      if (kind < 9) {  // low numbers more often, as in any language
        content += words_[(value & 0xfff) * (value >> 12 & 0xfff) >> 12];
      } else if (kind < 18) {
        content.append(codes_[(value & 0x3ff) * (value >> 10 & 0x3ff) >> 10].data(), 5 + (value >> 20 & 7));
        if (value >> 61 == 0) content += static_cast<char>(value >> 53);
      } else {
        content.append(reinterpret_cast<const char*>(&value), sizeof value);
      }
    }
    content.resize(size);
  }
  // From a kilobyte to four megabytes, small ones more often.
  std::size_t some_size() { return (std::size_t{1} << (10 + random_.below(13))) - random_.below(1000); }

 private:
  Random random_;
  std::array<std::string, 4096> words_;
  std::array<std::array<char, 16>, 1024> codes_;
};

std::string tar_header(const std::string& name, char type, std::uint64_t size) {
  std::string block(512, '\0');
  const auto put = [&](std::size_t at, const std::string& text) {
    std::ranges::copy(text, block.begin() + static_cast<long>(at));
  };
  const auto octal = [](std::uint64_t value, int digits) {
    char text[24];
    std::snprintf(text, sizeof text, "%0*llo", digits, static_cast<unsigned long long>(value));
    return std::string(text);
  };
  put(0, name);
  put(100, type == '5' ? "0000755" : "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, octal(size, 11));
  put(136, "14000000000");
  put(148, "        ");
  block[156] = type;
  put(257, std::string("ustar\00000", 8));
  std::uint64_t sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put(148, octal(sum, 6));
  block[154] = '\0';
  return block;
}

// A layer's bytes on their way to its blob.
class LayerWriter {
 public:
  LayerWriter(const std::string& path, bool is_zstd, int level)
      : path_(path), file_(std::fopen(path.c_str(), "wb")), out_(std::size_t{1} << 20, '\0') {
    if (file_ == nullptr) die(path);
    if (is_zstd) {
      zstd_ = ZSTD_createCCtx();
      ZSTD_CCtx_setParameter(zstd_, ZSTD_c_compressionLevel, level);
    } else if (deflateInit2(&gzip_, level, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
      die("zlib");
    }
  }

  void write(std::string_view bytes) {
    diff_.update(bytes);
    size_ += bytes.size();
    waiting_ += bytes;
    if (waiting_.size() >= std::size_t{1} << 18) press(false);
  }
  void finish() {
    press(true);
    zstd_ != nullptr ? static_cast<void>(ZSTD_freeCCtx(zstd_)) : static_cast<void>(deflateEnd(&gzip_));
    if (std::fclose(file_) != 0) die(path_);
    digest = blob_.hex();
    diff_id = diff_.hex();
  }

  std::string digest, diff_id;
  std::uint64_t packed() const { return packed_; }
  std::uint64_t size() const { return size_; }

 private:
  void press(bool last) {
    if (zstd_ != nullptr) {
      ZSTD_inBuffer in{waiting_.data(), waiting_.size(), 0};
      for (std::size_t left = 1; left != 0 && (last || in.pos < in.size);) {
        ZSTD_outBuffer out{out_.data(), out_.size(), 0};
        left = ZSTD_compressStream2(zstd_, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left) != 0) die("zstd");
        put(out.pos);
        if (!last) left = 1;
      }
    } else {
      gzip_.next_in = reinterpret_cast<Bytef*>(waiting_.data());
      gzip_.avail_in = static_cast<uInt>(waiting_.size());
      do {
        gzip_.next_out = reinterpret_cast<Bytef*>(out_.data());
        gzip_.avail_out = static_cast<uInt>(out_.size());
        deflate(&gzip_, last ? Z_FINISH : Z_NO_FLUSH);
        put(out_.size() - gzip_.avail_out);
      } while (gzip_.avail_out == 0);
    }
    waiting_.clear();
  }
  void put(std::size_t size) {
    blob_.update({out_.data(), size});
    packed_ += size;
    if (std::fwrite(out_.data(), 1, size, file_) != size) die(path_);
  }

  std::string path_;
  std::FILE* file_;
  std::string out_, waiting_;
  Sha256 blob_, diff_;
  std::uint64_t packed_ = 0, size_ = 0;
  ZSTD_CCtx* zstd_ = nullptr;
  z_stream gzip_{};
};

void write_files(LayerWriter& out, std::size_t layer, std::uint64_t bytes) {
  Invention invention(layer + 1);
  std::string content;
  for (std::size_t i = 0; out.size() < bytes; ++i) {
    const std::string folder = "usr/lib/part-" + std::to_string(layer) + "-" + std::to_string(i / 40);
    if (i % 40 == 0) out.write(tar_header(folder + "/", '5', 0));
    invention.fill(content, std::min<std::uint64_t>(invention.some_size(), bytes - std::min(bytes, out.size())));
    out.write(tar_header(folder + "/file-" + std::to_string(i), '0', content.size()));
    content.resize((content.size() + 511) / 512 * 512, '\0');
    out.write(content);
  }
}

void write_empty_files(LayerWriter& out, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string folder = "srv/data/folder-" + std::to_string(i / 1000);
    if (i % 1000 == 0) out.write(tar_header(folder + "/", '5', 0));
    out.write(tar_header(folder + "/a-file-of-no-bytes-" + std::to_string(i), '0', 0));
  }
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  if (!(out << text).flush()) die(path);
}

std::string read_file(const char* path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) die(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string blob_path(const std::string& folder, const std::string& digest) {
  return folder + "/blobs/sha256/" + digest;
}

struct Layer {
  std::string digest, diff_id;
  std::uint64_t packed = 0, size = 0;
};

void write_manifest(const std::string& folder, const std::vector<Layer>& layers, const std::string& media_type) {
  std::string ids, descriptors;
  for (const Layer& layer : layers) {
    const char* const comma = ids.empty() ? "" : ",";
    ids += comma + ("\"sha256:" + layer.diff_id + "\"");
    descriptors += comma + ("{\"mediaType\":\"" + media_type + "\",\"digest\":\"sha256:" + layer.digest +
                            "\",\"size\":" + std::to_string(layer.packed) + "}");
  }
  const std::string config =
      R"({"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[)" + ids + "]}}";
  write_file(blob_path(folder, sha256(config)), config);
  const std::string manifest =
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:)" +
      sha256(config) + "\",\"size\":" + std::to_string(config.size()) + "},\"layers\":[" + descriptors + "]}";
  write_file(blob_path(folder, sha256(manifest)), manifest);
  write_file(folder + "/oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  write_file(
      folder + "/index.json",
      R"({"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:)" +
          sha256(manifest) + "\",\"size\":" + std::to_string(manifest.size()) +
          R"(,"annotations":{"org.opencontainers.image.ref.name":"latest"}}]})");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) return 2;
  const std::string folder = argv[1], kind = argv[2], amount = argv[5];
  const int level = std::atoi(argv[3]);  // NOLINT(cert-err34-c): our own bench calls this
  const std::size_t count = std::strtoull(argv[4], nullptr, 10);
  const std::uint64_t number = std::strtoull(amount.c_str(), nullptr, 10);
  const std::string first = argc > 6 ? read_file(argv[6]) : "";
  for (const char* const part : {"", "/blobs", "/blobs/sha256"}) ::mkdir((folder + part).c_str(), 0755);

  std::vector<Layer> layers(count);
  std::atomic<std::size_t> next = 0;
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
      threads.emplace_back([&] {
        for (std::size_t mine = next++; mine < count; mine = next++) {
          const std::string path = folder + "/layer-" + std::to_string(mine);
          LayerWriter out(path, kind == "zstd", level);
          if (mine == 0) out.write(first);
          if (amount.ends_with('f')) {
            write_empty_files(out, number);
          } else {
            write_files(out, mine, number * 1'000'000);
          }
          out.write(std::string(1024, '\0'));
          out.finish();
          if (std::rename(path.c_str(), blob_path(folder, out.digest).c_str()) != 0) die(path);
          layers[mine] = {out.digest, out.diff_id, out.packed(), out.size()};
        }
      });
  }
  write_manifest(folder, layers, "application/vnd.oci.image.layer.v1.tar+" + kind);
  std::uint64_t packed = 0, size = 0;
  for (const Layer& layer : layers) {
    packed += layer.packed;
    size += layer.size;
  }
  std::printf("%llu %llu\n", static_cast<unsigned long long>(packed), static_cast<unsigned long long>(size));
  return 0;
}

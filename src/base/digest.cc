#include "base/digest.h"

#include <algorithm>

// OpenSSL advises against these, since they bypass its providers. They are the same code, and stand alone: no library
// has to be loaded and started for them (cmake/libraries.cmake).
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#ifdef LIMPID_HAS_SHA256_MULTI_BLOCK
// Of libcrypto's own TLS, in no header of its: whole blocks of several independent streams at once, two of them
// interleaved where there are SHA instructions (crypto/sha/asm/sha256-mb-x86_64.pl). The build looks for it
// (cmake/libraries.cmake), and digest_test.cc holds it against the usual function.
extern "C" {
struct limpid_sha256_lanes {
  std::uint32_t state[8][8];  // word by word: of each lane
};
struct limpid_sha256_input {
  const std::uint8_t* blocks;
  int count;
};
// The first 4 * `quads` lanes.
void sha256_multi_block(limpid_sha256_lanes* lanes, const limpid_sha256_input* inputs, int quads);
}
#endif

namespace limpid::base {
namespace {

std::size_t size_of(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::sha256:
      return 32;
    case HashAlgorithm::sha512:
      return 64;
    case HashAlgorithm::none:
      break;
  }
  return 0;
}

#ifdef LIMPID_HAS_SHA256_MULTI_BLOCK
constexpr std::size_t kBlock = SHA256_CBLOCK;

// Without SHA instructions four or eight lanes cost as much whether they are used or not.
bool can_pair() {
  static const bool can = __builtin_cpu_supports("sha");
  return can;
}

// To the border of a block; returns what is left.
Bytes complete_block(SHA256_CTX& state, Bytes bytes) {
  if (state.num == 0) return bytes;
  const std::size_t head = std::min(kBlock - state.num, bytes.size());
  SHA256_Update(&state, bytes.data(), head);
  return bytes.subspan(head);
}

void count_blocks(SHA256_CTX& state, std::size_t count) {
  const std::uint64_t bits = (std::uint64_t{state.Nh} << 32 | state.Nl) + std::uint64_t{count} * kBlock * 8;
  state.Nl = static_cast<SHA_LONG>(bits);
  state.Nh = static_cast<SHA_LONG>(bits >> 32);
}

// Both stand at the border of a block.
void hash_blocks(SHA256_CTX& one, const std::uint8_t* ones, SHA256_CTX& other, const std::uint8_t* others,
                 std::size_t count) {
  alignas(32) limpid_sha256_lanes lanes{};
  for (std::size_t word = 0; word < 8; ++word) {
    lanes.state[word][0] = one.h[word];
    lanes.state[word][1] = other.h[word];
  }
  const limpid_sha256_input inputs[4] = {
      {ones, static_cast<int>(count)}, {others, static_cast<int>(count)}, {nullptr, 0}, {nullptr, 0}};
  sha256_multi_block(&lanes, inputs, 1);
  for (std::size_t word = 0; word < 8; ++word) {
    one.h[word] = lanes.state[word][0];
    other.h[word] = lanes.state[word][1];
  }
  count_blocks(one, count);
  count_blocks(other, count);
}

// As many whole blocks as both have; what is left of each is left in its view.
void hash_together(SHA256_CTX& one, Bytes& ones, SHA256_CTX& other, Bytes& others) {
  constexpr std::size_t kBlocksMax = std::size_t{1} << 20;  // the function counts in an int
  if (!can_pair()) return;
  ones = complete_block(one, ones);
  others = complete_block(other, others);
  const std::size_t blocks = std::min({ones.size() / kBlock, others.size() / kBlock, kBlocksMax});
  if (blocks == 0) return;
  hash_blocks(one, ones.data(), other, others.data(), blocks);
  ones = ones.subspan(blocks * kBlock);
  others = others.subspan(blocks * kBlock);
}
#else
void hash_together(const SHA256_CTX&, const Bytes&, const SHA256_CTX&, const Bytes&) {}
#endif

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

Result<Digest> Digest::parse(std::string_view text) {
  std::string_view rest = text;
  const std::string_view name = take_until(rest, ':');
  Digest digest;
  if (name == "sha256") digest.algorithm_ = HashAlgorithm::sha256;
  if (name == "sha512") digest.algorithm_ = HashAlgorithm::sha512;
  if (digest.empty()) return fail(Code::unsupported, {"digest '", text, "' is neither sha256:… nor sha512:…"});
  const std::size_t size = size_of(digest.algorithm_);
  if (rest.size() != 2 * size)
    return fail(Code::invalid, {"digest '", text, "' has ", rest.size(), " hex digits, not ", 2 * size});
  for (std::size_t i = 0; i < size; ++i) {
    const int high = digit_value(rest[2 * i]);
    const int low = digit_value(rest[2 * i + 1]);
    if (high < 0 || low < 0) return fail(Code::invalid, {"digest '", text, "' is not lower-case hex"});
    digest.bytes_[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return digest;
}

Digest Digest::of_raw(HashAlgorithm algorithm, Bytes raw) {
  Digest digest;
  digest.algorithm_ = algorithm;
  std::copy_n(raw.begin(), std::min(raw.size(), size_of(algorithm)), digest.bytes_.begin());
  return digest;
}

std::string Digest::hex() const { return base::hex(bytes_.data(), size_of(algorithm_)); }

std::string Digest::to_string() const {
  if (empty()) return {};
  return cat({algorithm_ == HashAlgorithm::sha256 ? "sha256:" : "sha512:", hex()});
}

std::string Digest::brief() const { return hex().substr(0, 12); }

struct Hasher::State {
  SHA256_CTX sha256;
  SHA512_CTX sha512;
};

// None of these can fail.
Hasher::Hasher(HashAlgorithm algorithm) : state_(std::make_unique<State>()), algorithm_(algorithm) {
  if (algorithm == HashAlgorithm::sha512) {
    SHA512_Init(&state_->sha512);
  } else {
    SHA256_Init(&state_->sha256);
  }
}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(Bytes bytes) {
  if (algorithm_ == HashAlgorithm::sha512) {
    SHA512_Update(&state_->sha512, bytes.data(), bytes.size());
  } else {
    SHA256_Update(&state_->sha256, bytes.data(), bytes.size());
  }
}

std::size_t Hasher::update(Bytes bytes, Hasher& other, Bytes others) {
  const std::size_t offered = others.size();
  if (algorithm_ != HashAlgorithm::sha512 && other.algorithm_ != HashAlgorithm::sha512)
    hash_together(state_->sha256, bytes, other.state_->sha256, others);
  update(bytes);
  return offered - others.size();
}

Digest Hasher::finish() {
  std::uint8_t raw[SHA512_DIGEST_LENGTH];
  if (algorithm_ == HashAlgorithm::sha512) {
    SHA512_Final(raw, &state_->sha512);
  } else {
    SHA256_Final(raw, &state_->sha256);
  }
  return Digest::of_raw(algorithm_, {raw, size_of(algorithm_)});
}

Digest sha256(Bytes bytes) {
  Hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

}  // namespace limpid::base

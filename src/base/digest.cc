#include "base/digest.h"

#include <algorithm>

// OpenSSL advises against these, since they bypass its providers. They are the same code, and stand alone: no library
// has to be loaded and started for them (cmake/libraries.cmake).
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

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

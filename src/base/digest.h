// Content digests as OCI writes them, `sha256:<hex>` or `sha512:<hex>`
// (https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests), and the hashing behind them.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace limpid::base {

enum class HashAlgorithm : std::uint8_t { none, sha256, sha512 };

class Digest {
 public:
  Digest() = default;
  // Strict: a registered algorithm, lower-case hex of exactly the right length.
  static Result<Digest> parse(std::string_view text);
  static Digest of_raw(HashAlgorithm algorithm, Bytes raw);

  bool empty() const { return algorithm_ == HashAlgorithm::none; }
  HashAlgorithm algorithm() const { return algorithm_; }
  std::string hex() const;
  // "" for an empty digest.
  std::string to_string() const;
  // Twelve hex characters, as people quote them.
  std::string brief() const;
  auto operator<=>(const Digest&) const = default;

 private:
  HashAlgorithm algorithm_ = HashAlgorithm::none;
  std::array<std::uint8_t, 64> bytes_{};
};

// Incremental hashing by OpenSSL's code (which uses the processor's SHA instructions).
class Hasher {
 public:
  explicit Hasher(HashAlgorithm algorithm = HashAlgorithm::sha256);
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();
  void update(Bytes bytes);
  // The same, and on the way `other` hashes from the front of `others` as much as costs little more: SHA instructions
  // wait for one another, and two independent hashes fill each other's gaps. Returns how many of `others` were taken
  // (at most about as many as `bytes` has; none where algorithm, processor or library cannot do it).
  std::size_t update(Bytes bytes, Hasher& other, Bytes others);
  // Ends the hash; update() must not follow.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
  HashAlgorithm algorithm_;
};

Digest sha256(Bytes bytes);

}  // namespace limpid::base

namespace limpid {
using base::Digest;
}

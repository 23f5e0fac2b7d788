#include "service/v1/tokens.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/openssl.h"
#include "base/text.h"

namespace limpid::service::v1 {
namespace {

constexpr std::size_t kKeySize = 32, kBlock = 16, kMacSize = 32;
constexpr std::size_t kHeadSize = 1 + 8 + kBlock;  // version, time, IV
constexpr std::uint8_t kVersion = 0x80;
constexpr std::size_t kTokenSizeMax = 16'384;

std::optional<std::string> from_hex(std::string_view text) {
  std::string bytes;
  if (text.size() % 2 != 0) return std::nullopt;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    int byte = 0;
    for (const char raw : text.substr(at, 2)) {
      const char c = base::to_lower(raw);
      if (!base::is_digit(c) && (c < 'a' || c > 'f')) return std::nullopt;
      byte = byte * 16 + (base::is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

const std::uint8_t* raw(std::string_view text) { return base::as_bytes(text).data(); }

// AES-128-CBC with PKCS#7; nothing if the padding is wrong.
std::optional<std::string> crypt(bool encrypt, const std::array<std::uint8_t, 16>& key, std::string_view iv,
                                 std::string_view text) {
  const std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context(EVP_CIPHER_CTX_new());
  std::vector<std::uint8_t> out(text.size() + 2 * kBlock);
  int size = 0, rest = 0;
  if (EVP_CipherInit_ex(context.get(), EVP_aes_128_cbc(), nullptr, key.data(), raw(iv), encrypt ? 1 : 0) != 1 ||
      EVP_CipherUpdate(context.get(), out.data(), &size, raw(text), static_cast<int>(text.size())) != 1 ||
      EVP_CipherFinal_ex(context.get(), out.data() + size, &rest) != 1)
    return std::nullopt;
  return std::string(base::as_text({out.data(), static_cast<std::size_t>(size + rest)}));
}

std::string mac(const std::array<std::uint8_t, 16>& key, std::string_view text) {
  std::array<std::uint8_t, kMacSize> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), raw(text), text.size(), digest.data(), &size);
  return std::string(base::as_text({digest.data(), digest.size()}));
}

}  // namespace

Result<Tokens> Tokens::make(std::string_view key) {
  LIMPID_TRY(libcrypto.load());
  std::string bytes(kKeySize, '\0');
  if (key.empty()) {
    std::array<std::uint8_t, kKeySize> random{};
    if (RAND_bytes(random.data(), random.size()) != 1) return fail(Code::internal, {"no random numbers to be had"});
    bytes = base::as_text({random.data(), random.size()});
  } else {
    const std::string_view text = base::trim(key);
    std::optional<std::string> decoded = text.size() == 2 * kKeySize ? from_hex(text) : base::from_base64(text);
    if (!decoded || decoded->size() != kKeySize)
      return fail(Code::usage, {"paginationkey: write 32 bytes as 64 hexadecimal digits or in base64"});
    bytes = *std::move(decoded);
  }
  Tokens tokens;
  std::copy_n(raw(bytes), kBlock, tokens.signing_.begin());
  std::copy_n(raw(bytes) + kBlock, kBlock, tokens.encryption_.begin());
  return tokens;
}

std::string Tokens::seal(std::string_view payload, std::int64_t now) const {
  std::string token(1, static_cast<char>(kVersion));
  for (int shift = 56; shift >= 0; shift -= 8) token += static_cast<char>(now >> shift & 0xff);
  std::array<std::uint8_t, kBlock> iv{};
  RAND_bytes(iv.data(), iv.size());
  token += base::as_text({iv.data(), iv.size()});
  token += crypt(true, encryption_, base::as_text({iv.data(), iv.size()}), payload).value_or("");
  token += mac(signing_, token);
  return base::to_base64(token, base::Base64::url_safe);
}

std::optional<std::string> Tokens::open(std::string_view token, std::int64_t now) const {
  if (token.size() > kTokenSizeMax) return std::nullopt;
  const std::optional<std::string> bytes = base::from_base64(token);
  if (!bytes || bytes->size() < kHeadSize + kBlock + kMacSize || static_cast<std::uint8_t>(bytes->front()) != kVersion)
    return std::nullopt;
  const std::string_view signed_part = std::string_view(*bytes).substr(0, bytes->size() - kMacSize);
  const std::string expected = mac(signing_, signed_part);
  if (CRYPTO_memcmp(expected.data(), bytes->data() + signed_part.size(), kMacSize) != 0) return std::nullopt;
  const auto made = static_cast<std::int64_t>(base::load_be<std::uint64_t>(raw(signed_part) + 1));
  if (made > now + kTokenSkew.count() || made < now - kTokenLifetime.count()) return std::nullopt;
  return crypt(false, encryption_, signed_part.substr(9, kBlock), signed_part.substr(kHeadSize));
}

}  // namespace limpid::service::v1

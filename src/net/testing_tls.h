// For tests: certificates made on the spot, and TLS for testing.h's server. A test that includes this links
// OpenSSL::SSL; those of this room do.
#pragma once

#include <memory>
#include <string>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/testing.h"

namespace limpid::net::testing {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

// A key and its certificate.
class Identity {
 public:
  // An authority that signs itself.
  static Identity authority(const std::string& name) { return Identity(name, "", nullptr); }
  // `names`: as a subjectAltName extension has it, "DNS:registry.test,IP:127.0.0.1".
  Identity sign(const std::string& name, const std::string& names) const { return Identity(name, names, this); }

  X509* certificate() const { return certificate_.get(); }
  EVP_PKEY* key() const { return key_.get(); }
  std::string certificate_pem() const {
    return to_pem([&](BIO* out) { PEM_write_bio_X509(out, certificate_.get()); });
  }
  std::string key_pem() const {
    return to_pem([&](BIO* out) { PEM_write_bio_PrivateKey(out, key_.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  }

 private:
  Identity(const std::string& name, const std::string& names, const Identity* issuer);
  void add(int kind, const std::string& value, X509* issuer) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate_.get(), nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    if (extension == nullptr) std::abort();
    X509_add_ext(certificate_.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  template <class Write>
  static std::string to_pem(Write write) {
    BIO* out = BIO_new(BIO_s_mem());
    write(out);
    char* data = nullptr;
    const long size = BIO_get_mem_data(out, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free(out);
    return text;
  }

  std::unique_ptr<EVP_PKEY, FreeKey> key_;
  std::unique_ptr<X509, FreeCertificate> certificate_;
};

inline Identity::Identity(const std::string& name, const std::string& names, const Identity* issuer)
    : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
  static std::atomic<long> serial{1};
  X509* certificate = certificate_.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
  X509_set_pubkey(certificate, key_.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509* above = issuer == nullptr ? certificate : issuer->certificate();
  X509_set_issuer_name(certificate, X509_get_subject_name(above));
  add(NID_basic_constraints, issuer == nullptr ? "critical,CA:TRUE" : "critical,CA:FALSE", above);
  if (!names.empty()) add(NID_subject_alt_name, names, above);
  X509_sign(certificate, issuer == nullptr ? key_.get() : issuer->key(), EVP_sha256());
}

class TlsChannel final : public Channel {
 public:
  TlsChannel(SSL_CTX* context, int socket) : ssl_(SSL_new(context)) { SSL_set_fd(ssl_, socket); }
  ~TlsChannel() override { SSL_free(ssl_); }
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;
  bool accept() { return SSL_accept(ssl_) == 1; }
  ssize_t read(char* to, std::size_t size) override { return SSL_read(ssl_, to, static_cast<int>(size)); }
  ssize_t write(const char* from, std::size_t size) override { return SSL_write(ssl_, from, static_cast<int>(size)); }
  void say_farewell() override { SSL_shutdown(ssl_); }

 private:
  SSL* ssl_;
};

// Serves with that identity; with `clients`, only those who show a certificate that `clients` signed.
inline ChannelMaker tls(const Identity& identity, const Identity* clients = nullptr,
                        std::function<void(std::string server_name)> on_name = {}) {
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX_use_certificate(context.get(), identity.certificate());
  SSL_CTX_use_PrivateKey(context.get(), identity.key());
  if (clients != nullptr) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), clients->certificate());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  const auto notify = std::make_shared<std::function<void(std::string)>>(std::move(on_name));
  const auto called = +[](SSL* ssl, int*, void* argument) {
    const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    const auto& tell = *static_cast<std::function<void(std::string)>*>(argument);
    if (tell) tell(name == nullptr ? "" : name);
    return SSL_TLSEXT_ERR_OK;
  };
  // What SSL_CTX_set_tlsext_servername_callback is, without its old-style cast.
  SSL_CTX_callback_ctrl(context.get(), SSL_CTRL_SET_TLSEXT_SERVERNAME_CB, reinterpret_cast<void (*)()>(called));
  SSL_CTX_set_tlsext_servername_arg(context.get(), notify.get());
  return [context, notify](int socket) -> std::unique_ptr<Channel> {
    auto channel = std::make_unique<TlsChannel>(context.get(), socket);
    if (!channel->accept()) return nullptr;
    return channel;
  };
}

}  // namespace limpid::net::testing

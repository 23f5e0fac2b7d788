// OpenSSL, opened when it is first wanted (library.h): by libcurl's TLS, the service's, and the service's page tokens.
// Digests need none of it (digest.cc). Include this in place of the headers below.
#pragma once

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include "base/library.h"

namespace limpid {

inline constinit base::Library libcrypto{"libcrypto.so.3"};
inline constinit base::Library libssl{"libssl.so.3"};

LIMPID_IMPORT(libcrypto, BIO_clear_flags)
LIMPID_IMPORT(libcrypto, BIO_get_data)
LIMPID_IMPORT(libcrypto, BIO_get_new_index)
LIMPID_IMPORT(libcrypto, BIO_meth_new)
LIMPID_IMPORT(libcrypto, BIO_meth_set_ctrl)
LIMPID_IMPORT(libcrypto, BIO_meth_set_read)
LIMPID_IMPORT(libcrypto, BIO_meth_set_write)
LIMPID_IMPORT(libcrypto, BIO_new)
LIMPID_IMPORT(libcrypto, BIO_set_data)
LIMPID_IMPORT(libcrypto, BIO_set_flags)
LIMPID_IMPORT(libcrypto, BIO_set_init)
LIMPID_IMPORT(libcrypto, CRYPTO_memcmp)
LIMPID_IMPORT(libcrypto, ERR_clear_error)
LIMPID_IMPORT(libcrypto, ERR_peek_last_error)
LIMPID_IMPORT(libcrypto, ERR_reason_error_string)
LIMPID_IMPORT(libcrypto, EVP_CIPHER_CTX_free)
LIMPID_IMPORT(libcrypto, EVP_CIPHER_CTX_new)
LIMPID_IMPORT(libcrypto, EVP_CipherFinal_ex)
LIMPID_IMPORT(libcrypto, EVP_CipherInit_ex)
LIMPID_IMPORT(libcrypto, EVP_CipherUpdate)
LIMPID_IMPORT(libcrypto, EVP_aes_128_cbc)
LIMPID_IMPORT(libcrypto, EVP_sha256)
LIMPID_IMPORT(libcrypto, HMAC)
LIMPID_IMPORT(libcrypto, RAND_bytes)

LIMPID_IMPORT(libssl, SSL_CTX_check_private_key)
LIMPID_IMPORT(libssl, SSL_CTX_ctrl)
LIMPID_IMPORT(libssl, SSL_CTX_free)
LIMPID_IMPORT(libssl, SSL_CTX_get_ex_data)
LIMPID_IMPORT(libssl, SSL_CTX_load_verify_file)
LIMPID_IMPORT(libssl, SSL_CTX_new)
LIMPID_IMPORT(libssl, SSL_CTX_set_alpn_select_cb)
LIMPID_IMPORT(libssl, SSL_CTX_set_cipher_list)
LIMPID_IMPORT(libssl, SSL_CTX_set_client_CA_list)
LIMPID_IMPORT(libssl, SSL_CTX_set_ex_data)
LIMPID_IMPORT(libssl, SSL_CTX_set_info_callback)
LIMPID_IMPORT(libssl, SSL_CTX_set_options)
LIMPID_IMPORT(libssl, SSL_CTX_set_session_id_context)
LIMPID_IMPORT(libssl, SSL_CTX_set_verify)
LIMPID_IMPORT(libssl, SSL_CTX_use_PrivateKey_file)
LIMPID_IMPORT(libssl, SSL_CTX_use_certificate_chain_file)
LIMPID_IMPORT(libssl, SSL_accept)
LIMPID_IMPORT(libssl, SSL_free)
LIMPID_IMPORT(libssl, SSL_get_SSL_CTX)
LIMPID_IMPORT(libssl, SSL_get_error)
LIMPID_IMPORT(libssl, SSL_load_client_CA_file)
LIMPID_IMPORT(libssl, SSL_new)
LIMPID_IMPORT(libssl, SSL_pending)
LIMPID_IMPORT(libssl, SSL_read_ex)
LIMPID_IMPORT(libssl, SSL_select_next_proto)
LIMPID_IMPORT(libssl, SSL_set_accept_state)
LIMPID_IMPORT(libssl, SSL_set_bio)
LIMPID_IMPORT(libssl, SSL_shutdown)
LIMPID_IMPORT(libssl, SSL_write_ex)
LIMPID_IMPORT(libssl, TLS_server_method)

}  // namespace limpid

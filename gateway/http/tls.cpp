#include "gateway/http/tls.hpp"

#include "gateway/http/certificate.hpp"

#include <openssl/ssl.h>

namespace machine::gateway {

namespace {

namespace ssl = boost::asio::ssl;

/// What Mozilla calls intermediate: every cipher of TLS 1.3, and those of 1.2
/// that have forward secrecy and authenticate what they encrypt.
constexpr const char* ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

/// Of the protocols that a client offers, the one that is spoken here.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* size,
                    const unsigned char* offered, unsigned count, void*) {
  static constexpr unsigned char ours[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, size, ours, sizeof ours - 1, offered,
                            count)
      != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

} // namespace

caf::expected<ssl::context> make_tls(const tls_files& files) {
  ssl::context result{ssl::context::tls_server};
  boost::system::error_code code;
  auto failed = [&](const std::string& what) {
    return make_error(ec::invalid_argument,
                      what + ": " + code.message()
                        + "; give the paths of PEM files");
  };
  auto* native = result.native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION
                                | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
  if (SSL_CTX_set_cipher_list(native, ciphers) != 1)
    return make_error(ec::internal, "this OpenSSL has no ciphers for TLS 1.2");
  result.use_certificate_chain_file(files.certificate, code);
  if (code)
    return failed("the certificate " + files.certificate);
  result.use_private_key_file(files.key, ssl::context::pem, code);
  if (code)
    return failed("the key " + files.key + " for the certificate "
                  + files.certificate);
  return result;
}

} // namespace machine::gateway

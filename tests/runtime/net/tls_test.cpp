#include "tests/runtime/net/recording.hpp"
#include "tests/runtime/net/server.hpp"
#include "tests/support/directory.hpp"

#include <atomic>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

using namespace machine;
using namespace machine::test;

namespace {

struct key_free {
  void operator()(EVP_PKEY* x) const {
    EVP_PKEY_free(x);
  }
};

struct certificate_free {
  void operator()(X509* x) const {
    X509_free(x);
  }
};

struct context_free {
  void operator()(SSL_CTX* x) const {
    SSL_CTX_free(x);
  }
};

/// A certificate with its key.
struct identity {
  std::unique_ptr<EVP_PKEY, key_free> key;
  std::unique_ptr<X509, certificate_free> certificate;
};

void extend(X509* to, int which, const std::string& value) {
  auto* x = X509V3_EXT_conf_nid(nullptr, nullptr, which, value.c_str());
  REQUIRE(x != nullptr);
  X509_add_ext(to, x, -1);
  X509_EXTENSION_free(x);
}

/// Of *name*, for the hosts *names*, by *issuer* or by itself.
identity certify(const std::string& name, const std::string& names,
                 const identity* issuer = nullptr) {
  identity result;
  result.key.reset(EVP_EC_gen("P-256"));
  result.certificate.reset(X509_new());
  auto* x = result.certificate.get();
  X509_set_version(x, 2);
  static long serial = 0;
  ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(x), -60);
  X509_gmtime_adj(X509_getm_notAfter(x), 3'600);
  X509_set_pubkey(x, result.key.get());
  X509_NAME_add_entry_by_txt(
    X509_get_subject_name(x), "CN", MBSTRING_UTF8,
    reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  auto& by = issuer != nullptr ? *issuer : result;
  X509_set_issuer_name(x, X509_get_subject_name(by.certificate.get()));
  extend(x, NID_basic_constraints,
         names.empty() ? "critical,CA:TRUE" : "CA:FALSE");
  if (!names.empty())
    extend(x, NID_subject_alt_name, names);
  REQUIRE(X509_sign(x, by.key.get(), EVP_sha256()) > 0);
  return result;
}

std::unique_ptr<SSL_CTX, context_free> serve_as(const identity& x) {
  std::unique_ptr<SSL_CTX, context_free> result{SSL_CTX_new(TLS_method())};
  SSL_CTX_use_certificate(result.get(), x.certificate.get());
  SSL_CTX_use_PrivateKey(result.get(), x.key.get());
  return result;
}

} // namespace

TEST_CASE("a server must prove who it is") {
  temporary_directory dir;
  auto authority = certify("an authority", "");
  auto* file = std::fopen((dir / "ca.pem").c_str(), "w");
  REQUIRE(file != nullptr);
  PEM_write_X509(file, authority.certificate.get());
  std::fclose(file);
  std::atomic<int> asked{0};
  auto outcome = [&](const identity& who) {
    auto context = serve_as(who);
    server upstream{[&](connection& peer) {
                      if (peer.read_request()) {
                        ++asked;
                        peer.answer("ok");
                      }
                    },
                    context.get()};
    net::client http{{.ca_file = dir / "ca.pem"}};
    return failure(http,
                   get("https://127.0.0.1:" + std::to_string(upstream.port())));
  };
  CHECK(outcome(certify("good", "IP:127.0.0.1", &authority))
        == std::pair{ec::none, std::string{"ok"}});
  CHECK(asked == 1);
  CHECK(outcome(certify("self-signed", "IP:127.0.0.1")).first
        == ec::unavailable);
  CHECK(outcome(certify("another host", "IP:127.0.0.2", &authority)).first
        == ec::unavailable);
  CHECK(asked == 1);
}

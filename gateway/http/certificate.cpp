#include "gateway/http/certificate.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>

namespace machine::gateway {

namespace {

template <auto Release>
struct released {
  template <class T>
  void operator()(T* x) const {
    Release(x);
  }
};

using key_ptr = std::unique_ptr<EVP_PKEY, released<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, released<X509_free>>;
using extension_ptr =
  std::unique_ptr<X509_EXTENSION, released<X509_EXTENSION_free>>;
using file_ptr = std::unique_ptr<std::FILE, released<std::fclose>>;

constexpr long day = 86'400;
constexpr long valid_days = 365;
/// One that ends sooner is made anew.
constexpr int spare_days = 30;

bool is_address(const std::string& name) {
  in6_addr ignored{};
  return ::inet_pton(AF_INET, name.c_str(), &ignored) == 1
      || ::inet_pton(AF_INET6, name.c_str(), &ignored) == 1;
}

/// Whether the certificate at *path* is good for all of *names* a month from
/// *now*.
bool is_good(const std::string& path, const std::vector<std::string>& names,
             timestamp now) {
  file_ptr in{std::fopen(path.c_str(), "re")};
  if (!in)
    return false;
  certificate_ptr x{PEM_read_X509(in.get(), nullptr, nullptr, nullptr)};
  if (!x)
    return false;
  auto then = std::chrono::system_clock::to_time_t(now) + spare_days * day;
  if (X509_cmp_time(X509_get0_notAfter(x.get()), &then) <= 0)
    return false;
  for (auto& name : names) {
    auto found = is_address(name) ? X509_check_ip_asc(x.get(), name.c_str(), 0)
                                  : X509_check_host(x.get(), name.data(),
                                                    name.size(), 0, nullptr);
    if (found != 1)
      return false;
  }
  return true;
}

bool extend(X509* x, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, x, x, nullptr, nullptr, 0);
  extension_ptr made{
    X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str())};
  return made && X509_add_ext(x, made.get(), -1) == 1;
}

certificate_ptr sign(EVP_PKEY* key, const std::vector<std::string>& names,
                     timestamp now) {
  certificate_ptr x{X509_new()};
  std::array<unsigned char, 16> serial{};
  if (!x || RAND_bytes(serial.data(), serial.size()) != 1)
    return nullptr;
  // A serial number is positive (RFC 5280, section 4.1.2.2).
  serial[0] = static_cast<unsigned char>((serial[0] & 0x7FU) | 0x40U);
  std::unique_ptr<BIGNUM, released<BN_free>> number{
    BN_bin2bn(serial.data(), serial.size(), nullptr)};
  std::string list;
  for (auto& name : names)
    list += (list.empty() ? "" : ",")
          + std::string{is_address(name) ? "IP:" : "DNS:"} + name;
  auto start = std::chrono::system_clock::to_time_t(now) - day;
  auto end = start + (valid_days + 1) * day;
  auto* name = X509_get_subject_name(x.get());
  constexpr std::string_view who = "TheMachine on this computer";
  auto fine = number && X509_set_version(x.get(), 2) == 1
           && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x.get()))
                != nullptr
           && ASN1_TIME_set(X509_getm_notBefore(x.get()), start) != nullptr
           && ASN1_TIME_set(X509_getm_notAfter(x.get()), end) != nullptr
           && X509_NAME_add_entry_by_txt(
                name, "CN", MBSTRING_UTF8,
                reinterpret_cast<const unsigned char*>(who.data()),
                static_cast<int>(who.size()), -1, 0)
                == 1
           && X509_set_issuer_name(x.get(), name) == 1
           && X509_set_pubkey(x.get(), key) == 1
           && extend(x.get(), NID_basic_constraints, "critical,CA:FALSE")
           && extend(x.get(), NID_key_usage, "critical,digitalSignature")
           && extend(x.get(), NID_ext_key_usage, "serverAuth")
           && extend(x.get(), NID_subject_alt_name, list)
           && X509_sign(x.get(), key, EVP_sha256()) > 0;
  return fine ? std::move(x) : nullptr;
}

/// Writes a file beside *path* and then puts it there.
template <class Write>
bool replace_file(const std::string& path, mode_t mode, Write write) {
  auto beside = path + ".new";
  auto fd =
    ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0)
    return false;
  file_ptr out{::fdopen(fd, "w")};
  auto fine = out && write(out.get()) == 1 && std::fflush(out.get()) == 0;
  return fine && ::rename(beside.c_str(), path.c_str()) == 0;
}

} // namespace

caf::error ensure_certificate(const tls_files& files,
                              const std::vector<std::string>& names,
                              timestamp now) {
  std::error_code code;
  if (std::filesystem::exists(files.key, code)
      && is_good(files.certificate, names, now))
    return caf::none;
  key_ptr key{EVP_EC_gen("P-256")};
  auto made = key ? sign(key.get(), names, now) : nullptr;
  if (!made)
    return make_error(ec::internal, "OpenSSL makes no certificate");
  auto fine =
    replace_file(files.key, 0600,
                 [&](std::FILE* out) {
                   return PEM_write_PrivateKey(out, key.get(), nullptr, nullptr,
                                               0, nullptr, nullptr);
                 })
    && replace_file(files.certificate, 0644, [&](std::FILE* out) {
         return PEM_write_X509(out, made.get());
       });
  if (fine)
    return caf::none;
  return make_error(ec::io_failed, "cannot write " + files.certificate + " and "
                                     + files.key
                                     + "; is there room on the disk?");
}

} // namespace machine::gateway

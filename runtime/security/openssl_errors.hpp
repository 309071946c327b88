#pragma once

#include <openssl/err.h>

namespace machine::security {

/// Drops the errors that OpenSSL notes for this thread during its life. cjose
/// leaves them behind, and TLS of the same thread would take them for its own.
class openssl_errors_dropped {
public:
  openssl_errors_dropped() {
    ERR_set_mark();
  }

  ~openssl_errors_dropped() {
    ERR_pop_to_mark();
  }

  openssl_errors_dropped(const openssl_errors_dropped&) = delete;
  openssl_errors_dropped& operator=(const openssl_errors_dropped&) = delete;
};

} // namespace machine::security

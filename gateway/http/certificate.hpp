#pragma once

#include "runtime/error.hpp"
#include "runtime/types.hpp"

#include <string>
#include <vector>

namespace machine::gateway {

/// Where a server's certificate is, as paths of PEM files.
struct tls_files {
  /// The server's own first, then those that signed it.
  std::string certificate;
  std::string key;
};

/// Makes a key (P-256) and a certificate for it, signed by itself, that is
/// good for *names* (DNS names and IP addresses) for a year from *now*, unless
/// *files* has one that is good for another month. Only the owner can read the
/// key. For this machine alone: clients trust it because they are given the
/// file. Fails with `io_failed`.
caf::error ensure_certificate(const tls_files& files,
                              const std::vector<std::string>& names,
                              timestamp now);

} // namespace machine::gateway

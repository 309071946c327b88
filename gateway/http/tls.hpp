#pragma once

#include "runtime/error.hpp"

#include <boost/asio/ssl/context.hpp>

#include <string>

/// Included by the parts of the server alone.
namespace machine::gateway {

struct tls_files;

/// TLS 1.2 and 1.3 with the certificate chain and the key in *files*, both
/// PEM. Fails with `invalid_argument` if they do not read or do not belong
/// together.
caf::expected<boost::asio::ssl::context> make_tls(const tls_files& files);

} // namespace machine::gateway

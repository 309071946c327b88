#pragma once

#include "runtime/net/client.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Signatures of requests to Amazon Web Services (Signature Version 4:
/// docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html). Pure:
/// the time is an argument.
namespace machine::net {

struct aws_credentials {
  std::string id;
  std::string secret;
  /// Of credentials that end; empty: those do not.
  std::string session_token;

  bool operator==(const aws_credentials&) const = default;
};

/// Whose call it is, and where it goes.
struct aws_scope {
  std::string region;
  std::string service;
};

/// Reads `ID:SECRET` or `ID:SECRET:SESSION_TOKEN`; none if *text* is neither.
std::optional<aws_credentials> read_aws_credentials(std::string_view text);

/// Adds what proves that *what* comes from *who*: the headers `X-Amz-Date`,
/// `X-Amz-Content-Sha256`, `X-Amz-Security-Token` for credentials with a token,
/// and `Authorization`, which covers these, the address and all headers that
/// *what* has. Its path must stand as it is sent, and its body be final.
void sign_for_aws(request& what, const aws_credentials& who,
                  const aws_scope& where, timestamp now);

/// The signature alone, of a request that has all headers that are to be
/// covered, `x-amz-date` among them. For the vectors that AWS publishes.
std::string aws_authorization(const request& what, const aws_credentials& who,
                              const aws_scope& where, timestamp now);

} // namespace machine::net

#pragma once

#include "gateway/http/route.hpp"

namespace machine::gateway {

/// What the doorman says of a request.
struct admission {
  /// Who asks, if they are known, also if they may not come in; null if that
  /// does not matter.
  principal_ptr who;
  /// Why the client may not come in.
  std::optional<http_answer> refusal;
  /// Headers that the answer gets, whatever it is.
  std::vector<std::pair<std::string, std::string>> headers;
};

/// Decides who comes in. It is asked when the header of a request is there, so
/// nobody who may not come in can make the machine read a body.
class doorman {
public:
  virtual ~doorman() = default;

  /// Calls *then* once, now or later, on any thread. Called on the threads of
  /// the server; must not block. *asked* lives until then.
  virtual void admit(const route& where, const http_request& asked,
                     std::function<void(admission)> then) = 0;

  /// Whether a client that was let in, and is there still, would be let in
  /// now. That is no request of theirs: nothing is counted.
  virtual void check(const route& where, const http_request& asked,
                     std::function<void(admission)> then) {
    admit(where, asked, std::move(then));
  }
};

/// The token in a request's `Authorization` (RFC 6750), else its `X-Api-Key`;
/// empty if it has none.
std::string_view bearer_of(const http_request& asked);

/// Whether *given* is *wanted*, in a time that does not tell where they differ.
/// Nothing is the same as an empty one.
bool is_same_secret(std::string_view given, std::string_view wanted);

/// Lets in who has *token* as a bearer, and everybody where that is allowed.
/// Without a token nobody has it.
std::shared_ptr<doorman> make_token_doorman(std::string token);

} // namespace machine::gateway

#pragma once

#include "runtime/error.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace machine::websocket {

/// A request that may ask for a WebSocket. The bound on its headers is that of
/// whoever read it.
struct upgrade_request {
  std::string_view method;
  /// Of HTTP: 11 for 1.1.
  unsigned version = 0;
  /// Values of all headers of a name, in order. The name is in lower case, and
  /// is to be found whatever its case in the request.
  std::function<std::vector<std::string_view>(std::string_view)> headers;
};

/// Headers of an answer.
using header_list = std::vector<std::pair<std::string, std::string>>;

/// To be answered with 101 and these headers; frames follow.
struct accepted {
  /// The subprotocol; empty if the client offers none.
  std::string protocol;
  header_list headers;
};

/// To be answered with *status*, these headers, and the reason.
struct refused {
  int status = 400;
  caf::error why;
  header_list headers;
};

/// Checks *request* (RFC 6455, section 4.2) and chooses the first of
/// *protocols* that the client offers. A client that offers others only is
/// refused, and so is one that speaks another version (426). Extensions are
/// never accepted; whether the client's `Origin` may connect is not checked
/// here.
std::variant<accepted, refused>
check_upgrade(const upgrade_request& request,
              const std::vector<std::string>& protocols);

/// The `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key` (RFC 6455, section
/// 4.2.2). Fails with `unavailable` if this machine's OpenSSL has no SHA-1.
caf::expected<std::string> accept_key(std::string_view key);

} // namespace machine::websocket

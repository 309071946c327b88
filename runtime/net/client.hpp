#pragma once

#include "runtime/error.hpp"
#include "runtime/types.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace machine::net {

using header_list = std::vector<std::pair<std::string, std::string>>;

/// Which addresses a request may go to. Checked on the address that was
/// resolved, at connect, and again for a pooled connection. Behind a proxy,
/// which may live anywhere, it is checked on what the target's name means here
/// before the proxy is asked; the proxy may know the name as something else.
enum class address_policy : uint8_t {
  /// Public addresses only: no loopback, private, link-local, metadata,
  /// multicast or reserved ones.
  public_only,
  /// Public and loopback.
  public_and_loopback,
  /// Any address.
  any,
};

struct request {
  std::string method = "GET";
  /// `http` or `https` only.
  std::string url;
  header_list headers;
  std::string body;
  /// Until the connection stands, TLS included.
  duration connect_timeout{10'000};
  /// Longest silence: while the request is sent, until the first byte of the
  /// answer and between bytes.
  duration idle_timeout{60'000};
  /// Until the end of the answer, the wait for a free connection included.
  duration total_timeout{600'000};
  /// A longer answer ends in `limit_exceeded`.
  size_t max_response_bytes = 64u << 20;
  address_policy addresses = address_policy::public_only;
  /// PEM file of the authorities, or of the one certificate, that the server
  /// may be known by; empty: as the client's options say.
  std::string ca_file;
};

struct response_head {
  int status = 0;
  /// Names in lower case.
  header_list headers;

  /// The first header *name* (in lower case), if there is one.
  std::optional<std::string> header(std::string_view name) const;
};

/// What happens to a request, in this order: `on_connected` each time that it
/// is about to be sent, `on_head` once, `on_data` any number of times,
/// `on_done` exactly once, also after `cancel` and also without the others. All
/// on the client's own thread: must not block or throw. Each may be empty but
/// `on_done`.
struct handlers {
  /// Until this is called, nothing of the request has left this machine. An
  /// error keeps it here: the request ends with that.
  std::function<caf::error()> on_connected;
  std::function<void(const response_head&)> on_head;
  std::function<void(std::string_view)> on_data;
  /// No error: the answer is complete, whatever its status. Otherwise
  /// `timeout` (the message says which), `cancelled`, `denied` (address
  /// policy), `limit_exceeded`, `invalid_argument`, `unavailable` (there was no
  /// connection, so nothing was sent) or `io_failed` (the connection broke
  /// after something was sent, or the answer is no HTTP). Only GET and HEAD are
  /// ever sent twice, when a pooled connection is closed unanswered.
  std::function<void(caf::error)> on_done;
};

struct response {
  response_head head;
  std::string body;
};

struct client_options {
  /// `http://host:port`; empty: the usual environment variables.
  std::string proxy;
  /// No proxy, whatever `proxy` and the environment say.
  bool direct = false;
  std::string user_agent = "themachine";
  /// PEM file of certificate authorities; empty: the system's.
  std::string ca_file;
  /// Models answer slowly: many of their answers are under way at once.
  size_t max_connections_per_host = 512;
  size_t max_connections = 1'024;
};

/// Outbound HTTP: one thread, pooled connections, streaming both answers and
/// cancellation that closes the connection. Every member may be called from
/// any thread.
class client {
public:
  using request_id = uint64_t;

  explicit client(client_options options = {});

  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// Cancels what is under way and what an `on_done` starts meanwhile, delivers
  /// every `on_done`, joins the thread.
  ~client();

  /// Begins a request. Its handlers may run before this returns.
  request_id start(request what, handlers how);

  /// Ends a request: its connection is closed before its `on_done` runs.
  /// Unknown and finished ids are ignored.
  void cancel(request_id id);

  /// Performs a request and waits for its whole answer. Not for actors.
  caf::expected<response> fetch(request what);

  /// Requests that have not ended.
  size_t pending() const;

private:
  class impl;
  std::unique_ptr<impl> impl_;
};

} // namespace machine::net

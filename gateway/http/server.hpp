#pragma once

#include "gateway/http/route.hpp"
#include "runtime/telemetry/log.hpp"
#include "runtime/types.hpp"

#include <memory>
#include <string>

namespace machine::gateway {

struct server_options {
  std::string address = "127.0.0.1";
  /// 0 picks a free one.
  uint16_t port = 0;
  size_t threads = 2;
  /// What routes with `access::token` want as a bearer.
  std::string token;
  /// Beyond that, connections are closed at once.
  size_t max_connections = 256;
  /// Until the header of a request is complete, also while a connection idles.
  duration header_deadline{30'000};
  duration body_deadline{30'000};
  /// Until a handler has answered.
  duration answer_deadline{60'000};
  /// Without progress in sending (64 KiB of a stream).
  duration write_deadline{10'000};
  /// Between two signs of life on a stream that has nothing to say.
  duration heartbeat{10'000};
  /// What may wait for one client of a stream, in bytes.
  size_t max_queued = 1u << 20;
  logger log;
};

/// HTTP/1.1 for clients of this machine.
class server {
public:
  /// Listens and serves. `unavailable` if the address is taken.
  static caf::expected<std::unique_ptr<server>> listen(server_options options,
                                                       route_table routes);

  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server();

  uint16_t port() const;

  /// Stops accepting, ends connections, joins the threads, forgets the routes
  /// and all that they hold. Responders and streams that somebody still has do
  /// nothing from now on. Idempotent; not for the server's own threads.
  void stop();

private:
  struct impl;

  explicit server(std::unique_ptr<impl> what);

  std::unique_ptr<impl> impl_;
};

} // namespace machine::gateway

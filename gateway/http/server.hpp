#pragma once

#include "gateway/http/certificate.hpp"
#include "gateway/http/doorman.hpp"
#include "runtime/telemetry/log.hpp"
#include "runtime/telemetry/metrics.hpp"
#include "runtime/telemetry/tracer.hpp"
#include "runtime/types.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace machine::gateway {

struct server_options {
  std::string address = "127.0.0.1";
  /// 0 picks a free one.
  uint16_t port = 0;
  /// Names that it goes by beside `localhost` and its address. A request for
  /// another host is refused: a page in somebody's browser could have made the
  /// name lead here.
  std::vector<std::string> hosts;
  /// Pages of these origins may use the machine from a browser (`https://host`,
  /// as browsers send it).
  std::vector<std::string> origins;
  /// None: without TLS.
  std::optional<tls_files> tls;
  size_t threads = 2;
  /// Whom it lets in; none: nobody but where everybody may come in.
  std::shared_ptr<gateway::doorman> door;
  /// Beyond that, connections are closed at once.
  size_t max_connections = 10'000;
  /// The same of one address, as `same_client` says; 0: any number.
  size_t max_connections_of_address = 0;
  /// Under which name an address is counted; none: itself.
  std::function<std::string(const std::string&)> same_client;
  /// Until a client speaks TLS.
  duration handshake_deadline{10'000};
  /// Between two requests.
  duration idle_deadline{60'000};
  /// From the first byte of a request until its header is complete.
  duration header_deadline{10'000};
  /// Until the body is there.
  duration body_deadline{30'000};
  /// Until a handler has answered.
  duration answer_deadline{60'000};
  /// Without progress in sending (64 KiB).
  duration write_deadline{10'000};
  /// Between two signs of life on a stream that has nothing to say.
  duration heartbeat{10'000};
  /// How often it is checked that whoever follows a stream or has a WebSocket
  /// may still be there.
  duration check_period{5'000};
  /// A client of a WebSocket that shows no sign of life for so long does not
  /// read, or is gone: it is asked for one after each `heartbeat`.
  duration silence_deadline{20'000};
  /// What a client that is told to close a WebSocket may take for it.
  duration close_deadline{5'000};
  /// How often deadlines are looked at: how late they may be.
  duration tick{100};
  /// What may wait for one client of a stream or a WebSocket, in bytes.
  size_t max_queued = 1u << 20;
  /// Where it counts; none: nowhere.
  std::shared_ptr<metrics> numbers;
  /// Where spans of requests go.
  tracer traces;
  logger log;
};

/// HTTP/1.1 for clients of this machine.
class server {
public:
  /// Listens and serves. `unavailable` if the address is taken,
  /// `invalid_argument` if the certificate does not read.
  static caf::expected<std::unique_ptr<server>> listen(server_options options,
                                                       route_table routes);

  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server();

  uint16_t port() const;

  /// Comes to a good end: takes no more connections, tells streams to connect
  /// again elsewhere, and lets requests that are under way finish, for *most*
  /// at longest. Idempotent; not for the server's own threads.
  void drain(duration most);

  /// Whether `drain` was called.
  bool is_draining() const;

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

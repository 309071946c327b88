#pragma once

#include "gateway/http/client_socket.hpp"
#include "gateway/http/request_trace.hpp"
#include "gateway/http/shared.hpp"

/// Included by the parts of the server alone.
namespace machine::gateway {

/// A request without a connection of its own: it came in a message of a client
/// that is connected. Doorman, router and route are those of all requests. It
/// lives on *home*; handlers answer from any thread.
class inner_exchange final
    : public std::enable_shared_from_this<inner_exchange> {
public:
  using then_type = std::function<void(http_answer)>;

  /// @param outer The request of the connection: who asks, and from where.
  inner_exchange(std::shared_ptr<server_shared> shared, lane& home,
                 const http_request& outer, then_type then);

  inner_exchange(const inner_exchange&) = delete;
  inner_exchange& operator=(const inner_exchange&) = delete;

  /// On the lane.
  void begin(inner_request what);

  /// On the lane: answers if it takes too long.
  void on_tick(steady_time now);

  /// Whether an answer was given. On the lane.
  bool is_over() const {
    return !then_;
  }

  /// On the lane.
  void answer(http_answer what);

  /// On the lane: calls *then* once if nobody waits for the answer any more.
  void on_abandoned(std::function<void()> then);

  /// On the lane: the client is gone.
  void abandon();

  /// Bound on an answer that comes in pieces, in bytes.
  size_t most_collected() const;

  lane& home() {
    return home_;
  }

private:
  void on_admitted(admission what);
  void end_trace(int status, std::string_view problem) const;

  std::shared_ptr<server_shared> shared_;
  lane& home_;
  const http_request& outer_;
  then_type then_;
  std::function<void()> abandoned_;
  route_match match_;
  request_trace trace_;
  std::string method_;
  std::string id_;
  std::string body_;
  std::string known_tags_;
  std::vector<std::pair<std::string, std::string>> extra_;
  steady_time begun_at_;
  steady_time deadline_;
  bool gone_ = false;
  bool is_head_ = false;
  bool only_looks_ = false;
};

} // namespace machine::gateway

#pragma once

#include "gateway/http/exchange.hpp"

#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace machine::gateway {

/// Work that takes minutes: one at a time, on a thread of its own, so that
/// neither the actors nor the server wait for it. Its client gets a stream of
/// events, whose signs of life keep the connection up, and which ends with
/// `result` or `problem`. A client that goes away takes the work with it.
class chore {
public:
  /// Does the work; the result is JSON. It ends early when asked to stop.
  using job = std::function<caf::expected<std::string>(std::stop_token)>;

  /// @param name What it is called while it keeps others out.
  explicit chore(std::string name) : name_(std::move(name)) {}

  chore(const chore&) = delete;
  chore& operator=(const chore&) = delete;

  /// Asks the work to stop, and waits for it.
  ~chore() = default;

  /// Begins *what* for the client behind *reply*, who gets a `conflict` if
  /// there is other work.
  void begin(const responder_ptr& reply, job what);

private:
  void work(const job& what, event_stream& to, const std::stop_token& stop);

  const std::string name_;
  std::mutex mutex_;
  bool busy_ = false;
  std::jthread thread_;
};

} // namespace machine::gateway

#pragma once

#include "gateway/http/exchange.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

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

  /// Whether there is work under way.
  bool is_busy();

private:
  void work(const job& what, event_stream& to, const std::stop_token& stop);

  const std::string name_;
  std::mutex mutex_;
  bool busy_ = false;
  std::jthread thread_;
};

/// The same work for many: one at a time for each of them, and for a few of
/// them at once.
class chore_list {
public:
  /// @param most How many work at once.
  chore_list(const std::string& name, size_t most);

  chore_list(const chore_list&) = delete;
  chore_list& operator=(const chore_list&) = delete;

  /// As of `chore`, for *whose*; `overloaded` if as many work for others as
  /// may.
  void begin(const std::string& whose, const responder_ptr& reply,
             chore::job what);

private:
  struct place {
    std::string whose;
    std::unique_ptr<chore> one;
  };

  const std::string name_;
  std::mutex mutex_;
  std::vector<place> places_;
};

} // namespace machine::gateway

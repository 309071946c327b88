#pragma once

#include "actors/models/desk/meter.hpp"
#include "actors/models/desk/order.hpp"

#include <functional>
#include <mutex>
#include <optional>

namespace machine::models {

/// One call to a provider while it streams: hands its pieces to whoever wants
/// them, on the provider's thread, until it is closed.
class stream_tap {
public:
  /// @param allowed Tokens that are paid for; none: all that may come.
  stream_tap(std::shared_ptr<call_watcher> to, call_facts facts,
             std::optional<uint64_t> allowed,
             std::function<void(meter::need)> on_need)
      : to_(std::move(to)), facts_(std::move(facts)), is_metered_(allowed),
        tokens_(allowed.value_or(UINT64_MAX)), on_need_(std::move(on_need)) {}

  void take(const answer_delta& x);

  /// No piece is handed on any more once this returns.
  void close();

  /// When the first piece came, by the steady clock.
  std::optional<timestamp> began_at() const;

  bool began() const {
    return began_at().has_value();
  }

  meter& tokens() {
    return tokens_;
  }

private:
  const std::shared_ptr<call_watcher> to_;
  const call_facts facts_;
  const bool is_metered_;
  meter tokens_;
  const std::function<void(meter::need)> on_need_;
  mutable std::mutex mutex_;
  std::optional<timestamp> began_at_;
  bool closed_ = false;
};

} // namespace machine::models

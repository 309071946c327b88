#pragma once

#include "actors/models/desk/order.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace machine::models {

class desk_inbox;

/// Where calls of models are ordered. Every member may be called from any
/// thread.
class desk {
public:
  explicit desk(std::shared_ptr<desk_inbox> inbox) : inbox_(std::move(inbox)) {}

  /// Orders a call. *by* may be called before this returns.
  /// @returns the number to cancel it by.
  uint64_t call(chat_order what, std::shared_ptr<call_watcher> by);

  using on_vectors =
    std::function<void(const call_facts&, caf::expected<embedding_response>)>;

  /// Orders vectors. *then* is called once.
  uint64_t embed(embedding_order what, on_vectors then);

  /// Nobody wants the answer any more. It still ends by `on_end`, once what it
  /// has cost is settled. Unknown numbers are ignored.
  void cancel(uint64_t number);

  /// Learns from what somebody says of an answer. *then* is called once, on a
  /// thread that must not be blocked, with none, `not_found` (nothing is
  /// remembered of that call), `conflict` (the contrary was said before) or
  /// what `verdict_order::may` says.
  void judge(verdict_order what, std::function<void(const caf::error&)> then);

  /// The budgets of *tenant* have changed. *then* is called on a thread that
  /// must not be blocked, once what is ordered from now on is counted by them.
  void hear_of_budgets(const std::string& tenant,
                       std::function<void()> then = {});

private:
  std::shared_ptr<desk_inbox> inbox_;
};

} // namespace machine::models

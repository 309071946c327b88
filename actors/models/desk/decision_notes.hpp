#pragma once

#include "actors/models/desk/chat_try.hpp"
#include "actors/models/desk/wish.hpp"

#include <memory>

namespace machine::models {

/// Writes down what becomes of one call, for its decision. Costs a call little:
/// what was chosen is taken as it is, once nobody needs it any more.
class decision_notes {
public:
  /// The call was ordered.
  void began(timestamp at, timestamp steady) {
    at_ = at;
    steady_ = steady;
  }

  /// The try number *number* begins.
  void tried(uint32_t number, const candidate& choice,
             const std::string& provider, decision_mode mode);

  /// It has ended.
  void heard(const try_result& x);

  /// The try that has the answer.
  void answered_by(uint32_t number) {
    result_.answered_by = number;
  }

  /// What the client is told. Costs may still change; see `finish`.
  void told(const call_facts& facts, const caf::expected<chat_response>& answer,
            timestamp steady);

  /// All of it, once every try has ended.
  std::shared_ptr<noted_decision> finish(const chat_order& what,
                                         const call_facts& facts,
                                         const routing_policy& policy,
                                         selection_request needs,
                                         decision chosen, timestamp now);

private:
  timestamp at_{};
  timestamp steady_{};
  std::vector<decision_try> tries_;
  decision_result result_;
};

} // namespace machine::models

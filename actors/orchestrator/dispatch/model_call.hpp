#pragma once

#include "actors/orchestrator/dispatch/attempt.hpp"

#include <atomic>
#include <chrono>

namespace machine::orchestrator {

/// One model call as an effect of an attempt: selection and leave by the desk,
/// lease of the run, the call itself, settlement, another try where that may
/// help, and another model where it does not and none was asked for by name.
/// What an earlier worker has done already is not done again.
class model_call {
public:
  using handler = std::function<void(caf::expected<models::chat_response>,
                                     std::optional<duration> retry_after)>;

  /// What is asked for, and by whom.
  struct question {
    models::chat_request request;
    /// The kind of job.
    std::string job;
    /// None: the best for it.
    std::optional<std::string> model{};
    /// The role of the agent that asks; none: no agent does.
    std::optional<std::string> agent{};
  };

  /// @param number The number of the effect; it is advanced past every effect
  ///               that was needed.
  model_call(attempt_state& of, question what, uint32_t& number, handler then);

  model_call(const model_call&) = delete;
  model_call& operator=(const model_call&) = delete;
  ~model_call();

  void start();

  /// Ends the call; the handler runs once it has ended.
  void stop();

private:
  void next_effect();
  void replay(const effect_record& known);
  void choose();
  void no_choice(const caf::error& why);
  void chosen(const models::decision& by);
  void take(const models::decision& by);
  void reserve();
  void reserved(const caf::error& why);
  void release() const;
  void intend();
  void over_budget(const caf::error& why);
  void call();
  void settle(models::call_outcome outcome);
  void conclude(const models::call_outcome& outcome);
  bool fall_back(const models::call_outcome& outcome);
  void record(const models::call_outcome& outcome) const;
  void pause(duration wait, void (model_call::*then)());
  void give_up(const caf::error& why,
               std::optional<duration> retry_after = std::nullopt);

  attempt_state& of_;
  models::chat_request request_;
  const std::optional<std::string> agent_;
  models::selection_request wish_;
  uint32_t& number_;
  handler then_;
  std::string effect_;
  /// What there was when a model was chosen.
  std::shared_ptr<const models::model_stock> stock_;
  /// Stays as it was when its call began.
  std::shared_ptr<const models::model_entry> model_;
  std::shared_ptr<models::provider> provider_;
  models::provider::call_id call_ = 0;
  /// Why this one.
  models::decision by_;
  /// The call's name at the desk.
  std::string name_;
  micro_usd lease_ = 0;
  /// Of the answer, as the chosen model is asked for it.
  uint32_t max_output_tokens_ = 0;
  /// Calls to the chosen model.
  uint32_t tries_ = 0;
  /// What is told if no other model can do it either.
  caf::error problem_;
  std::optional<duration> retry_after_;
  std::chrono::steady_clock::time_point began_;
  timestamp began_at_{};
  /// When the answer began, told by the provider's thread.
  std::shared_ptr<std::atomic<timestamp>> heard_;
  bool reserving_ = false;
  bool calling_ = false;
  /// True while the call waits for its next try.
  std::shared_ptr<bool> pausing_ = std::make_shared<bool>(false);
};

} // namespace machine::orchestrator

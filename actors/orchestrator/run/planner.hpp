#pragma once

#include "actors/orchestrator/run/run.hpp"
#include "actors/orchestrator/workflow/jq.hpp"
#include "runtime/entity/draft.hpp"

#include <string>
#include <string_view>

namespace machine::orchestrator {

/// Works out what follows from what has happened, and makes it happen.
class planner {
public:
  explicit planner(entity::draft<run>& to);

  const run_state& now() const {
    return to_.now();
  }

  const entity::context& ctx() const {
    return to_.ctx();
  }

  void emit(run_event what) {
    to_.emit(std::move(what));
  }

  void keep(bytes blob) {
    to_.keep(std::move(blob));
  }

  /// Starts every step that is due, ends every block and run that has come to
  /// its end, until nothing more follows or the decision is as large as one may
  /// be (`bounds.hpp`); then the run asks to be woken at once.
  void advance();

  /// Begins the next attempt of an activation.
  void retry(const std::string& activation);

  /// Gives the present attempt of an activation, of which nothing lives, to
  /// another worker; if the run pauses, once it goes on.
  void hand_over(const std::string& activation);

  /// Ends an activation as failed, and what is around it if its step says so.
  void fail(const std::string& activation, const std::string& code,
            const std::string& message, json_text output = {},
            std::optional<std::string> commit = std::nullopt);

  /// Has an activation fail once nothing of it lives.
  void stop_step(const std::string& activation, const std::string& code,
                 const std::string& message);

  /// Has a block fail once nothing of it lives.
  void stop_block(const std::string& block, const std::string& code,
                  const std::string& message);

  /// The result is known: stops what lives and withdraws what is asked.
  void close(run_result result, std::string code, std::string message,
             json_text output = {});

private:
  bool is_full() const;
  bool proceed();
  bool conclude_stopped();
  void begin_step(const std::string& id);
  void begin(const step& what, const std::string& id);
  void begin_action(const set_step& x, const std::string& id);
  void begin_action(const repeat_step& x, const std::string& id);
  void begin_action(const foreach_step& x, const std::string& id);
  void begin_action(const route_step& x, const std::string& id);
  void begin_action(const fail_step& x, const std::string& id);
  void begin_action(const approve_step& x, const std::string& id);
  void begin_action(const wait_step& x, const std::string& id);
  void begin_action(const call_step& x, const std::string& id);
  template <class Work>
  void begin_action(const Work& x, const std::string& id);
  void begin_attempt(attempt_kind kind, const std::string& id,
                     json_text request);
  void repeat_attempt(const std::string& activation, uint32_t attempt);
  void begin_child(const std::string& activation);
  void open_block(const std::string& owner, std::optional<std::string> name,
                  uint32_t number);
  void begin_items(const std::string& owner);
  void end_block(const std::string& block);
  void end_workflow();
  void end_round(const std::string& block, const repeat_step& what);
  void end_item(const std::string& block, const foreach_step& what);
  void finish_with(const std::string& activation, json_text output);
  void fail_block(std::string_view block, const std::string& code,
                  const std::string& message);
  void fail_with(const std::string& activation, const caf::error& why);
  void withdraw_within(std::string_view around);
  bool wind_up();
  bool publish_or_end();
  void end_run();

  entity::draft<run>& to_;
  jq_budget jq_;
};

} // namespace machine::orchestrator

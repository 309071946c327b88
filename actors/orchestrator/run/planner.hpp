#pragma once

#include "actors/orchestrator/run/run.hpp"
#include "actors/orchestrator/workflow/jq.hpp"

#include <string>
#include <unordered_map>

namespace machine::orchestrator {

/// Works out what follows from what has happened. It owns a copy of the state
/// and keeps it at the last event that it emitted, so that every decision sees
/// the ones before it.
class planner {
public:
  planner(const run_state& now, const entity::context& ctx);

  const run_state& now() const {
    return draft_;
  }

  /// Adds *what* to the decision.
  void emit(run_event what);

  /// Starts every step that is due, ends every block and run that has come to
  /// its end, until nothing more follows or the decision is as large as one may
  /// be (`bounds.hpp`); then the run asks to be woken at once.
  void advance();

  /// Begins the next attempt of an activation, or hands the present one to
  /// another worker.
  enum class reason : uint8_t { next_attempt, lost_worker };
  void start_attempt(const std::string& activation, reason why);

  /// Ends an activation as failed, and the run with it if its step says so.
  void fail_step(const std::string& activation, const std::string& code,
                 const std::string& message, json_text output = {},
                 std::optional<std::string> commit = std::nullopt);

  /// The result is known: stops what lives and withdraws what is asked.
  void close(run_result result, std::string code, std::string message,
             json_text output = {});

  std::vector<run_event> take() {
    return std::move(events_);
  }

private:
  bool is_full() const;
  const activation* find(const std::string& id);
  bool advance_block(const activation* block);
  void start_step(const step& what, const activation* block);
  void begin(const step& what, const std::string& id, const activation* block);
  void dispatch(const step& what, const std::string& activation,
                json_text request);
  bool end_block(const activation& block);
  void finish();

  run_state draft_;
  const entity::context& ctx_;
  std::vector<run_event> events_;
  /// Of the events, as they are stored.
  size_t bytes_ = 0;
  jq_budget jq_;
  /// Positions of activations by id; of the first `indexed_` ones.
  std::unordered_map<std::string, size_t> index_;
  size_t indexed_ = 0;
};

} // namespace machine::orchestrator

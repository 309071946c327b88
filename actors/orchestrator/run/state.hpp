#pragma once

#include "actors/agents/guard/trail.hpp"
#include "actors/orchestrator/run/life_events.hpp"
#include "actors/orchestrator/run/parts.hpp"
#include "actors/orchestrator/run/shared_workflow.hpp"
#include "actors/orchestrator/workflow/workflow.hpp"
#include "runtime/wire/codec.hpp"

namespace machine::orchestrator {

/// All that a run knows; made of its events alone.
struct run_state {
  run_phase phase = run_phase::absent;
  run_created created;
  shared_workflow definition;
  timestamp created_at{};
  std::optional<timestamp> ended_at;
  std::string directory;
  std::string branch;
  std::string base;
  /// The last checkpoint of the workspace.
  std::optional<std::string> checkpoint;
  /// It and those that were told just before (`max_recent_checkpoints`): who
  /// works side by side may tell theirs in another order than that of git.
  std::vector<std::string> recent_checkpoints;
  /// Events of the origin that are there.
  uint64_t copied = 0;
  /// The variables now.
  std::map<std::string, json_text> vars;
  /// By id; without those of rounds and items that were forgotten
  /// (`max_kept`).
  std::map<std::string, activation> activations;
  uint64_t last_activation = 0;
  /// Of those that ever were, the machine's own work aside.
  uint32_t steps_begun = 0;
  uint32_t steps_ended = 0;
  /// By their instance; the workflow's own has no name.
  std::map<std::string, open_block> blocks;
  /// Steps whose needs are met, by the ids that their activations will have.
  std::vector<std::string> due;
  /// Blocks whose steps have all ended, and `foreach` steps that have room for
  /// an item or nothing left to wait for.
  std::vector<std::string> continuing;
  /// Activations and blocks that fail once nothing of them lives.
  std::vector<std::string> stopping;
  /// The tokens of live attempts, by activation.
  std::map<std::string, uint64_t> live;
  /// When each activation that has a time to wait for wants to go on.
  std::map<std::string, timestamp> timers;
  /// Steps that were done and can be undone, in this order.
  std::vector<std::string> undoable;
  /// What became of undoing that failed.
  std::vector<std::string> undo_problems;
  /// What the guard remembers of each agent, by `trail_key`, and of each
  /// `repeat`.
  std::map<std::string, agents::trail> trails;
  std::map<std::string, interrupt> interrupts;
  uint64_t last_interrupt = 0;
  std::vector<kept_signal> signals;
  uint64_t last_signal = 0;
  /// Of the newest signals (`max_signal_keys`).
  std::vector<std::string> signal_keys;
  /// Runs that this one has called.
  uint32_t children = 0;
  uint64_t last_token = 0;
  /// Set when the result is known.
  run_result result = run_result::done;
  std::string code;
  std::string message;
  json_text output;
  bool cancelling = false;
  bool paused = false;
  /// Whoever cancelled it wants nothing undone.
  bool leave_done = false;
  std::optional<published_work> published;
  micro_usd spent = 0;
  micro_usd leased = 0;
  /// The part that their own charges have told the project.
  micro_usd spent_by_children = 0;
  /// What each step has cost in all of its rounds.
  std::map<std::string, micro_usd> spent_by_step;
  std::vector<model_bill> bill;
  uint64_t last_charge = 0;
  /// Charges that the project has not confirmed.
  std::vector<charge> outbox;
  bool parent_told = false;
  bool schedule_told = false;
  bool books_closed = false;
  bool archived = false;

  static constexpr const char* wire_name = "run_state";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"phase", &run_state::phase},
      wire::field{"created", &run_state::created},
      wire::field{"definition", &run_state::definition},
      wire::field{"created_at", &run_state::created_at},
      wire::field{"ended_at", &run_state::ended_at},
      wire::field{"directory", &run_state::directory},
      wire::field{"branch", &run_state::branch},
      wire::field{"base", &run_state::base},
      wire::field{"checkpoint", &run_state::checkpoint},
      wire::field{"recent_checkpoints", &run_state::recent_checkpoints},
      wire::field{"copied", &run_state::copied},
      wire::field{"vars", &run_state::vars},
      wire::field{"activations", &run_state::activations},
      wire::field{"last_activation", &run_state::last_activation},
      wire::field{"steps_begun", &run_state::steps_begun},
      wire::field{"steps_ended", &run_state::steps_ended},
      wire::field{"blocks", &run_state::blocks},
      wire::field{"due", &run_state::due},
      wire::field{"continuing", &run_state::continuing},
      wire::field{"stopping", &run_state::stopping},
      wire::field{"live", &run_state::live},
      wire::field{"timers", &run_state::timers},
      wire::field{"undoable", &run_state::undoable},
      wire::field{"undo_problems", &run_state::undo_problems},
      wire::field{"trails", &run_state::trails},
      wire::field{"interrupts", &run_state::interrupts},
      wire::field{"last_interrupt", &run_state::last_interrupt},
      wire::field{"signals", &run_state::signals},
      wire::field{"last_signal", &run_state::last_signal},
      wire::field{"signal_keys", &run_state::signal_keys},
      wire::field{"children", &run_state::children},
      wire::field{"last_token", &run_state::last_token},
      wire::field{"result", &run_state::result},
      wire::field{"code", &run_state::code},
      wire::field{"message", &run_state::message},
      wire::field{"output", &run_state::output},
      wire::field{"cancelling", &run_state::cancelling},
      wire::field{"paused", &run_state::paused},
      wire::field{"leave_done", &run_state::leave_done},
      wire::field{"published", &run_state::published},
      wire::field{"spent", &run_state::spent},
      wire::field{"leased", &run_state::leased},
      wire::field{"spent_by_children", &run_state::spent_by_children},
      wire::field{"spent_by_step", &run_state::spent_by_step},
      wire::field{"bill", &run_state::bill},
      wire::field{"last_charge", &run_state::last_charge},
      wire::field{"outbox", &run_state::outbox},
      wire::field{"parent_told", &run_state::parent_told},
      wire::later{"schedule_told", &run_state::schedule_told},
      wire::field{"books_closed", &run_state::books_closed},
      wire::later{"archived", &run_state::archived});
  }

  bool operator==(const run_state&) const = default;
};

} // namespace machine::orchestrator

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::orchestrator::run_state>;
extern template struct machine::wire::message_codec<
  machine::orchestrator::run_state>;

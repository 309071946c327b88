#pragma once

#include "actors/orchestrator/run/life_events.hpp"
#include "actors/orchestrator/run/parts.hpp"
#include "actors/orchestrator/workflow/workflow.hpp"
#include "runtime/wire/codec.hpp"

namespace machine::orchestrator {

/// All that a run knows; made of its events alone.
struct run_state {
  run_phase phase = run_phase::absent;
  run_created created;
  workflow definition;
  timestamp created_at{};
  std::optional<timestamp> ended_at;
  std::string directory;
  std::string branch;
  std::string base;
  /// The variables now.
  std::map<std::string, json_text> vars;
  /// In the order in which they began; without the rounds of a block that
  /// were forgotten (`max_kept`).
  std::vector<activation> activations;
  std::vector<interrupt> interrupts;
  uint64_t last_token = 0;
  /// Set when the result is known.
  run_result result = run_result::done;
  std::string code;
  std::string message;
  json_text output;
  bool cancelling = false;
  std::optional<published_work> published;
  micro_usd spent = 0;
  micro_usd leased = 0;
  /// What each step has cost in all of its rounds.
  std::map<std::string, micro_usd> spent_by_step;
  std::vector<bill_row> bill;
  uint64_t last_charge = 0;
  /// Charges that the project has not confirmed.
  std::vector<charge> outbox;
  bool books_closed = false;

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
      wire::field{"vars", &run_state::vars},
      wire::field{"activations", &run_state::activations},
      wire::field{"interrupts", &run_state::interrupts},
      wire::field{"last_token", &run_state::last_token},
      wire::field{"result", &run_state::result},
      wire::field{"code", &run_state::code},
      wire::field{"message", &run_state::message},
      wire::field{"output", &run_state::output},
      wire::field{"cancelling", &run_state::cancelling},
      wire::field{"published", &run_state::published},
      wire::field{"spent", &run_state::spent},
      wire::field{"leased", &run_state::leased},
      wire::field{"spent_by_step", &run_state::spent_by_step},
      wire::field{"bill", &run_state::bill},
      wire::field{"last_charge", &run_state::last_charge},
      wire::field{"outbox", &run_state::outbox},
      wire::field{"books_closed", &run_state::books_closed});
  }

  bool operator==(const run_state&) const = default;
};

} // namespace machine::orchestrator

// Compiled once, in codec.cpp.
extern template struct machine::wire::codec<machine::orchestrator::run_state>;
extern template struct machine::wire::message_codec<
  machine::orchestrator::run_state>;

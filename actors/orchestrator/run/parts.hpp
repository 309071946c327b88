#pragma once

#include "actors/costs/ledger/line.hpp"
#include "actors/orchestrator/run/effect_events.hpp"
#include "actors/orchestrator/run/step_events.hpp"

#include <optional>
#include <string>
#include <vector>

/// What the state of a run is made of.
namespace machine::orchestrator {

/// Where a run stands.
enum class run_phase : uint8_t {
  absent,
  waiting_budget,
  /// For a place among the runs of its project.
  queued,
  /// The history of its origin.
  copying,
  preparing,
  running,
  /// What lives is being stopped.
  closing,
  /// What was done is being undone.
  undoing,
  publishing,
  ended,
};

constexpr auto wire_names(run_phase) {
  return std::array<std::pair<std::string_view, run_phase>, 10>{{
    {"absent", run_phase::absent},
    {"waiting_budget", run_phase::waiting_budget},
    {"queued", run_phase::queued},
    {"copying", run_phase::copying},
    {"preparing", run_phase::preparing},
    {"running", run_phase::running},
    {"closing", run_phase::closing},
    {"undoing", run_phase::undoing},
    {"publishing", run_phase::publishing},
    {"ended", run_phase::ended},
  }};
}

/// Where an activation stands.
enum class activation_phase : uint8_t {
  /// A worker performs it, or its block runs.
  running,
  /// For a person, a signal or a time.
  waiting,
  /// For the time of its next attempt.
  retrying,
  /// Until the run goes on.
  suspended,
  /// What of it lives is being stopped; then it fails.
  stopping,
  /// It has failed, and its block `on_failure` runs.
  handling,
  done,
  failed,
  skipped,
  stopped,
};

constexpr auto wire_names(activation_phase) {
  return std::array<std::pair<std::string_view, activation_phase>, 10>{{
    {"running", activation_phase::running},
    {"waiting", activation_phase::waiting},
    {"retrying", activation_phase::retrying},
    {"suspended", activation_phase::suspended},
    {"stopping", activation_phase::stopping},
    {"handling", activation_phase::handling},
    {"done", activation_phase::done},
    {"failed", activation_phase::failed},
    {"skipped", activation_phase::skipped},
    {"stopped", activation_phase::stopped},
  }};
}

enum class effect_phase : uint8_t {
  open,
  done,
  failed,
  lost,
};

constexpr auto wire_names(effect_phase) {
  return std::array<std::pair<std::string_view, effect_phase>, 4>{{
    {"open", effect_phase::open},
    {"done", effect_phase::done},
    {"failed", effect_phase::failed},
    {"lost", effect_phase::lost},
  }};
}

/// An effect of an attempt that has not ended: the journal by which another
/// worker goes on where this one stopped.
struct effect_record {
  std::string effect;
  effect_kind kind = effect_kind::model;
  std::string subject;
  bool idempotent = true;
  effect_phase phase = effect_phase::open;
  micro_usd lease = 0;
  /// The blob of its result, once it is done.
  std::string result;
  /// See `effect_intended`.
  std::optional<std::string> guard;
  std::optional<std::string> call;
  std::optional<std::string> provider = std::nullopt;
  std::optional<std::string> agent = std::nullopt;
  std::optional<timestamp> intended_at = std::nullopt;

  static constexpr const char* wire_name = "effect_record";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"effect", &effect_record::effect},
      wire::field{"kind", &effect_record::kind},
      wire::field{"subject", &effect_record::subject},
      wire::field{"idempotent", &effect_record::idempotent},
      wire::field{"phase", &effect_record::phase},
      wire::field{"lease", &effect_record::lease},
      wire::field{"result", &effect_record::result},
      wire::field{"guard", &effect_record::guard},
      wire::field{"call", &effect_record::call},
      wire::field{"provider", &effect_record::provider},
      wire::field{"agent", &effect_record::agent},
      wire::field{"intended_at", &effect_record::intended_at});
  }

  bool operator==(const effect_record&) const = default;
};

/// What a person told an agent in the middle of its work.
struct agent_hint {
  /// The effects of the attempt that were done before.
  uint32_t after = 0;
  std::string text;

  static constexpr const char* wire_name = "agent_hint";

  static constexpr auto fields() {
    return wire::members(wire::field{"after", &agent_hint::after},
                         wire::field{"text", &agent_hint::text});
  }

  bool operator==(const agent_hint&) const = default;
};

/// Why something has to end.
struct verdict {
  std::string code;
  std::string message;

  static constexpr const char* wire_name = "verdict";

  static constexpr auto fields() {
    return wire::members(wire::field{"code", &verdict::code},
                         wire::field{"message", &verdict::message});
  }

  bool operator==(const verdict&) const = default;
};

/// A step that became due.
struct activation {
  /// `fix` or, in the second round of the block `repair`, `repair[2].fix`.
  std::string id;
  std::string step;
  /// The place among all activations, by their beginning, from 1.
  uint64_t number = 0;
  /// See `step_started`.
  uint32_t iteration = 0;
  activation_phase phase = activation_phase::running;
  attempt_kind kind = attempt_kind::command;
  uint32_t attempt = 0;
  /// The token of the live attempt; 0 if there is none.
  uint64_t token = 0;
  /// When the present attempt began, with its first worker.
  std::optional<timestamp> attempt_at;
  /// The rounds or items of its block that have begun.
  uint32_t rounds = 0;
  json_text request;
  json_text output;
  std::string code;
  std::string message;
  std::optional<std::string> commit;
  std::optional<timestamp> retry_at;
  /// When what it waits for is over.
  std::optional<timestamp> until;
  /// When it fails with `timeout`.
  std::optional<timestamp> deadline;
  /// The signal that it waits for.
  std::optional<std::string> signal;
  std::optional<timestamp> started_at;
  std::optional<timestamp> ended_at;
  /// What it has cost; of a block, what its forgotten rounds have.
  micro_usd spent = 0;
  /// The run that it waits for.
  std::optional<std::string> child;
  /// What is set aside for it.
  micro_usd child_lease = 0;
  /// The items that have ended.
  uint32_t items_ended = 0;
  /// What a `foreach` goes through, and what came of each; null if nothing.
  std::vector<json_text> items;
  std::vector<json_text> results;
  /// `{index, code, message}` of items that failed.
  std::vector<json_text> failures;
  /// Why it fails once nothing of it lives.
  std::optional<verdict> stopping;
  /// Effects of the present attempt, oldest first; dropped when it ends.
  std::vector<effect_record> journal;
  /// For the present attempt, oldest first.
  std::vector<agent_hint> hints;

  static constexpr const char* wire_name = "activation";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &activation::id},
                         wire::field{"step", &activation::step},
                         wire::field{"number", &activation::number},
                         wire::field{"iteration", &activation::iteration},
                         wire::field{"phase", &activation::phase},
                         wire::field{"kind", &activation::kind},
                         wire::field{"attempt", &activation::attempt},
                         wire::field{"token", &activation::token},
                         wire::field{"attempt_at", &activation::attempt_at},
                         wire::field{"rounds", &activation::rounds},
                         wire::field{"request", &activation::request},
                         wire::field{"output", &activation::output},
                         wire::field{"code", &activation::code},
                         wire::field{"message", &activation::message},
                         wire::field{"commit", &activation::commit},
                         wire::field{"retry_at", &activation::retry_at},
                         wire::field{"until", &activation::until},
                         wire::field{"deadline", &activation::deadline},
                         wire::field{"signal", &activation::signal},
                         wire::field{"started_at", &activation::started_at},
                         wire::field{"ended_at", &activation::ended_at},
                         wire::field{"spent", &activation::spent},
                         wire::field{"child", &activation::child},
                         wire::field{"child_lease", &activation::child_lease},
                         wire::field{"items_ended", &activation::items_ended},
                         wire::field{"items", &activation::items},
                         wire::field{"results", &activation::results},
                         wire::field{"failures", &activation::failures},
                         wire::field{"stopping", &activation::stopping},
                         wire::field{"journal", &activation::journal},
                         wire::field{"hints", &activation::hints});
  }

  bool operator==(const activation&) const = default;
};

/// A block whose steps have not all ended, or of which nothing came yet.
struct open_block {
  /// The activation that it belongs to; empty: the workflow itself.
  std::string owner;
  std::optional<std::string> name;
  /// See `block_started`.
  uint32_t number = 0;
  /// Steps that have not ended.
  uint32_t open = 0;
  /// For each of its steps, how many of its needs have not ended.
  std::vector<uint32_t> waits;
  /// Why it fails once nothing of it lives.
  std::optional<verdict> stopping;

  static constexpr const char* wire_name = "open_block";

  static constexpr auto fields() {
    return wire::members(wire::field{"owner", &open_block::owner},
                         wire::field{"name", &open_block::name},
                         wire::field{"number", &open_block::number},
                         wire::field{"open", &open_block::open},
                         wire::field{"waits", &open_block::waits},
                         wire::field{"stopping", &open_block::stopping});
  }

  bool operator==(const open_block&) const = default;
};

enum class interrupt_phase : uint8_t {
  open,
  answered,
  withdrawn,
};

constexpr auto wire_names(interrupt_phase) {
  return std::array<std::pair<std::string_view, interrupt_phase>, 3>{{
    {"open", interrupt_phase::open},
    {"answered", interrupt_phase::answered},
    {"withdrawn", interrupt_phase::withdrawn},
  }};
}

struct interrupt {
  std::string id;
  /// The place among all interrupts, by their beginning, from 1.
  uint64_t number = 0;
  std::string activation;
  std::string question;
  json_text schema;
  std::optional<std::string> assignee;
  std::optional<std::string> role;
  std::optional<timestamp> deadline;
  std::optional<json_text> default_answer;
  interrupt_phase phase = interrupt_phase::open;
  json_text answer;
  std::string by;
  /// From when its deadline counts.
  std::optional<timestamp> opened_at;

  static constexpr const char* wire_name = "interrupt";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"id", &interrupt::id},
      wire::field{"number", &interrupt::number},
      wire::field{"activation", &interrupt::activation},
      wire::field{"question", &interrupt::question},
      wire::field{"schema", &interrupt::schema},
      wire::field{"assignee", &interrupt::assignee},
      wire::field{"role", &interrupt::role},
      wire::field{"deadline", &interrupt::deadline},
      wire::field{"default_answer", &interrupt::default_answer},
      wire::field{"phase", &interrupt::phase},
      wire::field{"answer", &interrupt::answer},
      wire::field{"by", &interrupt::by},
      wire::field{"opened_at", &interrupt::opened_at});
  }

  bool operator==(const interrupt&) const = default;
};

/// A signal that no step has taken yet.
struct kept_signal {
  uint64_t number = 0;
  std::string name;
  json_text payload;

  static constexpr const char* wire_name = "kept_signal";

  static constexpr auto fields() {
    return wire::members(wire::field{"number", &kept_signal::number},
                         wire::field{"name", &kept_signal::name},
                         wire::field{"payload", &kept_signal::payload});
  }

  bool operator==(const kept_signal&) const = default;
};

/// Money that was spent, on its way to the project and the ledger.
struct charge {
  /// From 1, without gaps, in each run.
  uint64_t number = 0;
  timestamp at{};
  std::string effect;
  std::string model;
  std::optional<models::token_usage> usage;
  micro_usd cost = 0;
  /// Empty: not known, or none.
  std::string provider{};
  std::string agent{};
  /// What was set aside for it.
  micro_usd lease = 0;
  costs::call_end end = costs::call_end::answered;
  /// From its intent to its end; 0: nobody saw the end.
  duration took{0};

  static constexpr const char* wire_name = "charge";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"number", &charge::number}, wire::field{"at", &charge::at},
      wire::field{"effect", &charge::effect},
      wire::field{"model", &charge::model},
      wire::field{"usage", &charge::usage}, wire::field{"cost", &charge::cost},
      wire::later{"provider", &charge::provider},
      wire::later{"agent", &charge::agent},
      wire::later{"lease", &charge::lease}, wire::later{"end", &charge::end},
      wire::later{"took", &charge::took});
  }

  bool operator==(const charge&) const = default;
};

struct published_work {
  std::string branch;
  std::string base;
  std::string commit;
  std::string diff;
  uint32_t files_changed = 0;
  uint32_t lines_added = 0;
  uint32_t lines_removed = 0;

  static constexpr const char* wire_name = "published_work";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"branch", &published_work::branch},
      wire::field{"base", &published_work::base},
      wire::field{"commit", &published_work::commit},
      wire::field{"diff", &published_work::diff},
      wire::field{"files_changed", &published_work::files_changed},
      wire::field{"lines_added", &published_work::lines_added},
      wire::field{"lines_removed", &published_work::lines_removed});
  }

  bool operator==(const published_work&) const = default;
};

} // namespace machine::orchestrator

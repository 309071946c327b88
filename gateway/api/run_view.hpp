#pragma once

#include "actors/orchestrator/run/state.hpp"
#include "actors/orchestrator/run/summary.hpp"
#include "runtime/wire/together.hpp"

#include <string>
#include <vector>

namespace machine::gateway {

/// A step of a run as clients see it.
struct activation_view {
  std::string id;
  std::string step;
  std::string title;
  std::string kind;
  uint32_t iteration = 0;
  std::string state;
  uint32_t attempt = 0;
  std::string code;
  std::string message;
  json_text output;
  std::optional<std::string> commit;
  /// The run that it waits for.
  std::optional<std::string> child;
  /// When what it waits for is over.
  std::optional<timestamp> until;
  /// The signal that it waits for.
  std::optional<std::string> signal;
  std::optional<timestamp> started_at;
  std::optional<timestamp> ended_at;
  micro_usd spent = 0;

  static constexpr const char* wire_name = "activation_view";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"id", &activation_view::id},
      wire::field{"step", &activation_view::step},
      wire::field{"title", &activation_view::title},
      wire::field{"kind", &activation_view::kind},
      wire::field{"iteration", &activation_view::iteration},
      wire::field{"state", &activation_view::state},
      wire::field{"attempt", &activation_view::attempt},
      wire::field{"code", &activation_view::code},
      wire::field{"message", &activation_view::message},
      wire::field{"output", &activation_view::output},
      wire::field{"commit", &activation_view::commit},
      wire::field{"child", &activation_view::child},
      wire::field{"until", &activation_view::until},
      wire::field{"signal", &activation_view::signal},
      wire::field{"started_at", &activation_view::started_at},
      wire::field{"ended_at", &activation_view::ended_at},
      wire::field{"spent", &activation_view::spent});
  }

  bool operator==(const activation_view&) const = default;
};

struct interrupt_view {
  std::string id;
  std::string activation;
  std::string question;
  json_text schema;
  std::optional<std::string> assignee;
  std::optional<std::string> role;
  std::optional<timestamp> deadline;
  std::string state;
  std::optional<json_text> answer;
  std::optional<std::string> by;

  static constexpr const char* wire_name = "interrupt_view";

  static constexpr auto fields() {
    return wire::members(wire::field{"id", &interrupt_view::id},
                         wire::field{"activation", &interrupt_view::activation},
                         wire::field{"question", &interrupt_view::question},
                         wire::field{"schema", &interrupt_view::schema},
                         wire::field{"assignee", &interrupt_view::assignee},
                         wire::field{"role", &interrupt_view::role},
                         wire::field{"deadline", &interrupt_view::deadline},
                         wire::field{"state", &interrupt_view::state},
                         wire::field{"answer", &interrupt_view::answer},
                         wire::field{"by", &interrupt_view::by});
  }

  bool operator==(const interrupt_view&) const = default;
};

struct bill_view {
  std::string model;
  uint64_t calls = 0;
  uint64_t input = 0;
  uint64_t cached = 0;
  uint64_t output = 0;
  micro_usd cost = 0;

  static constexpr const char* wire_name = "bill_view";

  static constexpr auto fields() {
    return wire::members(wire::field{"model", &bill_view::model},
                         wire::field{"calls", &bill_view::calls},
                         wire::field{"input", &bill_view::input},
                         wire::field{"cached", &bill_view::cached},
                         wire::field{"output", &bill_view::output},
                         wire::field{"cost", &bill_view::cost});
  }

  bool operator==(const bill_view&) const = default;
};

/// What `GET /runs/{id}` adds to the summary.
struct run_details {
  std::string workflow_hash;
  std::optional<std::string> repository;
  json_text inputs;
  json_text vars;
  std::string base;
  std::string commit;
  std::string diff;
  uint32_t files_changed = 0;
  uint32_t lines_added = 0;
  uint32_t lines_removed = 0;
  json_text output;
  std::vector<activation_view> activations;
  std::vector<interrupt_view> interrupts;
  std::vector<bill_view> bill;
  /// In the queue of its project, 9 comes first; none: that of its task, or 0.
  std::optional<uint32_t> priority;
  /// What has begun it: a project, a dot, and the name of a schedule in it.
  std::optional<std::string> schedule;
  /// From 1, while it waits for a place.
  std::optional<uint64_t> queue_position;

  static constexpr const char* wire_name = "run_details";

  static constexpr auto fields() {
    return wire::members(
      wire::field{"workflow_hash", &run_details::workflow_hash},
      wire::field{"repository", &run_details::repository},
      wire::field{"inputs", &run_details::inputs},
      wire::field{"vars", &run_details::vars},
      wire::field{"base", &run_details::base},
      wire::field{"commit", &run_details::commit},
      wire::field{"diff", &run_details::diff},
      wire::field{"files_changed", &run_details::files_changed},
      wire::field{"lines_added", &run_details::lines_added},
      wire::field{"lines_removed", &run_details::lines_removed},
      wire::field{"output", &run_details::output},
      wire::field{"activations", &run_details::activations},
      wire::field{"interrupts", &run_details::interrupts},
      wire::field{"bill", &run_details::bill},
      wire::field{"priority", &run_details::priority},
      wire::field{"schedule", &run_details::schedule},
      wire::field{"queue_position", &run_details::queue_position});
  }

  bool operator==(const run_details&) const = default;
};

/// What `GET /runs/{id}` shows.
struct run_view : orchestrator::run_summary, run_details {
  /// Of the event that it has seen last.
  uint64_t last_seq = 0;

  static constexpr const char* wire_name = "run";

  static constexpr auto fields() {
    return wire::together(
      run_summary::fields(), run_details::fields(),
      wire::members(wire::field{"last_seq", &run_view::last_seq}));
  }
};

/// The steps of a run, by when they began.
std::vector<activation_view> steps_of(const orchestrator::run_state& now);

/// The questions of a run, by when they were asked.
std::vector<interrupt_view> interrupts_of(const orchestrator::run_state& now);

/// The run *id* with its summary and details, as JSON.
std::string run_document(const orchestrator::run_state& now,
                         const std::string& id, uint64_t last_seq,
                         std::optional<uint64_t> queue_position);

/// *event*, a payload of a run's log, as JSON with its number and time:
/// `{"seq":"17","at":"...","type":"step_started",...}`.
std::string event_document(uint64_t seq, bytes_view payload);

/// Whether the run of *payload* was over by then; nobody has to wait for more.
bool is_last_event(bytes_view payload);

} // namespace machine::gateway

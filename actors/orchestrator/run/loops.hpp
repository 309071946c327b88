#pragma once

#include "actors/agents/guard/trail.hpp"
#include "actors/orchestrator/run/planner.hpp"

/// What a run does about agents that go in circles.
namespace machine::orchestrator {

/// A loop, and where it is.
struct loop_found {
  agents::loop_alarm alarm;
  /// The `repeat` in which several go in circles together; empty: it is the
  /// activation alone.
  std::string around;
  guard_settings settings;
};

/// What holds for *what*: its own settings, and where they say nothing those of
/// what is around it.
guard_settings guard_of(const run_state& now, const step& what);

/// The trail of the activation *id*: the same in every round of what repeats
/// it. `repair[2].fix` has `repair[].fix`.
std::string trail_key(const run_state& now, std::string_view id);

/// The activations of the `repeat` steps that *id* is in, the innermost first.
std::vector<std::string> repeats_around(const run_state& now,
                                        std::string_view id);

/// The trail of a `repeat` with the activation *id*.
std::string round_trail_key(const run_state& now, std::string_view id);

/// Whether *there*, an agent or a model, or those in a `repeat` around it, go
/// in circles.
std::optional<loop_found> find_loop(const run_state& now,
                                    const activation& there);

/// `paused` if *what* is a model call of an activation that goes in circles:
/// whoever performs it gives it back, and a person is asked.
caf::error check_guard(const run_state& now, const activation& there,
                       const intend_effect& what);

/// Takes *there* from its worker, which does nothing, and asks a person.
void ask_about_loop(planner& plan, const activation& there,
                    const loop_found& what);

/// Goes on after the question *asked* with *answer*, which satisfies its
/// schema.
void act_on_loop_answer(planner& plan, const interrupt& asked,
                        const json_text& answer);

/// What *answer* tells the agent; none if it is no hint.
std::optional<std::string> hint_in(const json_text& answer);

/// The effects of the present attempt of *there* that its agent knows of.
uint32_t count_done_effects(const activation& there);

} // namespace machine::orchestrator

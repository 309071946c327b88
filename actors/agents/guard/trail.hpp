#pragma once

#include "runtime/types.hpp"
#include "runtime/wire/describe.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace machine::agents {

/// When the guard takes what an agent does for a loop.
struct guard_limits {
  /// So often in a row the same call with the same result, or the same short
  /// cycle of them, while the workspace reaches no new state; 2 to 10.
  uint32_t repeats = 3;
  /// The longest cycle, in calls, 1 to 8.
  uint32_t cycle = 4;
  /// How many of the last calls the next two look at, 2 to `max_trail`.
  uint32_t window = 20;
  /// So often the same call with the same result among them, while the
  /// workspace reaches no new state.
  uint32_t times = 5;
  /// So often the same call with the same failure among them, whatever the
  /// workspace does.
  uint32_t failures = 10;
  /// So many model calls without progress (see `trail`).
  uint32_t idle_calls = 10;
  /// And as many whole rounds, if it is the trail of a `repeat`.
  uint32_t idle_rounds = 0;

  bool operator==(const guard_limits&) const = default;
};

/// Something that was done, and what came of it.
struct guard_fact {
  /// Digest of the tool, its arguments in canonical form and its result; of a
  /// step of a `repeat`, of what it was asked, what it answered and how it left
  /// the workspace. Who did it is told by the trail.
  uint64_t digest = 0;
  /// By which it is found in the log.
  std::string effect;
  /// In a few words for people.
  std::string what;
  bool failed = false;
  /// Digest of the state in which it left the workspace, or a file of it.
  std::optional<uint64_t> state;
};

/// A fact on a trail.
struct trail_step {
  uint64_t digest = 0;
  /// The `trail::epoch` in which it was.
  uint32_t epoch = 0;
  bool failed = false;
  std::string effect;
  std::string what;

  static constexpr const char* wire_name = "trail_step";

  static constexpr auto fields() {
    return wire::members(wire::field{"digest", &trail_step::digest},
                         wire::field{"epoch", &trail_step::epoch},
                         wire::field{"failed", &trail_step::failed},
                         wire::field{"effect", &trail_step::effect},
                         wire::field{"what", &trail_step::what});
  }

  bool operator==(const trail_step&) const = default;
};

/// Facts and states that a trail remembers, each.
constexpr size_t max_trail = 100;

/// What an agent, or those in a `repeat` together, did lately, as far as it
/// matters to whether they go in circles. Made of facts in the log alone, and
/// bounded.
///
/// Progress is one of these, and nothing else:
///
/// * a call or a step whose result, together with what was asked, is not among
///   the `max_trail` last ones on the trail (for the trail of a `repeat`: a
///   call of a tool that is progress of its agent, or a result of a `command`
///   or `tool` step that is not; an answer of an agent or a model by itself is
///   none);
/// * the workspace, or a file of it, is in a state that is not among the
///   `max_trail` last ones of the trail, so that going back to what was there
///   before is none;
/// * a variable of the run has another value than before.
///
/// That the transcript, the bill or the clock goes on is none.
struct trail {
  /// Oldest first.
  std::vector<trail_step> steps;
  /// Of the workspace, and results that are no call of an agent, oldest first.
  std::vector<uint64_t> states;
  /// Counts the new states of the workspace.
  uint32_t epoch = 0;
  /// Model calls since there was progress, and what they have cost.
  uint32_t idle_calls = 0;
  micro_usd idle_cost = 0;
  /// Whole rounds since then, of a `repeat`.
  uint32_t idle_rounds = 0;
  /// The last of these model calls, by their effects.
  std::vector<std::string> idle_effects;
  /// When it was added to, in whatever its keeper counts.
  uint64_t touched = 0;

  static constexpr const char* wire_name = "trail";

  static constexpr auto fields() {
    return wire::members(wire::field{"steps", &trail::steps},
                         wire::field{"states", &trail::states},
                         wire::field{"epoch", &trail::epoch},
                         wire::field{"idle_calls", &trail::idle_calls},
                         wire::field{"idle_cost", &trail::idle_cost},
                         wire::field{"idle_rounds", &trail::idle_rounds},
                         wire::field{"idle_effects", &trail::idle_effects},
                         wire::field{"touched", &trail::touched});
  }

  bool operator==(const trail&) const = default;
};

/// Whether something counts as progress by being new.
enum class novelty : uint8_t { counts, does_not_count };

/// Adds *what*; whether it was progress.
bool note(trail& to, guard_fact what, novelty how = novelty::counts);

/// The workspace is in *state*; whether that was progress.
bool note_state(trail& to, uint64_t state);

/// The workspace is in *state*, as it was before the trail began.
void know_state(trail& to, uint64_t state);

/// Something beside the trail had a result; whether that was progress.
bool note_result(trail& to, uint64_t digest);

/// A model call was answered.
void note_model_call(trail& to, const std::string& effect, micro_usd cost);

/// A round of a `repeat` has ended.
void note_round(trail& to);

/// There was progress elsewhere that counts here.
void note_progress(trail& to);

/// Forgets what led here: the guard counts anew. States of the workspace are
/// still known.
void count_anew(trail& to);

/// Why somebody is taken to go in circles.
struct loop_alarm {
  enum class kind : uint8_t { cycle, often, failing, idle };

  kind what = kind::cycle;
  /// How often it was seen; for `idle`, the model calls.
  uint32_t times = 0;
  /// What was done, of a cycle each part once, in its order.
  std::vector<std::string> subjects;
  /// The effects that show it, oldest first.
  std::vector<std::string> effects;
  /// Of `idle`: what these calls have cost.
  micro_usd cost = 0;
};

/// Looks whether *what* is a loop; none: it is not.
std::optional<loop_alarm> find_loop(const trail& what,
                                    const guard_limits& limits);

} // namespace machine::agents

#pragma once

#include "actors/orchestrator/workflow/jq_plan.hpp"
#include "runtime/error.hpp"
#include "runtime/types.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace machine::orchestrator {

/// Of any value in a run, in levels: fewer than anybody reads, since values
/// stand in events, and events in documents.
constexpr size_t max_value_depth = 48;

/// Bounds of one evaluation.
struct jq_limits {
  /// Of the processor's time. After ten times as much by the clock, where
  /// others have the processor, it is tried once more in another process.
  duration deadline{1'000};
  /// Of the input and of the result, in bytes.
  size_t max_bytes = 4u << 20;
  /// Of the result, in bytes.
  size_t max_result_bytes = 4u << 20;
  /// Of the evaluator, in bytes.
  uint64_t memory_bytes = 512ull << 20;
  /// If not, what would take longer than a moment throws `entity::takes_long`.
  bool may_take_long = true;
};

/// Whether *program* is valid jq; the error quotes what jq says, without
/// evaluating anything. Programs that reach outside (`input`, `env`, `$ENV`,
/// `now`, `debug`, `input_filename`, `import`, `halt`...) are refused: the same
/// program and input always give the same result.
caf::expected<void> check_jq(std::string_view program);

/// Bounds how long processors compile several programs together.
class jq_check_budget {
public:
  explicit jq_check_budget(duration all) : left_(all) {}

  /// As `check_jq`; `timeout` once all of the time is used.
  caf::expected<void> check(std::string_view program);

private:
  std::chrono::nanoseconds left_;
};

/// The one value that *program* yields for *input*. It runs in a process of
/// its own, so that neither endless loops nor huge values hurt, unless its plan
/// says that it is tame: `timeout`,
/// `limit_exceeded` (too large, or nested too deep to be JSON),
/// `invalid_argument` (not exactly one value, or an error raised by the
/// program, quoted), `unavailable` (two evaluators were killed from outside one
/// after the other). May block.
caf::expected<json_text> evaluate_jq(std::string_view program,
                                     const json_text& input,
                                     const jq_limits& limits = {});

/// Bounds how long processors work for several evaluations together.
class jq_budget {
public:
  /// @param all For all evaluations until `renew`.
  explicit jq_budget(duration all, const jq_limits& each = {});

  /// As `evaluate_jq`, with what *program* needs of *scope*; `timeout` once all
  /// of the time is used. Throws as `jq_limits` says, also where evaluations
  /// take long together.
  caf::expected<json_text> evaluate(std::string_view program,
                                    const jq_scope& scope);

  /// Gives the time anew.
  void renew();

  /// What all evaluations ever have taken, by the clock.
  duration used() const;

private:
  duration all_;
  jq_limits each_;
  std::chrono::nanoseconds used_{0};
  std::chrono::nanoseconds worked_{0};
  std::chrono::nanoseconds worked_at_renewal_{0};
};

/// Must be called first in `main`: if this process was started as an
/// evaluator, serves until its parent ends and returns the exit code.
std::optional<int> serve_jq_if_asked(int argc, char** argv);

} // namespace machine::orchestrator

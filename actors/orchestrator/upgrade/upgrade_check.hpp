#pragma once

#include "actors/orchestrator/run/run.hpp"
#include "actors/orchestrator/upgrade/cause.hpp"

#include <optional>
#include <string>
#include <vector>

namespace machine::orchestrator {

/// Where this program is not the one that wrote a log.
struct upgrade_difference {
  /// The event of the log that this program reads or decides otherwise; 0: it
  /// is about none.
  uint64_t seq = 0;
  std::string what;

  static constexpr const char* wire_name = "upgrade_difference";

  static constexpr auto fields() {
    return wire::members(wire::field{"seq", &upgrade_difference::seq},
                         wire::field{"what", &upgrade_difference::what});
  }

  bool operator==(const upgrade_difference&) const = default;
};

/// Plays the log of a run again: every event is read, and every decision is
/// made anew from the state before it. This program may go on with the run if
/// it decides what the log says.
///
/// Times of retries are left out, because a part of them is chance. A decision
/// that had to end early, because its expressions took their time, may go on
/// in the one after it.
class upgrade_check {
public:
  upgrade_check(entity::key run, blob_reader blobs);

  /// The next event of the log. Does nothing once there is a difference.
  /// @returns what *blobs* returns, if it fails.
  caf::error add(bytes_view payload);

  /// There are no more events. Looks at the last decision.
  caf::error finish();

  /// The state that a snapshot has after event *seq*. To be given before the
  /// event is.
  void expect(uint64_t seq, run_state state);

  /// The first one.
  const std::optional<upgrade_difference>& difference() const {
    return difference_;
  }

  uint64_t events() const {
    return seq_;
  }

  uint64_t decisions() const {
    return decisions_;
  }

  /// Decisions of which the log does not tell what caused them. Their events
  /// are read and nothing more.
  uint64_t unexplained() const {
    return unexplained_;
  }

private:
  caf::error look();
  void decide(const run_command& what);
  void apply_rest(size_t known);
  void compare_state();
  void check_workflow(const run_created& what);
  void differ(uint64_t seq, std::string what);

  entity::key key_;
  blob_reader blobs_;
  run_state state_;
  /// The decision that is being read, and the number of its first event.
  std::vector<run_event> group_;
  timestamp at_{};
  uint64_t first_ = 1;
  uint64_t seq_ = 0;
  uint64_t decisions_ = 0;
  uint64_t unexplained_ = 0;
  /// What a decision would have gone on with, which the next has to.
  std::vector<run_event> ahead_;
  std::optional<std::pair<uint64_t, run_state>> expected_;
  std::optional<upgrade_difference> difference_;
};

} // namespace machine::orchestrator

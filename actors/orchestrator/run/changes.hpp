#pragma once

#include "actors/orchestrator/run/state.hpp"

/// What events do to the state of a run, in pieces that several have in common.
namespace machine::orchestrator {

class changes {
public:
  changes(run_state& draft, timestamp at) : draft(draft), at(at) {}

protected:
  // What the guard remembers (trails.cpp).

  /// An effect of *there* is done.
  void note_effect(const activation& there, const effect_record& what,
                   const effect_done& end);

  /// *there* ends as *x* says; its request is still known.
  void note_step(const activation& there, const step_done& x);
  void note_step(const activation& there, const step_failed& x);

  /// The next round of *there*, a `repeat`, begins.
  void note_round(const activation& there);

  /// A variable has another value.
  void note_new_value();

  /// The guard counts anew for *there* and all rounds that it is in.
  void count_anew(const activation& there);

  /// Nothing of *there* can go on any more.
  void drop_trails(const activation& there);

  activation* live(const std::string& id, uint64_t token);

  activation& add(const std::string& id, const std::string& step);

  /// Sets the alarm of *there* to what it waits for first.
  void retime(const activation& there);

  /// Nobody works on *there* any more.
  void lay_down(activation& there);

  /// *there* waits for nothing but what is in its blocks.
  void rest(activation& there, activation_phase phase);

  void finish(activation& there, activation_phase phase);

  void end(activation& there, activation_phase phase);

  /// What needs the activation *id* may begin, if that was the last of its
  /// needs.
  void release(const std::string& id);

  const block_plan* plan_of(const open_block& block) const;

  void add_due(const std::string& block, uint32_t step);

  void open(const std::string& id, open_block block);

  bool is_repeat(const activation& there) const;

  /// Notes whether there is something to do for a `foreach`.
  void look_after_items(const activation& there);

  /// Forgets the blocks within *around*, and what was to follow in them.
  void drop_blocks(const std::string& around);

  /// Ends all within *around*, apart from itself, of which nobody works.
  void stop_within(const std::string& around);

  bool can_be_undone(const std::string& around) const;

  /// Nobody can refer to what was in *block* of *owner* any more, other than to
  /// undo it.
  void forget(activation& owner, const std::string& block);

  void spend(activation& there, micro_usd cost);

  void add_to_bill(const model_bill& more);

  run_state& draft;
  timestamp at;

private:
  struct step_end;

  agents::trail& trail_at(const std::string& key);
  void note_end(const activation& there, const step_end& how);
};

} // namespace machine::orchestrator

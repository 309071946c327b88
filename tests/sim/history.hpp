#pragma once

#include "actors/orchestrator/run/events.hpp"
#include "actors/orchestrator/run/state.hpp"
#include "tests/sim/violation.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace machine::sim {

/// A run as its log tells it to somebody who knows nothing of the core: what
/// was promised is checked event by event.
class history {
public:
  struct step_record {
    std::string step;
    bool ended = false;
    /// Its block `on_failure` is to run, or does.
    bool handling = false;
    uint64_t token = 0;
    uint32_t attempt = 0;
    std::optional<std::string> child;
  };

  enum class effect_phase : uint8_t { open, done, failed, lost };

  struct effect_note {
    effect_phase phase = effect_phase::open;
    orchestrator::effect_kind kind = orchestrator::effect_kind::model;
    bool idempotent = true;
    /// How often an operator said that it did not happen.
    uint32_t denials = 0;
    micro_usd cost = 0;
  };

  /// @param ended Tells whether a run has ended, for those that this one calls.
  history(std::string id, std::function<bool(const std::string&)> ended)
      : id_(std::move(id)), child_ended_(std::move(ended)) {}

  void note(const orchestrator::run_event& what);

  const std::map<std::string, effect_note>& effects() const {
    return effects_;
  }

  const std::map<std::string, step_record>& steps() const {
    return steps_;
  }

  bool ended() const {
    return ended_;
  }

  /// What its own effects have cost.
  micro_usd own_cost() const {
    return own_cost_;
  }

  micro_usd children_cost() const {
    return children_cost_;
  }

private:
  friend struct history_steps;
  friend struct history_reader;

  struct foreach_record {
    size_t items = 0;
    uint32_t open = 0;
    std::map<uint32_t, std::string> results;
  };

  struct block_record {
    std::string owner;
    std::optional<std::string> name;
    uint32_t number = 0;
  };

  std::string id_;
  std::function<bool(const std::string&)> child_ended_;
  orchestrator::workflow definition_;
  std::map<std::string, orchestrator::step> by_id_;
  std::map<std::string, step_record> steps_;
  std::map<std::string, effect_note> effects_;
  /// What is to be done again in the workspace of this run, as it was done in
  /// that of its origin since the last checkpoint.
  std::set<std::string> to_do_here_;
  /// Whether it has a workspace.
  bool in_workspace_ = false;
  std::map<std::string, block_record> blocks_;
  std::map<std::string, foreach_record> foreachs_;
  /// Activations and blocks that have to end before their time.
  std::set<std::string> stopping_;
  /// Done, and to be undone in this order from the end.
  std::vector<std::string> undoable_;
  std::set<std::string> undone_;
  std::optional<std::string> undoing_;
  std::set<uint64_t> signals_taken_;
  uint64_t signals_received_ = 0;
  std::map<std::string, std::string> questions_;
  std::set<std::string> questions_closed_;
  uint64_t last_token_ = 0;
  /// What people had tried again, and how often.
  std::map<std::string, uint32_t> tried_again_;
  std::optional<orchestrator::run_origin> origin_;
  /// Events of the origin that are there.
  uint64_t copied_ = 0;
  /// What is read belongs to the history of the origin.
  bool copying_ = false;
  bool created_ = false;
  /// It has its budget and its place.
  bool began_ = false;
  bool paused_ = false;
  bool closing_ = false;
  bool undo_began_ = false;
  bool ended_ = false;
  bool books_closed_ = false;
  micro_usd own_cost_ = 0;
  micro_usd children_cost_ = 0;
};

} // namespace machine::sim

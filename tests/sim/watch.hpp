#pragma once

#include "actors/costs/ledger/ledger.hpp"
#include "actors/orchestrator/run/run.hpp"
#include "actors/tracker/project.hpp"
#include "actors/tracker/summary.hpp"
#include "tests/sim/history.hpp"
#include "tests/sim/names.hpp"
#include "tests/sim/sim_store.hpp"
#include "tests/sim/timeline.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace machine::sim {

/// Sees everything that happens, and says when a rule does not hold. It knows
/// of the state of an entity what the store has of it.
class watch {
public:
  using noter = std::function<void(const char*, const std::string&)>;
  using run_state = orchestrator::run_state;
  using project_state = tracker::project_state;
  using ledger_state = costs::ledger_state;

  /// @param note Gets every event; may be empty.
  watch(const timeline& time, noter note)
      : time_(time), note_(std::move(note)) {}

  /// Something is durable.
  void on_append(const sim_append& what, uint64_t first_seq);

  /// An entity is as its log has it.
  void on_loaded(const std::string& stream, const run_state& state,
                 uint64_t seq) const;
  void on_loaded(const std::string& stream, const project_state& state,
                 uint64_t seq) const;
  void on_loaded(const std::string& stream, const ledger_state& state,
                 uint64_t seq) const;
  void on_committed(const std::string& stream, const run_state& state,
                    uint64_t seq);
  void on_committed(const std::string& stream, const project_state& state,
                    uint64_t seq);
  void on_committed(const std::string& stream, const ledger_state& state,
                    uint64_t seq);

  /// Before a command is decided: what it says under a token that is no longer
  /// valid; none if its token is, or if it has none.
  static std::optional<std::string>
  on_command(const std::string& id, const run_state& state,
             const orchestrator::run_command& what);
  static std::optional<std::string>
  on_command(const std::string&, const project_state&,
             const tracker::project_command&) {
    return std::nullopt;
  }
  static std::optional<std::string> on_command(const std::string&,
                                               const ledger_state&,
                                               const costs::ledger_command&) {
    return std::nullopt;
  }

  /// After it: how many events it has caused.
  static void on_decided(const std::string& id,
                         const std::optional<std::string>& stale,
                         size_t events);

  /// Something is about to happen outside, where it has happened *times* times.
  void on_effect_begins(const std::string& run, const std::string& effect,
                        uint32_t times) const;

  /// Whoever has this token does something to the outside.
  void on_work(const std::string& run, const std::string& activation,
               uint64_t token, const std::string& node) const;

  void on_worker_begins(const std::string& run, const std::string& activation,
                        uint64_t token, const std::string& node);
  void on_worker_gone(const std::string& run, const std::string& activation,
                      uint64_t token);

  /// *run* begins or ends *child*.
  static void on_kin(const std::string& run, const std::string& child);

  /// A node is dead, and nothing of it lives.
  void on_node_dies(const std::string& node);

  /// A node cannot be reached: from now on its workers may be taken for lost,
  /// and after *grace* for ended.
  void on_node_missing(const std::string& node, length grace);

  const std::map<std::string, run_state>& runs() const {
    return runs_;
  }

  const std::map<std::string, std::unique_ptr<history>>& histories() const {
    return histories_;
  }

  const std::map<std::string, project_state>& projects() const {
    return projects_;
  }

  const std::map<std::string, ledger_state>& ledgers() const {
    return ledgers_;
  }

  /// Whether the run *id* waits for one that has its place.
  bool waits_for_place(const std::string& id) const;

  /// What must hold when every run has ended and its books are closed.
  void at_end() const;

  /// Events that are durable.
  uint64_t events() const {
    return events_;
  }

  /// Called with every event of a run once it is durable.
  std::function<void(const std::string& run, const orchestrator::run_event&)>
    listener;

private:
  void on_run(const std::string& id, const sim_append& what, uint64_t first);
  void on_project(const std::string& id, const sim_append& what);
  void on_ledger(const std::string& id, const sim_append& what);
  void check_ledger(const std::string& id, const ledger_state& now) const;
  void check_books(const std::string& id, const project_state& now) const;
  bool has_ended(const std::string& run) const;
  void check_life(const std::string& id, const orchestrator::run_event& event);
  void check_retry(const std::string& id, const run_state& now,
                   const entity::recorded<orchestrator::run_event>& next);
  void check_time(const std::string& id, const run_state& now,
                  const entity::recorded<orchestrator::run_event>& next);

  /// Of which something lives.
  struct worker {
    std::string node;
    uint64_t token = 0;
    /// Set once it may be taken for lost: from when on for ended.
    std::optional<timestamp> missing;
  };

  using workers = std::vector<worker>;

  const timeline& time_;
  noter note_;
  std::map<std::string, run_state> runs_;
  std::map<std::string, uint64_t> seqs_;
  std::map<std::string, std::unique_ptr<history>> histories_;
  /// When runs began, or began with what is their own, that had a workspace to
  /// wait for or a history.
  std::map<std::string, timestamp> began_;
  /// Runs that have, in their last decision, begun to try again.
  std::set<std::string> retries_;
  /// Runs of which a question was answered.
  std::set<std::string> answered_;
  std::map<std::string, project_state> projects_;
  std::map<std::string, ledger_state> ledgers_;
  /// Charges in the books of projects and in ledgers, by run.
  std::map<std::string, micro_usd> booked_;
  std::map<std::string, micro_usd> lined_;
  /// By run and activation.
  std::map<std::pair<std::string, std::string>, workers> alive_;
  uint64_t events_ = 0;
  uint64_t commits_ = 0;
};

/// What must hold of a run at any time.
void check_run(const std::string& id, const orchestrator::run_state& now);

/// What must hold of a project at any time.
void check_project(const tracker::project_state& now);

/// What must hold of a ledger at any time.
void check_budgets(const costs::ledger_state& now);

/// What must hold when a run gets *lease*.
void check_place(const tracker::project_state& before,
                 const tracker::budget_leased& lease);

/// What *now* waits for that nobody but a person can bring; none if it should
/// go on by itself.
std::optional<std::string> waits_for(const orchestrator::run_state& now);

} // namespace machine::sim

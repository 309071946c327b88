#pragma once

#include "actors/models/catalogue_source.hpp"
#include "actors/models/decisions/record.hpp"
#include "actors/models/desk/answer_cache.hpp"
#include "actors/models/desk/call_memory.hpp"
#include "actors/models/desk/inbox.hpp"
#include "actors/models/desk/learner_file.hpp"
#include "actors/models/desk/near_answers.hpp"
#include "actors/models/desk/till.hpp"
#include "actors/models/desk/worker_calls.hpp"
#include "actors/models/routing/breaker.hpp"
#include "actors/models/routing/exploration.hpp"
#include "actors/models/routing/learner.hpp"
#include "actors/models/routing/policy.hpp"
#include "actors/models/routing/signals.hpp"
#include "runtime/entity/interfaces.hpp"
#include "runtime/fair_queue.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

namespace machine::models {

/// What a desk is made of.
struct desk_services {
  std::shared_ptr<desk_inbox> inbox;
  entity::region_actor<costs::ledger> ledgers;
  /// What can be asked; a call goes on with what there was when it began.
  std::shared_ptr<const catalogue_source> models;
  routing_policy policy;
  breaker_rule breakers;
  costs::purse_rules money;
  /// For the journals of calls; empty: there are none.
  std::string journals;
  /// Where what is learned is kept; none: it is forgotten with the desk.
  std::shared_ptr<learner_file> lessons;
  duration provider_idle{60'000};
  duration provider_total{600'000};
  std::function<timestamp()> wall_clock;
  std::function<timestamp()> steady_clock;
  std::function<uint64_t()> random;
  /// Runs what blocks, elsewhere; fails once the machine stops.
  std::function<caf::error(std::function<void()>)> in_pool;
  /// The same for what works on what a tenant has written; also if there is too
  /// much of that.
  std::function<caf::error(const queue_owner&, std::function<void()>)> think;
  std::function<void(const caf::error&)> failed;
  /// Keeps the decision of a call that has ended; must not block. May be empty.
  std::function<void(std::shared_ptr<const noted_decision>)> decided = {};
};

/// Of answers that may be given again, about.
constexpr size_t max_cached_bytes = 64u << 20;

/// A call that has not ended.
class served {
public:
  virtual ~served() = default;

  virtual void start() = 0;

  /// Ends it early; it goes once what it has cost is settled.
  virtual void stop(const caf::error& why) = 0;

  /// It is as late as it has asked for; see `desk_state::wake_call`.
  virtual void wake() = 0;

private:
  friend struct desk_state;

  std::optional<timestamp> wake_at_;
};

struct desk_state {
  // CAF would hand an aggregate the actor as its first member.
  desk_state() = default;
  ~desk_state();

  desk_services uses;
  /// Names this start.
  std::string start;
  std::shared_ptr<costs::journal> journal;
  /// The size of the journal from which it is written anew.
  uint64_t journal_bound = 0;
  worker_calls workers{*this};
  std::map<std::string, std::unique_ptr<till>> tills;
  std::unordered_map<uint64_t, std::shared_ptr<served>> calls;
  /// When calls are to be woken.
  std::set<std::pair<timestamp, uint64_t>> alarms;
  /// What is to be done later.
  std::multimap<timestamp, std::function<void()>> chores;
  /// When the actor is woken next.
  std::optional<timestamp> alarm;
  /// By model.
  std::map<std::string, breaker> breakers;
  std::map<std::string, uint32_t> in_flight;
  /// By provider.
  std::map<std::string, timestamp> pauses;
  answer_cache answers{max_cached_bytes};
  near_answers nears;
  /// Those of whose failures somebody was told.
  std::set<std::string> failed_embedders;
  learner knows;
  /// Something was learned that is not written down.
  bool has_news = false;
  call_memory remembers;
  exploration_ledger explored;
  std::function<void(
    const entity::key&, costs::ledger_command,
    std::function<void(caf::expected<till_services::outcome>)>)>
    command;
  std::function<void(const entity::key&,
                     std::function<void(caf::expected<costs::ledger_state>)>)>
    inspect;

  static inline const char* name = "desk";

  till& till_of(const std::string& tenant);

  signals now() const;

  /// Whether somebody is to be told that *embedder* fails: once.
  bool tells_of_embedder(const std::string& embedder);

  void learn(const model_entry& of, const observation& what);

  /// A call that *with* was given for has ended with *code*, or `none`; its
  /// provider may want to be left alone for a while.
  void hear_end(const model_entry& of, const permission& with, ec code,
                std::optional<duration> retry_after);

  timestamp steady() const {
    return uses.steady_clock();
  }

  void at(timestamp when, std::function<void()> what) {
    chores.emplace(when, std::move(what));
  }

  /// Has a call woken at *when*, and not when it was to be before.
  void wake_call(uint64_t number, std::optional<timestamp> when);

  /// Wakes the calls whose time has come.
  void wake_calls();

  /// Forgets a call, soon.
  void forget(uint64_t number);
};

} // namespace machine::models

#pragma once

#include "actors/orchestrator/dispatch/queue_words.hpp"
#include "actors/orchestrator/dispatch/waiting_line.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// The rules of dispatch.
namespace machine::orchestrator::dispatching {

struct settings {
  /// Attempts that may wait for a worker; more fail with `overloaded`.
  size_t max_waiting = max_waiting_attempts;
  /// Before a run hears that nobody there can perform its attempt.
  duration patience{60'000};
  /// How long pools that are expected have to come, and how long one that was
  /// lost has to say what became of attempts that were to stop.
  duration grace{15'000};
  /// How long a pool that was lost is remembered: what it still does when it
  /// comes back was given up for lost, and is stopped.
  duration memory{3'600'000};
  /// The pools that may have work of an earlier dispatch. Until they have said
  /// so, or their grace is over, nothing begins and nothing is said.
  std::set<std::string> expected;
};

/// Which attempt goes to which pool of workers, and what its run is told: a
/// value that turns what happens into what is to be done.
class queue {
public:
  /// @param now The time that passed since some moment; it never goes back.
  queue(settings how, duration now);

  std::vector<action> apply(input what, duration now);

  /// When a `tick` is needed, if nothing else happens.
  std::optional<duration> wake_at() const;

  /// Where an attempt waits.
  enum class place {
    nowhere,
    /// For the expected pools.
    before_the_line,
    /// For a pool.
    in_line,
    /// For the end of what lives of its activation.
    behind_another,
  };

  place place_of(const activation_key& at, uint64_t token) const;

private:
  /// What lives of an activation in one pool.
  struct body {
    /// 0: not ours, or its run was told already that it is lost.
    uint64_t token = 0;
    /// Why the worker ended; none while it acts.
    std::optional<attempt_end> ended;
    /// No other thread does anything for it.
    bool gone = false;
  };

  /// An activation of which something lives, and what is to be done once
  /// nothing does.
  struct seat {
    /// By pool: more than one only after a pool was lost and came back.
    std::map<std::string, body> bodies;
    /// The tokens whose run waits to hear that nothing of them lives.
    std::set<uint64_t> stops;
    /// The tokens whose run is to hear that nobody has them.
    std::set<uint64_t> lost;
    /// Takes its place: the run gave the attempt away.
    std::optional<attempt_order> next;
  };

  struct absence {
    duration since{0};
    /// What may live there still, though its run was told that it is lost: the
    /// tokens, 0 where it has none that we know. Empty after the grace.
    std::map<activation_key, uint64_t> given_up;
    /// Where a run waits to hear that nothing of its attempt lives there.
    std::set<activation_key> asked_after;
  };

  void on(start& x);
  void on(const stop& x);
  void on(const probe& x);
  void on(const ended& x);
  void on(const gone& x);
  void on(const credit& x);
  void on(join& x);
  void on(const lose& x);
  void on(const heard& x);
  void on(const refused& x);
  void on(const tick&) {}

  bool is_young() const {
    return !expected_.empty();
  }

  void grow_up();
  void recall(const activation_key& at, uint64_t token);
  void expire();

  bool waits(const activation_key& at, uint64_t token) const {
    return place_of(at, token) != place::nowhere;
  }

  uint64_t newest(const activation_key& at) const;
  std::optional<attempt_order> forget_waiting(const activation_key& at);
  void admit(const activation_key& at, attempt_order order);
  void settle(const activation_key& at);
  void conclude(const activation_key& at, seat& in, const body& of);
  void halt_outdated(const activation_key& at);

  void fill();
  enum class take_rule { with_credit, always };
  bool give(waiting_line& from, take_rule rule);
  std::vector<std::string> by_preference() const;
  waiting_line::judge judge() const;
  void review();

  std::vector<activation_key> seats_at(const std::string& pool) const;
  void compare(const std::string& pool, const activation_key& at,
               const held_attempt* held);
  void adopt(const std::string& pool, const activation_key& at,
             const held_attempt& held);

  void tell(const activation_key& at, uint64_t token, run_command what);
  void tell_failure(const activation_key& at, uint64_t token, std::string code,
                    std::string message);
  void tell_lost(const activation_key& at, uint64_t token);

  settings how_;
  duration now_{0};
  duration born_{0};
  std::set<std::string> expected_;
  /// What runs said before the expected pools did.
  std::vector<input> held_back_;
  std::map<std::string, pool_offer> pools_;
  std::map<std::string, absence> absent_;
  std::map<activation_key, seat> seats_;
  /// The machine's own work is short and frees what others wait for: it goes
  /// first, and needs no credit.
  waiting_line own_;
  waiting_line line_;
  /// The ends of attempts, by their tokens, that their runs are being told.
  std::set<std::pair<activation_key, uint64_t>> untold_;
  std::vector<action> out_;
};

} // namespace machine::orchestrator::dispatching

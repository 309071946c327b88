#pragma once

#include "actors/orchestrator/dispatch/activation_key.hpp"
#include "actors/orchestrator/dispatch/offer.hpp"
#include "tests/sim/answer.hpp"
#include "tests/sim/sim_link.hpp"
#include "tests/sim/sim_worker.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace machine::sim {

class sim_pool;

/// What there is of a node while it lives.
struct node_plan {
  std::string name;
  std::vector<std::string> labels;
  std::vector<orchestrator::attempt_kind> kinds;
  int64_t capacity = 3;
};

/// A process with a pool of workers. The machine has one within itself, and
/// others elsewhere, which go on when it dies.
class sim_node {
public:
  enum class place : uint8_t { within, elsewhere };

  sim_node(world& in, node_plan how, place where);
  ~sim_node();

  const std::string& name() const {
    return how_.name;
  }

  const node_plan& how() const {
    return how_;
  }

  bool is_elsewhere() const {
    return where_ == place::elsewhere;
  }

  /// Until its process dies.
  owner life() const {
    return process_;
  }

  /// Null: it has none at the moment.
  sim_pool* pool() {
    return pool_.get();
  }

  void start();

  /// Nothing of it lives any more.
  void crash();

  /// The pool dies, and another takes its place.
  void crash_pool();

  /// Nobody hears of it for *wait*.
  void cut_off(length wait);

  /// It cannot reach the machine any more: that one is dead, or silent.
  void part();

  /// Somebody begins to work at *at*, where nobody is.
  presence enter(const orchestrator::activation_key& at, uint64_t token);

  /// Whose workers live here, or what they have other threads do.
  std::vector<orchestrator::activation_key> present() const;

  /// Asks a run until it has an answer.
  void ask_run(const owner& whose, const std::string& id,
               orchestrator::run_command what, std::function<void()> then,
               std::function<void(const caf::error&)> refused);

  sim_link link;

private:
  void seek();
  void leave(const orchestrator::activation_key& at);
  void send(const std::string& id, const orchestrator::run_command& what,
            const answer& to);

  world& in_;
  node_plan how_;
  place where_;
  std::shared_ptr<const int> process_;
  /// Who has something that lives, with its token.
  std::map<orchestrator::activation_key, uint64_t> present_;
  std::unique_ptr<sim_pool> pool_;
  uint64_t pools_ = 0;
  /// Counts the times that it was cut off.
  uint64_t cuts_ = 0;
};

} // namespace machine::sim

#pragma once

#include "actors/orchestrator/ask/ask.hpp"
#include "tests/sim/sim_dispatch.hpp"
#include "tests/sim/sim_region.hpp"

#include <optional>

namespace machine::sim {

/// Carries money matters between runs, projects and ledgers, as
/// `books/bookkeeper.cpp`.
class sim_books : public mortal {
public:
  explicit sim_books(sim_machine& in) : in_(in) {}

  void perform(const std::string& run, const orchestrator::request_budget& x);
  void perform(const std::string& run, const orchestrator::post_charges& x);
  void perform(const std::string& run, const orchestrator::close_books& x);
  void perform(const std::string& project, const tracker::admit_run& x);
  void perform(const std::string& project, const tracker::refuse_run& x);

private:
  void open(const std::string& run, const std::string& project,
            micro_usd amount, const costs::call_account& whose);
  void grant(const std::string& run, const std::string& project,
             micro_usd amount);
  void give_back(const std::string& run, const std::string& project);
  void refuse(const std::string& run, const std::string& code,
              const std::string& message);
  void tell_run(
    const std::string& run, run::command what,
    std::function<void(const caf::error&)> refused = [](auto&) {});

  sim_machine& in_;
};

/// Carries word between runs and those that they call, as `kin/kin.cpp`.
class sim_kin : public mortal {
public:
  explicit sim_kin(sim_machine& in) : in_(in) {}

  void perform(const std::string& run, const orchestrator::start_child& x);
  void perform(const std::string& run, const orchestrator::cancel_child& x);
  void perform(const std::string& run, const orchestrator::tell_parent& x);

private:
  void cancel(const std::string& child, const std::string& by,
              const std::string& reason);
  void on_begun(const std::string& child, const std::string& parent);

  sim_machine& in_;
  std::map<std::string, std::optional<std::string>> beginning_;
};

/// Brings runs the history of those that they go on from, as `kin/copier.cpp`.
class sim_copier : public mortal {
public:
  explicit sim_copier(sim_machine& in) : in_(in) {}

  void perform(const std::string& run, const orchestrator::copy_history& x);

private:
  void give(const std::string& run, run::command what);

  sim_machine& in_;
};

/// The actors of one node, which live and die together.
class sim_machine : public mortal {
public:
  explicit sim_machine(world& in);
  ~sim_machine();

  /// Has an entity decide *what*. Trouble that may pass is waited out, as in
  /// `ask/ask.hpp`; requests and answers may be lost, late or doubled.
  template <class E>
  void ask(owner whose, const std::string& id, typename E::command what,
           std::function<void()> then,
           std::function<void(const caf::error&)> refused);

  /// The same where it matters what that caused.
  template <class E>
  void
  ask_outcome(owner whose, const std::string& id, typename E::command what,
              std::function<void(const std::vector<typename E::event>&)> then,
              std::function<void(const caf::error&)> refused);

  /// Sends it once.
  template <class E>
  void send(const std::string& id, typename E::command what, answer to);

  void start_open_runs();

  /// One of those who work or pay for runs dies, and forgets everything.
  void crash_shell();

  void crash_entity();

  sim_dispatch& dispatch() {
    return *dispatch_;
  }

  world& in() {
    return in_;
  }

private:
  template <class E>
  sim_region<E>& region();

  void perform(const std::string& run, const run::effect& what);
  void deliver(const std::string& run, const run::effect& what);
  void crash_dispatch();
  void perform_project(const std::string& id, const project::effect& what);

  world& in_;
  sim_region<run> runs_;
  sim_region<project> projects_;
  sim_region<ledger> ledgers_;
  std::unique_ptr<sim_books> books_;
  std::unique_ptr<sim_kin> kin_;
  std::unique_ptr<sim_copier> copier_;
  std::unique_ptr<sim_dispatch> dispatch_;
  /// When the newest effect of each run is there: they keep their order.
  std::map<std::string, timestamp> newest_;
};

template <>
inline sim_region<run>& sim_machine::region<run>() {
  return runs_;
}

template <>
inline sim_region<project>& sim_machine::region<project>() {
  return projects_;
}

template <>
inline sim_region<ledger>& sim_machine::region<ledger>() {
  return ledgers_;
}

template <class E>
void sim_machine::send(const std::string& id, typename E::command what,
                       answer to) {
  if (in_.luck.faults.happens("a request is lost", 400))
    return to ? to->lose() : void();
  if (in_.luck.faults.happens("a request is doubled", 200)) {
    auto wait = length{in_.luck.time.between(0, 20'000'000)};
    in_.time.after(wait, life(), [this, id, what] {
      region<E>().command(id, what, nullptr);
    });
  }
  in_.time.after(in_.hop(), life(),
                 [this, id, what = std::move(what), to = std::move(to)] {
                   region<E>().command(id, what, to);
                 });
}

template <class E>
void sim_machine::ask(owner whose, const std::string& id,
                      typename E::command what, std::function<void()> then,
                      std::function<void(const caf::error&)> refused) {
  ask_outcome<E>(
    std::move(whose), id, std::move(what),
    [then = std::move(then)](auto&) { then(); }, std::move(refused));
}

template <class E>
void sim_machine::ask_outcome(
  owner whose, const std::string& id, typename E::command what,
  std::function<void(const std::vector<typename E::event>&)> then,
  std::function<void(const caf::error&)> refused) {
  ask_until_answered(
    in_, std::move(whose),
    [this, id, what = std::move(what)](const answer& to) {
      send<E>(id, what, to);
    },
    [then = std::move(then)](const std::any& events) {
      auto* caused = std::any_cast<std::vector<typename E::event>>(&events);
      then(caused ? *caused : std::vector<typename E::event>{});
    },
    std::move(refused));
}

} // namespace machine::sim

#include "actors/orchestrator/run/retry.hpp"
#include "tests/sim/sim_node.hpp"
#include "tests/sim/sim_worker.hpp"

/// What a worker does to the outside.
namespace machine::sim {

using namespace orchestrator;

namespace {

/// What goes wrong with effects and attempts.
const std::vector<ec> troubles{ec::timeout, ec::unavailable, ec::step_failed,
                               ec::provider_failed, ec::provider_rejected};

} // namespace

void sim_worker::next_effect(effect_kind kind, effect_end then) {
  ++number_;
  auto* known = journal();
  // Of an agent's tool calls each has its number, however it went.
  auto skips = kind == effect_kind::model || order_.kind != attempt_kind::agent;
  while (skips && known != nullptr && known->phase == effect_phase::failed) {
    ++number_;
    known = journal();
  }
  if (known != nullptr && known->phase == effect_phase::done)
    in_.time.after(in_.hop(), life(), [then] { then(caf::none); });
  else
    intend(kind, std::move(then));
}

void sim_worker::intend(effect_kind kind, effect_end then) {
  auto model = kind == effect_kind::model;
  lease_ = model ? in_.luck.work.between<micro_usd>(0, 200) : 0;
  intend_effect x;
  x.effect = effect_id();
  x.activation = order_.activation;
  x.token = order_.token;
  x.kind = kind;
  x.subject = model ? "demo" : "do it";
  x.idempotent = model || order_.idempotent;
  x.lease = lease_;
  ask_permission(x, kind, then);
}

void sim_worker::ask_permission(const intend_effect& what, effect_kind kind,
                                const effect_end& then) {
  tell(
    what,
    [this, what, kind, then, asked = in_.time.now()] {
      if (in_.time.now() - asked < permission_lasts)
        perform(kind, then);
      else
        ask_permission(what, kind, then);
    },
    [this, kind, then](const caf::error& why) {
      // A cheaper model may fit.
      if (code_of(why) == ec::budget_exceeded && kind == effect_kind::model
          && lease_ > 1 && tries_++ < 2)
        intend(kind, then);
      else if (stopping())
        stopped();
      else
        fail(why);
    });
}

void sim_worker::perform(effect_kind kind, effect_end then) {
  if (stopping()) {
    if (kind == effect_kind::model)
      record(kind, make_error(ec::cancelled, "it was stopped"), then);
    else
      stopped();
    return;
  }
  auto effect = effect_id();
  in_.note("outside", what() + " does " + effect);
  in_.beyond.begin({order_.run, order_.activation, at_.name()}, effect,
                   order_.token);
  auto cost = kind == effect_kind::model
              ? in_.luck.work.between<micro_usd>(0, lease_)
              : 0;
  outside::place where{order_.run, order_.activation, at_.name()};
  auto& beyond = in_.beyond;
  auto most = length{
    in_.luck.work.happens("an effect hangs", 60) ? 3'600'000'000 : 8'000'000};
  caf::error how;
  if (in_.luck.work.happens("an effect fails", in_.failures))
    how = make_error(in_.luck.work.pick(troubles), "it went wrong");
  lease_ = cost;
  // What hangs ends when it is stopped, as what was done by then.
  auto ended = std::make_shared<bool>(false);
  auto end = [this, &beyond, where, effect, cost, kind, then, ended,
              alive = life(), here = here_](const caf::error& why) mutable {
    if (std::exchange(*ended, true))
      return;
    beyond.end(where, effect, cost);
    if (alive.lock() != nullptr) {
      interrupt_ = nullptr;
      record(kind, why, then);
    }
    here = nullptr;
  };
  auto process = at_.life();
  auto shared = std::make_shared<decltype(end)>(std::move(end));
  in_.time.after(length{in_.luck.time.between<int64_t>(1'000, most.count())},
                 process, [shared, how] { (*shared)(how); });
  interrupt_ = [this, shared, process] {
    in_.time.after(
      length{in_.luck.time.between(1'000, 2'000'000)}, process,
      [shared] { (*shared)(make_error(ec::cancelled, "it was stopped")); });
  };
}

void sim_worker::record(effect_kind kind, caf::error how, effect_end then) {
  finish_effect x;
  x.effect = effect_id();
  x.activation = order_.activation;
  x.token = order_.token;
  x.cost = kind == effect_kind::model ? lease_ : 0;
  // Also a command that failed has a result, by which its step ends.
  if (!how || kind != effect_kind::model)
    x.result = "result";
  if (how) {
    x.code = to_string(code_of(how));
    x.message = message_of(how);
  }
  auto on_told = [this, kind, how, then] { after_effect(kind, how, then); };
  tell(std::move(x), on_told, [this](const caf::error& why) {
    if (stopping())
      stopped();
    else
      fail(why);
  });
}

void sim_worker::after_effect(effect_kind kind, const caf::error& how,
                              const effect_end& then) {
  if (!how || stopping() || kind != effect_kind::model
      || !is_transient(to_string(code_of(how))) || tries_++ >= 2) {
    then(how);
    return;
  }
  // The next number is another try.
  in_.time.after(length{in_.luck.time.between(1'000'000, 4'000'000)}, life(),
                 [this, kind, how, then] {
                   if (stopping())
                     then(how);
                   else
                     next_effect(kind, then);
                 });
}

} // namespace machine::sim

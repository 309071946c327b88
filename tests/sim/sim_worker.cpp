#include "tests/sim/sim_worker.hpp"

#include "runtime/wire/wire.hpp"
#include "tests/sim/sim_node.hpp"

namespace machine::sim {

using namespace orchestrator;

namespace {

/// The same for every worker of an attempt, also in a fork, where the models'
/// answers are the same: how much its agent does.
uint32_t turns_of(const attempt_order& x) {
  uint32_t sum = x.attempt;
  for (unsigned char c : x.activation)
    sum = sum * 31 + c;
  return 1 + sum % 4;
}

/// The run whose worktree is that of *run*.
std::string root_of(const std::string& run) {
  return run.substr(0, run.find('.'));
}

} // namespace

sim_worker::sim_worker(world& in, sim_node& at, attempt_order order,
                       presence here, owner pool,
                       std::function<void(const caf::error&)> down)
    : in_(in), at_(at), order_(std::move(order)), here_(std::move(here)),
      pool_(std::move(pool)), down_(std::move(down)) {
  require(order_.directory.empty()
            || order_.directory == "/dir/" + root_of(order_.run),
          "a fork changes nothing of its origin",
          [&] { return what() + " works in " + order_.directory; });
  in_.time.after(order_.timeout.value_or(duration{600'000}), life(),
                 [this] { expire(); });
  if (in_.luck.faults.happens("a worker dies", 20))
    in_.time.after(length{in_.luck.time.between(0, 5'000'000)}, life(),
                   [this] { quit(make_error(ec::internal, "a defect")); });
  in_.time.after(in_.hop(), life(), [this] { begin(); });
}

sim_worker::~sim_worker() {
  end_life();
  // Nobody is left who could want what it does.
  if (interrupt_)
    interrupt_();
}

std::string sim_worker::what() const {
  return order_.run + " " + order_.activation + " (token "
       + std::to_string(order_.token) + ")";
}

std::string sim_worker::effect_id() const {
  return order_.activation + "#" + std::to_string(order_.attempt) + "."
       + std::to_string(number_);
}

const effect_record* sim_worker::journal() const {
  auto id = effect_id();
  for (auto& x : order_.journal)
    if (x.effect == id)
      return &x;
  return nullptr;
}

void sim_worker::begin() {
  begun_ = true;
  if (stopping() && order_.kind != attempt_kind::publish)
    return stopped();
  switch (order_.kind) {
    case attempt_kind::prepare:
    case attempt_kind::publish: own_work(); break;
    case attempt_kind::agent:
      turns_ = turns_of(order_);
      turn();
      break;
    case attempt_kind::model:
      next_effect(effect_kind::model, [this](auto& how) { conclude(how); });
      break;
    case attempt_kind::tool:
    case attempt_kind::command:
      next_effect(order_.kind == attempt_kind::tool ? effect_kind::tool
                                                    : effect_kind::command,
                  [this](auto& how) { conclude(how); });
      break;
    case attempt_kind::call: violate("calls have no workers", what());
  }
}

void sim_worker::own_work() {
  in_thread(length{3'000'000}, [this] {
    if (in_.luck.work.happens("the machine's own work fails", 20)) {
      fail(make_error(in_.luck.work.chance(2) ? ec::io_failed : ec::step_failed,
                      "git is in trouble"));
      return;
    }
    if (order_.kind == attempt_kind::prepare)
      report(
        finish_prepare{order_.token, "/dir/" + root_of(order_.run), "b", "c"});
    else
      report(finish_publish{order_.token, "b", "c", "d", "patch"});
  });
}

/// An agent calls models and tools in turn.
void sim_worker::turn() {
  if (stopping())
    return stopped();
  if (turn_ == turns_)
    return conclude(caf::none);
  auto kind = ++turn_ % 2 == 1 ? effect_kind::model : effect_kind::tool;
  next_effect(kind, [this, kind](const caf::error& how) {
    // What comes of a tool is for the model to judge.
    if (how && kind == effect_kind::model)
      conclude(how);
    else
      turn();
  });
}

void sim_worker::conclude(const caf::error& how) {
  if (stopping())
    return stopped();
  if (how)
    return fail(how);
  report(finish_attempt{order_.activation,
                        order_.token,
                        {R"({"by":)" + wire::to_json(order_.activation) + "}"},
                        std::nullopt});
}

void sim_worker::fail(const caf::error& why) {
  if (stopping_)
    return stopped();
  fail_attempt x;
  x.activation = order_.activation;
  x.token = order_.token;
  x.code = to_string(code_of(why));
  x.message = message_of(why);
  if (in_.luck.work.happens("a pause is asked for", 10))
    x.retry_after = duration{in_.luck.work.between<int64_t>(0, 20'000)};
  report(std::move(x));
}

void sim_worker::stopped() {
  if (!expired_ || stopping_) {
    report(attempt_is_stopped{order_.activation, order_.token});
    return;
  }
  fail_attempt x;
  x.activation = order_.activation;
  x.token = order_.token;
  x.code = to_string(ec::timeout);
  x.message = "it did not end in its time";
  report(std::move(x));
}

void sim_worker::report(run_command what) {
  if (std::exchange(ending_, true))
    return;
  // Nothing of it does anything any more.
  in_.watching.on_worker_gone(order_.run, order_.activation, order_.token);
  tell(
    std::move(what), [this] { quit(caf::none); },
    [this](const caf::error& why) { quit(why); });
}

void sim_worker::tell(run_command what, std::function<void()> then,
                      std::function<void(const caf::error&)> refused) {
  auto no = [this, refused = std::move(refused)](const caf::error& why) {
    switch (code_of(why)) {
      case ec::fenced: quit(why); return;
      case ec::not_found: quit(caf::none); return;
      case ec::paused:
        report(attempt_is_suspended{order_.activation, order_.token});
        return;
      default: refused(why);
    }
  };
  at_.ask_run(life(), order_.run, std::move(what), std::move(then),
              std::move(no));
}

void sim_worker::in_thread(length most, std::function<void()> then) {
  in_.time.after(length{in_.luck.time.between<int64_t>(1'000, most.count())},
                 at_.life(),
                 [then = std::move(then), alive = life(), here = here_] {
                   if (alive.lock() != nullptr)
                     then();
                 });
}

void sim_worker::stop() {
  in_.time.after(in_.hop(), life(), [this] {
    if (std::exchange(stopping_, true) || ending_)
      return;
    if (interrupt_)
      std::exchange(interrupt_, nullptr)();
    else if (!begun_ && order_.kind != attempt_kind::publish)
      stopped();
  });
}

void sim_worker::expire() {
  if (std::exchange(expired_, true) || ending_)
    return;
  if (interrupt_)
    std::exchange(interrupt_, nullptr)();
}

void sim_worker::quit(const caf::error& why) {
  if (!down_)
    return;
  in_.note("worker", what() + " ends" + (why ? ": " + render(why) : ""));
  end_life();
  ending_ = true;
  if (interrupt_)
    std::exchange(interrupt_, nullptr)();
  in_.time.after(in_.hop(), pool_,
                 [down = std::exchange(down_, nullptr), why] { down(why); });
  here_ = nullptr;
}

} // namespace machine::sim

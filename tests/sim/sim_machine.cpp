#include "tests/sim/sim_machine.hpp"

#include "tests/sim/sim_node.hpp"
#include "tests/sim/sim_pool.hpp"

namespace machine::sim {

using namespace orchestrator;

sim_machine::sim_machine(world& in)
    : in_(in), runs_(in, [this](auto& id, auto& x) { perform(id, x); }),
      projects_(in, [this](auto& id, auto& x) { perform_project(id, x); }),
      // Nobody here spends on their own, or waits for word of it.
      ledgers_(in, [](auto&, auto&) {}),
      books_(std::make_unique<sim_books>(*this)),
      kin_(std::make_unique<sim_kin>(*this)),
      copier_(std::make_unique<sim_copier>(*this)),
      dispatch_(std::make_unique<sim_dispatch>(*this, in.next_dispatch())) {}

sim_machine::~sim_machine() {
  end_life();
}

void sim_machine::start_open_runs() {
  for (auto& [name, x] : in_.store.all())
    if (x.open && name.starts_with("run/"))
      runs_.activate(name.substr(4));
}

void sim_machine::crash_entity() {
  auto& luck = in_.luck.time;
  if (luck.chance(6))
    projects_.crash_one();
  else if (luck.chance(6))
    ledgers_.crash_one();
  else
    runs_.crash_one();
}

void sim_machine::crash_shell() {
  auto which = in_.luck.time.below(4);
  in_.note("fault", which == 0   ? "the bookkeeper dies"
                    : which == 1 ? "kin dies"
                    : which == 2 ? "the copier dies"
                                 : "dispatch dies");
  if (which == 0) {
    books_ = std::make_unique<sim_books>(*this);
  } else if (which == 1) {
    kin_ = std::make_unique<sim_kin>(*this);
  } else if (which == 2) {
    copier_ = std::make_unique<sim_copier>(*this);
  } else {
    crash_dispatch();
  }
  in_.time.after(in_.hop(), life(), [this] { runs_.repeat(); });
}

/// Whoever listened to it hears of that.
void sim_machine::crash_dispatch() {
  auto number = dispatch_->number();
  for (auto& node : in_.nodes)
    node->link.post(sim_link::side::node, node->life(),
                    [there = node.get(), number] {
                      if (there->pool() != nullptr)
                        there->pool()->on_dispatch_down(number);
                    });
  dispatch_ = std::make_unique<sim_dispatch>(*this, in_.next_dispatch());
}

void sim_machine::perform(const std::string& run, const run::effect& what) {
  auto& newest = newest_[run];
  newest = std::max(newest, in_.time.now() + in_.hop());
  in_.time.after(newest - in_.time.now(), life(),
                 [this, run, what] { deliver(run, what); });
  if (!in_.luck.faults.happens("an effect is doubled", 300))
    return;
  // An attempt that is begun a second time after its end would be a worker of
  // which its run cannot know.
  auto most = std::holds_alternative<start_attempt>(what) ? 0 : 10'000'000;
  in_.time.after(newest - in_.time.now()
                   + length{in_.luck.time.between(0, most)},
                 life(), [this, run, what] { deliver(run, what); });
}

void sim_machine::perform_project(const std::string& id,
                                  const project::effect& what) {
  auto deliver = [this, id, what] {
    std::visit([&](auto& x) { books_->perform(id, x); }, what);
  };
  in_.time.after(in_.hop(), life(), deliver);
  if (in_.luck.faults.happens("an effect is doubled", 300))
    in_.time.after(length{in_.luck.time.between(0, 10'000'000)}, life(),
                   deliver);
}

void sim_machine::deliver(const std::string& run, const run::effect& what) {
  auto at = [&](const std::string& activation) {
    return activation_key{key_of(run), activation};
  };
  if (auto* x = std::get_if<start_attempt>(&what)) {
    auto order = x->order;
    order.run = run;
    dispatch_->handle(dispatching::start{at(order.activation), order});
  } else if (auto* x = std::get_if<stop_attempt>(&what))
    dispatch_->handle(dispatching::stop{at(x->activation), x->token});
  else if (auto* x = std::get_if<probe_attempt>(&what))
    dispatch_->handle(dispatching::probe{at(x->activation), x->token});
  else if (auto* x = std::get_if<request_budget>(&what))
    books_->perform(run, *x);
  else if (auto* x = std::get_if<post_charges>(&what))
    books_->perform(run, *x);
  else if (auto* x = std::get_if<close_books>(&what))
    books_->perform(run, *x);
  else if (auto* x = std::get_if<copy_history>(&what))
    copier_->perform(run, *x);
  else if (auto* x = std::get_if<start_child>(&what)) {
    watch::on_kin(run, beside(run, x->run));
    kin_->perform(run, *x);
  } else if (auto* x = std::get_if<cancel_child>(&what)) {
    watch::on_kin(run, beside(run, x->run));
    kin_->perform(run, *x);
  } else if (auto* x = std::get_if<tell_parent>(&what))
    kin_->perform(run, *x);
}

} // namespace machine::sim

#include "tests/sim/sim_machine.hpp"

#include "tests/sim/sim_worker.hpp"

namespace machine::sim {

using namespace orchestrator;

sim_machine::sim_machine(world& in)
    : in_(in), runs_(in, [this](auto& id, auto& x) { perform(id, x); }),
      projects_(in, [](auto&, auto&) {}),
      books_(std::make_unique<sim_books>(*this)),
      kin_(std::make_unique<sim_kin>(*this)),
      dispatch_(make_dispatcher(*this)) {}

sim_machine::~sim_machine() {
  end_life();
  // Workers go first, and tell nobody.
  dispatch_life_ = nullptr;
  dispatch_ = nullptr;
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
  else
    runs_.crash_one();
}

void sim_machine::crash_shell() {
  auto which = in_.luck.time.below(3);
  in_.note("fault", which == 0   ? "the bookkeeper dies"
                    : which == 1 ? "kin dies"
                                 : "dispatch dies");
  if (which == 0) {
    books_ = std::make_unique<sim_books>(*this);
  } else if (which == 1) {
    kin_ = std::make_unique<sim_kin>(*this);
  } else {
    dispatch_life_ = nullptr;
    dispatch_ = nullptr;
    dispatch_life_ = std::make_shared<const int>(0);
    dispatch_ = make_dispatcher(*this);
  }
  in_.time.after(in_.hop(), life(), [this] { runs_.repeat(); });
}

std::unique_ptr<worker_handle>
sim_machine::spawn(const attempt_place& at, const attempt_order& order,
                   owner whose, std::function<void(const caf::error&)> down) {
  in_.watching.on_worker_begins(at.run, at.activation, order.token);
  auto [i, alone] = present_.emplace(at, order.token);
  require(alone, "one attempt of an activation lives at a time", [&] {
    return at.run + ": token " + std::to_string(order.token) + " of "
         + at.activation + " begins while " + std::to_string(i->second)
         + " lives";
  });
  presence here{&*i, [this, at, alive = life()](const void*) {
                  if (alive.lock() != nullptr)
                    leave(at);
                }};
  return std::make_unique<sim_worker>(in_, order, std::move(here),
                                      std::move(whose), std::move(down));
}

void sim_machine::leave(const attempt_place& at) {
  auto i = present_.find(at);
  in_.watching.on_worker_gone(at.run, at.activation, i->second);
  present_.erase(i);
  in_.time.after(in_.hop(), dispatch_life_,
                 [this, at] { dispatch_->gone(at); });
}

std::vector<attempt_place> sim_machine::present() const {
  std::vector<attempt_place> result;
  for (auto& [at, token] : present_)
    result.push_back(at);
  return result;
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

void sim_machine::deliver(const std::string& run, const run::effect& what) {
  if (auto* x = std::get_if<start_attempt>(&what))
    dispatch_->start(run, x->order);
  else if (auto* x = std::get_if<stop_attempt>(&what))
    dispatch_->stop({run, x->activation}, x->token);
  else if (auto* x = std::get_if<probe_attempt>(&what))
    dispatch_->probe({run, x->activation}, x->token);
  else if (auto* x = std::get_if<request_budget>(&what))
    books_->perform(run, *x);
  else if (auto* x = std::get_if<post_charges>(&what))
    books_->perform(run, *x);
  else if (auto* x = std::get_if<close_books>(&what))
    books_->perform(run, *x);
  else if (auto* x = std::get_if<start_child>(&what))
    kin_->perform(run, *x);
  else if (auto* x = std::get_if<cancel_child>(&what))
    kin_->perform(run, *x);
  else if (auto* x = std::get_if<tell_parent>(&what))
    kin_->perform(run, *x);
}

} // namespace machine::sim

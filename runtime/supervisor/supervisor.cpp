#include "runtime/supervisor/supervisor.hpp"

#include "runtime/supervisor/door.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace machine::supervision {

namespace {

door& door_at(const child& what) {
  return static_cast<door&>(*what.door->get());
}

/// Whether an actor that ended with *reason* is missed.
bool is_failure(const caf::error& reason) {
  return reason && reason != caf::exit_reason::normal
      && reason != caf::exit_reason::user_shutdown;
}

} // namespace

supervisor_state::~supervisor_state() {
  for (auto i = residents_.rbegin(); i != residents_.rend(); ++i) {
    if (auto there = door_at(i->what).leads_to())
      caf::anon_send_exit(there, caf::exit_reason::kill);
    door_at(i->what).close();
  }
}

void supervisor_state::start(self_pointer self, std::vector<child> children,
                             supervisor_options options) {
  self_ = self;
  options_ = std::move(options);
  history_ = restart_history{options_.intensity};
  for (auto& x : children) {
    auto there = door_at(x).leads_to();
    residents_.push_back(
      {std::move(x), caf::actor_cast<caf::actor_addr>(there)});
    self_->monitor(residents_.back().address);
  }
}

std::vector<child_status> supervisor_state::status() const {
  std::vector<child_status> result;
  for (auto& x : residents_)
    result.push_back({x.what.name, x.restarts, x.address != nullptr});
  return result;
}

void supervisor_state::on_down(const caf::down_msg& down) {
  auto i = std::find_if(residents_.begin(), residents_.end(),
                        [&](auto& x) { return x.address == down.source; });
  if (i == residents_.end())
    return;
  i->address = nullptr;
  door_at(i->what).lead_to(nullptr);
  if (!is_failure(down.reason))
    return;
  options_.failed(i->what.name, down.reason);
  if (!history_.may_restart(options_.now())) {
    give_up(down.reason);
    return;
  }
  auto next = i->what.spawn();
  i->address = caf::actor_cast<caf::actor_addr>(next);
  ++i->restarts;
  self_->monitor(i->address);
  door_at(i->what).lead_to(std::move(next));
  if (i->what.restarted)
    i->what.restarted();
}

void supervisor_state::give_up(const caf::error& why) {
  for (auto i = residents_.rbegin(); i != residents_.rend(); ++i) {
    if (auto there = door_at(i->what).leads_to())
      caf::anon_send_exit(there, caf::exit_reason::kill);
    door_at(i->what).lead_to(nullptr);
    i->address = nullptr;
  }
  options_.gave_up(why);
}

supervisor_actor supervise(caf::actor_system& system,
                           std::vector<child> children,
                           supervisor_options options) {
  for (auto& x : children)
    door_at(x).lead_to(x.spawn());
  auto behaviour =
    [](supervisor_actor::stateful_pointer<supervisor_state> self,
       std::vector<child> all,
       supervisor_options how) -> supervisor_actor::behavior_type {
    auto& state = self->state;
    self->set_down_handler(
      [&state](const caf::down_msg& down) { state.on_down(down); });
    state.start(self, std::move(all), std::move(how));
    return {
      [&state](atom::inspect) { return state.status(); },
    };
  };
  return system.spawn(behaviour, std::move(children), std::move(options));
}

} // namespace machine::supervision

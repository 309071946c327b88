#include "tests/sim/sim_link.hpp"

#include "tests/sim/world.hpp"

namespace machine::sim {

void sim_link::connect() {
  ++connection_;
  up_ = true;
}

void sim_link::fall_silent() {
  silent_ = true;
}

void sim_link::speak_again() {
  silent_ = false;
  for (auto& x : std::exchange(held_, {}))
    send(length::zero(), std::move(x));
}

void sim_link::tear() {
  up_ = false;
  ++connection_;
  for (auto& x : std::exchange(held_, {}))
    drop(x);
}

void sim_link::post(side to, owner whose, std::function<void()> what) {
  auto now = in_.time.now();
  auto& newest = newest_[static_cast<size_t>(to)];
  newest = std::max(newest, now + in_.short_hop());
  send(std::chrono::duration_cast<length>(newest - now),
       {std::move(whose), std::move(what), nullptr});
}

void sim_link::carry(owner whose, std::function<void()> what,
                     std::function<void()> lost) {
  send(in_.hop(), {std::move(whose), std::move(what), std::move(lost)});
}

void sim_link::send(length wait, message what) {
  if (!up_)
    return drop(what);
  in_.time.after(wait, life(),
                 [this, connection = connection_, what = std::move(what)] {
                   arrive(connection, what);
                 });
}

void sim_link::arrive(uint64_t connection, message what) {
  if (connection != connection_)
    return drop(what);
  if (silent_) {
    held_.push_back(std::move(what));
    return;
  }
  if (auto alive = what.whose.lock())
    what.what();
  else
    drop(what);
}

void sim_link::drop(const message& what) {
  if (what.lost)
    what.lost();
}

} // namespace machine::sim

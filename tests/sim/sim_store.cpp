#include "tests/sim/sim_store.hpp"

#include <algorithm>
#include <array>

namespace machine::sim {

namespace {

constexpr std::array<ec, 3> refusals{ec::io_failed, ec::storage_full,
                                     ec::timeout};

} // namespace

length sim_store::draw_time() {
  if (fate_.faults.happens("an append is very slow", 200))
    return length{fate_.time.between(1'000'000, 40'000'000)};
  return length{fate_.time.between(100, 5'000)};
}

void sim_store::append(sim_append what, owner whose, answer to) {
  pending next{++last_, std::move(what), std::move(whose), std::move(to), {},
               {}};
  auto code = refusals[fate_.time.below(refusals.size())];
  if (fate_.faults.happens("an append fails", 80))
    next.refused = make_error(code, "the disk is in trouble");
  else if (fate_.faults.happens("an append is said to have failed", 80))
    next.lie = make_error(ec::io_failed, "nobody knows");
  else if (fate_.faults.happens("an append is in conflict", 300))
    next.refused = make_error(ec::conflict, "somebody was first");
  auto wait = draw_time();
  pending_.push_back(std::move(next));
  auto number = pending_.back().number;
  timeline_.after(wait, life_, [this, number] {
    // It may have been settled before its time.
    auto i = std::find_if(pending_.begin(), pending_.end(),
                          [&](auto& x) { return x.number == number; });
    if (i != pending_.end())
      conclude(i);
  });
}

void sim_store::conclude(place which) {
  auto done = std::move(*which);
  pending_.erase(which);
  auto said = done.refused;
  if (!said)
    said = write(done.what);
  if (!said && done.lie)
    said = done.lie;
  timeline_.after(length{fate_.time.between(10, 500)}, done.whose,
                  [to = std::move(done.to), said] { to(said); });
}

caf::error sim_store::write(sim_append& what) {
  auto& there = streams_[what.stream];
  if (what.epoch != there.epoch)
    return make_error(ec::fenced, what.stream + " is somebody else's");
  if (what.expected != there.payloads.size())
    return make_error(ec::conflict, what.stream + " has other events");
  auto first = there.payloads.size() + 1;
  for (auto& x : what.payloads)
    there.payloads.push_back(x);
  if (what.snapshot)
    there.snapshot.emplace(there.payloads.size(), std::move(*what.snapshot));
  there.open = what.open;
  durable_(what, first);
  return caf::none;
}

uint64_t sim_store::claim(const std::string& name) {
  for (auto i = pending_.begin(); i != pending_.end();) {
    auto next = std::next(i);
    if (i->what.stream == name)
      conclude(i);
    i = next;
  }
  return ++streams_[name].epoch;
}

void sim_store::settle_all() {
  while (!pending_.empty()) {
    auto next = pending_.begin();
    if (fate_.faults.chance(2))
      conclude(next);
    else
      pending_.erase(next);
  }
}

const sim_store::stream& sim_store::at(const std::string& name) const {
  static const stream none{};
  auto i = streams_.find(name);
  return i == streams_.end() ? none : i->second;
}

} // namespace machine::sim

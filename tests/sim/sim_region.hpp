#pragma once

#include "tests/sim/sim_entity.hpp"

#include <map>

namespace machine::sim {

/// Finds and loads the entities of one kind.
template <class E>
class sim_region : public entity_host<E> {
public:
  using performer =
    std::function<void(const std::string& id, const typename E::effect&)>;

  sim_region(world& in, performer perform)
      : in_(in), perform_(std::move(perform)) {}

  void command(const std::string& id, typename E::command what, answer to) {
    at(id).command(std::move(what), std::move(to));
  }

  void activate(const std::string& id) {
    at(id);
  }

  void repeat() {
    for (auto& [id, there] : residents_)
      there->repeat();
  }

  /// One of them dies, and is loaded again.
  void crash_one() {
    if (residents_.empty())
      return;
    auto i = residents_.begin();
    std::advance(
      i, static_cast<ptrdiff_t>(in_.luck.time.below(residents_.size())));
    in_.note("fault", i->first + " dies and is loaded again");
    fail(i->first);
  }

  void perform(const std::string& id, const typename E::effect& what) override {
    perform_(id, what);
  }

  void leave(const std::string& id) override {
    in_.note(id.c_str(), "is forgotten until somebody needs it");
    residents_.erase(id);
  }

  // The one that fails keeps the id that it calls itself by.
  void fail(std::string id) override {
    residents_.erase(id);
    activate(id);
  }

private:
  sim_entity<E>& at(const std::string& id) {
    auto& there = residents_[id];
    if (there == nullptr)
      there = std::make_unique<sim_entity<E>>(in_, *this, id);
    return *there;
  }

  world& in_;
  performer perform_;
  std::map<std::string, std::unique_ptr<sim_entity<E>>> residents_;
};

} // namespace machine::sim

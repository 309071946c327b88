#include "tests/actors/orchestrator/dispatch/queue_model.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::orchestrator;
using namespace machine::orchestrator::dispatching;
using test::attempt_id;
using test::chance;
using test::draw;
using test::draw_text;

namespace {

using place = queue::place;

struct world {
  std::map<std::string, test::pool_model> pools;
  settings how;
  duration now{1'000};
  duration born = now;
  queue it{settings{}, now};
  std::map<attempt_id, test::order_fate> orders;
  std::map<activation_key, uint64_t> last_token;
  test::fairness_model fairness;

  world() {
    how.expected = {"a", "b", "c"};
    how.max_waiting = 20;
    it = queue{how, now};
    for (auto& name : how.expected) {
      auto& pool = pools[name];
      pool.name = name;
      pool.capacity = draw<int64_t>(0, 4);
    }
    pools["b"].labels = {"big"};
    pools["c"].labels = {"big", "gpu"};
  }

  void apply(input what) {
    auto done = it.apply(std::move(what), now);
    fairness.check(it, done, pools);
    for (auto& x : done)
      std::visit([this](auto& y) { on(y); }, x);
    for (auto& [id, fate] : orders)
      check(id, fate);
  }

  void on(accept& x) {
    pools.at(x.pool).taken = x.round;
  }

  void on(begin& x) {
    // No worker but one that was lost with its pool can be there.
    for (auto& [name, pool] : pools) {
      auto there = pool.held.find(x.at);
      auto known = there != pool.held.end() && !there->second.stray;
      RC_ASSERT(!known);
      RC_ASSERT(pool.taken != pool.round || !pool.has(x.at));
    }
    auto& to = pools.at(x.pool);
    for (auto& label : x.order.runs_on)
      RC_ASSERT(std::count(to.labels.begin(), to.labels.end(), label) == 1);
    ++orders.at({x.at, x.order.token}).begun;
    to.received.push_back(std::move(x));
  }

  void on(halt& x) {
    auto& to = pools.at(x.pool);
    to.received.push_back(std::move(x));
  }

  void on(tell& x) {
    auto i = orders.find({x.at, x.token});
    RC_ASSERT(i != orders.end());
    ++i->second.told;
    if (!std::holds_alternative<attempt_is_stopped>(x.what))
      return;
    i->second.told_stopped = true;
    // Nothing of it lives, unless in a pool that nobody has heard of for long.
    for (auto& [name, pool] : pools)
      if (auto j = pool.held.find(x.at);
          j != pool.held.end() && j->second.origin == x.token)
        RC_ASSERT(
          (pool.taken == 0 && std::max(pool.lost_at, born) + how.grace <= now));
  }

  void on(give_up&) {}

  /// Where an order is, it is only there.
  void check(const attempt_id& id, const test::order_fate& fate) {
    auto where = it.place_of(id.first, id.second);
    if (where == place::in_line && fate.order.kind != attempt_kind::prepare)
      fairness.enter(id, fate.order);
    if (fate.forgotten)
      return;
    RC_ASSERT(fate.begun <= 1);
    auto waits = where != place::nowhere;
    auto over = fate.told > 0 || fate.superseded || fate.to_stop;
    if (where == place::before_the_line)
      RC_ASSERT(fate.begun == 0);
    else
      RC_ASSERT((fate.begun == 1 && !waits)
                || (fate.begun == 0 && waits != over));
  }

  void order() {
    activation_key at{{draw_text({"t", "u", "v"}), draw_text({"r", "s"})},
                      draw_text({"x", "y", "z", "@prepare"})};
    attempt_order what;
    what.activation = at.activation;
    what.token = last_token[at] += 1;
    what.kind = at.activation == "@prepare" ? attempt_kind::prepare
                                            : attempt_kind::command;
    if (auto label = draw_text({"", "", "big", "gpu", "none"}); !label.empty())
      what.runs_on = {label};
    for (auto& [id, fate] : orders)
      if (id.first == at)
        fate.superseded = true;
    orders[{at, what.token}].order = what;
    apply(start{at, std::move(what)});
  }

  template <class F>
  void with_order(F f) {
    if (orders.empty())
      return;
    auto i = orders.begin();
    std::advance(i, draw<size_t>(0, orders.size()));
    f(i->first, i->second);
  }

  void lose_pool(test::pool_model& pool) {
    pool.sent.clear();
    pool.received.clear();
    auto held = pool.held;
    for (auto& [at, x] : pool.held)
      x.stray = true;
    auto was_known = pool.taken != 0;
    pool.taken = 0;
    if (was_known)
      pool.lost_at = now;
    apply(lose{pool.name});
    if (!was_known)
      return;
    for (auto& [at, x] : held) {
      auto i = orders.find({at, x.token});
      if (i == orders.end() || x.ended || x.stray)
        continue;
      auto& fate = i->second;
      RC_ASSERT(fate.told > 0 || fate.to_stop || fate.forgotten);
    }
  }

  /// One message arrives at *pool*.
  void receive(test::pool_model& pool) {
    auto what = std::move(pool.received.front());
    pool.received.pop_front();
    if (auto* x = std::get_if<halt>(&what)) {
      if (auto i = pool.held.find(x->at);
          i != pool.held.end() && i->second.token == x->token)
        i->second.to_stop = true;
    } else if (auto* x = std::get_if<begin>(&what); x->round == pool.round) {
      RC_ASSERT(!pool.held.contains(x->at));
      if (x->order.kind != attempt_kind::prepare)
        RC_ASSERT(static_cast<int64_t>(pool.held.size()) < pool.capacity);
      pool.held[x->at] = {x->order.token, x->order.kind, {},
                          false,          false,         x->order.token};
      orders.at({x->at, x->order.token}).has_lived = true;
    }
  }

  void send(test::pool_model& pool) {
    auto what = std::move(pool.sent.front());
    pool.sent.pop_front();
    // What it says before its first offer comes from nobody that we know.
    if (pool.taken != 0 || std::holds_alternative<join>(what))
      apply(std::move(what));
  }

  void restart() {
    for (auto& [name, pool] : pools) {
      pool.sent.clear();
      pool.taken = 0;
      pool.offer();
    }
    for (auto& [id, fate] : orders)
      fate.forgotten = true;
    fairness = {};
    born = now;
    it = queue{how, now};
  }

  void pass(duration x) {
    now += x;
    // Who has not said by then what it does is not waited for.
    if (born + how.grace <= now)
      for (auto& [name, pool] : pools)
        if (pool.taken == 0)
          for (auto& [at, there] : pool.held)
            there.stray = true;
    apply(tick{});
  }

  void step() {
    auto& pool = pools.at(draw_text({"a", "b", "c"}));
    switch (draw(0, 16)) {
      case 0:
      case 1:
      case 2: order(); break;
      case 3:
        with_order([&](auto& id, auto& fate) {
          fate.to_stop = true;
          apply(stop{id.first, id.second});
        });
        break;
      case 4:
        with_order([&](auto& id, auto&) { apply(probe{id.first, id.second}); });
        break;
      case 5:
        with_order([&](auto& id, auto&) { apply(heard{id.first, id.second}); });
        break;
      case 6:
        if (chance(4))
          lose_pool(pool);
        break;
      case 7:
        if (chance(4)) {
          lose_pool(pool);
          pool.die();
        }
        break;
      case 8:
        // Another takes its place before anybody knows that it is dead.
        if (chance(6)) {
          pool.received.clear();
          pool.die();
        }
        if (chance(3) || pool.round == 0)
          pool.offer();
        break;
      case 9:
        if (chance(8))
          restart();
        break;
      case 10: pass(duration{draw<int64_t>(0, 40'000)}); break;
      case 11:
        if (!pool.held.empty())
          pool.proceed(pool.held.begin()->first);
        break;
      default:
        if (!pool.received.empty() && chance(2))
          receive(pool);
        else if (!pool.sent.empty())
          send(pool);
    }
  }

  /// Most pools come back, workers end, and time passes.
  void come_to_rest() {
    for (auto& [name, pool] : pools)
      if (pool.taken != 0 || !chance(3))
        pool.offer();
      else
        pool.sent.clear();
    for (int i = 0; i < 5; ++i) {
      for (auto& [name, pool] : pools)
        for (int j = 0; j < 200; ++j)
          if (!pool.sent.empty())
            send(pool);
          else if (!pool.received.empty())
            receive(pool);
          else if (!pool.held.empty() && pool.capacity > 0)
            pool.proceed(pool.held.begin()->first);
      pass(duration{61'000});
    }
  }
};

} // namespace

TEST_CASE("whatever happens to dispatch, its rules hold") {
  CHECK(rc::check([] {
    world it;
    auto steps = draw(1, 300);
    for (int i = 0; i < steps; ++i)
      it.step();
    for (auto& [name, pool] : it.pools)
      pool.capacity = std::max<int64_t>(pool.capacity, 1);
    it.come_to_rest();
    for (auto& [id, fate] : it.orders) {
      RC_ASSERT(it.it.place_of(id.first, id.second) == place::nowhere);
      if (fate.forgotten)
        continue;
      // Nobody waits for ever, and of no end nothing is said.
      if (fate.to_stop)
        RC_ASSERT(fate.told_stopped);
      else if (!fate.superseded && !fate.has_lived)
        RC_ASSERT(fate.told > 0);
    }
    RC_ASSERT(!it.it.wake_at());
  }));
}

#pragma once

#include "actors/orchestrator/dispatch/queue.hpp"
#include "tests/support/draw.hpp"

#include <deque>

namespace machine::test {

using namespace orchestrator;
using dispatching::queue;

using attempt_id = std::pair<activation_key, uint64_t>;

/// A pool of workers as it is in truth, and what is under way to and from it.
struct pool_model {
  struct living {
    uint64_t token = 0;
    attempt_kind kind = attempt_kind::command;
    std::optional<attempt_end> ended;
    bool to_stop = false;
    /// Dispatch lost the pool since.
    bool stray = false;
    /// The token that it began with.
    uint64_t origin = 0;
  };

  std::string name;
  std::vector<std::string> labels;
  int64_t capacity = 2;
  uint64_t round = 0;
  /// The round of the offer that dispatch has taken; 0 while it knows none.
  uint64_t taken = 0;
  duration lost_at{0};
  std::map<activation_key, living> held;
  std::deque<dispatching::input> sent;
  std::deque<dispatching::action> received;

  void offer() {
    pool_offer what{name,
                    labels,
                    all_performed_kinds(),
                    ++round,
                    capacity - static_cast<int64_t>(held.size()),
                    {}};
    for (auto& [at, x] : held)
      what.held.push_back({at.run, at.activation, x.token, x.ended});
    sent.push_back(dispatching::join{std::move(what)});
  }

  /// Something lives there of *at*, or is about to.
  bool has(const activation_key& at) const {
    auto there = held.contains(at);
    for (auto& x : received)
      if (auto* y = std::get_if<dispatching::begin>(&x))
        there = there || (y->at == at && y->round == round);
    return there;
  }

  /// The next step of the worker at *at* to its end.
  void proceed(activation_key at) {
    auto& x = held.at(at);
    if (!x.ended) {
      x.ended.emplace();
      x.ended->how = draw_ending();
      sent.push_back(dispatching::ended{name, at, x.token, *x.ended});
      return;
    }
    held.erase(at);
    sent.push_back(dispatching::gone{name, at});
    sent.push_back(dispatching::credit{name, 1});
  }

  static ending draw_ending() {
    return std::array{ending::quiet, ending::fenced,
                      ending::failed}[draw<size_t>(0, 3)];
  }

  /// The actor dies, and of some workers something is left.
  void die() {
    for (auto i = held.begin(); i != held.end();)
      if (chance(2)) {
        i->second.token = 0;
        i->second.ended.emplace();
        ++i;
      } else {
        i = held.erase(i);
      }
  }
};

/// What became of an order.
struct order_fate {
  attempt_order order;
  bool superseded = false;
  bool to_stop = false;
  bool forgotten = false;
  bool has_lived = false;
  int begun = 0;
  int told = 0;
  bool told_stopped = false;
};

/// Who waits in line, and who was passed over how often.
class fairness_model {
public:
  using place = queue::place;

  /// Checks what *done* begins against who waited before it.
  void check(const queue& after, const std::vector<dispatching::action>& done,
             const std::map<std::string, pool_model>& pools) {
    std::vector<const dispatching::begin*> begins;
    std::set<attempt_id> begun;
    for (auto& x : done)
      if (auto* y = std::get_if<dispatching::begin>(&x)) {
        begins.push_back(y);
        begun.emplace(y->at, y->order.token);
      }
    // Who was replaced or stopped has lost its turn, and comes anew.
    std::set<std::string> stayed;
    std::erase_if(line_, [&](auto& x) {
      auto& [at, token] = x.first;
      auto stays =
        after.place_of(at, token) == place::in_line || begun.contains(x.first);
      if (stays)
        for (auto& who : names_of(at))
          stayed.insert(who);
      return !stays;
    });
    std::erase_if(passed_, [&](auto& x) { return !stayed.contains(x.first); });
    for (auto* x : begins)
      if (x->order.kind != attempt_kind::prepare)
        check_turn(*x, pools.at(x->pool));
    ++time_;
  }

  void enter(const attempt_id& id, const attempt_order& order) {
    line_.try_emplace(id, waiting{time_, order});
  }

private:
  struct waiting {
    /// Of several that came at once, none is first.
    uint64_t since = 0;
    attempt_order order;
  };

  static std::array<std::string, 2> names_of(const activation_key& at) {
    return {at.run.tenant, at.run.tenant + "/" + at.run.id};
  }

  void check_turn(const dispatching::begin& x, const pool_model& pool) {
    auto mine = names_of(x.at);
    attempt_id id{x.at, x.order.token};
    auto i = line_.find(id);
    auto since = i == line_.end() ? time_ + 1 : i->second.since;
    std::set<std::string> others;
    for (auto& [other, y] : line_) {
      if (!fits({"", pool.labels, all_performed_kinds(), 0, 0, {}},
                need_of(y.order)))
        continue;
      auto theirs = names_of(other.first);
      if (theirs[1] == mine[1])
        RC_ASSERT(y.since >= since);
      else
        others.insert(theirs[theirs[0] == mine[0] ? 1 : 0]);
    }
    for (auto& who : others)
      for (auto& me : mine)
        if (is_run(who) == is_run(me))
          RC_ASSERT(++passed_[who][me] <= 1);
    for (auto& me : mine)
      passed_.erase(me);
    line_.erase(id);
  }

  static bool is_run(const std::string& who) {
    return who.find('/') != std::string::npos;
  }

  std::map<attempt_id, waiting> line_;
  uint64_t time_ = 0;
  /// How often each who waits has seen another go first.
  std::map<std::string, std::map<std::string, int>> passed_;
};

} // namespace machine::test

#include "tests/sim/turns.hpp"

#include "tests/sim/names.hpp"
#include "tests/sim/violation.hpp"

#include <algorithm>

namespace machine::sim {

using namespace orchestrator;

namespace {

/// The machine's own work goes before all else, and has turns of its own.
bool is_own_work(attempt_kind x) {
  return x == attempt_kind::prepare || x == attempt_kind::publish;
}

std::string tenant_of(const activation_key& at) {
  return "tenant " + at.run.tenant;
}

std::string run_of(const activation_key& at) {
  return "run " + name_of(at.run);
}

} // namespace

void turns::expect(const activation_key& at, const attempt_order& order) {
  auto& there = all_[at];
  if (there.token < order.token)
    there = {need_of(order), order.token, std::nullopt};
}

void turns::offer(const pool_offer& pool) {
  auto& there = pools_[pool.name] = pool;
  std::sort(there.labels.begin(), there.labels.end());
}

void turns::check(const dispatching::begin& next, const keys& waiting,
                  const grouping& group, const char* rule) const {
  auto who = group(next.at);
  auto mine = last_.find(who);
  auto pool = pools_.find(next.pool);
  if (mine == last_.end() || pool == pools_.end())
    return;
  for (auto& at : waiting) {
    auto& other = all_.at(at);
    auto whose = group(at);
    auto theirs = last_.find(whose);
    auto passed_over = whose != who && other.since
                    && *other.since < mine->second
                    && fits(pool->second, other.what)
                    && (theirs == last_.end() || theirs->second < mine->second);
    require(!passed_over, rule, [&] {
      return who + " begins " + next.at.activation + " again while "
           + at.activation + " of " + whose + " waits for " + next.pool;
    });
  }
}

void turns::see(const queue& all,
                const std::vector<dispatching::action>& what) {
  keys begin;
  for (auto& x : what)
    if (auto* next = std::get_if<dispatching::begin>(&x))
      begin.push_back(next->at);
  keys waiting;
  for (auto& [at, x] : all_)
    if (x.since
        && (all.place_of(at, x.token) == queue::place::in_line
            || std::find(begin.begin(), begin.end(), at) != begin.end()))
      waiting.push_back(at);
  for (auto& x : what) {
    auto* next = std::get_if<dispatching::begin>(&x);
    auto known = next == nullptr ? all_.end() : all_.find(next->at);
    if (known == all_.end())
      continue;
    auto own = is_own_work(known->second.what.kind);
    std::erase(waiting, next->at);
    if (!own) {
      check(*next, waiting, tenant_of, "tenants take turns");
      auto of_others = [&](auto& at) {
        return at.run.tenant != next->at.run.tenant;
      };
      auto neighbours = waiting;
      std::erase_if(neighbours, of_others);
      check(*next, neighbours, run_of, "runs take turns");
      last_[tenant_of(next->at)] = last_[run_of(next->at)] = ++begun_;
    }
    all_.erase(known);
  }
  for (auto i = all_.begin(); i != all_.end();) {
    auto& [at, x] = *i;
    auto place = all.place_of(at, x.token);
    if (place == queue::place::nowhere || is_own_work(x.what.kind)) {
      i = all_.erase(i);
      continue;
    }
    if (place != queue::place::in_line)
      x.since.reset();
    else if (!x.since)
      x.since = begun_;
    ++i;
  }
}

} // namespace machine::sim

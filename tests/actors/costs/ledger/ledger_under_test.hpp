#pragma once

#include "actors/costs/ledger/bounds.hpp"
#include "actors/costs/ledger/ledger.hpp"
#include "actors/costs/ledger/summary.hpp"
#include "runtime/entity/draft.hpp"
#include "runtime/wire/wire.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace machine::test {

using namespace costs;

/// A ledger without an actor: commands go in, events are kept.
struct ledger_under_test {
  ledger_state state;
  std::vector<ledger_event> log;
  std::vector<timestamp> times;
  entity::context ctx{{"t", "ledger"}, timestamp{std::chrono::hours{500'000}}};

  caf::error give(const ledger_command& what) {
    auto before = state;
    entity::draft<ledger> to{state, ctx};
    if (auto err = ledger::decide(to, what)) {
      // What is refused changes nothing.
      REQUIRE(to.events().empty());
      REQUIRE(state == before);
      return err;
    }
    for (auto& event : to.events()) {
      log.push_back(event);
      times.push_back(ctx.now);
    }
    check_sums();
    return caf::none;
  }

  /// The answer to an exchange.
  allotments_set exchange(const exchange_money& what) {
    REQUIRE(!give(what));
    REQUIRE(std::holds_alternative<allotments_set>(log.back()));
    return std::get<allotments_set>(log.back());
  }

  void pass(duration time) {
    ctx.now += time;
  }

  const budget_state& of(const std::string& id) const {
    auto* found = find_budget(state.budgets, id);
    REQUIRE(found != nullptr);
    return found->second;
  }

  std::string key(const std::string& id) const {
    auto* found = find_budget(state.budgets, id);
    REQUIRE(found != nullptr);
    return found->first;
  }

  micro_usd settled(const std::string& id) const {
    return settled_at(of(id), ctx.now);
  }

  micro_usd leased(const std::string& id) const {
    return of(id).leased;
  }

  /// What a budget says is leased is what its holders have, and never below
  /// nothing.
  void check_sums() const {
    std::map<std::string, micro_usd> held;
    for (auto* holders : {&state.nodes, &state.runs})
      for (auto& [id, x] : *holders)
        for (auto& [key, amount] : x.held) {
          REQUIRE(amount >= 0);
          held[key] += amount;
        }
    for (auto& [key, x] : state.budgets) {
      REQUIRE(x.leased == held[key]);
      REQUIRE(x.sum.settled >= 0);
    }
  }
};

inline budget limit_of(std::string id, micro_usd limit,
                       budget_scope scope = budget_scope::tenant,
                       std::string subject = "") {
  budget x;
  x.id = std::move(id);
  x.scope = scope;
  x.subject = std::move(subject);
  x.limit = limit;
  return x;
}

inline call_line line_of(uint64_t number, micro_usd cost,
                         std::vector<std::string> budgets) {
  call_line x;
  x.number = number;
  x.cost = cost;
  x.budgets = std::move(budgets);
  return x;
}

} // namespace machine::test

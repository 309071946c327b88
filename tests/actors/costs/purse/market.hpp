#pragma once

#include "actors/costs/purse/purse.hpp"
#include "tests/actors/costs/ledger/ledger_under_test.hpp"

#include <map>
#include <string>

namespace machine::test {

/// A ledger and nodes with purses; who talks when is up to the test.
struct market {
  struct node {
    purse money;
  };

  explicit market(purse_rules x = {}) : rules(x) {}

  purse_rules rules;
  ledger_under_test ledger;
  std::map<std::string, node> nodes;

  void start(const std::string& name) {
    nodes.erase(name);
    nodes.emplace(name, node{purse{name, rules}});
    inform(name);
  }

  /// Tells a node which budgets there are.
  void inform(const std::string& name) {
    std::map<std::string, budget> all;
    for (auto& [key, x] : ledger.state.budgets)
      all.emplace(key, x.what);
    nodes.at(name).money.know(all, ledger.state.budgets_version,
                              ledger.ctx.now);
  }

  /// A word arrives at the ledger, and its answer comes back.
  void hear(const std::string& name, const exchange_money& word) {
    nodes.at(name).money.answered(ledger.exchange(word), ledger.ctx.now);
  }
};

} // namespace machine::test

#include "tests/actors/costs/purse/market.hpp"

#include <rapidcheck.h>

#include <deque>
#include <set>

// A market in which everything goes wrong: words and answers are lost, come
// late and come twice, nodes die with or without their journal, calls end in
// every way. Budgets hold at every instant, and in the end the ledger is what
// the calls have cost.

using namespace machine;
using namespace machine::test;

namespace {

/// One call as its provider sees it.
struct real_call {
  std::string node;
  call_number number = 0;
  micro_usd reserved = 0;
  micro_usd real_cost = 0;
  std::vector<std::string> budgets;
  bool served = false;
};

struct letter {
  std::string from;
  exchange_money word;
};

struct world {
  market all{{.lease_for = duration{10'000}, .tell_after = duration{20}}};
  std::vector<budget> limits;
  std::map<std::pair<std::string, call_number>, real_call> under_way;
  /// What was served and has ended, by the journals of the nodes.
  std::map<std::string, std::vector<call_line>> journals;
  std::deque<letter> mail;
  std::deque<allotments_set> answers;
  call_number last_call = 0;
  int last_node = 0;
  micro_usd paid = 0;

  timestamp now() const {
    return all.ledger.ctx.now;
  }

  void check() const {
    for (auto& [key, x] : all.ledger.state.budgets)
      if (x.what.kind == budget_kind::hard)
        RC_ASSERT(settled_at(x, now()) + x.leased <= x.what.limit);
    // What a node has reserved or spent and not told is within what the ledger
    // says that it holds, or held until it was given up.
    for (auto& [name, node] : all.nodes) {
      std::map<std::string, micro_usd> used;
      for (auto& [id, call] : under_way)
        if (id.first == name)
          for (auto& key : call.budgets)
            used[key] += node.money.reserved(call.number);
      auto known = all.ledger.state.nodes.find(name);
      auto booked =
        known == all.ledger.state.nodes.end() ? 0 : known->second.booked;
      for (auto& line : node.money.untold())
        if (line.number > booked)
          for (auto& key : line.budgets)
            used[key] += line.cost;
      if (known == all.ledger.state.nodes.end() || known->second.lost)
        continue;
      for (auto& [key, amount] : used) {
        auto held = known->second.held.find(key);
        if (!all.ledger.state.budgets.contains(key)
            || all.ledger.state.budgets.at(key).what.kind == budget_kind::soft)
          continue;
        RC_ASSERT(amount
                  <= (held == known->second.held.end() ? 0 : held->second));
      }
    }
  }

  void begin_node() {
    all.start("n-" + std::to_string(++last_node));
  }

  std::string some_node() {
    auto at = *rc::gen::inRange<size_t>(0, all.nodes.size());
    return std::next(all.nodes.begin(), static_cast<ptrdiff_t>(at))->first;
  }

  call_account some_account() {
    call_account x;
    x.project = *rc::gen::element<std::string>("p", "q");
    x.key = *rc::gen::element<std::string>("k1", "k2", "k3");
    x.model = *rc::gen::element<std::string>("big", "small");
    return x;
  }

  void take_answers(const std::string& name) {
    auto& money = all.nodes.at(name).money;
    for (auto& x : money.take_answers())
      if (auto i = under_way.find({name, x.call}); i != under_way.end()) {
        if (!x.why)
          serve(i->second);
        else if (!i->second.served)
          under_way.erase(i);
      }
  }

  void serve(real_call& x) {
    auto& money = all.nodes.at(x.node).money;
    x.served = true;
    x.reserved = money.reserved(x.number);
    x.budgets = money.budgets_of(x.number);
  }

  void begin_call() {
    auto name = some_node();
    auto& money = all.nodes.at(name).money;
    auto number = ++last_call;
    auto amount = *rc::gen::inRange<micro_usd>(0, 400);
    auto got =
      money.reserve(number, some_account(), amount, counted_by::all, now());
    if (got && got->why)
      return;
    auto& x = under_way[{name, number}];
    x.node = name;
    x.number = number;
    if (got)
      serve(x);
  }

  std::optional<std::pair<std::string, call_number>> some_call() {
    if (under_way.empty())
      return std::nullopt;
    auto at = *rc::gen::inRange<size_t>(0, under_way.size());
    return std::next(under_way.begin(), static_cast<ptrdiff_t>(at))->first;
  }

  void extend_call() {
    auto id = some_call();
    if (!id || !under_way.at(*id).served)
      return;
    auto& money = all.nodes.at(id->first).money;
    auto got =
      money.extend(id->second, *rc::gen::inRange<micro_usd>(1, 200), now());
    if (got && !got->why)
      serve(under_way.at(*id));
  }

  void end_call() {
    auto id = some_call();
    if (id)
      end(*id);
  }

  void end(const std::pair<std::string, call_number>& id) {
    auto& x = under_way.at(id);
    auto& money = all.nodes.at(id.first).money;
    call_line line;
    line.cost = x.served
                ? *rc::gen::inRange<micro_usd>(0, money.reserved(id.second) + 1)
                : 0;
    auto booked = money.settle(id.second, line, now());
    RC_ASSERT(booked.has_value() == x.served);
    if (booked) {
      paid += booked->cost;
      journals[id.first].push_back(*booked);
    }
    under_way.erase(id);
    take_answers(id.first);
  }

  void talk() {
    auto name = some_node();
    if (auto word = all.nodes.at(name).money.next(now()))
      mail.push_back({name, *word});
  }

  /// One letter arrives, or is lost, or stays to arrive again.
  void deliver() {
    if (mail.empty())
      return;
    auto letter = mail.front();
    auto fate = *rc::gen::weightedElement<int>({{8, 0}, {1, 1}, {1, 2}});
    if (fate != 2)
      mail.pop_front();
    if (fate == 1)
      return;
    auto first = all.ledger.log.size();
    if (all.ledger.give(letter.word))
      return;
    for (auto i = first; i < all.ledger.log.size(); ++i)
      if (auto* x = std::get_if<allotments_set>(&all.ledger.log[i]))
        answers.push_back(*x);
  }

  void answer() {
    if (answers.empty())
      return;
    auto answer = answers.front();
    auto fate = *rc::gen::weightedElement<int>({{8, 0}, {1, 1}, {1, 2}});
    if (fate != 2)
      answers.pop_front();
    auto node = all.nodes.find(answer.holder);
    if (fate == 1 || node == all.nodes.end())
      return;
    node->second.money.answered(answer, now());
    take_answers(answer.holder);
  }

  /// A node dies; the next one reads its journal.
  void kill() {
    auto name = some_node();
    std::vector<call_line> lines = journals[name];
    auto number = lines.empty() ? 0 : lines.back().number;
    for (auto i = under_way.begin(); i != under_way.end();) {
      if (i->first.first != name) {
        ++i;
        continue;
      }
      if (i->second.served) {
        call_line line;
        line.number = ++number;
        line.cost = all.nodes.at(name).money.reserved(i->first.second);
        line.budgets = i->second.budgets;
        line.end = call_end::lost;
        paid += line.cost;
        lines.push_back(std::move(line));
      }
      i = under_way.erase(i);
    }
    all.nodes.erase(name);
    journals.erase(name);
    close(name, lines);
    begin_node();
  }

  void close(const std::string& name, const std::vector<call_line>& lines) {
    size_t done = 0;
    while (lines.size() - done > max_lines) {
      exchange_money part{name, UINT64_MAX / 2 + done, {}, {}};
      part.lines.assign(lines.begin() + static_cast<ptrdiff_t>(done),
                        lines.begin()
                          + static_cast<ptrdiff_t>(done + max_lines));
      REQUIRE(!all.ledger.give(part));
      done += max_lines;
    }
    REQUIRE(!all.ledger.give(costs::close_holder{
      name, {lines.begin() + static_cast<ptrdiff_t>(done), lines.end()}}));
  }

  void pass() {
    all.ledger.pass(duration{*rc::gen::element(1, 10, 30, 300, 4'000)});
    if (auto at = ledger::wake_at(all.ledger.state); at && *at <= now())
      REQUIRE(!all.ledger.give(look_at_leases{}));
    // Who was given up goes on under another name.
    std::vector<std::string> lost;
    for (auto& [name, node] : all.nodes)
      if (node.money.is_lost() && node.money.is_settled())
        lost.push_back(name);
    for (auto& name : lost) {
      all.nodes.erase(name);
      close(name, journals[name]);
      journals.erase(name);
      begin_node();
    }
  }

  void set_limit() {
    // Lowering one below what is in use would break it by itself.
    auto& x = limits[*rc::gen::inRange<size_t>(0, limits.size())];
    x.limit += *rc::gen::inRange<micro_usd>(0, 2'000);
    REQUIRE(!all.ledger.give(set_budget{x}));
    all.inform(some_node());
  }

  /// Everything ends, and everybody says what there is to say.
  void settle_all() {
    while (!under_way.empty())
      end(under_way.begin()->first);
    mail.clear();
    answers.clear();
    for (int round = 0; round < 1'000; ++round) {
      all.ledger.pass(duration{2'100});
      if (auto at = ledger::wake_at(all.ledger.state); at && *at <= now())
        REQUIRE(!all.ledger.give(look_at_leases{}));
      auto quiet = true;
      for (auto& [name, node] : all.nodes) {
        if (node.money.is_outdated())
          all.inform(name);
        if (auto word = node.money.next(now())) {
          all.hear(name, *word);
          node.money.take_answers();
          quiet = quiet && word->lines.empty();
        }
        check();
      }
      if (quiet && round > 20)
        break;
    }
    std::vector<std::string> names;
    for (auto& [name, node] : all.nodes)
      names.push_back(name);
    for (auto& name : names) {
      all.nodes.erase(name);
      close(name, journals[name]);
    }
  }
};

void live(int steps) {
  world it;
  auto limit = [&](budget x) {
    it.limits.push_back(x);
    REQUIRE(!it.all.ledger.give(set_budget{x}));
  };
  limit(limit_of("all", *rc::gen::inRange<micro_usd>(500, 20'000)));
  auto daily = limit_of("p", *rc::gen::inRange<micro_usd>(200, 5'000),
                        budget_scope::project, "p");
  daily.window = budget_window::day;
  limit(daily);
  limit(limit_of("k1", *rc::gen::inRange<micro_usd>(200, 5'000),
                 budget_scope::key, "k1"));
  auto soft = limit_of("big", 100, budget_scope::model, "big");
  soft.kind = budget_kind::soft;
  limit(soft);
  for (int i = 0; i < 3; ++i)
    it.begin_node();
  for (int i = 0; i < steps; ++i) {
    switch (*rc::gen::weightedElement<int>({{8, 0},
                                            {6, 1},
                                            {2, 2},
                                            {10, 3},
                                            {10, 4},
                                            {10, 5},
                                            {6, 6},
                                            {1, 7},
                                            {1, 8}})) {
      case 0: it.begin_call(); break;
      case 1: it.end_call(); break;
      case 2: it.extend_call(); break;
      case 3: it.talk(); break;
      case 4: it.deliver(); break;
      case 5: it.answer(); break;
      case 6: it.pass(); break;
      case 7: it.kill(); break;
      default: it.set_limit(); break;
    }
    it.check();
  }
  it.settle_all();
  // At rest nothing is leased, and the ledger is the sum of the calls.
  for (auto& [key, x] : it.all.ledger.state.budgets)
    RC_ASSERT(x.leased == 0);
  RC_ASSERT(it.all.ledger.state.spent == it.paid);
}

} // namespace

TEST_CASE("budgets hold in a market where everything goes wrong") {
  CHECK(rc::check([] { live(*rc::gen::inRange(1, 300)); }));
}

#pragma once

#include "actors/orchestrator/workflow/load.hpp"
#include "tests/actors/orchestrator/run/random_workflow.hpp"
#include "tests/actors/orchestrator/run/world.hpp"

namespace machine::test {

/// Plays what workers, people and the machine may do with a run, in any order,
/// and then what a fair player would do until the run is over.
class player {
public:
  player() {
    text = random_workflow{}.make();
    auto graph = load_workflow(text, "w.yaml");
    if (!graph)
      RC_FAIL(render(graph.error()) + "\n" + text);
    auto back = wire::from_json<workflow>(normal_form(*graph));
    RC_ASSERT(back);
    RC_ASSERT(*back == *graph);
    run_created what;
    what.workflow_name = graph->name;
    what.workflow.text = normal_form(*graph);
    what.inputs.text = "{}";
    what.title = "do it";
    what.project = "default";
    what.budget = 1'000;
    if (*rc::gen::arbitrary<bool>())
      what.repository = "/repo";
    tracker::create_project made{"Default", std::nullopt};
    if (chance(3))
      made.budget = *rc::gen::element<micro_usd>(999, 1'000, 5'000);
    it.project.exists = true;
    it.project.budget = made.budget;
    RC_ASSERT(!it.give(create_run{what}));
    RC_ASSERT(code_of(it.give(create_run{what})) == ec::conflict);
  }

  void play_one() {
    switch (draw(0, 20)) {
      case 0:
        if (chance(2))
          it.crash();
        else
          it.reload();
        break;
      case 1: answer(false); break;
      case 2:
        if (chance(3))
          cancel();
        break;
      case 3:
      case 4: wake(); break;
      case 5:
        it.now += std::chrono::seconds{draw(0, 30)};
        RC_ASSERT(!it.give(wake_run{}));
        break;
      case 6:
      case 7: it.keep_books(); break;
      case 8: say_with(0); break;
      case 9: answer(true); break;
      case 10: put_away(); break;
      default: act();
    }
  }

  /// Goes on fairly until the run is over and its books are closed.
  void finish() {
    for (auto left = 3'000; !run::idle(it.state) || !is_over(); --left) {
      RC_ASSERT(left > 0);
      it.keep_books();
      wake();
      answer(true);
      for (auto token : std::set<uint64_t>{it.running})
        last_word(token, true);
    }
    RC_ASSERT(run::outstanding(it.state, {"t", "r-1"}).empty());
    RC_ASSERT(it.replay() == it.state);
    RC_ASSERT(it.project.settled == it.state.spent);
    RC_ASSERT(it.project.leases.empty());
    if (it.state.cancelling)
      RC_ASSERT(it.state.result == run_result::cancelled);
  }

  world it;
  std::string text;

private:
  void cancel() {
    auto over = it.state.phase >= run_phase::closing;
    auto refused = it.give(cancel_run{"ann", "enough"});
    if (over && it.state.result != run_result::cancelled)
      RC_ASSERT(code_of(refused) == ec::conflict);
    else
      RC_ASSERT(!refused);
  }

  bool is_over() const {
    return it.state.phase == run_phase::ended;
  }

  /// Somebody archives the run, or takes it out again.
  void put_away() {
    auto over = is_over() && it.state.books_closed;
    if (chance(2)) {
      RC_ASSERT(!it.give(unarchive_run{"ann"}));
      RC_ASSERT(!it.state.archived);
    } else {
      RC_ASSERT(!it.give(archive_run{"ann"}) == over);
      RC_ASSERT(it.state.archived == over);
    }
    RC_ASSERT(!run::may_erase(it.state, {"t", "r-1"}) == over);
  }

  /// Wakes the run if it wants that; then it does not want the same again.
  void wake() {
    auto at = run::wake_at(it.state);
    if (!at)
      return;
    it.now = std::max(it.now, *at);
    auto events = it.log.size();
    RC_ASSERT(!it.give(wake_run{}));
    RC_ASSERT(it.log.size() > events);
  }

  void answer(bool well) {
    std::vector<interrupt> open;
    for (auto& [id, x] : it.state.interrupts)
      if (x.phase == interrupt_phase::open)
        open.push_back(x);
    if (open.empty()) {
      RC_ASSERT(it.give(answer_interrupt{"none", {"1"}, "ann"}));
      return;
    }
    auto& asked = open[draw<size_t>(0, open.size())];
    if (!well) {
      auto why = it.give(answer_interrupt{asked.id, {R"("x")"}, "ann"});
      RC_ASSERT(code_of(why) == ec::invalid_argument);
      return;
    }
    std::string text = "3";
    auto yes = draw_text({"true", "false"});
    if (is_reconciliation(asked))
      text = R"({"happened":)" + yes + "}";
    else if (is_loop_question(asked))
      text = draw_text({R"("continue")", R"("stop")", R"({"hint":"x"})"});
    else if (asked.schema.text.find("approved") != std::string::npos)
      text = R"({"approved":)" + yes + "}";
    RC_ASSERT(!it.give(answer_interrupt{asked.id, {text}, "ann"}));
    RC_ASSERT(code_of(it.give(answer_interrupt{asked.id, {text}, "bob"}))
              == ec::conflict);
  }

  /// A worker that there is, or was, does something.
  void act() {
    if (it.orders.empty())
      return;
    auto& tokens = it.running;
    auto token = draw<uint64_t>(1, it.state.last_token + 1);
    // Those that live are more interesting than those that did.
    if (!tokens.empty() && !chance(5))
      token = *rc::gen::elementOf(tokens);
    say_with(token);
  }

  /// Anybody with *token* says something; without a valid one, in vain.
  void say_with(uint64_t token) {
    auto alive = it.running.contains(token);
    if (it.orders.empty())
      return;
    auto& order = alive || it.orders.contains(token)
                  ? it.orders.at(token)
                  : it.orders.begin()->second;
    auto events = it.log.size();
    if (chance(3))
      last_word(token, false, &order);
    else if (chance(2))
      static_cast<void>(it.give(intent(order, token)));
    else
      static_cast<void>(it.give(end_of_effect(order, token)));
    if (!alive)
      RC_ASSERT(it.log.size() == events);
  }

  static std::string key(const attempt_order& order) {
    return order.activation + "#" + std::to_string(order.attempt) + "."
         + std::to_string(draw(1, 5));
  }

  intend_effect intent(const attempt_order& order, uint64_t token) {
    intend_effect x;
    x.effect = chance(20) ? "s1#9.1" : key(order);
    x.activation = order.activation;
    x.token = token;
    x.subject = "demo";
    auto calls = order.kind == attempt_kind::model
              || (order.kind == attempt_kind::agent && chance(2));
    x.kind = calls                             ? effect_kind::model
           : order.kind == attempt_kind::agent ? effect_kind::tool
                                               : effect_kind::command;
    x.idempotent = calls || order.idempotent;
    x.lease = calls ? draw<micro_usd>(-1, 300) : 0;
    return x;
  }

  finish_effect end_of_effect(const attempt_order& order, uint64_t token) {
    finish_effect x;
    x.effect = key(order);
    x.activation = order.activation;
    x.token = token;
    auto* there = find_activation(it.state, order.activation);
    auto* known = there ? find_effect(*there, x.effect) : nullptr;
    auto most = known != nullptr ? known->lease : 10;
    x.cost = draw<micro_usd>(-1, most + 1);
    if (chance(3))
      x.code = "provider_failed";
    else
      x.result = "result";
    return x;
  }

  /// What a worker says last; it is gone then.
  void last_word(uint64_t token, bool well, const attempt_order* as = nullptr) {
    auto order = as ? *as : it.orders.at(token);
    it.running.erase(token);
    if (it.stopping.contains(token) && (well || chance(2))) {
      RC_ASSERT(!it.give(attempt_is_stopped{order.activation, token}));
      return;
    }
    if (!well && chance(2)) {
      fail_attempt x;
      x.activation = order.activation;
      x.token = token;
      x.code = draw_text({"timeout", "step_failed", "internal", "unavailable"});
      x.message = "it broke";
      if (chance(5))
        x.retry_after = duration{draw<int64_t>(0, 100'000)};
      static_cast<void>(it.give(x));
    } else if (order.kind == attempt_kind::prepare) {
      static_cast<void>(it.give(finish_prepare{token, "/dir", "b", "c"}));
    } else if (order.kind == attempt_kind::publish) {
      static_cast<void>(it.give(finish_publish{token, "b", "c", "d", "patch"}));
    } else if (!well && chance(8)) {
      static_cast<void>(it.give(attempt_is_stopped{order.activation, token}));
    } else {
      static_cast<void>(it.give(finish_attempt{
        order.activation, token, {R"({"exit_code":0})"}, std::nullopt}));
    }
  }
};

} // namespace machine::test

#include "tests/actors/models/desk/desk_under_test.hpp"

#include <numeric>

using namespace machine;
using namespace machine::models;
using namespace machine::test;

namespace {

micro_usd sum_of(const std::vector<costs::call_line>& lines) {
  return std::accumulate(lines.begin(), lines.end(), micro_usd{0},
                         [](auto sum, auto& x) { return sum + x.cost; });
}

} // namespace

TEST_CASE("a call is answered, and what it has cost is in the ledger") {
  desk_under_test it;
  auto by = it.call("small");
  auto end = by->wait();
  REQUIRE(end.answer);
  CHECK(end.answer->message.content == "hello");
  CHECK(by->text == "hello");
  CHECK(by->begun == 1);
  CHECK(end.facts.model == "small");
  CHECK(end.facts.provider == "one");
  CHECK(end.facts.cost == 15);
  CHECK(end.facts.tries == 1);
  auto now = it.rest(1);
  CHECK(now.spent == 15);
  auto lines = it.lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].call == end.facts.id);
  CHECK(lines[0].whose.model == "small");
  CHECK(lines[0].end == costs::call_end::answered);
  CHECK(lines[0].cost <= lines[0].reserved);
}

TEST_CASE("a model that does not exist or has no price is refused") {
  desk_under_test it;
  auto unknown = it.call("smal")->wait();
  CHECK(code_of(unknown.answer.error()) == ec::not_found);
  CHECK(message_of(unknown.answer.error()).find("did you mean small?")
        != std::string::npos);
  auto priceless = it.call("free")->wait();
  CHECK(code_of(priceless.answer.error()) == ec::unknown_price);
  CHECK(message_of(priceless.answer.error()).find("set `price`")
        != std::string::npos);
  auto odd = it.call("auto:odd")->wait();
  CHECK(code_of(odd.answer.error()) == ec::invalid_argument);
  CHECK(it.one->calls() == 0);
}

TEST_CASE("another model takes over from one that fails") {
  desk_under_test it;
  it.one->fail_with(ec::provider_failed, false);
  auto end = it.call("auto")->wait();
  REQUIRE(end.answer);
  CHECK(end.facts.model == "big");
  CHECK(end.facts.tries == 3);
  CHECK(end.facts.cost == 150);
  it.rest(3);
  auto lines = it.lines();
  REQUIRE(lines.size() == 3);
  for (auto& x : lines)
    CHECK(x.call == end.facts.id);
  CHECK(lines[0].end == costs::call_end::failed);
  CHECK(lines[0].cost == 0);
  CHECK(lines[1].whose.model == "small");
  CHECK(lines[1].cost == 0);
  CHECK(lines[2].cost == 150);
}

TEST_CASE("when all models fail, the first one's error is told") {
  desk_under_test it;
  it.one->fail_with(ec::provider_garbled, false);
  it.two->fail_with(ec::provider_failed, false);
  auto end = it.call("auto")->wait();
  CHECK(code_of(end.answer.error()) == ec::provider_garbled);
  CHECK(end.facts.tries == 4);
  CHECK(it.one->calls() == 2);
  CHECK(it.two->calls() == 2);
}

TEST_CASE("a hard budget covers as many calls as it covers") {
  desk_under_test it;
  // Each may cost 140 at most, and costs 15.
  it.set_budget("all", 500);
  std::vector<std::shared_ptr<listener>> all;
  for (int i = 0; i < 60; ++i)
    all.push_back(it.call("small"));
  size_t answered = 0;
  for (auto& by : all) {
    auto end = by->wait();
    if (end.answer)
      ++answered;
    else
      CHECK(code_of(end.answer.error()) == ec::budget_exceeded);
  }
  auto now = it.rest(answered);
  CHECK(now.spent == static_cast<micro_usd>(answered) * 15);
  CHECK(now.budgets.begin()->second.sum.settled == now.spent);
  // What was set aside and not needed was used by others.
  CHECK(now.spent > 500 - 150);
  CHECK(now.spent <= 500);
  CHECK(it.one->calls() == answered);
}

TEST_CASE("a budget holds from the moment that it is made") {
  desk_under_test it;
  REQUIRE(it.call("small")->wait().answer);
  it.set_budget("none", 0);
  auto end = it.call("small")->wait();
  REQUIRE(!end.answer);
  CHECK(code_of(end.answer.error()) == ec::budget_exceeded);
  CHECK(message_of(end.answer.error()).find("of budget none")
        != std::string::npos);
}

TEST_CASE("a call that nobody wants any more is charged for what came of it") {
  desk_under_test it;
  it.set_budget("all", 100'000);
  it.one->hold();
  auto by = std::make_shared<listener>();
  auto number = it.call(it.order("small", 1'000), by);
  auto call = it.one->take();
  say(*call, "one two three");
  it.desk().cancel(number);
  auto end = by->wait();
  CHECK(code_of(end.answer.error()) == ec::cancelled);
  auto now = it.rest(1);
  auto line = it.lines().at(0);
  CHECK(line.end == costs::call_end::cancelled);
  CHECK(line.cost > 0);
  CHECK(line.cost < line.reserved);
  CHECK(now.spent == line.cost);
}

TEST_CASE("a call that waits for money can be cancelled") {
  desk_under_test it;
  it.set_budget("all", 1'100);
  it.one->hold();
  auto first = it.call("small", 900);
  auto call = it.one->take();
  auto by = std::make_shared<listener>();
  auto number = it.call(it.order("small", 900), by);
  it.desk().cancel(number);
  CHECK(code_of(by->wait().answer.error()) == ec::cancelled);
  end(*call, "x", token_usage{10, 0, 5});
  REQUIRE(first->wait().answer);
  CHECK(it.rest(1).spent == 15);
  CHECK(it.one->calls() == 1);
}

TEST_CASE("an answer that is longer than the money is cut") {
  desk_under_test it;
  it.set_budget("all", 1'500);
  it.one->hold();
  auto by = it.call("small", 10'000);
  auto call = it.one->take();
  CHECK(call->what.max_output_tokens == 10'000);
  // Digits are a token each, at most.
  for (int i = 0; i < 200; ++i)
    say(*call, std::string(100, '7'));
  auto end = by->wait();
  CHECK(code_of(end.answer.error()) == ec::budget_exceeded);
  auto now = it.rest(1);
  CHECK(it.lines().at(0).end == costs::call_end::cut);
  CHECK(now.spent <= 1'500);
  CHECK(now.spent > 1'000);
}

TEST_CASE("more is set aside while a long answer streams") {
  desk_under_test it;
  it.set_budget("all", 1'000'000);
  it.one->hold();
  auto by = it.call("small", 10'000);
  auto call = it.one->take();
  std::string text;
  for (int i = 0; i < 60; ++i) {
    text += std::string(100, '7');
    say(*call, std::string(100, '7'));
    // As fast as a provider speaks: the desk has its turn.
    it.ledger();
    by->wait_for_text(text.size());
  }
  end(*call, text, token_usage{10, 0, 6'000});
  auto result = by->wait();
  REQUIRE(result.answer);
  CHECK(it.rest(1).spent == 6'010);
  CHECK(it.lines().at(0).reserved >= 6'010);
}

TEST_CASE("a call that is under way when the machine dies is paid") {
  desk_under_test it;
  it.set_budget("all", 100'000);
  REQUIRE(it.call("small")->wait().answer);
  it.one->hold();
  auto by = it.call("small", 1'000);
  auto call = it.one->take();
  it.restart();
  CHECK(code_of(by->wait().answer.error()) == ec::unavailable);
  auto now = it.rest(2);
  auto lines = it.lines();
  REQUIRE(lines.size() == 2);
  CHECK(lines[1].end == costs::call_end::lost);
  CHECK(lines[1].cost == lines[1].reserved);
  CHECK(now.spent == sum_of(lines));
  CHECK(now.nodes.empty());
  // And the next ones go on.
  it.one->answer_with("hello", {10, 0, 5});
  REQUIRE(it.call("small")->wait().answer);
}

TEST_CASE("a call that has not left when the machine dies costs nothing") {
  desk_under_test it;
  it.set_budget("all", 100'000);
  it.one->hold();
  it.one->stay();
  auto by = it.call("small", 1'000);
  auto call = it.one->take();
  it.restart();
  CHECK(code_of(by->wait().answer.error()) == ec::unavailable);
  auto now = it.wait([](auto& x) { return x.nodes.empty(); });
  CHECK(now.spent == 0);
  CHECK(now.calls == 0);
}

TEST_CASE("a call has a deadline") {
  desk_under_test it;
  it.one->hold();
  auto by = std::make_shared<listener>();
  auto what = it.order("small");
  what.deadline = duration{50};
  it.call(std::move(what), by);
  auto end = by->wait();
  CHECK(code_of(end.answer.error()) == ec::timeout);
  CHECK(it.rest(1).spent > 0);
}

TEST_CASE("a call chooses its policy within that of its tenant") {
  desk_under_test it;
  auto best = desk_under_test::usual_policy();
  best.name = "best";
  best.prefer = preference::best;
  auto model = [&](const std::string& asked, const std::string& policy) {
    auto what = it.order(asked);
    what.policy = policy;
    auto by = std::make_shared<listener>();
    it.call(std::move(what), by);
    auto end = by->wait();
    return end.answer ? end.facts.model : render(end.answer.error());
  };
  it.set_policies({{"best", best}});
  CHECK(model("auto", "") == "small");
  CHECK(model("auto", "best") == "big");
  CHECK(model("auto", "bets")
        == "invalid_argument: there is no policy bets; did you mean best?; the "
           "file of config key models.policies has them");
  auto strict = desk_under_test::usual_policy();
  strict.name = "default";
  strict.denied_models = {"big"};
  it.set_policies({{"best", best}, {"default", strict}});
  CHECK(model("auto", "best") == "small");
  CHECK(model("big", "best").find("denies it") != std::string::npos);
  CHECK(model("big", "").find("denies it") != std::string::npos);
  // That of the tenant's own name comes first.
  it.set_policies({{"default", strict}, {"acme", best}});
  CHECK(model("auto", "") == "big");
}

TEST_CASE("what a call may cost at most is kept to") {
  desk_under_test it;
  auto what = it.order("big");
  what.money = 100;
  auto by = std::make_shared<listener>();
  it.call(std::move(what), by);
  CHECK(code_of(by->wait().answer.error()) == ec::budget_exceeded);
  CHECK(it.two->calls() == 0);
}

TEST_CASE("the same is answered again for nothing, if the client wants that") {
  desk_under_test it;
  auto ask = [&](cache_use use) {
    auto what = it.order("small");
    what.cache = use;
    auto by = std::make_shared<listener>();
    it.call(std::move(what), by);
    auto end = by->wait();
    REQUIRE(end.answer);
    CHECK(by->text == end.answer->message.content);
    return end;
  };
  CHECK(!ask(cache_use::on).facts.is_cached);
  it.one->answer_with("other", {10, 0, 5});
  auto again = ask(cache_use::on);
  CHECK(again.facts.is_cached);
  CHECK(again.facts.cost == 0);
  CHECK(again.answer->message.content == "hello");
  CHECK(ask(cache_use::off).answer->message.content == "other");
  CHECK(ask(cache_use::refresh).answer->message.content == "other");
  CHECK(ask(cache_use::on).answer->message.content == "other");
  CHECK(it.one->calls() == 3);
  CHECK(it.rest(3).spent == 45);
}

#include "tests/actors/models/desk/desk_under_test.hpp"

using namespace machine;
using namespace machine::models;
using namespace machine::test;

// A cheaper model first, where answers can be held against a schema.

namespace {

constexpr const char* fitting = R"({"city":"Oslo"})";
constexpr const char* unfitting = R"({"town":"Oslo"})";

/// Under which `small`, then `big` is worth more than either alone.
routing_policy thrifty() {
  auto result = desk_under_test::usual_policy();
  result.name = "default";
  result.minimum_quality = 0.75;
  return result;
}

enum class client { whole, streaming };

listener::result ask_for_city(desk_under_test& it, client how = client::whole,
                              std::optional<micro_usd> money = {}) {
  auto by = std::make_shared<listener>();
  auto what = it.order("auto");
  auto request = *what.request;
  request.output_schema = json_text{R"({"type":"object","required":["city"]})"};
  what.request = std::make_shared<chat_request>(request);
  what.whole = how == client::whole;
  what.money = money;
  it.call(std::move(what), by);
  return by->wait();
}

double bad_of(desk_under_test& it, const std::string& model) {
  auto knows = it.knows();
  return knows.models[model].jobs["general"].by_size[0].lasting.bad;
}

} // namespace

TEST_CASE("the cheaper model is asked first, and is enough if it passes") {
  desk_under_test it;
  it.set_policies({{"default", thrifty()}});
  it.one->answer_with(fitting, {10, 0, 5});
  auto end = ask_for_city(it);
  REQUIRE(end.answer);
  CHECK(end.facts.model == "small");
  CHECK(end.facts.fits_schema == true);
  CHECK(end.facts.why.find("small, then big") != std::string::npos);
  CHECK(it.two->calls() == 0);
  CHECK(it.rest(1).spent == 15);
}

TEST_CASE("what does not pass is asked of a better model, and both are paid") {
  desk_under_test it;
  it.set_policies({{"default", thrifty()}});
  it.set_budget("all", 1'000'000);
  it.one->answer_with(unfitting, {10, 0, 5});
  it.two->answer_with(fitting, {10, 0, 5});
  auto end = ask_for_city(it);
  REQUIRE(end.answer);
  CHECK(end.answer->message.content == fitting);
  CHECK(end.facts.model == "big");
  CHECK(end.facts.provider == "two");
  CHECK(end.facts.tries == 2);
  CHECK(end.facts.cost == 165);
  CHECK(end.facts.fits_schema == true);
  CHECK(it.rest(2).spent == 165);
  for (auto& line : it.lines())
    CHECK(line.end == costs::call_end::answered);
  // That it was handed on is a whole outcome, the form of an answer a quarter.
  CHECK(bad_of(it, "small") == 1);
  CHECK(bad_of(it, "big") == 0);
  CHECK(it.knows().outcomes == 2);
}

TEST_CASE("the last one's answer is taken as it is") {
  desk_under_test it;
  it.set_policies({{"default", thrifty()}});
  it.one->answer_with(unfitting, {10, 0, 5});
  it.two->answer_with("neither", {10, 0, 5});
  auto end = ask_for_city(it);
  REQUIRE(end.answer);
  CHECK(end.answer->message.content == "neither");
  CHECK(end.facts.fits_schema == false);
  CHECK(bad_of(it, "big") == 0.25);
}

TEST_CASE("where the better one fails, what there is is given") {
  desk_under_test it;
  it.set_policies({{"default", thrifty()}});
  it.one->answer_with(unfitting, {10, 0, 5});
  it.two->fail_with(ec::provider_rejected, false);
  auto end = ask_for_city(it);
  REQUIRE(end.answer);
  CHECK(end.answer->message.content == unfitting);
  CHECK(end.facts.model == "small");
  CHECK(end.facts.fits_schema == false);
}

TEST_CASE("both models have to be within what the call may cost") {
  desk_under_test it;
  it.set_policies({{"default", thrifty()}});
  it.one->answer_with(unfitting, {10, 0, 5});
  it.two->answer_with(fitting, {10, 0, 5});
  // `small` may cost some 160, `big` ten times as much.
  CHECK(ask_for_city(it, client::whole, 1'000).facts.model == "small");
  CHECK(it.two->calls() == 0);
  CHECK(ask_for_city(it, client::whole, 10'000).facts.model == "big");
}

TEST_CASE("a call that has cost more than it could is not handed on") {
  desk_under_test it;
  it.set_policies({{"default", thrifty()}});
  it.one->answer_with(unfitting, {10, 0, 9'000});
  it.two->answer_with(fitting, {10, 0, 5});
  auto end = ask_for_city(it, client::whole, 10'000);
  REQUIRE(end.answer);
  CHECK(end.facts.model == "small");
  CHECK(end.facts.cost == 9'010);
  CHECK(end.facts.fits_schema == false);
  CHECK(it.two->calls() == 0);
}

TEST_CASE(
  "who wants pieces, or whose policy says so, has no cheaper one first") {
  desk_under_test it;
  it.set_policies({{"default", thrifty()}});
  it.two->answer_with(fitting, {10, 0, 5});
  CHECK(ask_for_city(it, client::streaming).facts.model == "big");
  auto off = thrifty();
  off.cascade.on = false;
  it.set_policies({{"default", off}});
  CHECK(ask_for_city(it).facts.model == "big");
  CHECK(it.one->calls() == 0);
}

TEST_CASE("whoever waits for the better one may go away") {
  desk_under_test it;
  it.set_policies({{"default", thrifty()}});
  it.set_budget("all", 1'000'000);
  it.one->answer_with(unfitting, {10, 0, 5});
  it.two->hold();
  auto by = std::make_shared<listener>();
  auto what = it.order("auto");
  auto request = *what.request;
  request.output_schema = json_text{R"({"type":"object","required":["city"]})"};
  what.request = std::make_shared<chat_request>(request);
  what.whole = true;
  auto number = it.call(std::move(what), by);
  it.two->take();
  it.desk().cancel(number);
  CHECK(code_of(by->wait().answer.error()) == ec::cancelled);
  it.rest(2);
}

#include "actors/models/http_provider.hpp"
#include "tests/actors/models/desk/desk_under_test.hpp"
#include "tests/runtime/net/server.hpp"

#include <future>

// Which ways calls take when models are slow, busy or refuse: by a clock that
// the tests wind.

using namespace machine;
using namespace machine::models;
using namespace machine::test;
using namespace std::chrono_literals;

namespace {

routing_policy hedging_policy() {
  auto result = desk_under_test::usual_policy();
  result.hedging.on = true;
  return result;
}

/// When the second model is asked of which nothing is known.
constexpr duration hedge_delay{1'000};

std::string stream_of(const std::string& text) {
  return R"(data: {"id":"c","choices":[{"index":0,"delta":{"content":")" + text
       + R"("}}]})"
       + "\n\n"
         R"(data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],)"
         R"("usage":{"prompt_tokens":10,"completion_tokens":5}})"
         "\n\ndata: [DONE]\n\n";
}

std::shared_ptr<provider> provider_at(const std::string& url,
                                      std::shared_ptr<net::client> http) {
  provider_entry about;
  about.name = "p";
  about.url = url;
  return make_http_provider(about, "key", std::move(http),
                            net::address_policy::public_and_loopback);
}

template <class T>
bool comes(std::future<T>& x) {
  return x.wait_for(30s) == std::future_status::ready;
}

std::shared_ptr<listener> call_whole(desk_under_test& it) {
  auto by = std::make_shared<listener>();
  auto what = it.order("auto");
  what.whole = true;
  it.call(std::move(what), by);
  return by;
}

} // namespace

TEST_CASE("a slow provider is hung up on when another one answers first") {
  std::promise<void> asked;
  std::promise<void> left;
  server slow{[&](connection& peer) {
    if (!peer.read_request())
      return;
    asked.set_value();
    peer.closed_within(-1);
    left.set_value();
  }};
  server fast{[](connection& peer) {
    while (peer.read_request())
      peer.answer(stream_of("fast"), "Content-Type: text/event-stream\r\n");
  }};
  auto http = std::make_shared<net::client>();
  auto clock = std::make_shared<hand_clock>();
  desk_under_test it{hedging_policy(), clock,
                     provider_at(slow.url("/v1"), http),
                     provider_at(fast.url("/v1"), http)};
  it.set_budget("all", 1'000'000);
  auto by = it.call("auto");
  auto was_asked = asked.get_future();
  REQUIRE(comes(was_asked));
  it.advance(hedge_delay - 1ms);
  CHECK(fast.connections() == 0);
  it.advance(1ms);
  auto end = by->wait();
  REQUIRE(end.answer);
  CHECK(end.facts.model == "big");
  CHECK(by->text == "fast");
  CHECK(by->begun == 1);
  CHECK(by->takeovers.empty());
  auto has_left = left.get_future();
  REQUIRE(comes(has_left));
  // Both are settled, and nothing is set aside any more.
  auto now = it.rest(2);
  auto lines = it.lines();
  REQUIRE(lines.size() == 2);
  std::map<std::string, costs::call_end> ends;
  micro_usd sum = 0;
  for (auto& line : lines) {
    ends[line.whose.model] = line.end;
    sum += line.cost;
  }
  CHECK(ends["small"] == costs::call_end::cancelled);
  CHECK(ends["big"] == costs::call_end::answered);
  CHECK(now.spent == sum);
}

TEST_CASE("of two that were asked, the first to speak has the word") {
  auto clock = std::make_shared<hand_clock>();
  desk_under_test it{hedging_policy(), clock};
  it.one->hold();
  it.two->hold();
  auto by = it.call("auto");
  auto first = it.one->take();
  it.advance(hedge_delay);
  auto second = it.two->take();
  say(*first, "one");
  // Whoever was cancelled says nothing that reaches the client.
  say(*second, "two");
  end(*first, "one", token_usage{10, 0, 5});
  auto result = by->wait();
  REQUIRE(result.answer);
  CHECK(result.facts.model == "small");
  CHECK(by->text == "one");
  it.rest(2);
  for (auto& line : it.lines())
    CHECK((line.end == costs::call_end::cancelled)
          == (line.whose.model == "big"));
}

TEST_CASE("who wants a whole answer gets that of the first to speak") {
  auto clock = std::make_shared<hand_clock>();
  desk_under_test it{hedging_policy(), clock};
  it.one->hold();
  it.two->hold();
  auto by = call_whole(it);
  it.one->take();
  it.advance(hedge_delay);
  auto second = it.two->take();
  say(*second, "two");
  it.catch_up();
  // The other is stopped before the answer is whole.
  end(*second, "two", token_usage{10, 0, 5});
  auto result = by->wait();
  REQUIRE(result.answer);
  CHECK(result.facts.model == "big");
  CHECK(by->begun == 0);
  CHECK(by->text.empty());
  it.rest(2);
}

TEST_CASE("a whole answer may take longer than one may be silent") {
  auto clock = std::make_shared<hand_clock>();
  desk_under_test it{desk_under_test::usual_policy(), clock};
  it.one->hold();
  auto by = call_whole(it);
  auto call = it.one->take();
  say(*call, "one");
  it.advance(61s);
  it.advance(61s);
  end(*call, "one", token_usage{10, 0, 5});
  auto result = by->wait();
  REQUIRE(result.answer);
  CHECK(result.facts.model == "small");
  CHECK(it.two->calls() == 0);
}

TEST_CASE("one that does not begin is given up for another") {
  auto clock = std::make_shared<hand_clock>();
  desk_under_test it{desk_under_test::usual_policy(), clock};
  it.one->hold();
  auto by = call_whole(it);
  it.one->take();
  it.advance(59s);
  CHECK(it.two->calls() == 0);
  it.advance(1s);
  auto result = by->wait();
  REQUIRE(result.answer);
  CHECK(result.facts.model == "big");
}

TEST_CASE("without hedging in the policy nobody is asked as well") {
  auto clock = std::make_shared<hand_clock>();
  desk_under_test it{desk_under_test::usual_policy(), clock};
  it.one->hold();
  auto by = it.call("auto");
  auto call = it.one->take();
  it.advance(59s);
  CHECK(it.two->calls() == 0);
  end(*call, "late", token_usage{10, 0, 5});
  CHECK(by->wait().facts.model == "small");
}

TEST_CASE("a pause that a provider asks for is kept to") {
  auto clock = std::make_shared<hand_clock>();
  auto policy = desk_under_test::usual_policy();
  policy.fallback.on = false;
  desk_under_test it{policy, clock};
  it.one->hold();
  auto by = it.call("small");
  auto call = it.one->take();
  break_off(*call, ec::provider_rate_limited, false, 30s);
  it.catch_up();
  it.advance(29'999ms);
  CHECK(it.one->calls() == 1);
  // A quarter more at most, so that not all come back at once.
  it.advance(7'501ms);
  auto again = it.one->take();
  end(*again, "at last", token_usage{10, 0, 5});
  auto result = by->wait();
  REQUIRE(result.answer);
  CHECK(result.facts.tries == 2);
  CHECK(result.facts.cost == 15);
}

TEST_CASE("a long pause is spent with another model") {
  auto clock = std::make_shared<hand_clock>();
  desk_under_test it{desk_under_test::usual_policy(), clock};
  it.one->hold();
  auto by = it.call("auto");
  auto call = it.one->take();
  break_off(*call, ec::provider_rate_limited, false, 30s);
  auto result = by->wait();
  REQUIRE(result.answer);
  CHECK(result.facts.model == "big");
  CHECK(it.one->calls() == 1);
}

TEST_CASE("what another try cannot mend is not tried again") {
  struct {
    ec code;
    int status;
    /// Calls of the model that fails, and of another one.
    size_t same;
    size_t other;
  } rows[] = {
    {ec::provider_rejected, 400, 1, 0},
    {ec::provider_auth, 401, 1, 1},
    {ec::provider_rejected, 404, 1, 1},
    {ec::content_refused, 400, 1, 1},
    {ec::internal, 0, 1, 0},
  };
  for (auto& row : rows) {
    INFO(to_string(row.code) << " " << row.status);
    desk_under_test it;
    it.one->fail_with(row.code, false, row.status);
    auto result = it.call("auto")->wait();
    CHECK(static_cast<bool>(result.answer) == (row.other == 1));
    CHECK(it.one->calls() == row.same);
    CHECK(it.two->calls() == row.other);
  }
}

TEST_CASE("a prompt that is too long goes to a model with more room") {
  desk_under_test it;
  it.one->fail_with(ec::context_exceeded, false, 400);
  // `big` has no more room.
  CHECK(code_of(it.call("auto")->wait().answer.error())
        == ec::context_exceeded);
  CHECK(it.two->calls() == 0);
  it.change([](model_stock& stock) {
    stock.listed.models.at("big").context_tokens *= 2;
  });
  auto result = it.call("auto")->wait();
  REQUIRE(result.answer);
  CHECK(result.facts.model == "big");
  CHECK(it.one->calls() == 2);
}

TEST_CASE("what one refuses another one is asked, if the policy says so") {
  for (auto allowed : {true, false}) {
    desk_under_test it;
    auto policy = desk_under_test::usual_policy();
    policy.fallback.on_refusal = allowed;
    it.set_policies({{"default", policy}});
    it.one->fail_with(ec::content_refused, false, 400);
    auto result = it.call("auto")->wait();
    CHECK(static_cast<bool>(result.answer) == allowed);
    CHECK(it.two->calls() == (allowed ? 1 : 0));
  }
}

TEST_CASE("a client is told what becomes of an answer that broke off") {
  struct {
    stream_failover how;
    const char* text;
    const char* told;
  } rows[] = {
    {stream_failover::resume, "One, three.",
     "the answer broke off; big goes on with it"},
    {stream_failover::restart, "Two, three.",
     "the answer broke off, and begins again with big"},
    {stream_failover::fail, "One, ", ""},
  };
  for (auto& row : rows) {
    desk_under_test it;
    auto policy = desk_under_test::usual_policy();
    policy.fallback.in_stream = row.how;
    it.set_policies({{"default", policy}});
    it.one->hold();
    it.two->answer_with(row.how == stream_failover::resume ? "three."
                                                           : "Two, three.",
                        {10, 0, 5});
    auto by = it.call("auto");
    auto call = it.one->take();
    say(*call, "One, ");
    // Nobody can be reached there any more, so another one is asked.
    break_off(*call, ec::unavailable);
    auto result = by->wait();
    CHECK(by->text == row.text);
    CHECK(by->begun == 1);
    if (row.how == stream_failover::fail) {
      CHECK(!result.answer);
      CHECK(by->takeovers.empty());
      continue;
    }
    REQUIRE(result.answer);
    CHECK(result.answer->message.content == row.text);
    REQUIRE(by->takeovers.size() == 1);
    CHECK(by->takeovers[0].restarts == (row.how == stream_failover::restart));
    CHECK(by->takeovers[0].why == row.told);
    it.rest(2);
  }
}

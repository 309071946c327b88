#include "actors/costs/ledger/webhook.hpp"

#include "tests/actors/costs/ledger/ledger_under_test.hpp"

using namespace machine;
using namespace machine::test;

namespace {

const webhook ops{"ops", "https://hooks.example.com/costs", "ops-key"};

/// A ledger with webhooks, and a budget whose alerts come when it is told.
struct telling_ledger : ledger_under_test {
  uint64_t lines = 0;
  uint64_t words = 0;

  explicit telling_ledger(size_t webhooks = 1) {
    for (size_t i = 0; i < webhooks; ++i) {
      auto x = ops;
      x.id = "ops-" + std::to_string(i);
      REQUIRE(!give(set_webhook{x}));
    }
  }

  /// Makes a budget pass its threshold.
  void alert() {
    auto id = "b-" + std::to_string(lines);
    REQUIRE(!give(set_budget{limit_of(id, 100)}));
    exchange({"n", ++words, {line_of(++lines, 100, {key(id)})}, {}});
    REQUIRE(!give(remove_budget{id}));
  }

  std::vector<deliver> outstanding() const {
    std::vector<deliver> result;
    for (auto& x : ledger::outstanding(state, {"acme", ledger_id}))
      result.push_back(std::get<deliver>(x));
    return result;
  }
};

} // namespace

TEST_CASE("addresses of webhooks are https, or of this machine") {
  auto at = [](std::string url) {
    auto x = ops;
    x.url = std::move(url);
    return check(x);
  };
  for (auto* good :
       {"https://example.com", "https://example.com:8443/a?b=c",
        "http://localhost:9/x", "http://127.0.0.1", "http://[::1]"})
    CHECK(!at(good));
  for (auto* bad :
       {"", "example.com", "http://example.com", "http://localhost.evil.com",
        "http://localhost@evil.com/", "http://127.0.0.1:80@evil.com",
        "https://", "https://user@example.com", "https://a b", "ftp://x",
        "https://example.com:port/", "file:///etc/passwd"})
    CHECK(code_of(at(bad)) == ec::invalid_argument);
  CHECK(at("https://example.com/" + std::string(max_webhook_url, 'a')));
  auto x = ops;
  x.secret_id = "../../etc/passwd";
  CHECK(check(x));
  x.secret_id = "..";
  CHECK(check(x));
  x = ops;
  x.id = "";
  CHECK(check(x));
}

TEST_CASE("an alert goes to every webhook until it has arrived") {
  telling_ledger it{2};
  CHECK(ledger::idle(it.state));
  it.alert();
  auto sent = it.outstanding();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].number == 1);
  CHECK(sent[0].to.id == "ops-0");
  CHECK(sent[1].to.id == "ops-1");
  CHECK(sent[0].type == "budget.alert");
  CHECK(sent[0].body
        == R"({"type":"budget.alert","tenant":"acme","delivery":"1",)"
           R"("at":"2027-01-15T08:00:00.000000Z","data":{"budget":"b-0",)"
           R"("percent":100,"settled":"100","limit":"100"}})");
  CHECK(!ledger::idle(it.state));
  CHECK(ledger::summarise(it.state, {"acme", "ledger"}).fields.at("open")
        == "true");
  REQUIRE(!it.give(end_delivery{1}));
  CHECK(it.outstanding() == std::vector{sent[1]});
  // Whoever says it again was not heard.
  auto before = it.state;
  REQUIRE(!it.give(end_delivery{1}));
  CHECK(it.state == before);
  REQUIRE(!it.give(end_delivery{2, delivery_end::given_up}));
  CHECK(it.outstanding().empty());
  auto& last = std::get<delivery_ended>(it.log.back());
  auto news = ledger::announce(it.state, {last}, it.ctx);
  REQUIRE(news.size() == 1);
  CHECK(news[0].what.type == "webhook.failed");
  CHECK(news[0].what.subject == "webhook/ops-1");
}

TEST_CASE("what happens is sent as soon as it is durable") {
  telling_ledger it{2};
  it.alert();
  size_t sent = 0;
  for (auto& event : it.log)
    if (std::holds_alternative<budget_alerted>(event))
      for (auto& x : ledger::react(it.state, event, {"acme", ledger_id}))
        sent += std::holds_alternative<deliver>(x) ? 1 : 0;
  CHECK(sent == 2);
}

TEST_CASE("the oldest give way to what is newer, and an event says so") {
  telling_ledger it{max_webhooks};
  auto rounds = max_deliveries / max_webhooks + 1;
  for (size_t i = 0; i < rounds; ++i)
    it.alert();
  CHECK(it.state.deliveries.size() == max_deliveries);
  CHECK(it.state.deliveries.front().number == max_webhooks + 1);
  size_t crowded = 0;
  for (auto& event : it.log)
    if (auto* x = std::get_if<delivery_ended>(&event))
      crowded += x->how == delivery_end::crowded_out ? 1 : 0;
  CHECK(crowded == max_webhooks);
}

TEST_CASE("what waits for a webhook goes with it, or to its new address") {
  telling_ledger it{2};
  it.alert();
  auto moved = ops;
  moved.id = "ops-0";
  moved.url = "https://elsewhere.example.com";
  REQUIRE(!it.give(set_webhook{moved}));
  auto effects = ledger::react(it.state, it.log.back(), {"acme", ledger_id});
  REQUIRE(effects.size() == 2);
  CHECK(std::get<forget_webhook>(effects[0]).id == "ops-0");
  CHECK(std::get<deliver>(effects[1]).to == moved);
  REQUIRE(!it.give(remove_webhook{"ops-0"}));
  REQUIRE(it.outstanding().size() == 1);
  CHECK(it.outstanding()[0].to.id == "ops-1");
  CHECK(code_of(it.give(remove_webhook{"ops-0"})) == ec::not_found);
}

TEST_CASE("there is a bound on webhooks") {
  telling_ledger it{max_webhooks};
  auto one_more = ops;
  CHECK(code_of(it.give(set_webhook{one_more})) == ec::limit_exceeded);
}

TEST_CASE("no news has the address of a webhook") {
  telling_ledger it{1};
  for (auto& event : it.log)
    for (auto& x : ledger::announce(it.state, {event}, it.ctx))
      CHECK(x.what.data.text.find("hooks.example.com") == std::string::npos);
}

#include "actors/models/select/selector_actor.hpp"
#include "tests/support/deterministic.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::models;
using namespace std::chrono_literals;

namespace {

struct fixture : test::deterministic {
  fixture() {
    auto loaded = load_catalogue({}, R"(
[provider.a]
protocol = "openai"
url = "http://127.0.0.1:1"
[provider.b]
protocol = "openai"
url = "http://127.0.0.1:2"
[provider.keyless]
protocol = "openai"
url = "http://127.0.0.1:3"
[model.cheap]
provider = "a"
context = 100000
price = { input = "1", output = "1" }
quality = { general = 0.7 }
[model.dear]
provider = "b"
context = 100000
price = { input = "9", output = "9" }
quality = { general = 0.7 }
[model.free]
provider = "keyless"
context = 100000
price = { input = "0", output = "0" }
quality = { general = 0.7 }
)",
                                 "c.toml");
    REQUIRE(loaded);
    models = std::make_shared<catalogue_source>(stock_of(std::move(*loaded)));
    actor =
      system.spawn(selector, std::shared_ptr<const catalogue_source>{models});
    run();
  }

  ~fixture() override {
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    actor = nullptr;
    run();
  }

  static model_stock stock_of(catalogue listed) {
    return {std::move(listed), {}, {{"keyless", "no key: set KEY"}}};
  }

  void report(const std::string& provider, const std::string& code,
              int64_t wait_ms, int64_t took_ms) {
    self->send(actor, atom::report_v, provider, code, wait_ms, took_ms);
    run();
  }

  caf::expected<decision> choose(std::optional<std::string> pinned = {}) {
    selection_request wish;
    wish.pinned = std::move(pinned);
    return ask<decision>(actor, atom::select_v, wish);
  }

  std::string first() {
    auto x = choose();
    REQUIRE(x);
    CHECK(!x->wait);
    return x->candidates.front().model;
  }

  std::shared_ptr<catalogue_source> models;
  selector_actor actor;
};

} // namespace

TEST_CASE_METHOD(fixture, "a provider without a key is said to have none") {
  auto x = choose();
  REQUIRE(x);
  CHECK(x->candidates.front().model == "cheap");
  REQUIRE(x->rejections.size() == 1);
  CHECK(x->rejections[0].reason == "no key: set KEY");
}

TEST_CASE_METHOD(fixture, "a provider that asked for a pause is left alone") {
  report("a", "provider_rate_limited", 10'000, 5);
  CHECK(first() == "dear");
  advance(9s);
  // What is left is worth waiting for.
  CHECK(first() == "cheap");
}

TEST_CASE_METHOD(fixture, "a short pause is no reason to ask another") {
  report("a", "provider_rate_limited", 1'000, 5);
  CHECK(first() == "cheap");
}

TEST_CASE_METHOD(fixture, "where only pauses are in the way, it is said how "
                          "long") {
  report("a", "provider_rate_limited", 30'000, 5);
  report("b", "provider_rate_limited", 10'000, 5);
  advance(1s);
  auto x = choose();
  REQUIRE(x);
  CHECK(x->wait == duration{9'000});
  advance(9s);
  CHECK(first() == "dear");
}

TEST_CASE_METHOD(fixture, "what was asked for by name is asked") {
  report("a", "provider_rate_limited", 10'000, 5);
  auto x = choose("cheap");
  REQUIRE(x);
  CHECK(!x->wait);
  CHECK(x->candidates.front().model == "cheap");
}

TEST_CASE_METHOD(fixture, "only a call that began after a pause ends it") {
  advance(60s);
  report("a", "provider_rate_limited", 10'000, 5);
  advance(1s);
  report("a", "", 0, 5'000);
  CHECK(first() == "dear");
  report("a", "", 0, 500);
  CHECK(first() == "cheap");
}

TEST_CASE_METHOD(fixture, "a shorter pause does not shorten a longer one") {
  report("a", "provider_rate_limited", 30'000, 5);
  report("a", "provider_rate_limited", 3'000, 5);
  advance(10s);
  CHECK(first() == "dear");
}

TEST_CASE_METHOD(fixture, "what can be asked may become something else") {
  CHECK(first() == "cheap");
  auto other = models->stock()->listed;
  other.models.erase("cheap");
  models->put(stock_of(std::move(other)));
  CHECK(first() == "dear");
  // Pauses stay.
  report("b", "provider_rate_limited", 60'000, 10);
  auto x = choose();
  REQUIRE(x);
  CHECK(x->wait);
  models->put({});
  CHECK(!choose());
}

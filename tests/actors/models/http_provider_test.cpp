#include "actors/models/http_provider.hpp"
#include "tests/runtime/net/recording.hpp"
#include "tests/runtime/net/server.hpp"

using namespace machine;
using namespace machine::models;
using namespace machine::test;

namespace {

/// A call whose outcome a test waits for.
struct awaited {
  gate done;
  std::optional<call_outcome> outcome;

  call_handlers handlers() {
    call_handlers result;
    result.on_done = [this](call_outcome x) {
      outcome.emplace(std::move(x));
      done.open();
    };
    return result;
  }

  const call_outcome& wait() {
    REQUIRE(done.wait());
    return *outcome;
  }
};

std::shared_ptr<provider> at(const std::string& url, net::client_options how) {
  provider_entry about;
  about.name = "p";
  about.url = url;
  return make_http_provider(about, "key",
                            std::make_shared<net::client>(std::move(how)),
                            net::address_policy::public_and_loopback);
}

chat_request hello() {
  chat_request result;
  result.messages.push_back({});
  result.messages.back().content = "hello";
  return result;
}

} // namespace

TEST_CASE("only a call that was sent may have been taken") {
  gate asked;
  server upstream{[&](connection& peer) {
    peer.read_request();
    asked.open();
    peer.closed_within(20'000);
  }};
  auto provider = at(upstream.url("/v1"), {.max_connections_per_host = 1});
  awaited sent;
  awaited waiting;
  auto first = provider->start(hello(), {}, sent.handlers());
  REQUIRE(asked.wait());
  auto second = provider->start(hello(), {}, waiting.handlers());
  provider->cancel(second);
  CHECK(code_of(waiting.wait().response.error()) == ec::cancelled);
  CHECK(!waiting.outcome->accepted);
  provider->cancel(first);
  CHECK(code_of(sent.wait().response.error()) == ec::cancelled);
  CHECK(sent.outcome->accepted);
}

TEST_CASE("a provider may go on with the trace of its caller") {
  constexpr const char* parent =
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  for (std::string traceparent : {parent, ""}) {
    std::string got;
    {
      server there{[&](auto& peer) {
        if (auto request = peer.read_request())
          got = *request;
      }};
      auto provider = at(there.url(""), {});
      awaited call;
      call_options options;
      options.traceparent = traceparent;
      provider->start(hello(), options, call.handlers());
      call.wait();
    }
    auto says = got.find("traceparent: " + std::string{parent} + "\r\n")
             != std::string::npos;
    CHECK(says == !traceparent.empty());
    CHECK((got.find("traceparent") == std::string::npos)
          == traceparent.empty());
  }
}

TEST_CASE("a call that finds nobody was not taken") {
  // Bound, and nobody listens.
  auto fd = bind_any_port();
  auto url = "http://127.0.0.1:" + std::to_string(port_of(fd)) + "/v1";
  awaited call;
  auto provider = at(url, {});
  provider->start(hello(), {}, call.handlers());
  CHECK(code_of(call.wait().response.error()) == ec::unavailable);
  CHECK(!call.outcome->accepted);
  ::close(fd);
}

TEST_CASE("a stream that ends before its first event is no answer") {
  server there{[](connection& peer) {
    while (peer.read_request())
      peer.answer("", "Content-Type: text/event-stream\r\n");
  }};
  awaited call;
  auto provider = at(there.url("/v1"), {});
  provider->start(hello(), {}, call.handlers());
  CHECK(code_of(call.wait().response.error()) == ec::provider_interrupted);
  CHECK(call.outcome->accepted);
}

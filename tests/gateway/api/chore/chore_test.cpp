#include "gateway/api/chore.hpp"

#include "gateway/http/server.hpp"
#include "runtime/net/client.hpp"
#include "runtime/net/sse.hpp"

#include <catch2/catch.hpp>

#include <future>

using namespace machine;
using gateway::chore;

namespace {

/// A server with a chore behind `POST /work`, and a sign of life a millisecond.
struct desk {
  /// Called by the work, on its thread.
  chore::job job;
  std::shared_ptr<chore> one = std::make_shared<chore>("the cellar is tidied");
  std::unique_ptr<gateway::server> server;
  net::client http;

  explicit desk(duration answer_deadline = duration{60'000}) {
    gateway::server_options options;
    options.answer_deadline = answer_deadline;
    options.heartbeat = duration{1};
    options.tick = duration{1};
    gateway::route_table routes;
    routes.push_back({"POST",
                      "/work",
                      gateway::permission::anybody(),
                      {},
                      "Works",
                      gateway::contract::gives_stream(),
                      [this, one = one](const gateway::http_request&,
                                        const gateway::responder_ptr& reply) {
                        one->begin(reply, job);
                      }});
    // Only the routes own it, as in the machine.
    one = nullptr;
    auto listening = gateway::server::listen(options, std::move(routes));
    REQUIRE(listening);
    server = std::move(*listening);
  }

  net::request request() const {
    net::request what;
    what.method = "POST";
    what.url = "http://127.0.0.1:" + std::to_string(server->port()) + "/work";
    what.addresses = net::address_policy::any;
    return what;
  }

  net::response ask() {
    auto answer = http.fetch(request());
    if (!answer)
      FAIL(render(answer.error()));
    return *answer;
  }
};

std::vector<net::sse_event> events_of(const std::string& body) {
  auto events = net::sse_parser{}.feed(body);
  REQUIRE(events);
  return *events;
}

/// The one event of an answer that has come to its end.
net::sse_event end_of(const net::response& x) {
  CHECK(x.head.status == 200);
  auto events = events_of(x.body);
  REQUIRE(events.size() == 1);
  return events.front();
}

/// Waits until it is asked to stop.
caf::expected<std::string> wait_for(const std::stop_token& stop) {
  std::promise<void> asked;
  std::stop_callback tell{stop, [&] { asked.set_value(); }};
  asked.get_future().wait();
  return make_error(ec::cancelled, "stopped");
}

/// What a client without a connection is told.
class told final : public gateway::responder,
                   public gateway::event_stream,
                   public std::enable_shared_from_this<told> {
public:
  int status = 0;

  void answer(gateway::http_answer what) override {
    status = what.status;
  }

  std::shared_ptr<gateway::event_stream> stream_events() override {
    return shared_from_this();
  }

  std::shared_ptr<gateway::raw_stream>
  stream_raw(gateway::http_answer) override {
    return nullptr;
  }

  void on_abandoned(std::function<void()>) override {}

  void send(const std::optional<std::string>&, std::string_view,
            std::string_view data) override {
    result_.set_value(std::string{data});
  }

  void close() override {}
  void on_closed(std::function<void()>) override {}
  void on_drained(std::function<void()>) override {}

  std::string result() {
    return result_.get_future().get();
  }

private:
  std::promise<std::string> result_;
};

} // namespace

TEST_CASE("work outlasts the deadline of answers, and shows that it lives") {
  std::promise<void> enough;
  constexpr duration deadline{1'000};
  desk x{deadline};
  x.job = [&](std::stop_token) -> caf::expected<std::string> {
    enough.get_future().wait();
    return R"({"done":true})";
  };
  std::string body;
  std::promise<caf::error> done;
  net::handlers how;
  how.on_data = [&, told = false](std::string_view data) mutable {
    body += data;
    // Each sign of life is a millisecond and more after the one before.
    constexpr std::string_view sign = ": alive\n\n";
    if (body.size() > sign.size() * (deadline.count() + 100)
        && !std::exchange(told, true))
      enough.set_value();
  };
  how.on_done = [&](caf::error why) { done.set_value(std::move(why)); };
  x.http.start(x.request(), std::move(how));
  CHECK(!done.get_future().get());
  auto events = events_of(body);
  REQUIRE(events.size() == 1);
  CHECK(events[0].event == "result");
  CHECK(events[0].data == R"({"done":true})");
}

TEST_CASE("work that fails ends with the problem") {
  desk x;
  SECTION("by an error") {
    x.job = [](std::stop_token) -> caf::expected<std::string> {
      return make_error(ec::storage_full, "the cellar is full; empty it");
    };
    auto end = end_of(x.ask());
    CHECK(end.event == "problem");
    CHECK(end.data.find(R"("code":"storage_full")") != end.data.npos);
    CHECK(end.data.find("the cellar is full; empty it") != end.data.npos);
  }
  SECTION("by what it throws") {
    x.job = [](std::stop_token) -> caf::expected<std::string> {
      throw std::bad_alloc{};
    };
    auto end = end_of(x.ask());
    CHECK(end.event == "problem");
    CHECK(end.data.find(R"("code":"internal")") != end.data.npos);
  }
}

TEST_CASE("while one works another is a conflict, and welcome after it") {
  std::promise<void> begun;
  std::promise<void> go_on;
  desk x;
  x.job = [&](std::stop_token) -> caf::expected<std::string> {
    begun.set_value();
    go_on.get_future().wait();
    return "1";
  };
  auto first = std::async(std::launch::async, [&] { return x.ask(); });
  begun.get_future().wait();
  auto refused = x.ask();
  CHECK(refused.head.status == 409);
  CHECK(refused.body.find("the cellar is tidied already") != std::string::npos);
  x.job = [](std::stop_token) -> caf::expected<std::string> { return "2"; };
  go_on.set_value();
  CHECK(end_of(first.get()).data == "1");
  // Whoever has the answer finds the place free.
  for (int i = 0; i < 20; ++i)
    CHECK(end_of(x.ask()).data == "2");
}

TEST_CASE("a client that goes away takes its work with it") {
  std::promise<void> begun;
  std::promise<void> ended;
  desk x;
  x.job = [&](const std::stop_token& stop) {
    begun.set_value();
    auto result = wait_for(stop);
    ended.set_value();
    return result;
  };
  net::handlers how;
  how.on_done = [](const caf::error&) {};
  auto id = x.http.start(x.request(), std::move(how));
  begun.get_future().wait();
  x.http.cancel(id);
  ended.get_future().wait();
}

TEST_CASE("a server that stops ends the work") {
  std::promise<void> begun;
  desk x;
  x.job = [&](const std::stop_token& stop) {
    begun.set_value();
    return wait_for(stop);
  };
  std::promise<void> gone;
  net::handlers how;
  how.on_done = [&](const caf::error&) { gone.set_value(); };
  x.http.start(x.request(), std::move(how));
  begun.get_future().wait();
  x.server->stop();
  gone.get_future().wait();
}

TEST_CASE("one of each is at work, and of all a few") {
  gateway::chore_list all{"the cellar is tidied", 2};
  std::promise<void> go_on;
  auto open = go_on.get_future().share();
  auto begin = [&](const std::string& whose) {
    auto to = std::make_shared<told>();
    all.begin(whose, to, [open](const std::stop_token&) {
      open.wait();
      return caf::expected<std::string>{"1"};
    });
    return to;
  };
  auto first = begin("acme");
  CHECK(first->status == 0);
  CHECK(begin("acme")->status == 409);
  auto second = begin("umbrella");
  CHECK(second->status == 0);
  CHECK(begin("zeta")->status == 503);
  CHECK(begin("umbrella")->status == 409);
  go_on.set_value();
  CHECK(first->result() == "1");
  CHECK(second->result() == "1");
  CHECK(begin("zeta")->result() == "1");
  CHECK(begin("acme")->result() == "1");
}

#include "gateway/api/stream_limit.hpp"

#include "tests/gateway/http/raw_stream_under_test.hpp"

using namespace machine;
using namespace machine::gateway;
using test::handed;
using test::raw_ptr;

namespace {

/// Lets everybody in as somebody.
class generous final : public doorman {
public:
  void admit(const route&, const http_request&,
             std::function<void(admission)> then) override {
    admission what;
    what.who = std::make_shared<principal>();
    then(std::move(what));
  }
};

} // namespace

TEST_CASE("a stream of bytes has a place of those that somebody may have") {
  rate_rules rules;
  rules.streams_of_principal = 1;
  auto context = std::make_shared<api_context>();
  context->streams = std::make_shared<stream_counts>(rules);
  handed<raw_ptr> next;
  auto made = test::streaming_route(
    "/raw", [&](const http_request&, const responder_ptr& reply) {
      next.put(reply->stream_raw({200, "text/plain", "", {}}));
    });
  route_table routes;
  routes.push_back(with_stream_limit(context, std::move(made)));
  test::server_under_test it{std::move(routes), [](server_options& x) {
                               x.door = std::make_shared<generous>();
                             }};
  auto client = it.connect();
  for (auto i = 0; i < 3; ++i) {
    REQUIRE(client.send(it.request("GET", "/raw")));
    auto stream = next.take();
    CHECK(client.read().status == 200);
    auto refused = it.ask(it.request("GET", "/raw"));
    CHECK(refused.status == 429);
    CHECK(refused.header("retry-after") == "5");
    CHECK(next.take() == nullptr);
    stream->send("x");
    stream->close();
    stream = nullptr;
    CHECK(client.read_chunks() == "x");
  }
}

#include "gateway/http/request_trace.hpp"

#include "runtime/telemetry/semantic_conventions.hpp"
#include "tests/gateway/http/socket_under_test.hpp"

#include <set>
#include <stdexcept>

using namespace machine;
using namespace machine::gateway;
using test::server_under_test;

namespace {

constexpr const char* parent =
  "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr const char* unsampled =
  "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
constexpr const char* trace = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Keeps spans.
class notes {
public:
  tracer to(double ratio = 1) {
    return {[this](span x) {
              std::lock_guard guard{mutex_};
              spans_.push_back(std::move(x));
            },
            ratio};
  }

  std::vector<span> all() const {
    std::lock_guard guard{mutex_};
    return spans_;
  }

private:
  mutable std::mutex mutex_;
  std::vector<span> spans_;
};

std::string value_of(const span& x, std::string_view key) {
  for (auto& one : x.attributes())
    if (one.key == key) {
      if (auto* text = std::get_if<std::string>(&one.value))
        return *text;
      if (auto* number = std::get_if<int64_t>(&one.value))
        return std::to_string(*number);
    }
  return "none";
}

/// All that is said of a span, in one text.
std::string all_of(const span& x) {
  auto result = x.name() + x.status_message() + x.context().state;
  for (auto& one : x.attributes())
    result += " " + one.key + "=" + value_of(x, one.key);
  return result;
}

struct traced_server {
  notes kept;
  server_under_test server;

  explicit traced_server(route_table routes = test::plain_routes(),
                         double ratio = 1)
      : server{std::move(routes), [&](server_options& x) {
                 x.traces = kept.to(ratio);
                 x.origins = {"https://page.example"};
               }} {}

  test::raw_answer ask(const std::string& target,
                       const std::string& headers = "",
                       const std::string& method = "GET") const {
    return server.ask(server.request(method, target, headers));
  }

  /// The only span; it is there before the answer is.
  span only() const {
    auto spans = kept.all();
    REQUIRE(spans.size() == 1);
    return spans[0];
  }
};

} // namespace

TEST_CASE("a request goes on with its client's trace") {
  for (auto* from : {parent, unsampled}) {
    auto it = continue_trace({}, from, "a=1", {7, 8}, 9, timestamp{});
    CHECK(to_hex(it.self.trace) == trace);
    CHECK(to_hex(it.parent) == "00f067aa0ba902b7");
    CHECK(it.self.span == span_id{9});
    CHECK(it.self.state == "a=1");
    CHECK(it.self.sampled == (from == parent));
  }
}

TEST_CASE("without a trace to go on with, one begins if traces are recorded") {
  for (auto* from : {"", "rubbish", "00-0-0-01"}) {
    CHECK(!continue_trace({}, from, "a=1", {7, 8}, 9, timestamp{}));
    notes kept;
    auto it = continue_trace(kept.to(1), from, "a=1", {7, 8}, 9, timestamp{});
    CHECK(it.self == trace_context{{7, 8}, {9}, true, ""});
    CHECK(!it.parent);
    CHECK(!continue_trace(kept.to(0), from, "", {7, 8}, 9, timestamp{})
             .self.sampled);
  }
}

TEST_CASE("ids that nobody gave are random") {
  notes kept;
  auto one = continue_trace(kept.to(), "", "");
  auto other = continue_trace(kept.to(), "", "");
  CHECK(one.self.trace != other.self.trace);
  CHECK(one.self.span != other.self.span);
  CHECK(!continue_trace({}, "", ""));
}

TEST_CASE("a span says what was asked and answered, by OpenTelemetry's names") {
  auto routes = test::plain_routes();
  auto begun = continue_trace({}, parent, "", {1, 1}, 9, timestamp{});
  auto x = span_of_request(
    begun, {"GET", &routes[2], 404, "not_found", "r17", "https", "1.1"},
    timestamp{duration{5}});
  CHECK(x.name() == "GET /things/{id}");
  CHECK(x.kind() == span_kind::server);
  CHECK(to_hex(x.parent()) == "00f067aa0ba902b7");
  CHECK(x.ended() == timestamp{duration{5}});
  CHECK(value_of(x, semconv::http_method) == "GET");
  CHECK(value_of(x, semconv::http_route) == "/things/{id}");
  CHECK(value_of(x, semconv::http_status) == "404");
  CHECK(value_of(x, semconv::url_scheme) == "https");
  CHECK(value_of(x, semconv::protocol_version) == "1.1");
  CHECK(value_of(x, semconv::request_id) == "r17");
  CHECK(value_of(x, semconv::problem_code) == "not_found");
  // That a client asks for what is not there is no failure of ours.
  CHECK(x.status() == span_status::unset);
}

TEST_CASE("only what is the server's fault is a failure") {
  auto begun = continue_trace({}, parent, "", {1, 1}, 9, timestamp{});
  for (auto status : {101, 200, 304, 400, 499, 500, 503, 504}) {
    answered_request how;
    how.method = "GET";
    how.status = status;
    auto x = span_of_request(begun, how, timestamp{});
    CHECK((x.status() == span_status::error) == (status >= 500));
    CHECK(value_of(x, semconv::error_type)
          == (status >= 500 ? std::to_string(status) : "none"));
    how.problem = "timeout";
    x = span_of_request(begun, how, timestamp{});
    CHECK(value_of(x, semconv::error_type)
          == (status >= 500 ? "timeout" : "none"));
  }
}

TEST_CASE("a method that nobody knows is no name") {
  auto begun = continue_trace({}, parent, "", {1, 1}, 9, timestamp{});
  answered_request how;
  how.method = "SECRET";
  how.status = 405;
  auto x = span_of_request(begun, how, timestamp{});
  CHECK(x.name() == "HTTP");
  CHECK(value_of(x, semconv::http_method) == "_OTHER");
}

TEST_CASE("an answer names the operation that it was, in the client's trace") {
  traced_server it;
  auto answer =
    it.ask("/things/7?x=1", std::string{"Traceparent: "} + parent
                              + "\r\nTracestate: a=1\r\ntracestate: b=2\r\n");
  CHECK(answer.status == 200);
  auto x = it.only();
  CHECK(answer.header("traceresponse") == format_traceparent(x.context()));
  CHECK(to_hex(x.context().trace) == trace);
  CHECK(x.context().state == "a=1,b=2");
  CHECK(to_hex(x.parent()) == "00f067aa0ba902b7");
  CHECK(x.name() == "GET /things/{id}");
  CHECK(value_of(x, semconv::request_id) == answer.header("x-request-id"));
  CHECK(x.start() <= x.ended());
}

TEST_CASE("a client that wants nothing recorded is heard") {
  traced_server it;
  auto answer =
    it.ask("/hello", std::string{"traceparent: "} + unsampled + "\r\n");
  CHECK(answer.header("traceresponse").starts_with(std::string{"00-"} + trace));
  CHECK(answer.header("traceresponse").ends_with("-00"));
  CHECK(it.kept.all().empty());
}

TEST_CASE("of two parents none counts") {
  traced_server it;
  auto two = std::string{"traceparent: "} + parent + "\r\n";
  it.ask("/hello", two + two);
  CHECK(to_hex(it.only().context().trace) != trace);
  CHECK(!it.only().parent());
}

TEST_CASE("the handler knows the operation") {
  auto seen = std::make_shared<test::kept<trace_context>>();
  route_table routes;
  routes.push_back(test::route_of(
    "GET", "/x", [seen](const http_request& got, const responder_ptr& to) {
      seen->put(got.trace);
      to->reply(200, "text/plain", "");
    }));
  traced_server it{routes};
  it.ask("/x");
  CHECK(seen->take() == it.only().context());
}

TEST_CASE("without traces nothing is begun, and a client's trace goes on") {
  server_under_test it{test::plain_routes()};
  CHECK(it.ask(it.request("GET", "/hello")).header("traceresponse").empty());
  auto answer = it.ask(it.request(
    "GET", "/hello", std::string{"traceparent: "} + parent + "\r\n"));
  CHECK(answer.header("traceresponse").starts_with(std::string{"00-"} + trace));
}

TEST_CASE("whoever is refused is in the trace, and what they wrote is not") {
  constexpr const char* secret = "c4n4ry";
  auto with = [&](const std::string& x) { return x + secret; };
  struct {
    std::string method, target, headers;
    int status;
    std::string name;
  } const all[] = {
    {"GET", with("/nowhere/"), "", 404, "GET"},
    {"GET", with("/things/7?odd="), "", 400, "GET"},
    {"DELETE", "/hello", "", 405, "DELETE"},
    {with("X"), "/hello", "", 405, "HTTP"},
    {"GET", with("/things/"), "X-Key: c4n4ry\r\n", 200, "GET /things/{id}"},
    {"GET", with("/things/7?x="), "Cookie: c4n4ry\r\n", 200,
     "GET /things/{id}"},
    {"POST", "/echo", "Content-Length: 2000\r\n", 413, "POST /echo"},
    {"OPTIONS", "/hello", "", 204, "OPTIONS"},
  };
  for (auto& one : all) {
    traced_server it;
    INFO(one.method << " " << one.target);
    CHECK(it.ask(one.target, one.headers, one.method).status == one.status);
    auto x = it.only();
    CHECK(x.name() == one.name);
    CHECK(value_of(x, semconv::http_status) == std::to_string(one.status));
    CHECK((value_of(x, semconv::problem_code) == "none") == (one.status < 400));
    CHECK(all_of(x).find(secret) == std::string::npos);
  }
}

TEST_CASE("somebody without a key is in the trace, and the key is not") {
  traced_server it;
  auto port = std::to_string(it.server.port());
  auto answer = it.server.ask("GET /hello HTTP/1.1\r\nHost: 127.0.0.1:" + port
                              + "\r\nAuthorization: Bearer c4n4ry\r\n\r\n");
  CHECK(answer.status == 401);
  CHECK(value_of(it.only(), semconv::problem_code) == "unauthenticated");
  CHECK(all_of(it.only()).find("c4n4ry") == std::string::npos);
}

TEST_CASE("who is turned away is in no trace because they say so") {
  traced_server it{test::plain_routes(), 0};
  auto port = std::to_string(it.server.port());
  auto ask = [&](const std::string& headers) {
    return it.server
      .ask("GET /hello HTTP/1.1\r\nHost: 127.0.0.1:" + port
           + "\r\ntraceparent: " + parent + "\r\n" + headers + "\r\n")
      .status;
  };
  CHECK(ask("Authorization: Bearer wrong\r\n") == 401);
  CHECK(it.kept.all().empty());
  CHECK(it.ask("/hello", std::string{"traceparent: "} + parent + "\r\n").status
        == 200);
  CHECK(value_of(it.only(), semconv::http_status) == "200");
}

TEST_CASE("what is no request is in no trace") {
  traced_server it;
  CHECK(it.server.ask("rubbish\r\n\r\n").status == 400);
  CHECK(it.kept.all().empty());
}

TEST_CASE("a handler that fails is a failure, with its problem") {
  route_table routes;
  routes.push_back(
    test::route_of("GET", "/x", [](const http_request&, const responder_ptr&) {
      throw std::runtime_error{"c4n4ry"};
    }));
  traced_server it{routes};
  CHECK(it.ask("/x").status == 500);
  auto x = it.only();
  CHECK(x.status() == span_status::error);
  CHECK(value_of(x, semconv::error_type) == "internal");
  CHECK(all_of(x).find("c4n4ry") == std::string::npos);
}

TEST_CASE("each request of a connection has an operation of its own") {
  traced_server it;
  auto client = it.server.connect();
  std::set<std::string> seen;
  for (int i = 0; i < 3; ++i) {
    REQUIRE(client.send(it.server.request("GET", "/hello")));
    seen.insert(client.read().header("traceresponse"));
  }
  CHECK(seen.size() == 3);
  CHECK(it.kept.all().size() == 3);
}

TEST_CASE("a stream is in the trace when it begins") {
  route_table routes;
  auto streams = std::make_shared<test::kept<std::shared_ptr<event_stream>>>();
  routes.push_back(test::route_of(
    "GET", "/s", [streams](const http_request&, const responder_ptr& to) {
      streams->put(to->stream_events());
    }));
  routes.back().what = contract::gives_stream();
  traced_server it{routes};
  auto client = it.server.connect();
  REQUIRE(client.send(it.server.request("GET", "/s")));
  auto head = client.read(true);
  CHECK(head.status == 200);
  CHECK(head.header("traceresponse")
        == format_traceparent(it.only().context()));
  streams->take()->close();
}

TEST_CASE("a request in a message is an operation of its own") {
  notes kept;
  test::echo_server it{[&](server_options& x) { x.traces = kept.to(); }};
  auto client = it.connect();
  client.send(0x81, "GET /hello");
  CHECK(client.next().payload == "200 hello");
  client.send(0x81, "GET /nowhere/c4n4ry");
  client.next();
  auto all = kept.all();
  REQUIRE(all.size() == 3);
  CHECK(all[0].name() == "GET /socket");
  CHECK(value_of(all[0], semconv::http_status) == "101");
  CHECK(all[1].name() == "GET /hello");
  CHECK(value_of(all[1], semconv::http_status) == "200");
  CHECK(value_of(all[1], semconv::protocol_version) == "none");
  CHECK(all[2].name() == "GET");
  CHECK(value_of(all[2], semconv::problem_code) == "not_found");
  CHECK(all_of(all[2]).find("c4n4ry") == std::string::npos);
  CHECK(all[0].context().trace != all[1].context().trace);
}

TEST_CASE("pages of known origins may read where they were in a trace") {
  traced_server it;
  auto answer = it.ask("/hello", "Origin: https://page.example\r\n");
  CHECK(answer.header("access-control-expose-headers").find("traceresponse")
        != std::string::npos);
}

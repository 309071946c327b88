#pragma once

#include "gateway/http/server.hpp"
#include "tests/gateway/raw_client.hpp"
#include "tests/runtime/net/gate.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

namespace machine::test {

/// What a handler keeps for a test; the test waits for it.
template <class T>
class kept {
public:
  void put(T x) {
    std::lock_guard guard{mutex_};
    value_ = std::move(x);
    there_.open();
  }

  T take() {
    REQUIRE(there_.wait());
    std::lock_guard guard{mutex_};
    return std::exchange(value_, T{});
  }

private:
  std::mutex mutex_;
  T value_{};
  gate there_;
};

/// What handlers give to a test, one after the other; the test waits for each.
template <class T>
class handed {
public:
  void put(T x) {
    std::lock_guard guard{mutex_};
    values_.push_back(std::move(x));
    there_.notify_one();
  }

  T take() {
    std::unique_lock guard{mutex_};
    auto any = there_.wait_for(guard, std::chrono::seconds{20},
                               [this] { return !values_.empty(); });
    REQUIRE(any);
    auto result = std::move(values_.front());
    values_.pop_front();
    return result;
  }

private:
  std::mutex mutex_;
  std::condition_variable there_;
  std::deque<T> values_;
};

/// A server with the routes of a test.
class server_under_test {
public:
  using tune = std::function<void(gateway::server_options&)>;

  explicit server_under_test(gateway::route_table routes,
                             const tune& how = {}) {
    gateway::server_options options;
    options.tick = duration{1};
    options.door = gateway::make_token_doorman("sesame");
    if (how)
      how(options);
    auto made = gateway::server::listen(options, std::move(routes));
    if (!made)
      FAIL(render(made.error()));
    server_ = std::move(*made);
  }

  raw_client connect(int window = 0) const {
    return raw_client{port(), window};
  }

  uint16_t port() const {
    return server_->port();
  }

  void drain(duration most) {
    server_->drain(most);
  }

  bool is_draining() const {
    return server_->is_draining();
  }

  void stop() {
    server_->stop();
  }

  /// Its text, with everything that a good request has.
  std::string request(const std::string& method, const std::string& target,
                      const std::string& headers = "",
                      const std::string& body = "") const {
    auto result = method + " " + target
                + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port())
                + "\r\nAuthorization: Bearer sesame\r\n" + headers;
    if (!body.empty())
      result += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return result + "\r\n" + body;
  }

  /// The answer to a request on a connection of its own.
  raw_answer ask(const std::string& text) const {
    auto client = connect();
    REQUIRE(client.send(text));
    return client.read();
  }

private:
  std::unique_ptr<gateway::server> server_;
};

/// A route that anybody with the token may use.
inline gateway::route route_of(std::string method, std::string pattern,
                               gateway::route_handler how,
                               std::set<std::string> query = {},
                               size_t max_body = 1'000) {
  return {std::move(method),
          std::move(pattern),
          gateway::permission::anyone_known(),
          std::move(query),
          "",
          gateway::contract::gives_content("text/plain"),
          std::move(how),
          max_body};
}

/// Routes that answer at once: `GET /hello`, `POST /echo`, `GET /things/{id}`,
/// which says what it got, and `GET /open`, which needs no token.
inline gateway::route_table plain_routes() {
  using gateway::http_request;
  using gateway::responder_ptr;
  gateway::route_table routes;
  routes.push_back(
    route_of("GET", "/hello", [](const http_request&, const responder_ptr& to) {
      to->reply(200, "text/plain", "hello");
    }));
  routes.push_back(
    route_of("POST", "/echo", [](http_request got, const responder_ptr& to) {
      to->reply(200, "text/plain", std::move(got.body));
    }));
  routes.push_back(
    route_of("GET", "/things/{id}",
             [](const http_request& got, const responder_ptr& to) {
               to->reply(200, "text/plain",
                         got.path + " " + got.params.at("id") + " "
                           + got.query_or("x", "none"));
             },
             {"x"}));
  routes.push_back(
    route_of("GET", "/open", [](const http_request&, const responder_ptr& to) {
      to->reply(200, "text/plain", "open");
    }));
  routes.back().who = gateway::permission::anybody();
  return routes;
}

} // namespace machine::test

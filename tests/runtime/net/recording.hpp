#pragma once

#include "runtime/net/client.hpp"
#include "tests/runtime/net/gate.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>

namespace machine::test {

/// No proxy of whoever runs the tests may matter to them.
inline const bool no_proxies = [] {
  for (auto* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                     "ALL_PROXY", "no_proxy", "NO_PROXY"})
    ::unsetenv(name);
  return true;
}();

inline net::request get(std::string url) {
  net::request result;
  result.url = std::move(url);
  result.total_timeout = duration{30'000};
  result.addresses = net::address_policy::public_and_loopback;
  return result;
}

inline net::request post(std::string url, std::string body) {
  auto result = get(std::move(url));
  result.method = "POST";
  result.body = std::move(body);
  return result;
}

/// What the handlers of one request were told. Must outlive the request; may
/// be read once `done` is open.
struct recording {
  /// `h`, `d` and `e` for head, data and end, repetitions of `d` left out.
  std::string order;
  net::response_head head;
  std::string body;
  /// It was sent, or was about to be.
  bool connected = false;
  /// What keeps it from being sent.
  caf::error held;
  caf::error why;
  gate started;
  gate done;
  /// Called at the end of each handler.
  std::function<void(char)> then = [](char) {};

  net::handlers handlers() {
    net::handlers result;
    result.on_connected = [this] {
      connected = true;
      return held;
    };
    result.on_head = [this](const net::response_head& x) {
      head = x;
      tell('h');
    };
    result.on_data = [this](std::string_view x) {
      body += x;
      tell('d');
      started.open();
    };
    result.on_done = [this](caf::error x) {
      why = std::move(x);
      tell('e');
      done.open();
    };
    return result;
  }

  void tell(char what) {
    if (what != 'd' || !order.ends_with('d'))
      order += what;
    then(what);
  }
};

/// The code and message of a request that failed.
inline std::pair<ec, std::string> failure(net::client& http,
                                          net::request what) {
  auto answer = http.fetch(std::move(what));
  if (answer)
    return {ec::none, answer->body};
  return {code_of(answer.error()), message_of(answer.error())};
}

} // namespace machine::test

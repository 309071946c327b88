#pragma once

#include "tests/gateway/api/people.hpp"
#include "tests/gateway/socket_client.hpp"

/// What a client says on a WebSocket of the API.
namespace machine::test {

inline constexpr const char* socket_target = "/api/v1/socket";
inline constexpr const char* api_bearer = "Authorization: Bearer sesame\r\n";

inline socket_client
connect(const api_under_test& it, const std::string& headers = api_bearer,
        const std::string& protocol = "themachine.v1.json") {
  return {it.server.port(), socket_target, headers, protocol};
}

inline json subscribe(const std::string& topic, json more = json::object()) {
  more["type"] = "subscribe";
  more["id"] = "s";
  more["topic"] = topic;
  return more;
}

inline json request(const std::string& method, const std::string& path,
                    json more = json::object()) {
  more["type"] = "request";
  more["id"] = "q";
  more["method"] = method;
  more["path"] = "/api/v1" + path;
  return more;
}

/// The next event of *client*, which is number *seq*.
inline json next_event(socket_client& client, uint64_t seq) {
  for (;;) {
    auto x = client.hear();
    if (x["type"] == "live")
      continue;
    INFO(x.dump());
    REQUIRE(x["type"] == "event");
    CHECK(x["seq"] == std::to_string(seq));
    CHECK(x["data"]["seq"] == x["seq"]);
    return x;
  }
}

/// Tasks of the project `default`, one event each.
inline void add_tasks(const api_under_test& it, int count) {
  for (int i = 0; i < count; ++i)
    it.expect(201, "POST", "/projects/default/tasks",
              json{{"title", "t" + std::to_string(i)}}.dump());
}

} // namespace machine::test

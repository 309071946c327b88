#pragma once

#include "tests/runtime/net/server.hpp"

#include <nlohmann/json.hpp>

namespace machine::test {

/// What a collector answers; nothing: it says nothing more.
using collector_answer = std::optional<std::string>;

inline collector_answer with_status(int status, const std::string& headers = "",
                                    const std::string& body = "{}") {
  return "HTTP/1.1 " + std::to_string(status) + " Status\r\n" + headers
       + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// A collector of traces on 127.0.0.1 that answers its *n*th request, from 0
/// on, as a test says.
class collector {
public:
  using script = std::function<collector_answer(size_t n)>;

  explicit collector(script what = [](size_t) { return with_status(200); })
      : script_(std::move(what)), server_([this](auto& here) { serve(here); }) {
  }

  std::string endpoint() const {
    return server_.url("");
  }

  /// Whole requests, head and body.
  std::vector<std::string> requests() const {
    std::lock_guard guard{mutex_};
    return requests_;
  }

  /// The names of the spans of each request.
  std::vector<std::vector<std::string>> names() const {
    std::vector<std::vector<std::string>> result;
    for (auto& request : requests()) {
      auto body =
        nlohmann::json::parse(request.substr(request.find("\r\n\r\n") + 4));
      auto& names = result.emplace_back();
      for (auto& x : body["resourceSpans"][0]["scopeSpans"][0]["spans"])
        names.push_back(x["name"]);
    }
    return result;
  }

  /// Open when a client has hung up unanswered.
  gate hung_up;

private:
  void serve(connection& here) {
    while (auto request = here.read_request()) {
      size_t n = 0;
      {
        std::lock_guard guard{mutex_};
        n = requests_.size();
        requests_.push_back(*request);
      }
      auto answer = script_(n);
      if (!answer) {
        if (here.closed_within(-1))
          hung_up.open();
        return;
      }
      if (answer->empty())
        return;
      here.write(*answer);
    }
  }

  const script script_;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  server server_;
};

} // namespace machine::test

#pragma once

#include "gateway/http/lane.hpp"
#include "gateway/http/numbers.hpp"
#include "gateway/http/router.hpp"
#include "gateway/http/server.hpp"

#include <boost/asio/ssl/context.hpp>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

/// Included by the parts of the server alone.
namespace machine::gateway {

/// How many connections each address has. Any thread may call.
class address_counts {
public:
  /// False, and nothing is counted, if *name* has *most* already.
  bool take(const std::string& name, size_t most) {
    std::lock_guard guard{mutex_};
    auto& count = counts_[name];
    if (count >= most)
      return false;
    ++count;
    return true;
  }

  void give_back(const std::string& name) {
    std::lock_guard guard{mutex_};
    if (auto i = counts_.find(name); i != counts_.end() && --i->second == 0)
      counts_.erase(i);
  }

private:
  std::mutex mutex_;
  std::map<std::string, size_t> counts_;
};

/// What all connections of a server share.
struct server_shared {
  server_options options;
  route_table routes;
  router find;
  http_numbers numbers;
  uint16_t port = 0;
  /// None: HTTP without TLS.
  std::optional<boost::asio::ssl::context> tls;
  std::vector<std::unique_ptr<lane>> lanes;
  std::atomic<size_t> connections{0};
  address_counts addresses;
  std::atomic<bool> draining{false};
  /// Answers that were given and have not left yet.
  std::atomic<size_t> leaving{0};

  /// Waits until nobody is connected, but not for ever.
  void wait_for_clients(duration most) const {
    auto end = std::chrono::steady_clock::now() + most;
    while (connections > 0 && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }

  /// Waits until every answer that was given has left, but not for ever.
  void wait_for_leaving(duration most) const {
    auto end = std::chrono::steady_clock::now() + most;
    while (leaving > 0 && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
};

} // namespace machine::gateway

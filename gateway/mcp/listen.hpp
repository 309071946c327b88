#pragma once

#include "gateway/mcp/service.hpp"

#include <atomic>

namespace machine::gateway::mcp {

/// What *capabilities*, a JSON object, says that clients can be told of.
change_filter changes_of(std::string_view capabilities);

bool offers_changes(std::string_view capabilities);

bool offers_logging(std::string_view capabilities);

/// What of *wanted* a server with *offered* tells of.
change_filter honoured(const change_filter& wanted,
                       const change_filter& offered);

/// Bound on the resources that one stream is about.
constexpr size_t max_uris = 100;

/// Streams of `subscriptions/listen`: they say first what they will tell of,
/// then what happens, until the client hangs up.
class listener_list {
public:
  explicit listener_list(size_t most) : most_(most) {}

  void listen(service& of, const call& wanted, const std::string& id,
              const responder_ptr& reply);

private:
  size_t most_;
  std::shared_ptr<std::atomic<size_t>> open_ =
    std::make_shared<std::atomic<size_t>>(0);
};

} // namespace machine::gateway::mcp

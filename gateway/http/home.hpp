#pragma once

#include <functional>

namespace machine::gateway {

/// A thread of the server, as those who live on it are reached.
class socket_home {
public:
  virtual ~socket_home() = default;

  /// Runs *job* there, later, in the order of the calls; false once the server
  /// has stopped. Any thread may call.
  virtual bool post(std::function<void()> job) = 0;
};

} // namespace machine::gateway

#pragma once

#include "deploy/cli/api_client.hpp"
#include "deploy/cli/machine.hpp"
#include "deploy/cli/session.hpp"
#include "deploy/cli/terminal.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace machine::cli {

/// Starts a machine in this process.
using machine_starter =
  std::function<caf::expected<std::unique_ptr<running_machine>>()>;

/// Something happened to the machine that a command talks to.
struct link_news {
  enum class kind : uint8_t {
    /// The machine of another command ended, and one was started here.
    taken_over,
    /// The machine in this process ended, though nobody here asked for it.
    ended,
  };

  kind what = kind::ended;
  /// Why it ended; none: a client has stopped it.
  caf::error why;
};

/// The machine that a command talks to, wherever it is: the one that is up,
/// also after it was started again elsewhere, or one in this process. Where a
/// machine served another command only and ended with it, one is started here.
class machine_link {
public:
  using listener = std::function<void(link_news)>;

  /// An empty *start* never starts one; nor does whoever has a key, which that
  /// one would not know.
  machine_link(const session& in, machine_starter start);

  machine_link(const machine_link&) = delete;
  machine_link& operator=(const machine_link&) = delete;

  /// Stops the machine in this process.
  ~machine_link();

  /// Finds the machine or starts one. While another process has the store and
  /// does not serve yet, waits for it; `cancelled` if *signals* ends that.
  caf::error connect(signal_watch& signals);

  /// Where the machine is now. Any thread may call it.
  caf::expected<endpoint> locate();

  /// A client of the machine, where it is now. Any thread may call it.
  api_client api();

  bool is_own() const;

  /// Hears what happens from now on, on other threads.
  void listen(listener to);

  /// Stops the machine in this process, if there is one.
  caf::error stop();

private:
  caf::error start_own();
  void tell(link_news what);

  const session& in_;
  machine_starter start_;

  mutable std::mutex mutex_;
  endpoint where_;
  bool is_fresh_ = false;
  bool stopping_ = false;
  std::unique_ptr<running_machine> own_;
  caf::error ended_;
  std::thread waiting_;

  std::mutex listening_;
  listener listener_;
};

} // namespace machine::cli

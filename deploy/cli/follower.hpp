#pragma once

#include "deploy/cli/api_client.hpp"
#include "deploy/cli/run_view.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <variant>

namespace machine::cli {

/// An event with the text it came in.
struct followed_event {
  stored_event event;
  std::string json;
};

/// The connection to the machine is lost; it is being tried again.
struct connection_lost {
  std::string message;
};

/// The machine is there again.
struct connection_restored {};

/// Nothing more will come: the run is over, or it cannot be followed.
struct follow_ended {
  caf::error problem;
};

using follow_item = std::variant<followed_event, live_piece, connection_lost,
                                 connection_restored, follow_ended>;

struct follow_options {
  std::string run;
  /// Events after this number.
  uint64_t after = 0;
  /// How long a machine may be away.
  duration patience{120'000};
  /// Between attempts to connect; doubles up to 16 times as long.
  duration pause{125};
};

/// Reads the events of a run, in order, each once, also when the machine is
/// restarted meanwhile and then listens elsewhere.
class follower {
public:
  /// Called before each connection.
  using locate = std::function<caf::expected<endpoint>()>;

  /// Called on a thread of ours, never by two at a time; `follow_ended` is the
  /// last. Must not block.
  using deliver = std::function<void(follow_item)>;

  follower(net::client& http, follow_options options, locate where, deliver to);

  follower(const follower&) = delete;
  follower& operator=(const follower&) = delete;

  /// Stops reading. `follow_ended` is not delivered any more.
  ~follower();

private:
  enum class outcome : uint8_t { over, again, failed };

  void work();
  outcome stream_once();
  void on_data(std::string_view data);
  bool has_ended(const endpoint& where);
  void lose(const std::string& message);
  bool pause(duration x);

  net::client& http_;
  follow_options options_;
  locate where_;
  deliver to_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;

  // Of the working thread, and of the client's while a request is under way.
  struct connection;
  connection* now_ = nullptr;
  uint64_t last_ = 0;
  bool seen_end_ = false;
  bool lost_ = false;
  /// A connection stood since the last one was lost.
  bool stood_ = false;
  endpoint refused_;
  caf::error problem_;

  std::thread thread_;
};

} // namespace machine::cli

#pragma once

#include "gateway/mcp/service.hpp"

#include <chrono>
#include <map>
#include <mutex>

namespace machine::gateway::mcp {

/// An answer that can be called off.
class cancellable {
public:
  virtual ~cancellable() = default;

  virtual void cancel() = 0;
};

/// What a server remembers of a client between its requests (until
/// 2025-11-25). Any thread may call.
class session {
public:
  using clock = std::chrono::steady_clock;

  session(std::string id, std::string owner, revision speaks,
          std::string capabilities)
      : id(std::move(id)), owner(std::move(owner)), speaks(speaks),
        capabilities(std::move(capabilities)) {}

  session(const session&) = delete;
  session& operator=(const session&) = delete;
  ~session();

  const std::string id;
  /// Nobody else may use it.
  const std::string owner;
  const revision speaks;
  const std::string capabilities;

  /// From which level on the client wants log messages.
  void set_level(log_level x);
  log_level level() const;

  /// Sends *text* on the stream that the client keeps open, if it does.
  void tell(const std::string& text);

  /// The stream that the client keeps open; takes the place of an earlier one.
  void keep_open(std::shared_ptr<event_stream> to, watch_handle lists);

  /// The client has left *stream*, which is of no use any more.
  void lose(const event_stream& stream);

  /// Keeps *what* for as long as the client is subscribed to *uri*; false if
  /// it is subscribed to too much.
  bool subscribe(const std::string& uri, watch_handle what);
  void unsubscribe(const std::string& uri);

  /// The id, as JSON, for a request of ours whose answer *then* gets; empty:
  /// too many are open.
  std::string begin_ask(std::function<void(exchange::reply)> then);

  /// The client has answered; false if nobody has asked.
  bool end_ask(const std::string& id, exchange::reply what);

  /// Notes that the request *id* is being answered; false if too many are.
  bool begin(const std::string& id, std::weak_ptr<cancellable> what);
  void end(const std::string& id);
  void cancel(const std::string& id);

  /// Ends all that belongs to it.
  void close();

private:
  mutable std::mutex mutex_;
  log_level level_ = log_level::info;
  uint64_t last_ask_ = 0;
  std::map<std::string, std::function<void(exchange::reply)>> asks_;
  std::map<std::string, std::weak_ptr<cancellable>> under_way_;
  std::map<std::string, watch_handle> watches_;
  std::shared_ptr<event_stream> stream_;
  watch_handle lists_;
};

using session_ptr = std::shared_ptr<session>;

struct session_bounds {
  size_t all = 1'000;
  /// Of one principal. The one that was not used for longest makes place.
  size_t each = 32;
  std::chrono::seconds idle{1'800};
};

/// The sessions of a server. Any thread may call.
class session_list {
public:
  using time = session::clock::time_point;

  explicit session_list(session_bounds bounds) : bounds_(bounds) {}

  /// Begins one; null if there are too many of others.
  session_ptr begin(const std::string& owner, revision speaks,
                    std::string capabilities, time now);

  /// The one of *owner* that is called *id*; null if there is none.
  session_ptr find(const std::string& owner, const std::string& id, time now);

  /// Ends it; false if there is none.
  bool end(const std::string& owner, const std::string& id, time now);

  size_t size() const;

private:
  struct place {
    session_ptr what;
    time used;
  };

  /// Takes out those that nobody has used for long.
  std::vector<session_ptr> expire(time now);

  session_bounds bounds_;
  mutable std::mutex mutex_;
  std::map<std::string, place> places_;
};

/// Who *who* is to a session.
std::string owner_of(const principal& who);

} // namespace machine::gateway::mcp

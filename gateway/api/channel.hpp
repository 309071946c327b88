#pragma once

#include "gateway/api/log_view.hpp"
#include "gateway/http/client_socket.hpp"
#include "gateway/session/codec.hpp"
#include "gateway/session/cursor.hpp"

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include <caf/actor_addr.hpp>

namespace machine::gateway {

/// Events that were published together, for all who get them. They are encoded
/// once, when the first of them needs it; any thread may ask.
class event_batch {
public:
  event_batch(const log_view& log, std::string topic, uint64_t first,
              std::vector<bytes> payloads)
      : log_(log), topic_(std::move(topic)), first_(first),
        payloads_(std::move(payloads)) {}

  event_batch(const event_batch&) = delete;
  event_batch& operator=(const event_batch&) = delete;

  uint64_t first() const {
    return first_;
  }

  size_t count() const {
    return payloads_.size();
  }

  /// Whether the event at *index* is the last one of its log.
  bool is_last(size_t index) const {
    return log_.is_last(payloads_[index]);
  }

  /// The frames of the events of *which*, which is not empty.
  shared_frames frames(session::dialect by, session::slice which) const;

private:
  struct encoded {
    std::once_flag once;
    std::shared_ptr<const std::string> data;
    std::vector<size_t> ends;
  };

  const log_view& log_;
  const std::string topic_;
  const uint64_t first_;
  const std::vector<bytes> payloads_;
  mutable std::array<encoded, session::dialects> encoded_;
};

/// Something that is not kept, for all who get it.
class live_frame {
public:
  live_frame(std::string topic, entity::live_piece what)
      : topic_(std::move(topic)), what_(std::move(what)) {}

  live_frame(const live_frame&) = delete;
  live_frame& operator=(const live_frame&) = delete;

  shared_frames frames(session::dialect by) const;

private:
  const std::string topic_;
  const entity::live_piece what_;
  mutable std::array<std::once_flag, session::dialects> once_;
  mutable std::array<shared_frames, session::dialects> encoded_;
};

/// Who gets what is published in a channel, on a thread of the server.
class channel_member {
public:
  virtual ~channel_member() = default;

  /// From now on nothing that is committed passes by; what was before is in
  /// the log. May come more than once.
  virtual void on_ready() = 0;

  virtual void on_batch(const event_batch& what) = 0;

  virtual void on_live(const live_frame& what) = 0;

  /// Nothing will come any more.
  virtual void on_lost() = 0;

private:
  friend class channel;

  size_t place_ = 0;
};

/// What is committed to one log, for clients of WebSockets: one reader of the
/// feed for all of them, and one message to each thread that has some.
class channel : public std::enable_shared_from_this<channel> {
public:
  channel(log_view log, std::string topic)
      : log_(std::move(log)), topic_(std::move(topic)) {}

  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;

  /// Ends the feeder.
  ~channel();

  const log_view& log() const {
    return log_;
  }

  /// On the thread *home*: *who*, which lives there, gets what is published,
  /// until it leaves.
  void join(const std::shared_ptr<socket_home>& home, channel_member& who);

  /// On the thread *home*. A member may leave when it is told something.
  void leave(const std::shared_ptr<socket_home>& home, channel_member& who);

  /// By the feeder: who it is.
  void fed_by(caf::actor_addr feeder);

  /// By the feeder: from now on it publishes all that is committed.
  void open();

  void publish(uint64_t first, const std::vector<bytes>& payloads);

  void publish(const entity::live_piece& what);

  /// By the feeder: it ends.
  void lose();

  bool is_lost() const;

private:
  enum class stage : uint8_t { starting, open, lost };

  /// Members of one thread; for that thread alone.
  struct party {
    std::vector<channel_member*> members;
  };

  using party_ptr = std::shared_ptr<party>;

  /// Calls *tell* with every member, on its thread.
  void tell_all(std::function<void(channel_member&)> tell);

  party_ptr party_of(const std::shared_ptr<socket_home>& home);

  const log_view log_;
  const std::string topic_;
  mutable std::mutex mutex_;
  stage stage_ = stage::starting;
  std::map<std::shared_ptr<socket_home>, party_ptr> parties_;
  caf::actor_addr feeder_;
};

/// The channels that somebody is in. Any thread may call.
class channel_list {
public:
  struct found {
    std::shared_ptr<channel> what;
    /// It needs a feeder.
    bool is_new = false;
  };

  /// The channel of *log*, as long as somebody keeps it.
  found find(const log_view& log);

private:
  std::mutex mutex_;
  std::map<store::stream_id, std::weak_ptr<channel>> channels_;
  /// So many there may be before those that nobody keeps are looked for.
  size_t sweep_at_ = 64;
};

} // namespace machine::gateway

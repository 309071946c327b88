#pragma once

#include "gateway/api/ask.hpp"
#include "gateway/api/channel.hpp"
#include "gateway/api/page_turns.hpp"
#include "gateway/session/cursor.hpp"

namespace machine::gateway {

/// One topic of one client of a WebSocket: first what is stored, as fast as the
/// client reads, and then what happens. It lives on the socket's thread.
class subscription final : public channel_member,
                           public std::enable_shared_from_this<subscription> {
public:
  /// What a client asks for, and how it is told.
  struct options {
    std::string id;
    std::optional<uint64_t> after;
    bool latest = false;
    std::optional<uint64_t> credit;
    session::dialect dialect = session::dialect::json;
    std::shared_ptr<client_socket> socket;
    /// Of all that the client has subscribed to.
    std::shared_ptr<page_turns> turns;
    /// Called when it ends by itself.
    std::function<void()> on_end;
  };

  subscription(scope in, log_view log, options how);

  subscription(const subscription&) = delete;
  subscription& operator=(const subscription&) = delete;

  ~subscription() override;

  /// Looks whether there is such a log and such a number in it, and begins.
  void begin();

  /// Sends no more.
  void leave();

  /// Ends, and tells the client why.
  void end(std::string code, std::string reason);

  /// The client has read all.
  void on_drained();

  /// So many more events may be sent; false if there is no bound.
  bool grant(uint64_t events);

  uint64_t sent() const {
    return cursor_.sent();
  }

  /// Where its log is by HTTP; there the same people may read it.
  const std::string& target() const {
    return target_;
  }

  void on_ready() override;
  void on_batch(const event_batch& what) override;
  void on_live(const live_frame& what) override;
  void on_lost() override;

private:
  struct page;

  void say(const session::server_message& what);
  void fail(const caf::error& why);
  void on_found(const caf::expected<uint64_t>& last);
  /// Reads a page once it is its turn, if it wants one.
  void read();
  bool begin_page();
  void on_page(const page& what);

  /// Runs *job*, which may block, and then *then* here with its result.
  template <class Job, class Then>
  bool read_and(Job job, Then then);

  scope in_;
  log_view log_;
  options how_;
  std::string topic_;
  std::string target_;
  session::cursor cursor_;
  std::shared_ptr<socket_home> home_;
  std::shared_ptr<channel> channel_;
  /// Where it is with a page of what is stored: the client has to read one
  /// before it gets the next.
  enum class turn : uint8_t { none, wanted, reading, sent };
  turn turn_ = turn::none;
  bool ready_ = false;
  bool over_ = false;
};

/// Where the log of *topic* is by HTTP; `not_found` if there is no such topic.
caf::expected<std::string> target_of_topic(const std::string& topic);

/// The log of *topic*, which has a target.
log_view log_of_topic(const scope& in, const std::string& topic);

} // namespace machine::gateway

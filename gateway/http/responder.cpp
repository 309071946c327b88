#include "gateway/http/responder.hpp"

#include "gateway/http/chunked_stream.hpp"
#include "gateway/http/socket.hpp"
#include "gateway/http/stream.hpp"

namespace machine::gateway {

namespace {

/// What a handler has of a stream; when it lets go of it, the stream ends.
class stream_handle final : public event_stream {
public:
  explicit stream_handle(std::shared_ptr<sse_stream> to) : to_(std::move(to)) {}

  stream_handle(const stream_handle&) = delete;
  stream_handle& operator=(const stream_handle&) = delete;

  ~stream_handle() override {
    to_->close();
  }

  void send(const std::optional<std::string>& id, std::string_view event,
            std::string_view data) override {
    to_->send(id, event, data);
  }

  void close() override {
    to_->close();
  }

  void on_closed(std::function<void()> then) override {
    to_->on_closed(std::move(then));
  }

  void on_drained(std::function<void()> then) override {
    to_->on_drained(std::move(then));
  }

private:
  std::shared_ptr<sse_stream> to_;
};

/// What a handler has of a stream of bytes; when it lets go of it, nobody can
/// say that the body is whole.
class raw_handle final : public raw_stream {
public:
  explicit raw_handle(std::shared_ptr<chunked_stream> to)
      : to_(std::move(to)) {}

  raw_handle(const raw_handle&) = delete;
  raw_handle& operator=(const raw_handle&) = delete;

  ~raw_handle() override {
    to_->abort();
  }

  void send(std::string_view piece) override {
    to_->send(piece);
  }

  void set_heartbeat(std::string bytes) override {
    to_->set_heartbeat(std::move(bytes));
  }

  void close() override {
    to_->close();
  }

  void abort() override {
    to_->abort();
  }

  void on_closed(std::function<void()> then) override {
    to_->on_closed(std::move(then));
  }

  void on_drained(std::function<void()> then) override {
    to_->on_drained(std::move(then));
  }

private:
  std::shared_ptr<chunked_stream> to_;
};

class connection_responder final : public responder {
public:
  explicit connection_responder(std::shared_ptr<connection> on)
      : on_(std::move(on)), serial_(on_->serial()) {}

  connection_responder(const connection_responder&) = delete;
  connection_responder& operator=(const connection_responder&) = delete;

  ~connection_responder() override {
    if (!used_)
      problem(make_error(ec::internal, "nobody answered this request"));
  }

  void answer(http_answer what) override {
    if (used_.exchange(true))
      return;
    on_->answer_leaves();
    if (on_->on().is_here()) {
      deliver(*on_, std::move(what));
      return;
    }
    auto posted = on_->on().post([on = on_, what = std::move(what)]() mutable {
      deliver(*on, std::move(what));
    });
    if (!posted)
      on_->answer_has_left();
  }

  std::shared_ptr<event_stream> stream_events() override {
    if (used_.exchange(true))
      return nullptr;
    auto stream = std::make_shared<sse_stream>(on_);
    auto begin = [on = on_, stream] {
      if (on->begin_stream(stream))
        stream->begin();
      else
        stream->refuse();
    };
    if (on_->on().is_here())
      begin();
    else
      on_->on().post(std::move(begin));
    return std::make_shared<stream_handle>(std::move(stream));
  }

  std::shared_ptr<raw_stream> stream_raw(http_answer head) override {
    if (used_)
      return nullptr;
    if (auto err = check_raw_head(head)) {
      problem(err);
      return nullptr;
    }
    if (used_.exchange(true))
      return nullptr;
    auto stream = std::make_shared<chunked_stream>(on_, std::move(head));
    if (on_->on().is_here())
      stream->begin();
    else if (!on_->on().post([stream] { stream->begin(); }))
      stream->refuse();
    return std::make_shared<raw_handle>(std::move(stream));
  }

  void on_abandoned(std::function<void()> then) override {
    if (used_)
      return;
    if (on_->on().is_here()) {
      on_->on_abandoned(serial_, std::move(then));
      return;
    }
    auto posted = on_->on().post([on = on_, serial = serial_, then]() mutable {
      on->on_abandoned(serial, std::move(then));
    });
    if (!posted)
      then();
  }

  void open_socket(std::vector<std::string> protocols,
                   socket_maker make) override {
    if (used_.exchange(true))
      return;
    auto socket = std::make_shared<socket_stream>(on_);
    auto begin = [socket, protocols = std::move(protocols),
                  make = std::move(make)] { socket->begin(protocols, make); };
    if (on_->on().is_here())
      begin();
    else
      on_->on().post(std::move(begin));
  }

private:
  static void deliver(connection& on, http_answer what) {
    // Too late, it took too long.
    if (on.is_answered())
      on.answer_has_left();
    else
      on.reply(std::move(what));
  }

  std::shared_ptr<connection> on_;
  const uint64_t serial_;
  std::atomic<bool> used_{false};
};

} // namespace

responder_ptr make_responder(std::shared_ptr<connection> on) {
  return std::make_shared<connection_responder>(std::move(on));
}

} // namespace machine::gateway

#include "gateway/api/stream_limit.hpp"

#include "gateway/http/client_socket.hpp"

namespace machine::gateway {

namespace {

using place_ptr = std::shared_ptr<stream_counts::place>;

/// A stream with its place.
class counted_stream final : public event_stream {
public:
  counted_stream(std::shared_ptr<event_stream> to, place_ptr place)
      : to_(std::move(to)), place_(std::move(place)) {}

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
  std::shared_ptr<event_stream> to_;
  place_ptr place_;
};

/// A stream of bytes with its place.
class counted_raw_stream final : public raw_stream {
public:
  counted_raw_stream(std::shared_ptr<raw_stream> to, place_ptr place)
      : to_(std::move(to)), place_(std::move(place)) {}

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
  std::shared_ptr<raw_stream> to_;
  place_ptr place_;
};

/// What a WebSocket is for, with its place.
class counted_user final : public socket_user {
public:
  counted_user(std::shared_ptr<socket_user> to, place_ptr place)
      : to_(std::move(to)), place_(std::move(place)) {}

  void on_message(websocket::message what) override {
    to_->on_message(std::move(what));
  }

  void on_drained() override {
    to_->on_drained();
  }

  void on_checked() override {
    to_->on_checked();
  }

  void on_drain() override {
    to_->on_drain();
  }

  void on_gone() override {
    place_ = nullptr;
    to_->on_gone();
  }

private:
  std::shared_ptr<socket_user> to_;
  place_ptr place_;
};

class limited_responder final : public responder {
public:
  limited_responder(std::shared_ptr<stream_counts> counts, principal_ptr who,
                    std::string address, responder_ptr to)
      : counts_(std::move(counts)), who_(std::move(who)),
        address_(std::move(address)), to_(std::move(to)) {}

  void answer(http_answer what) override {
    to_->answer(std::move(what));
  }

  std::shared_ptr<event_stream> stream_events() override {
    auto place = take();
    if (!place)
      return nullptr;
    auto stream = to_->stream_events();
    if (stream == nullptr)
      return nullptr;
    return std::make_shared<counted_stream>(std::move(stream),
                                            std::move(*place));
  }

  std::shared_ptr<raw_stream> stream_raw(http_answer head) override {
    auto place = take();
    if (!place)
      return nullptr;
    auto stream = to_->stream_raw(std::move(head));
    if (stream == nullptr)
      return nullptr;
    return std::make_shared<counted_raw_stream>(std::move(stream),
                                                std::move(*place));
  }

  void on_abandoned(std::function<void()> then) override {
    to_->on_abandoned(std::move(then));
  }

  void open_socket(std::vector<std::string> protocols,
                   socket_maker make) override {
    auto place = take();
    if (place)
      to_->open_socket(
        std::move(protocols),
        [make = std::move(make),
         place = std::move(*place)](std::shared_ptr<client_socket> socket) {
          return std::make_shared<counted_user>(make(std::move(socket)), place);
        });
  }

private:
  /// None if there is no more, which the client is told then; null if nobody
  /// counts.
  std::optional<place_ptr> take() {
    auto place = counts_->take(*who_, address_);
    if (place)
      return std::move(*place);
    auto what = problem_answer(place.error());
    what.headers.emplace_back("Retry-After", "5");
    to_->answer(std::move(what));
    return std::nullopt;
  }

  std::shared_ptr<stream_counts> counts_;
  principal_ptr who_;
  std::string address_;
  responder_ptr to_;
};

} // namespace

responder_ptr with_stream_limit(const context_ptr& context,
                                const http_request& asked, responder_ptr to) {
  if (!context->streams || !asked.who)
    return to;
  return std::make_shared<limited_responder>(context->streams, asked.who,
                                             asked.address, std::move(to));
}

route with_stream_limit(const context_ptr& context, route what) {
  if (!what.what.lasts() || !context->streams)
    return what;
  what.handle = [context, inner = std::move(what.handle)](
                  http_request asked, const responder_ptr& reply) {
    auto to = with_stream_limit(context, asked, reply);
    inner(std::move(asked), std::move(to));
  };
  return what;
}

} // namespace machine::gateway

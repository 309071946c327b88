#include "gateway/http/stream.hpp"

#include "runtime/wire/wire.hpp"

#include <boost/asio/write.hpp>

namespace machine::gateway {

namespace {

namespace asio = boost::asio;

/// The deadline of writing is for so much at a time.
constexpr size_t slice_bytes = 64u << 10;

std::string frame_of(const std::optional<std::string>& id,
                     std::string_view event, std::string_view data) {
  std::string frame;
  if (id)
    frame += "id: " + *id + "\n";
  frame += "event: ";
  frame += event;
  frame += '\n';
  // Any of \r\n, \r and \n ends a line, and there is at least one (WHATWG HTML,
  // 9.2.6).
  for (;;) {
    auto end = data.find_first_of("\r\n");
    frame += "data: ";
    frame += data.substr(0, end);
    frame += '\n';
    if (end == data.npos)
      return frame + '\n';
    data.remove_prefix(end);
    data.remove_prefix(data.starts_with("\r\n") ? 2 : 1);
  }
}

} // namespace

sse_stream::sse_stream(std::shared_ptr<connection> on) : on_(std::move(on)) {}

void sse_stream::begin() {
  heartbeat_ = std::chrono::steady_clock::now() + on_->options().heartbeat;
  std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                     "Connection: close\r\n";
  on_->say_common_headers(
    [&head](std::string_view name, std::string_view value) {
      head.append(name).append(": ").append(value).append("\r\n");
    });
  enqueue(head + "\r\n");
}

void sse_stream::refuse() {
  ended_ = true;
  drained_.clear();
  if (auto then = std::exchange(closed_, nullptr))
    then();
}

void sse_stream::send(const std::optional<std::string>& id,
                      std::string_view event, std::string_view data) {
  post([frame = frame_of(id, event, data)](sse_stream& me) {
    if (!me.closing_)
      me.enqueue(frame);
  });
}

void sse_stream::close() {
  post([](sse_stream& me) {
    me.closing_ = true;
    if (me.is_idle())
      me.end();
  });
}

void sse_stream::on_closed(std::function<void()> then) {
  auto posted = post([then](sse_stream& me) mutable {
    if (me.ended_)
      then();
    else
      me.closed_ = std::move(then);
  });
  if (!posted)
    then();
}

void sse_stream::on_drained(std::function<void()> then) {
  post([then = std::move(then)](sse_stream& me) mutable {
    if (me.ended_)
      return;
    me.drained_.push_back(std::move(then));
    if (me.is_idle())
      me.tell_drained();
  });
}

void sse_stream::enqueue(std::string_view frame) {
  if (ended_)
    return;
  waiting_ += frame;
  // What comes at once may be as long as it likes; it is what piles up behind
  // a write that shows a client which does not read.
  if (!sending_.empty()
      && waiting_.size() + sending_.size() - sent_ > on_->options().max_queued)
    drop();
  write();
}

/// A client that does not read slows nobody but itself. What is under way is
/// finished, for the client may read on, and then it is told why that is all.
void sse_stream::drop() {
  on_->options().log.warn(
    "the gateway drops a client that reads too slowly",
    {{"path", on_->path()}, {"trace", name_of_trace(on_->trace())}});
  closing_ = true;
  waiting_ = frame_of(
    std::nullopt, "dropped",
    R"({"reason":"more than )" + std::to_string(on_->options().max_queued)
      + R"( bytes wait for you; come back with the number of )"
        R"(the last event that you have"})");
  drained_.clear();
}

void sse_stream::write() {
  if (!sending_.empty() || waiting_.empty() || ended_)
    return;
  // All that waits leaves together.
  sending_.swap(waiting_);
  waiting_.clear();
  sent_ = 0;
  write_slice();
}

void sse_stream::write_slice() {
  deadline_ = std::chrono::steady_clock::now() + on_->options().write_deadline;
  auto size = std::min(sending_.size() - sent_, slice_bytes);
  asio::async_write(
    on_->stream(), asio::buffer(sending_.data() + sent_, size),
    [me = shared_from_this()](boost::system::error_code code, size_t count) {
      me->on_written(code, count);
    });
}

void sse_stream::on_written(const boost::system::error_code& code,
                            size_t count) {
  if (ended_)
    return;
  if (code) {
    end();
    return;
  }
  sent_ += count;
  if (sent_ < sending_.size()) {
    write_slice();
    return;
  }
  sending_.clear();
  deadline_ = never;
  if (!waiting_.empty())
    write();
  else if (closing_)
    end();
  else
    tell_drained();
}

void sse_stream::tell_drained() {
  for (auto& then : std::exchange(drained_, {}))
    then();
}

void sse_stream::on_tick(steady_time now) {
  if (now >= deadline_) {
    on_->options().log.warn(
      "the gateway drops a client that does not read",
      {{"path", on_->path()}, {"trace", name_of_trace(on_->trace())}});
    end();
    return;
  }
  if (now < heartbeat_)
    return;
  heartbeat_ = now + on_->options().heartbeat;
  if (is_idle())
    enqueue(": alive\n\n");
}

void sse_stream::on_refused(const std::string& why) {
  if (closing_)
    return;
  // Nothing that waits is for them any more.
  waiting_ = frame_of(std::nullopt, "dropped",
                      R"({"reason":)" + wire::to_json(why) + "}");
  closing_ = true;
  drained_.clear();
  write();
}

void sse_stream::on_drain() {
  if (closing_)
    return;
  enqueue(frame_of(std::nullopt, "reconnect",
                   R"({"reason":"the machine stops; come back with the )"
                   R"(number of the last event that you have"})"));
  closing_ = true;
  drained_.clear();
}

void sse_stream::on_gone() {
  end();
}

void sse_stream::end() {
  if (std::exchange(ended_, true))
    return;
  boost::system::error_code ignored;
  on_->stream().socket().shutdown(asio::ip::tcp::socket::shutdown_both,
                                  ignored);
  on_->hang_up();
  drained_.clear();
  if (auto then = std::exchange(closed_, nullptr))
    then();
}

} // namespace machine::gateway

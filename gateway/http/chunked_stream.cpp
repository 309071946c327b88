#include "gateway/http/chunked_stream.hpp"

#include <boost/asio/write.hpp>

#include <algorithm>
#include <charconv>

namespace machine::gateway {

namespace {

namespace asio = boost::asio;

/// Of the size of a chunk, with the end of its line.
constexpr size_t size_room = 2 * sizeof(size_t) + 2;

/// The deadline of writing is for so much at a time.
constexpr size_t most_written = 64u << 10;

/// What a buffer keeps of its room after much has come at once.
constexpr size_t kept_room = 256u << 10;

} // namespace

chunked_stream::chunked_stream(std::shared_ptr<connection> on, http_answer head)
    : on_(std::move(on)), waiting_(size_room, ' '), head_(std::move(head)) {
  waiting_ += std::exchange(head_.body, {});
}

void chunked_stream::begin() {
  if (!on_->begin_raw(shared_from_this()))
    return refuse();
  begun_ = true;
  has_body_ = !on_->is_head() && head_.status != 204 && head_.status != 304;
  in_chunks_ = on_->version() == 11;
  keeps_ = in_chunks_ && on_->keeps_alive();
  beat_at_ = std::chrono::steady_clock::now() + on_->options().heartbeat;
  // Whatever is sent by who answers at once leaves with the head.
  on_->on().flush_later(on_);
}

size_t chunked_stream::waiting() const {
  return waiting_.size() - size_room;
}

void chunked_stream::send(std::string_view piece) {
  if (piece.empty())
    return;
  {
    std::lock_guard guard{mutex_};
    if (over_ || ending_ != ending::none)
      return;
    auto before = waiting() + under_way_;
    if (before > 0 && before + piece.size() > on_->options().max_queued)
      ending_ = ending::overflow;
    else
      waiting_ += piece;
    if (std::exchange(woken_, true))
      return;
  }
  want_flush();
}

void chunked_stream::set_heartbeat(std::string bytes) {
  std::lock_guard guard{mutex_};
  beat_ = std::move(bytes);
}

void chunked_stream::close() {
  end_with(ending::whole);
}

void chunked_stream::abort() {
  end_with(ending::broken);
}

void chunked_stream::end_with(ending how) {
  {
    std::lock_guard guard{mutex_};
    if (over_ || ending_ != ending::none)
      return;
    ending_ = how;
    // The server waits for it when it stops. Whoever ends the stream on the
    // lane takes that back, and cannot do so before the lock is given back.
    on_->answer_leaves();
    if (std::exchange(woken_, true))
      return;
  }
  want_flush();
}

void chunked_stream::want_flush() {
  auto& home = on_->on();
  if (home.is_here())
    home.flush_later(on_);
  else
    home.post([me = shared_from_this()] { me->write(); });
}

void chunked_stream::on_closed(std::function<void()> then) {
  {
    std::lock_guard guard{mutex_};
    if (!over_) {
      closed_ = std::move(then);
      return;
    }
  }
  then();
}

void chunked_stream::on_drained(std::function<void()> then) {
  {
    std::lock_guard guard{mutex_};
    if (over_)
      return;
    drained_.push_back(std::move(then));
    if (std::exchange(woken_, true))
      return;
  }
  want_flush();
}

void chunked_stream::on_flush() {
  write();
}

/// Takes all that waits, unless something is under way.
void chunked_stream::write() {
  if (!begun_)
    return;
  {
    std::lock_guard guard{mutex_};
    woken_ = false;
    if (over_)
      return;
    if (ending_ == ending::overflow)
      next_ = ending::overflow;
    else if (!sending_.empty())
      return;
    if (next_ != ending::overflow) {
      next_ = has_body_ ? ending_ : ending::whole;
      sending_.swap(waiting_);
      waiting_.resize(size_room);
      if (!has_body_)
        sending_.resize(size_room);
      frame();
      under_way_ = sending_.size() - sent_;
    }
  }
  if (next_ == ending::overflow)
    break_off(break_reason::queue);
  else if (!sending_.empty())
    write_slice();
  else
    on_idle();
}

/// Makes a chunk of what was taken, with what stands before and behind it.
void chunked_stream::frame() {
  auto size = sending_.size() - size_room;
  sent_ = size_room;
  if (in_chunks_ && has_body_) {
    if (size > 0) {
      std::array<char, size_room> digits;
      auto* end =
        std::to_chars(digits.data(), digits.data() + digits.size(), size, 16)
          .ptr;
      *end++ = '\r';
      *end++ = '\n';
      sent_ -= static_cast<size_t>(end - digits.data());
      std::copy(digits.data(), end, sending_.data() + sent_);
      sending_ += "\r\n";
    }
    if (next_ == ending::whole)
      sending_ += "0\r\n\r\n";
  }
  if (std::exchange(head_waits_, false)) {
    sending_.replace(0, sent_, head_text());
    sent_ = 0;
  }
  if (sent_ == sending_.size()) {
    sending_.clear();
    sent_ = 0;
  }
}

void chunked_stream::write_slice() {
  deadline_ = std::chrono::steady_clock::now() + on_->options().write_deadline;
  auto size = std::min(sending_.size() - sent_, most_written);
  asio::async_write(on_->stream(), asio::buffer(sending_.data() + sent_, size),
                    [me = shared_from_this()](error_code code, size_t count) {
                      me->on_written(code, count);
                    });
}

void chunked_stream::on_written(const error_code& code, size_t count) {
  bytes_ += count;
  // Nobody but this thread changes it.
  if (over_)
    return;
  if (code)
    return break_off(break_reason::gone);
  sent_ += count;
  if (sent_ < sending_.size()) {
    {
      std::lock_guard guard{mutex_};
      under_way_ -= count;
    }
    return write_slice();
  }
  deadline_ = never;
  sending_.clear();
  if (sending_.capacity() > kept_room)
    sending_.shrink_to_fit();
  beat_at_ = std::chrono::steady_clock::now() + on_->options().heartbeat;
  {
    std::lock_guard guard{mutex_};
    under_way_ = 0;
  }
  if (next_ == ending::whole)
    finish();
  else if (next_ == ending::broken)
    break_off(break_reason::aborted);
  else
    write();
}

/// Nothing waits, and nothing is under way.
void chunked_stream::on_idle() {
  if (next_ == ending::whole)
    return finish();
  if (next_ == ending::broken)
    return break_off(break_reason::aborted);
  std::vector<std::function<void()>> drained;
  {
    std::lock_guard guard{mutex_};
    if (waiting() == 0)
      drained.swap(drained_);
  }
  for (auto& then : drained)
    then();
}

void chunked_stream::on_tick(steady_time now) {
  if (now >= deadline_)
    return break_off(break_reason::unread);
  if (now < beat_at_)
    return;
  beat_at_ = now + on_->options().heartbeat;
  {
    std::lock_guard guard{mutex_};
    if (beat_.empty() || waiting() > 0 || under_way_ > 0
        || ending_ != ending::none)
      return;
    waiting_ += beat_;
  }
  write();
}

void chunked_stream::on_refused(const std::string&) {
  break_off(break_reason::refused);
}

bool chunked_stream::is_complete() const {
  return next_ == ending::whole;
}

void chunked_stream::on_gone() {
  break_off(break_reason::gone);
}

std::optional<std::function<void()>>
chunked_stream::leave(std::string_view problem) {
  std::function<void()> closed;
  std::vector<std::function<void()>> drained;
  {
    std::lock_guard guard{mutex_};
    if (std::exchange(over_, true))
      return std::nullopt;
    closed.swap(closed_);
    drained.swap(drained_);
    waiting_ = {};
  }
  if (begun_)
    on_->note_raw(head_.status, problem, bytes_);
  return [closed = std::move(closed)] {
    if (closed)
      closed();
  };
}

void chunked_stream::refuse() {
  if (auto tell = leave({}))
    (*tell)();
}

void chunked_stream::finish() {
  auto me = shared_from_this();
  auto tell = leave(head_.problem);
  if (!tell)
    return;
  on_->finish_raw(keeps_);
  (*tell)();
}

/// A client of HTTP/1.0 takes the end of the connection for that of the body,
/// unless it is no orderly one.
void chunked_stream::break_off(break_reason why) {
  constexpr std::array<ec, break_reasons> codes{ec::cancelled,
                                                ec::limit_exceeded, ec::timeout,
                                                ec::denied, ec::unavailable};
  auto me = shared_from_this();
  auto tell = leave(to_string(codes[static_cast<size_t>(why)]));
  if (!tell)
    return;
  on_->shared()->numbers.broke(why);
  if (why == break_reason::queue || why == break_reason::unread)
    on_->options().log.warn(
      "the gateway drops a client that does not read",
      {{"path", on_->path()}, {"trace", name_of_trace(on_->trace())}});
  auto& socket = on_->stream().socket();
  error_code ignored;
  if (in_chunks_)
    socket.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  else
    socket.set_option(asio::socket_base::linger{true, 0}, ignored);
  on_->hang_up();
  (*tell)();
}

} // namespace machine::gateway

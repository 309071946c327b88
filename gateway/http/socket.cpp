#include "gateway/http/socket.hpp"

#include "gateway/websocket/frame.hpp"

#include <boost/asio/write.hpp>

#include <cerrno>

#include <sys/socket.h>
#include <sys/uio.h>

namespace machine::gateway {

namespace {

namespace asio = boost::asio;
using websocket::close_code;

/// Pieces that leave in one system call, at most.
constexpr size_t max_pieces = 256;

/// What TLS encrypts at a time.
constexpr size_t tls_bytes = 64u << 10;

/// What is read of a client that was told to close, at most.
constexpr size_t max_ignored = 8u << 20;

} // namespace

socket_stream::socket_stream(std::shared_ptr<connection> on)
    : on_(std::move(on)), heard_at_(std::chrono::steady_clock::now()),
      ping_at_(heard_at_ + on_->options().heartbeat) {}

void socket_stream::begin(const std::vector<std::string>& protocols,
                          const socket_maker& make) {
  auto me = shared_from_this();
  auto yes = on_->begin_socket(me, protocols);
  if (!yes)
    return;
  protocol_ = std::move(yes->protocol);
  std::string head = "HTTP/1.1 101 Switching Protocols\r\n";
  for (auto& [name, value] : yes->headers)
    head.append(name).append(": ").append(value).append("\r\n");
  on_->say_common_headers(
    [&head](std::string_view name, std::string_view value) {
      head.append(name).append(": ").append(value).append("\r\n");
    });
  auto answer = frames_of(head + "\r\n");
  answer.count = 0;
  enqueue(std::move(answer));
  user_ = make(me);
  // A client need not wait for the answer before it sends.
  take_early();
  if (!on_->looks_ahead())
    read();
}

void socket_stream::take_early() {
  auto& early = on_->buffer();
  std::string bytes{static_cast<const char*>(early.data().data()),
                    early.size()};
  early.clear();
  take(bytes);
}

void socket_stream::on_read_ahead() {
  if (stage_ == stage::gone)
    return;
  heard_at_ = std::chrono::steady_clock::now();
  take_early();
  if (stage_ != stage::gone)
    read();
}

std::shared_ptr<socket_home> socket_stream::home() const {
  return {on_->shared(), &on_->on()};
}

const std::string& socket_stream::protocol() const {
  return protocol_;
}

void socket_stream::send(shared_frames what) {
  if (stage_ == stage::open)
    enqueue(std::move(what));
}

void socket_stream::close(close_code code, std::string_view reason) {
  if (stage_ == stage::open)
    end_after(code, reason, stage::closing);
}

void socket_stream::ask(inner_request what,
                        std::function<void(http_answer)> then) {
  if (draining_)
    return then(problem_answer(make_error(
      ec::unavailable, "the machine stops; ask again when it is back")));
  ++under_way_;
  auto one = std::make_shared<inner_exchange>(
    on_->shared(), on_->on(), on_->head(),
    // The connection has the head, to which the exchange refers.
    [me = shared_from_this(), then = std::move(then)](http_answer answer) {
      then(std::move(answer));
      if (--me->under_way_ == 0 && me->draining_)
        me->say_farewell();
    });
  std::erase_if(asked_, [](auto& x) { return x.expired(); });
  asked_.push_back(one);
  one->begin(std::move(what));
}

void socket_stream::admit(const std::string& target, admitted then) {
  ask_door(&doorman::admit, target, std::move(then));
}

void socket_stream::check(const std::string& target, admitted then) {
  ask_door(&doorman::check, target, std::move(then));
}

void socket_stream::ask_door(question how, const std::string& target,
                             admitted then) {
  auto found = on_->shared()->find.find("GET", target);
  if (!found || found->what == nullptr) {
    then(nullptr, problem_answer(
                    found ? make_error(ec::not_found, "there is nothing at "
                                                        + target.substr(0, 200))
                          : found.error()));
    return;
  }
  auto asked = std::make_shared<http_request>(std::move(found->request));
  asked->headers = on_->head().headers;
  asked->address = on_->head().address;
  (on_->options().door.get()->*how)(
    *found->what, *asked,
    [me = shared_from_this(), asked,
     then = std::move(then)](admission what) mutable {
      if (me->on_->on().is_here())
        then(std::move(what.who), std::move(what.refusal));
      else
        me->on_->on().post(
          [then = std::move(then), what = std::move(what)]() mutable {
            then(std::move(what.who), std::move(what.refusal));
          });
    });
}

void socket_stream::read() {
  on_->stream().async_read_some(
    asio::buffer(incoming_),
    [me = shared_from_this()](error_code code, size_t count) {
      me->on_read(code, count);
    });
}

void socket_stream::on_read(error_code code, size_t count) {
  if (stage_ == stage::gone)
    return;
  if (code)
    return end();
  heard_at_ = std::chrono::steady_clock::now();
  if (stage_ != stage::open && (ignored_ += count) > max_ignored)
    return end();
  take({incoming_.data(), count});
  if (stage_ != stage::gone)
    read();
}

void socket_stream::take(std::string_view bytes) {
  while (!deaf_ && !bytes.empty() && stage_ != stage::gone
         && !reader_.is_done()) {
    auto [taken, found] = reader_.read(bytes);
    bytes.remove_prefix(taken);
    if (!found)
      return;
    take(std::move(*found));
  }
}

void socket_stream::take(websocket::event what) {
  if (auto* x = std::get_if<websocket::message>(&what)) {
    if (stage_ == stage::open && user_)
      user_->on_message(std::move(*x));
  } else if (auto* ping = std::get_if<websocket::ping_frame>(&what)) {
    // Of many pings that come while nothing leaves, one is answered.
    if (stage_ == stage::open && !std::exchange(pong_waits_, true))
      enqueue(frames_of(
        websocket::encode_frame(websocket::opcode::pong, ping->payload)));
  } else if (auto* close = std::get_if<websocket::close_frame>(&what)) {
    if (stage_ == stage::open)
      end_after(close->code, {}, stage::leaving);
    stage_ = stage::leaving;
    if (queue_.empty())
      on_empty();
  } else if (auto* why = std::get_if<websocket::failure>(&what)) {
    deaf_ = true;
    if (stage_ == stage::open) {
      on_->shared()->numbers.drop(drop_reason::broken);
      end_after(why->code, why->reason, stage::closing);
    }
  }
}

void socket_stream::end_after(close_code code, std::string_view reason,
                              stage next) {
  stage_ = next;
  enqueue(frames_of(websocket::encode_close(code, reason)));
  close_deadline_ =
    std::chrono::steady_clock::now() + on_->options().close_deadline;
}

/// A client that does not read slows nobody but itself. The frame that is under
/// way is finished, for the client may read on, and then it is told why that is
/// all.
void socket_stream::drop(drop_reason why, close_code code,
                         std::string_view reason) {
  if (stage_ != stage::open)
    return;
  on_->shared()->numbers.drop(why);
  on_->options().log.warn("the gateway drops a client of a WebSocket",
                          {{"path", on_->path()},
                           {"trace", name_of_trace(on_->trace())},
                           {"why", reason}});
  size_t kept = 0;
  for (auto begun = sent_ + tls_out_.size(); begun > 0; ++kept)
    begun -= std::min(begun, queue_[kept].size());
  while (queue_.size() > kept) {
    waiting_ -= queue_.back().size();
    queue_.pop_back();
  }
  end_after(code, reason, stage::closing);
}

void socket_stream::enqueue(shared_frames what) {
  if (stage_ == stage::gone)
    return;
  auto most = on_->options().max_queued;
  // What comes at once may be as long as it likes; it is what piles up that
  // shows a client which does not read.
  if (waiting_ > 0 && stage_ == stage::open && waiting_ + what.size() > most)
    return drop(drop_reason::queue, close_code::try_again_later,
                "more than " + std::to_string(most)
                  + " bytes wait for you; come back with the number of the "
                    "last event that you have");
  waiting_ += what.size();
  queue_.push_back(std::move(what));
  told_drained_ = false;
  want_flush();
}

void socket_stream::want_flush() {
  if (!writing_ && !std::exchange(flushing_, true))
    on_->on().flush_later(on_);
}

void socket_stream::on_flush() {
  flushing_ = false;
  write();
}

void socket_stream::write() {
  if (writing_ || stage_ == stage::gone)
    return;
  if (on_->stream().is_tls())
    write_tls();
  else if (write_plain())
    on_empty();
}

bool socket_stream::write_plain() {
  std::array<iovec, max_pieces> pieces;
  while (!queue_.empty()) {
    size_t count = 0;
    size_t bytes = 0;
    for (auto i = queue_.begin(); i != queue_.end() && count < max_pieces;
         ++i) {
      auto skip = count == 0 ? sent_ : 0;
      auto& piece = pieces[count++];
      // It is only read, whatever its type says.
      piece.iov_base = const_cast<char*>(i->data->data()) + i->begin + skip;
      piece.iov_len = i->size() - skip;
      bytes += piece.iov_len;
    }
    msghdr what{};
    what.msg_iov = pieces.data();
    what.msg_iovlen = count;
    auto n = ::sendmsg(on_->stream().socket().native_handle(), &what,
                       MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
      end();
      return false;
    }
    if (n > 0)
      on_sent(static_cast<size_t>(n));
    if (n < 0 || static_cast<size_t>(n) < bytes) {
      wait_for_room();
      return false;
    }
  }
  return true;
}

void socket_stream::wait_for_room() {
  writing_ = true;
  auto now = std::chrono::steady_clock::now();
  if (write_deadline_ == never)
    write_deadline_ = now + on_->options().write_deadline;
  on_->stream().socket().async_wait(transport::socket_type::wait_write,
                                    [me = shared_from_this()](error_code code) {
                                      me->writing_ = false;
                                      if (me->stage_ == stage::gone)
                                        return;
                                      if (code)
                                        me->end();
                                      else
                                        me->write();
                                    });
}

void socket_stream::write_tls() {
  if (queue_.empty())
    return on_empty();
  auto skip = sent_;
  for (auto& x : queue_) {
    if (tls_out_.size() >= tls_bytes)
      break;
    tls_out_ += x.view().substr(skip, tls_bytes);
    skip = 0;
  }
  writing_ = true;
  if (write_deadline_ == never)
    write_deadline_ =
      std::chrono::steady_clock::now() + on_->options().write_deadline;
  asio::async_write(on_->stream(), asio::buffer(tls_out_),
                    [me = shared_from_this()](error_code code, size_t count) {
                      me->writing_ = false;
                      me->tls_out_.clear();
                      if (me->stage_ == stage::gone)
                        return;
                      if (code)
                        return me->end();
                      me->on_sent(count);
                      me->write();
                    });
}

/// The client reads, be it slowly.
void socket_stream::on_sent(size_t bytes) {
  write_deadline_ = never;
  waiting_ -= bytes;
  bytes += sent_;
  size_t frames = 0;
  while (!queue_.empty() && bytes >= queue_.front().size()) {
    bytes -= queue_.front().size();
    frames += queue_.front().count;
    queue_.pop_front();
  }
  sent_ = bytes;
  on_->shared()->numbers.frames(frames);
}

void socket_stream::on_empty() {
  pong_waits_ = false;
  if (stage_ == stage::leaving)
    return part();
  if (stage_ == stage::closing) {
    // It cannot be told from noise that the client closes, too; but it gets to
    // see an end.
    if (deaf_)
      on_->stream().finish_sending();
    return;
  }
  if (!std::exchange(told_drained_, true) && user_)
    user_->on_drained();
}

/// Both have said that this is the end. TLS has to say it, too, or the client
/// could not tell it from an attack.
void socket_stream::part() {
  if (!on_->stream().is_tls())
    return end();
  if (!std::exchange(writing_, true))
    on_->stream().tls().async_shutdown(
      [me = shared_from_this()](error_code) { me->end(); });
}

void socket_stream::on_tick(steady_time now) {
  if (stage_ == stage::gone)
    return;
  for (auto& x : std::vector<std::weak_ptr<inner_exchange>>{asked_})
    if (auto there = x.lock())
      there->on_tick(now);
  if (now >= close_deadline_)
    return end();
  if (now >= write_deadline_) {
    write_deadline_ = never;
    return drop(drop_reason::unread, close_code::policy_violation,
                "you have not read for too long; come back with the number of "
                "the last event that you have");
  }
  if (now >= heard_at_ + on_->options().silence_deadline)
    return drop(drop_reason::silent, close_code::policy_violation,
                "you have shown no sign of life for too long; answer pings");
  if (now < ping_at_ || stage_ != stage::open)
    return;
  // Whoever is asked has all the rest of the time to answer.
  auto since = heard_at_ + on_->options().heartbeat;
  ping_at_ = since > now ? since : now + on_->options().heartbeat;
  if (since <= now)
    enqueue(frames_of(websocket::encode_frame(websocket::opcode::ping, {})));
}

void socket_stream::on_checked() {
  if (user_ && stage_ == stage::open)
    user_->on_checked();
}

void socket_stream::on_refused(const std::string&) {
  drop(drop_reason::refused, close_code::policy_violation,
       "your key is not valid any more; come back with one that is");
}

void socket_stream::on_drain() {
  if (stage_ != stage::open)
    return;
  draining_ = true;
  if (user_)
    user_->on_drain();
  if (under_way_ == 0)
    say_farewell();
}

void socket_stream::say_farewell() {
  close(close_code::service_restart,
        "the machine stops; come back with the number of the last event that "
        "you have");
}

void socket_stream::on_gone() {
  end();
}

void socket_stream::end() {
  if (std::exchange(stage_, stage::gone) == stage::gone)
    return;
  auto me = shared_from_this();
  queue_.clear();
  waiting_ = 0;
  on_->stream().finish_sending();
  on_->hang_up();
  for (auto& x : std::exchange(asked_, {}))
    if (auto there = x.lock())
      there->abandon();
  if (auto user = std::exchange(user_, nullptr))
    user->on_gone();
}

} // namespace machine::gateway

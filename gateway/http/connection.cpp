#include "gateway/http/connection.hpp"

namespace machine::gateway {

namespace asio = boost::asio;

connection::connection(std::shared_ptr<server_shared> shared, lane& home,
                       transport::socket_type socket, std::string address,
                       std::string counted)
    : shared_(std::move(shared)), home_(home),
      stream_(shared_->tls ? transport{std::move(socket), *shared_->tls}
                           : transport{std::move(socket)}),
      address_(std::move(address)), counted_(std::move(counted)) {}

connection::~connection() {
  answer_has_left();
}

void connection::enter(phase what, duration most) {
  phase_ = what;
  deadline_ = std::chrono::steady_clock::now() + most;
}

void connection::on_tick(steady_time now) {
  if (occupant_) {
    auto there = occupant_;
    there->on_tick(now);
    check_again(now);
    return;
  }
  if (now < deadline_)
    return;
  deadline_ = never;
  // The answer that comes too late must not be taken for that to another.
  can_go_on_ = false;
  if (phase_ != phase::answer && phase_ != phase::entry)
    return hang_up();
  auto abandoned = std::exchange(abandoned_, nullptr);
  refuse(504, ec::timeout, "the machine did not answer in time");
  if (abandoned)
    abandoned();
}

/// Whoever stays has to be allowed to all the time.
void connection::check_again(steady_time now) {
  if (now < check_at_ || !occupant_)
    return;
  check_at_ = never;
  shared_->options.door->check(*match_.what, head_,
                               [me = shared_from_this()](admission what) {
                                 if (me->home_.is_here())
                                   me->on_checked_again(what);
                                 else
                                   me->home_.post([me, what = std::move(what)] {
                                     me->on_checked_again(what);
                                   });
                               });
}

void connection::on_checked_again(const admission& what) {
  if (!occupant_)
    return;
  check_at_ = std::chrono::steady_clock::now() + options().check_period;
  auto there = occupant_;
  // That it cannot be found out at present says nothing.
  if (what.refusal && what.refusal->status < 500)
    there->on_refused("you may not be here any more: come back with a key "
                      "that is valid, and with the number of the last event "
                      "that you have");
  else
    there->on_checked();
}

void connection::on_flush() {
  if (auto there = occupant_)
    there->on_flush();
}

void connection::on_drain() {
  if (occupant_) {
    auto there = occupant_;
    there->on_drain();
  } else if (phase_ == phase::idle || phase_ == phase::handshake) {
    hang_up();
  }
}

void connection::close_now() {
  hang_up();
}

void connection::hang_up() {
  if (!std::exchange(open_, false))
    return;
  auto me = shared_from_this();
  stream_.close();
  --shared_->connections;
  if (!counted_.empty())
    shared_->addresses.give_back(counted_);
  shared_->numbers.connections(-1);
  home_.remove(this);
  answer_has_left();
  if (auto there = std::exchange(occupant_, nullptr)) {
    if (phase_ == phase::socket)
      shared_->numbers.sockets(-1);
    else
      shared_->numbers.streams(-1);
    there->on_gone();
  }
  tell_abandoned();
}

void connection::on_abandoned(uint64_t serial, std::function<void()> then) {
  if (serial != serial_ || answered_ || match_.what->what.is_socket())
    return;
  if (!open_ || at_end_)
    return then();
  abandoned_ = std::move(then);
  look_ahead();
}

void connection::tell_abandoned() {
  if (auto then = std::exchange(abandoned_, nullptr))
    then();
}

/// The status is what other servers write down when a client has gone.
void connection::on_lost() {
  constexpr int client_closed_request = 499;
  if (phase_ == phase::answer && !answered_) {
    count(client_closed_request);
    end_trace(client_closed_request, to_string(ec::cancelled));
  }
  hang_up();
}

void connection::begin() {
  shared_->numbers.connections(1);
  if (stream_.is_tls())
    shake_hands();
  else
    wait_for_request();
}

void connection::shake_hands() {
  enter(phase::handshake, options().handshake_deadline);
  stream_.tls().async_handshake(asio::ssl::stream_base::server,
                                [me = shared_from_this()](error_code code) {
                                  if (code)
                                    me->hang_up();
                                  else
                                    me->wait_for_request();
                                });
}

void serve_connection(const std::shared_ptr<server_shared>& shared, lane& on,
                      transport::socket_type socket) {
  if (shared->connections >= shared->options.max_connections)
    return;
  auto& options = shared->options;
  boost::system::error_code ignored;
  auto address = socket.remote_endpoint(ignored).address().to_string();
  std::string counted;
  if (options.max_connections_of_address > 0) {
    counted = options.same_client ? options.same_client(address) : address;
    if (!shared->addresses.take(counted, options.max_connections_of_address))
      return;
  }
  ++shared->connections;
  auto one = std::make_shared<connection>(shared, on, std::move(socket),
                                          std::move(address), counted);
  auto posted = on.post([&on, one] {
    on.add(one);
    one->begin();
  });
  if (posted)
    return;
  --shared->connections;
  if (!counted.empty())
    shared->addresses.give_back(counted);
}

} // namespace machine::gateway

#include "gateway/http/connection.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <limits>

/// How a connection reads: requests, what comes ahead of its turn, and what is
/// still sent after the last answer.
namespace machine::gateway {

namespace http = boost::beast::http;
namespace asio = boost::asio;

namespace {

/// What is read of a request that was refused, at most.
constexpr size_t max_drained = 8u << 20;

/// What is read at a time, at least and at most.
constexpr size_t least_read = 512;
constexpr size_t most_read = 64u << 10;

/// Whether the client has only finished sending. Without the goodbye of TLS it
/// may be somebody else who says so, but nothing depends on that.
bool is_end(const boost::system::error_code& code) {
  return code == asio::error::eof || code == asio::ssl::error::stream_truncated;
}

} // namespace

/// A client may be silent for longer between two requests than within one.
void connection::wait_for_request() {
  if (buffer_.size() > 0) {
    read_header();
    return;
  }
  if (at_end_ || shared_->draining)
    return hang_up();
  enter(phase::idle, options().idle_deadline);
  if (looks_ahead_)
    return;
  stream_.async_read_some(
    buffer_.prepare(4'096),
    [me = shared_from_this()](error_code code, size_t count) {
      if (code)
        return me->hang_up();
      me->buffer_.commit(count);
      me->read_header();
    });
}

void connection::read_header() {
  enter(phase::header, options().header_deadline);
  parser_.emplace();
  parser_->header_limit(max_header);
  parser_->body_limit(std::numeric_limits<uint64_t>::max());
  ++serial_;
  answered_ = false;
  is_head_ = false;
  keep_alive_ = false;
  extra_.clear();
  allowed_.clear();
  can_go_on_ = false;
  id_.clear();
  trace_ = {};
  known_tags_.clear();
  parse();
}

void connection::parse() {
  error_code code;
  while (!code) {
    if (phase_ == phase::header ? parser_->is_header_done()
                                : parser_->is_done())
      break;
    if (buffer_.size() == 0)
      return read_more();
    buffer_.consume(parser_->put(buffer_.data(), code));
  }
  if (code == http::error::need_more)
    return read_more();
  on_parsed(code);
}

void connection::on_parsed(error_code code) {
  if (phase_ == phase::header)
    on_header(code);
  else
    on_body(code);
}

void connection::read_more() {
  // What that brings is what is waited for.
  if (looks_ahead_)
    return;
  if (at_end_)
    return on_more(asio::error::eof, 0);
  auto spare = buffer_.capacity() - buffer_.size();
  auto room = std::min({most_read, std::max(least_read, spare),
                        buffer_.max_size() - buffer_.size()});
  if (room == 0)
    return on_parsed(http::error::buffer_overflow);
  stream_.async_read_some(
    buffer_.prepare(room),
    [me = shared_from_this()](error_code code, size_t count) {
      me->buffer_.commit(count);
      me->on_more(code, count);
    });
}

void connection::on_more(error_code code, size_t count) {
  if (!open_)
    return;
  if (count > 0 && !code)
    return parse();
  if (code == asio::error::eof) {
    code = http::error::end_of_stream;
    if (parser_->got_some())
      parser_->put_eof(code);
  }
  on_parsed(code);
}

void connection::look_ahead() {
  if (is_last_)
    buffer_.clear();
  if (looks_ahead_ || at_end_ || phase_ == phase::socket
      || buffer_.max_size() - buffer_.size() < ahead_.size())
    return;
  looks_ahead_ = true;
  stream_.async_read_some(
    asio::buffer(ahead_),
    [me = shared_from_this()](error_code code, size_t count) {
      me->on_ahead(code, count);
    });
}

void connection::on_ahead(error_code code, size_t count) {
  looks_ahead_ = false;
  if (!open_)
    return;
  if (phase_ == phase::draining) {
    drained_ += count;
    if (code || drained_ >= max_drained)
      hang_up();
    else
      drain();
    return;
  }
  if (count > 0)
    buffer_.commit(
      asio::buffer_copy(buffer_.prepare(count), asio::buffer(ahead_, count)));
  if (is_end(code))
    return on_end_ahead();
  if (code)
    return on_lost();
  switch (phase_) {
    case phase::idle: read_header(); break;
    case phase::header:
    case phase::body: parse(); break;
    case phase::answer:
    case phase::streaming: look_ahead(); break;
    case phase::socket: occupant_->on_read_ahead(); break;
    // Whatever comes next reads on.
    default: break;
  }
}

void connection::on_end_ahead() {
  at_end_ = true;
  switch (phase_) {
    case phase::idle:
    case phase::socket: hang_up(); break;
    case phase::header:
    case phase::body: read_more(); break;
    case phase::answer: tell_abandoned(); break;
    case phase::streaming:
      if (!occupant_->is_complete())
        hang_up();
      break;
    default: break;
  }
}

void connection::drain() {
  // What is left of that is drained, too.
  if (looks_ahead_)
    return;
  if (at_end_)
    return hang_up();
  looks_ahead_ = true;
  stream_.async_read_some(
    asio::buffer(ahead_),
    [me = shared_from_this()](error_code code, size_t count) {
      me->on_ahead(code, count);
    });
}

} // namespace machine::gateway

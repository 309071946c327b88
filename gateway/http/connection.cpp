#include "gateway/http/connection.hpp"

#include "gateway/http/request_id.hpp"
#include "gateway/http/responder.hpp"

#include <boost/asio/write.hpp>

#include <algorithm>
#include <exception>
#include <limits>

namespace machine::gateway {

namespace beast = boost::beast;
namespace http = beast::http;
namespace asio = boost::asio;

namespace {

constexpr uint32_t max_header = 16u << 10;

/// What is read of a request that was refused, at most.
constexpr size_t max_drained = 8u << 20;

/// What a page of another origin may send and read.
constexpr const char* cors_headers =
  "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, "
  "Last-Event-ID, X-Request-Id, X-Tenant, Traceparent, Tracestate";
constexpr const char* cors_exposed =
  "ETag, Retry-After, X-Request-Id, RateLimit, RateLimit-Policy";

std::string lower(std::string_view x) {
  std::string result{x};
  for (auto& c : result)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return result;
}

/// Whether a client that has *known*, as it says in `If-None-Match`, has *tag*
/// (RFC 9110, section 13.1.2).
bool has_tag(std::string_view known, std::string_view tag) {
  auto strong = [](std::string_view x) {
    return x.starts_with("W/") ? x.substr(2) : x;
  };
  while (!known.empty()) {
    auto end = known.find(',');
    auto one = known.substr(0, end);
    while (one.starts_with(' '))
      one.remove_prefix(1);
    while (one.ends_with(' '))
      one.remove_suffix(1);
    if (one == "*" || strong(one) == strong(tag))
      return true;
    known = end == known.npos ? "" : known.substr(end + 1);
  }
  return false;
}

} // namespace

connection::connection(std::shared_ptr<server_shared> shared, lane& home,
                       transport::socket_type socket)
    : shared_(std::move(shared)), home_(home),
      stream_(shared_->tls ? transport{std::move(socket), *shared_->tls}
                           : transport{std::move(socket)}) {
  error_code ignored;
  address_ = stream_.socket().remote_endpoint(ignored).address().to_string();
}

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
    return;
  }
  if (now < deadline_)
    return;
  deadline_ = never;
  // The answer that comes too late must not be taken for that to another.
  can_go_on_ = false;
  if (phase_ == phase::answer || phase_ == phase::entry)
    refuse(504, ec::timeout, "the machine did not answer in time");
  else
    hang_up();
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
  shared_->numbers.connections(-1);
  home_.remove(this);
  answer_has_left();
  if (auto there = std::exchange(occupant_, nullptr)) {
    shared_->numbers.streams(-1);
    there->on_gone();
  }
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

/// A client may be silent for longer between two requests than within one.
void connection::wait_for_request() {
  if (buffer_.size() > 0) {
    read_header();
    return;
  }
  if (shared_->draining)
    return hang_up();
  enter(phase::idle, options().idle_deadline);
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
  answered_ = false;
  is_head_ = false;
  keep_alive_ = false;
  extra_.clear();
  allowed_.clear();
  can_go_on_ = false;
  id_.clear();
  known_tags_.clear();
  http::async_read_header(stream_, buffer_, *parser_,
                          [me = shared_from_this()](error_code code, size_t) {
                            me->on_header(code);
                          });
}

std::string connection::common_headers() const {
  std::string result = "Server: themachine\r\nCache-Control: no-store\r\n"
                       "X-Content-Type-Options: nosniff\r\n";
  auto add = [&](std::string_view name, std::string_view value) {
    result.append(name).append(": ").append(value).append("\r\n");
  };
  if (!id_.empty())
    add("X-Request-Id", id_);
  if (!shared_->options.origins.empty())
    add("Vary", "Origin");
  if (!origin_.empty()) {
    add("Access-Control-Allow-Origin", origin_);
    add("Access-Control-Expose-Headers", cors_exposed);
  }
  for (auto& [name, value] : extra_)
    add(name, value);
  return result;
}

void connection::set_common(string_response& in) const {
  in.set(http::field::server, "themachine");
  in.set(http::field::cache_control, "no-store");
  in.set("X-Content-Type-Options", "nosniff");
  if (!id_.empty())
    in.set("X-Request-Id", id_);
  if (!shared_->options.origins.empty())
    in.set(http::field::vary, "Origin");
  if (!origin_.empty()) {
    in.set(http::field::access_control_allow_origin, origin_);
    in.set(http::field::access_control_expose_headers, cors_exposed);
  }
  // For names of the outside: `localhost` belongs to others as well.
  if (stream_.is_tls() && !shared_->options.hosts.empty())
    in.set(http::field::strict_transport_security, "max-age=31536000");
  for (auto& [name, value] : extra_)
    in.set(name, value);
}

void connection::reply(http_answer what, bool keep) {
  if (!open_ || std::exchange(answered_, true))
    return;
  count(what.status);
  auto& response =
    response_.emplace(static_cast<http::status>(what.status), version_);
  set_common(response);
  for (auto& [name, value] : what.headers)
    response.set(name, value);
  if (what.status == 200 && response.count(http::field::etag) > 0
      && has_tag(known_tags_, response[http::field::etag])) {
    response.result(http::status::not_modified);
    what.body.clear();
  }
  if (!what.type.empty())
    response.set(http::field::content_type, what.type);
  if (what.status == 401)
    response.set(http::field::www_authenticate, "Bearer");
  if (!allowed_.empty())
    response.set(http::field::allow, allowed_);
  response.keep_alive(keep && keep_alive_ && !shared_->draining);
  response.body() = std::move(what.body);
  response.prepare_payload();
  if (is_head_)
    response.body().clear();
  enter(phase::writing, options().write_deadline);
  http::async_write(stream_, response,
                    [me = shared_from_this()](error_code code, size_t) {
                      me->on_replied(code);
                    });
}

void connection::count(int status) const {
  auto took = std::chrono::steady_clock::now() - begun_at_;
  shared_->numbers.count(match_.what, status,
                         std::chrono::duration<double>(took).count());
}

void connection::refuse(int status, ec code, std::string message) {
  auto why = make_error(code, std::move(message));
  // What follows a body that nobody reads would be taken for a request.
  reply({status, "application/problem+json", problem_document(why, status), {}},
        can_go_on_ && parser_->is_done());
}

bool connection::begin_stream(const std::shared_ptr<occupant>& whom) {
  if (is_head_)
    reply({200, "text/event-stream", {}, {}}, false);
  if (!open_ || std::exchange(answered_, true))
    return false;
  phase_ = phase::streaming;
  deadline_ = never;
  occupant_ = whom;
  shared_->numbers.streams(1);
  count(200);
  return true;
}

void connection::answer_leaves() {
  if (!leaving_.exchange(true))
    ++shared_->leaving;
}

void connection::answer_has_left() {
  if (leaving_.exchange(false))
    --shared_->leaving;
}

void connection::on_replied(error_code code) {
  answer_has_left();
  if (code)
    return hang_up();
  if (!response_->keep_alive())
    return say_goodbye();
  response_.reset();
  wait_for_request();
}

void connection::say_goodbye() {
  enter(phase::draining, options().write_deadline);
  if (stream_.is_tls())
    return stream_.tls().async_shutdown(
      [me = shared_from_this()](error_code) { me->hang_up(); });
  stream_.finish_sending();
  drain();
}

void connection::drain() {
  stream_.socket().async_read_some(
    asio::buffer(ignored_),
    [me = shared_from_this()](error_code code, size_t count) {
      me->drained_ += count;
      if (!code && me->drained_ < max_drained)
        me->drain();
      else
        me->hang_up();
    });
}

bool connection::knows_host(std::string_view host) const {
  auto port = ":" + std::to_string(shared_->port);
  if (host.ends_with(port))
    host.remove_suffix(port.size());
  auto& address = shared_->options.address;
  auto is = [host](std::string_view name) {
    return beast::iequals(host, name);
  };
  auto& others = shared_->options.hosts;
  return is(address) || is("localhost") || is("[" + address + "]")
      || std::any_of(others.begin(), others.end(), is);
}

bool connection::knows_origin(std::string_view origin) const {
  auto& known = shared_->options.origins;
  return std::find(known.begin(), known.end(), origin) != known.end();
}

void connection::on_header(error_code code) {
  begun_at_ = std::chrono::steady_clock::now();
  match_ = {};
  if (code == http::error::end_of_stream
      || code == asio::error::operation_aborted
      || code == asio::error::connection_reset)
    return hang_up();
  if (code == http::error::header_limit)
    return refuse(431, ec::limit_exceeded,
                  "the header has more than 16384 bytes");
  if (code)
    return refuse(400, ec::invalid_argument,
                  "this is no HTTP/1.1 request: " + code.message());
  auto& head = parser_->get();
  version_ = head.version();
  keep_alive_ = head.keep_alive();
  is_head_ = head.method() == http::verb::head;
  path_ = std::string{head.target()}.substr(0, 200);
  origin_ = std::string{head[http::field::origin]};
  if (!knows_origin(origin_))
    origin_.clear();
  auto hosts = head.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && version_ == 11))
    return refuse(400, ec::invalid_argument,
                  "the request has " + std::to_string(hosts)
                    + " Host headers; it needs one");
  std::string host{head[http::field::host]};
  if (!knows_host(host))
    return refuse(421, ec::denied,
                  "this machine does not go by the name " + host.substr(0, 100)
                    + "; name it in gateway.hosts");
  can_go_on_ = true;
  if (head.method() == http::verb::options && answer_preflight())
    return;
  if (!find_route())
    return;
  auto length = parser_->content_length();
  if (length && *length > match_.what->max_body)
    return refuse(413, ec::limit_exceeded,
                  "the body has more than "
                    + std::to_string(match_.what->max_body) + " bytes");
  enter(phase::entry, options().answer_deadline);
  shared_->options.door->admit(
    *match_.what, match_.request, [me = shared_from_this()](admission what) {
      if (me->home_.is_here())
        me->on_admitted(std::move(what));
      else
        me->home_.post([me, what = std::move(what)]() mutable {
          me->on_admitted(std::move(what));
        });
    });
}

/// A browser asks what a page of another origin may do (WHATWG Fetch, 3.2.2).
/// Without an origin OPTIONS asks what a path can be used with.
bool connection::answer_preflight() {
  auto& head = parser_->get();
  auto found = shared_->find.find("", std::string{head.target()});
  if (!found || found->allowed.empty())
    return false;
  allowed_ = found->allowed;
  http_answer what{204, "", "", {}};
  if (!origin_.empty()) {
    what.headers.emplace_back("Access-Control-Allow-Methods", allowed_);
    what.headers.emplace_back("Access-Control-Allow-Headers", cors_headers);
    what.headers.emplace_back("Access-Control-Max-Age", "600");
  }
  reply(std::move(what));
  return true;
}

bool connection::find_route() {
  auto& head = parser_->get();
  auto found = shared_->find.find(std::string{head.method_string()},
                                  std::string{head.target()});
  if (!found) {
    refuse(400, code_of(found.error()), message_of(found.error()));
    return false;
  }
  match_ = std::move(*found);
  auto& request = match_.request;
  for (auto& field : head)
    request.headers.emplace(lower(field.name_string()), field.value());
  request.id = request_id_of(request.header_or("x-request-id", ""));
  request.address = address_;
  id_ = request.id;
  known_tags_ = request.header_or("if-none-match", "");
  if (match_.what != nullptr)
    return true;
  allowed_ = match_.allowed;
  if (allowed_.empty())
    refuse(404, ec::not_found, "there is nothing at " + path_);
  else
    refuse(405, ec::invalid_argument, "this path can be used with " + allowed_);
  return false;
}

void connection::on_admitted(admission what) {
  if (!open_ || answered_ || phase_ != phase::entry)
    return;
  extra_ = std::move(what.headers);
  if (what.refusal) {
    // Whatever body comes, nobody reads it.
    reply(std::move(*what.refusal), parser_->is_done());
    return;
  }
  match_.request.who = std::move(what.who);
  parser_->body_limit(match_.what->max_body);
  auto expected = parser_->get()[http::field::expect];
  if (expected.empty())
    return read_body();
  if (!beast::iequals(expected, "100-continue"))
    return refuse(417, ec::invalid_argument,
                  "Expect can be 100-continue and nothing else");
  static constexpr std::string_view go = "HTTP/1.1 100 Continue\r\n\r\n";
  enter(phase::writing, options().write_deadline);
  asio::async_write(stream_, asio::buffer(go.data(), go.size()),
                    [me = shared_from_this()](error_code c, size_t) {
                      if (!c)
                        me->read_body();
                      else
                        me->hang_up();
                    });
}

void connection::read_body() {
  if (parser_->is_done())
    return handle();
  enter(phase::body, options().body_deadline);
  http::async_read(
    stream_, buffer_, *parser_,
    [me = shared_from_this()](error_code c, size_t) { me->on_body(c); });
}

void connection::on_body(error_code code) {
  if (code == http::error::body_limit)
    return refuse(413, ec::limit_exceeded,
                  "the body has more than "
                    + std::to_string(match_.what->max_body) + " bytes");
  if (code == asio::error::operation_aborted)
    return hang_up();
  if (code)
    return refuse(400, ec::invalid_argument,
                  "the body does not read: " + code.message());
  handle();
}

void connection::handle() {
  match_.request.body = std::move(parser_->get().body());
  enter(phase::answer, options().answer_deadline);
  auto reply = make_responder(shared_from_this());
  // Whatever goes wrong in there, the server lives.
  try {
    match_.what->handle(std::move(match_.request), reply);
  } catch (const std::exception& x) {
    shared_->options.log.error("a handler of the gateway failed",
                               {{"path", path_}, {"why", x.what()}});
    reply->problem(make_error(
      ec::internal, "this request cannot be answered; the log says why"));
  }
}

void serve_connection(const std::shared_ptr<server_shared>& shared, lane& on,
                      transport::socket_type socket) {
  if (shared->connections >= shared->options.max_connections)
    return;
  ++shared->connections;
  auto one = std::make_shared<connection>(shared, on, std::move(socket));
  auto posted = on.post([&on, one] {
    on.add(one);
    one->begin();
  });
  if (!posted)
    --shared->connections;
}

} // namespace machine::gateway

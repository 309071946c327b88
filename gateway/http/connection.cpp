#include "gateway/http/connection.hpp"

#include "gateway/http/responder.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/write.hpp>

#include <sodium.h>

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

} // namespace

connection::connection(std::shared_ptr<server_shared> shared,
                       asio::ip::tcp::socket socket)
    : shared_(std::move(shared)), stream_(std::move(socket)),
      timer_(stream_.get_executor()) {
  ++shared_->connections;
}

connection::~connection() {
  if (has_place_)
    --shared_->connections;
  answer_has_left();
  shared_->remove(this);
}

void connection::close_now() {
  stream_.close();
  timer_.cancel();
}

void connection::hang_up() {
  stream_.close();
  if (std::exchange(has_place_, false))
    --shared_->connections;
}

void connection::read_header() {
  parser_.emplace();
  parser_->header_limit(max_header);
  parser_->body_limit(std::numeric_limits<uint64_t>::max());
  answered_ = false;
  is_head_ = false;
  stream_.expires_after(shared_->options.header_deadline);
  http::async_read_header(
    stream_, buffer_, *parser_,
    [me = shared_from_this()](beast::error_code code, size_t) {
      me->on_header(code);
    });
}

void connection::reply(int status, const std::string& type, std::string body,
                       bool keep) {
  if (std::exchange(answered_, true))
    return;
  timer_.cancel();
  response_.emplace(static_cast<http::status>(status), version_);
  response_->set(http::field::server, "themachine");
  response_->set(http::field::content_type, type);
  response_->set(http::field::cache_control, "no-store");
  response_->set("X-Content-Type-Options", "nosniff");
  if (status == 401)
    response_->set(http::field::www_authenticate, "Bearer");
  if (!allowed_.empty())
    response_->set(http::field::allow, allowed_);
  response_->keep_alive(keep && keep_alive_);
  response_->body() = std::move(body);
  response_->prepare_payload();
  if (is_head_)
    response_->body().clear();
  stream_.expires_after(shared_->options.write_deadline);
  http::async_write(stream_, *response_,
                    [me = shared_from_this()](beast::error_code code, size_t) {
                      me->on_replied(code);
                    });
}

void connection::refuse(int status, ec code, std::string message) {
  auto why = make_error(code, std::move(message));
  reply(status, "application/problem+json", problem_document(why, status),
        false);
}

bool connection::begin_stream() {
  if (is_head_)
    reply(200, "text/event-stream", {}, false);
  if (std::exchange(answered_, true))
    return false;
  timer_.cancel();
  return true;
}

void connection::answer_leaves() {
  if (!leaving_.exchange(true))
    shared_->begin_leaving();
}

void connection::answer_has_left() {
  if (leaving_.exchange(false))
    shared_->end_leaving();
}

void connection::on_replied(beast::error_code code) {
  answer_has_left();
  if (code)
    return hang_up();
  if (!response_->keep_alive()) {
    beast::error_code ignored;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    stream_.expires_after(shared_->options.write_deadline);
    drain();
    return;
  }
  response_.reset();
  read_header();
}

void connection::drain() {
  stream_.async_read_some(
    asio::buffer(ignored_),
    [me = shared_from_this()](beast::error_code code, size_t count) {
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
  return is(address) || is("localhost") || is("[" + address + "]");
}

void connection::on_header(beast::error_code code) {
  if (code == http::error::end_of_stream || code == beast::error::timeout
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
  allowed_.clear();
  path_ = std::string{head.target()}.substr(0, 200);
  auto hosts = head.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && version_ == 11))
    return refuse(400, ec::invalid_argument,
                  "the request has " + std::to_string(hosts)
                    + " Host headers; it needs one");
  std::string host{head[http::field::host]};
  if (!knows_host(host))
    return refuse(421, ec::denied,
                  "this machine does not go by the name "
                    + host.substr(0, 100));
  auto found = find_route(shared_->routes, std::string{head.method_string()},
                          std::string{head.target()});
  if (!found)
    return refuse(400, code_of(found.error()), message_of(found.error()));
  match_ = std::move(*found);
  if (match_.what == nullptr) {
    allowed_ = match_.allowed;
    if (!allowed_.empty())
      return refuse(405, ec::invalid_argument,
                    "this path can be used with " + allowed_);
    return refuse(404, ec::not_found, "there is nothing at " + path_);
  }
  for (auto& field : head) {
    std::string name{field.name_string()};
    for (auto& c : name)
      c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    match_.request.headers.emplace(std::move(name), field.value());
  }
  if (!may_enter(*match_.what))
    return refuse(401, ec::denied,
                  "a bearer token is needed; it stands in endpoint.json of the "
                  "data directory");
  auto length = parser_->content_length();
  if (length && *length > match_.what->max_body)
    return refuse(413, ec::limit_exceeded,
                  "the body has more than "
                    + std::to_string(match_.what->max_body) + " bytes");
  parser_->body_limit(match_.what->max_body);
  if (beast::iequals(head[http::field::expect], "100-continue")) {
    static constexpr std::string_view go = "HTTP/1.1 100 Continue\r\n\r\n";
    stream_.expires_after(shared_->options.write_deadline);
    asio::async_write(stream_, asio::buffer(go.data(), go.size()),
                      [me = shared_from_this()](beast::error_code c, size_t) {
                        if (!c)
                          me->read_body();
                        else
                          me->hang_up();
                      });
    return;
  }
  read_body();
}

void connection::read_body() {
  stream_.expires_after(shared_->options.body_deadline);
  http::async_read(
    stream_, buffer_, *parser_,
    [me = shared_from_this()](beast::error_code c, size_t) { me->on_body(c); });
}

bool connection::may_enter(const route& what) const {
  if (what.who == access::anybody)
    return true;
  constexpr std::string_view scheme = "Bearer ";
  auto given = match_.request.header_or("authorization", "");
  auto& token = shared_->options.token;
  if (given.size() != scheme.size() + token.size()
      || !beast::iequals(given.substr(0, scheme.size()), scheme))
    return false;
  return sodium_memcmp(given.data() + scheme.size(), token.data(), token.size())
      == 0;
}

void connection::on_body(beast::error_code code) {
  if (code == http::error::body_limit)
    return refuse(413, ec::limit_exceeded,
                  "the body has more than "
                    + std::to_string(match_.what->max_body) + " bytes");
  if (code == beast::error::timeout || code == asio::error::operation_aborted)
    return hang_up();
  if (code)
    return refuse(400, ec::invalid_argument,
                  "the body does not read: " + code.message());
  handle();
}

void connection::handle() {
  if (shared_->has_stopped())
    return;
  match_.request.body = std::move(parser_->get().body());
  stream_.expires_never();
  timer_.expires_after(shared_->options.answer_deadline);
  // The deadline may have passed just before it was cancelled.
  timer_.async_wait(
    [me = shared_from_this(), request = ++request_](beast::error_code code) {
      if (!code && request == me->request_)
        me->refuse(504, ec::timeout, "the machine did not answer in time");
    });
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

void serve_connection(std::shared_ptr<server_shared> shared,
                      asio::ip::tcp::socket socket) {
  if (shared->connections >= shared->options.max_connections)
    return;
  auto one = std::make_shared<connection>(shared, std::move(socket));
  shared->add(one.get(), one);
  asio::dispatch(one->executor(), [one] { one->read_header(); });
}

} // namespace machine::gateway

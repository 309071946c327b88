#include "gateway/http/connection.hpp"

#include "gateway/http/request_id.hpp"
#include "gateway/http/responder.hpp"

#include <boost/asio/write.hpp>

#include <algorithm>
#include <exception>

/// How a connection understands a request, and has it answered.
namespace machine::gateway {

namespace beast = boost::beast;
namespace http = beast::http;
namespace asio = boost::asio;

namespace {

/// What a page of another origin may send.
constexpr const char* cors_headers =
  "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, "
  "Last-Event-ID, MCP-Protocol-Version, Mcp-Method, Mcp-Name, Mcp-Session-Id, "
  "X-Api-Key, X-Request-Id, X-Tenant, Traceparent, Tracestate, "
  "Anthropic-Version";
/// Headers of which a second one could say something else to whoever stands
/// before this machine.
constexpr std::array<std::string_view, 11> single_headers{
  "Authorization",   "X-Api-Key",     "Content-Type",
  "Idempotency-Key", "Last-Event-ID", "MCP-Protocol-Version",
  "Mcp-Method",      "Mcp-Name",      "Mcp-Session-Id",
  "Origin",          "X-Tenant"};

std::string lower(std::string_view x) {
  std::string result{x};
  for (auto& c : result)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return result;
}

} // namespace

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
  begin_trace();
  auto& head = parser_->get();
  version_ = head.version();
  keep_alive_ = head.keep_alive();
  is_head_ = head.method() == http::verb::head;
  auto asked = split_target(head.target());
  path_ = asked.path.substr(0, 200);
  origin_ = head[http::field::origin];
  if (!knows_origin(origin_))
    origin_.clear();
  if (auto err = check_length(head))
    return refuse(400, code_of(err), message_of(err));
  auto hosts = head.count(http::field::host);
  // HTTP/1.0 needs none, but this machine does: see `knows_host`.
  if (hosts != 1)
    return refuse(400, ec::invalid_argument,
                  "the request has " + std::to_string(hosts)
                    + " Host headers; it needs one");
  for (auto name : single_headers)
    if (head.count(name) > 1)
      return refuse(400, ec::invalid_argument,
                    "the request has more than one " + std::string{name});
  if (asked.host) {
    // Copies, for they stand where the others come.
    std::string host{*asked.host};
    std::string path{asked.path};
    head.set(http::field::host, host);
    head.target(path);
  }
  auto host = head[http::field::host];
  if (!knows_host(host))
    return refuse(421, ec::denied,
                  "this machine does not go by the name "
                    + std::string{host.substr(0, 100)}
                    + "; name it in gateway.hosts");
  can_go_on_ = true;
  auto coding = head[http::field::content_encoding];
  if (!coding.empty() && !beast::iequals(coding, "identity"))
    return refuse(415, ec::invalid_argument,
                  "this machine reads bodies as they are, without a "
                  "Content-Encoding");
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

/// W3C Trace Context, sections 3.2 and 3.3: of several parents none counts, and
/// several states are one.
void connection::begin_trace() {
  auto& head = parser_->get();
  std::string_view parent;
  if (head.count("traceparent") == 1)
    parent = head["traceparent"];
  std::string state;
  auto [first, last] = head.equal_range("tracestate");
  for (; first != last; ++first) {
    state += state.empty() ? "" : ",";
    state += first->value();
  }
  trace_ = continue_trace(options().traces, parent, state);
}

/// A browser asks what a page of another origin may do (WHATWG Fetch, 3.2.2).
/// Without an origin OPTIONS asks what a path can be used with.
bool connection::answer_preflight() {
  auto& head = parser_->get();
  auto found = shared_->find.find("", head.target());
  if (!found || found->allowed.empty())
    return false;
  allowed_ = found->allowed;
  http_answer what{204, "", "", {}};
  if (!origin_.empty()) {
    what.headers.emplace_back("Access-Control-Allow-Methods", allowed_);
    what.headers.emplace_back("Access-Control-Allow-Headers", cors_headers);
    what.headers.emplace_back("Access-Control-Max-Age", "600");
  }
  reply(std::move(what), parser_->is_done());
  return true;
}

bool connection::find_route() {
  auto& head = parser_->get();
  auto found = shared_->find.find(head.method_string(), head.target());
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
    return !match_.what->what.is_socket() || read_socket_head();
  allowed_ = match_.allowed;
  if (allowed_.empty())
    refuse(404, ec::not_found, "there is nothing at " + path_);
  else
    refuse(405, ec::invalid_argument, "this path can be used with " + allowed_);
  return false;
}

/// A page of a browser cannot say `Authorization` with a WebSocket, but it can
/// name protocols: the token may come as one of them, which is not chosen. What
/// a browser lets any page do has to be checked here: whose page it is.
bool connection::read_socket_head() {
  constexpr std::string_view mark = "themachine.bearer.";
  auto& request = match_.request;
  auto& head = parser_->get();
  auto from = request.header_or("origin", "");
  if (!from.empty() && origin_.empty() && !is_own_origin(from)) {
    refuse(403, ec::denied,
           "pages of this origin may not use the machine; name it in "
           "gateway.origins");
    return false;
  }
  request.headers.erase("sec-websocket-protocol");
  std::string token;
  size_t tokens = 0;
  auto [first, last] = head.equal_range("sec-websocket-protocol");
  for (; first != last; ++first)
    for (auto name : beast::http::token_list{first->value()})
      if (std::string_view{name}.starts_with(mark)) {
        token = std::string_view{name}.substr(mark.size());
        ++tokens;
      }
  if (tokens == 0)
    return true;
  if (tokens > 1 || request.headers.contains("authorization")) {
    refuse(400, ec::invalid_argument,
           "the request has more than one token; it needs one, in "
           "Authorization or as a protocol");
    return false;
  }
  request.headers["authorization"] = "Bearer " + token;
  return true;
}

/// Whether *origin* is where the client has this machine from.
bool connection::is_own_origin(std::string_view origin) const {
  auto mark = origin.find("://");
  return mark != origin.npos
      && beast::iequals(origin.substr(mark + 3),
                        parser_->get()[http::field::host]);
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
  match_.request.trace = trace_.self;
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
  parser_->eager(true);
  parse();
}

void connection::on_body(error_code code) {
  if (code == http::error::body_limit)
    return refuse(413, ec::limit_exceeded,
                  "the body has more than "
                    + std::to_string(match_.what->max_body) + " bytes");
  if (code == asio::error::operation_aborted)
    return hang_up();
  if (code == http::error::buffer_overflow)
    return refuse(413, ec::limit_exceeded,
                  "what surrounds the chunks of the body has more than 65536 "
                  "bytes at once");
  if (code)
    return refuse(400, ec::invalid_argument,
                  "the body does not read: " + code.message());
  handle();
}

void connection::handle() {
  if (match_.what->what.lasts())
    head_ = match_.request;
  match_.request.body = std::move(parser_->get().body());
  enter(phase::answer,
        match_.what->patience.value_or(options().answer_deadline));
  auto reply = make_responder(shared_from_this());
  // Whatever goes wrong in there, the server lives.
  try {
    match_.what->handle(std::move(match_.request), reply);
  } catch (const std::exception& x) {
    shared_->options.log.error("a handler of the gateway failed",
                               {{"path", path_},
                                {"request", id_},
                                {"trace", name_of_trace(trace_.self)},
                                {"why", x.what()}});
    reply->problem(make_error(
      ec::internal, "this request cannot be answered; the log says why"));
  }
}

} // namespace machine::gateway

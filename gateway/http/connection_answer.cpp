#include "gateway/http/connection.hpp"
#include "gateway/http/tags.hpp"
#include "runtime/clock.hpp"

/// How a connection answers a request, and what it says last.
namespace machine::gateway {

namespace http = boost::beast::http;

namespace {

/// What a page of another origin may read.
constexpr const char* cors_exposed =
  "ETag, Idempotency-Replayed, Mcp-Session-Id, Retry-After, X-Request-Id, "
  "RateLimit, RateLimit-Policy, traceresponse";

} // namespace

void connection::say_common_headers(const header_sink& to) const {
  to("Server", "themachine");
  to("Cache-Control", "no-store");
  to("X-Content-Type-Options", "nosniff");
  if (!id_.empty())
    to("X-Request-Id", id_);
  // W3C Trace Context, Response Headers (a draft).
  if (trace_)
    to("traceresponse", format_traceparent(trace_.self));
  if (!shared_->options.origins.empty())
    to("Vary", "Origin");
  if (!origin_.empty()) {
    to("Access-Control-Allow-Origin", origin_);
    to("Access-Control-Expose-Headers", cors_exposed);
  }
  // For names of the outside: `localhost` belongs to others as well.
  if (stream_.is_tls() && !shared_->options.hosts.empty())
    to("Strict-Transport-Security", "max-age=31536000");
  for (auto& [name, value] : extra_)
    to(name, value);
}

void connection::reply(http_answer what, bool keep) {
  if (!open_ || std::exchange(answered_, true))
    return;
  abandoned_ = nullptr;
  if (match_.what != nullptr && match_.what->in_dialect != nullptr
      && what.type == "application/problem+json")
    what = match_.what->in_dialect(match_.request, std::move(what));
  count(what.status);
  auto& response =
    response_.emplace(static_cast<http::status>(what.status), version_);
  say_common_headers(
    [&response](std::string_view name, std::string_view value) {
      response.insert(name, value);
    });
  for (auto& [name, value] : what.headers)
    response.set(name, value);
  auto only_looks = is_head_ || parser_->get().method() == http::verb::get;
  if (what.status == 200 && only_looks && response.count(http::field::etag) > 0
      && has_tag(known_tags_, response[http::field::etag], comparison::weak)) {
    response.result(http::status::not_modified);
    what.body.clear();
  }
  end_trace(static_cast<int>(response.result_int()), what.problem);
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
  serializer_.emplace(response);
  write();
}

/// The deadline is for each piece that leaves: a long answer may take its time.
void connection::write() {
  enter(phase::writing, options().write_deadline);
  http::async_write_some(stream_, *serializer_,
                         [me = shared_from_this()](error_code code, size_t) {
                           if (!code && !me->serializer_->is_done())
                             me->write();
                           else
                             me->on_replied(code);
                         });
}

void connection::count(int status) const {
  auto took = std::chrono::steady_clock::now() - begun_at_;
  shared_->numbers.count(match_.what, status,
                         std::chrono::duration<double>(took).count());
}

void connection::end_trace(int status, std::string_view problem) const {
  auto& to = options().traces;
  if (!trace_.self.sampled || !to.is_on())
    return;
  // Of whoever is turned away it does not count what they say of themselves.
  if ((status == 401 || status == 429)
      && !to.samples(trace_.self.trace, std::nullopt))
    return;
  answered_request how;
  how.method = parser_->get().method_string();
  how.what = match_.what;
  how.status = status;
  how.problem = problem;
  how.id = id_;
  how.scheme = stream_.is_tls() ? "https" : "http";
  how.version = version_ == 10 ? "1.0" : "1.1";
  to.record(span_of_request(trace_, how, wall_clock()));
}

void connection::refuse(int status, ec code, std::string message) {
  auto why = make_error(code, std::move(message));
  // What follows a body that nobody reads would be taken for a request.
  reply({status,
         "application/problem+json",
         problem_document(why, status),
         {},
         to_string(code)},
        can_go_on_ && parser_->is_done());
}

bool connection::begin_stream(const std::shared_ptr<occupant>& whom) {
  if (is_head_)
    reply({200, "text/event-stream", {}, {}}, false);
  if (!open_ || std::exchange(answered_, true))
    return false;
  is_last_ = true;
  occupy(whom, phase::streaming);
  shared_->numbers.streams(1);
  count(200);
  end_trace(200, {});
  return true;
}

bool connection::begin_raw(const std::shared_ptr<occupant>& whom) {
  if (!open_ || answered_)
    return false;
  if (!match_.what->what.lasts()) {
    refuse(500, ec::internal,
           "the contract of this route does not say that it streams");
    return false;
  }
  answered_ = true;
  occupy(whom, phase::streaming);
  shared_->numbers.streams(1);
  return true;
}

void connection::finish_raw(bool keep) {
  occupant_ = nullptr;
  shared_->numbers.streams(-1);
  answer_has_left();
  auto nothing_waits = buffer_.size() == 0;
  if (!keep || (nothing_waits && (at_end_ || shared_->draining)))
    say_goodbye();
  else
    wait_for_request();
}

void connection::note_raw(int status, std::string_view problem,
                          uint64_t bytes) const {
  count(status);
  shared_->numbers.streamed(match_.what, bytes);
  end_trace(status, problem);
}

std::optional<websocket::accepted>
connection::begin_socket(const std::shared_ptr<occupant>& whom,
                         const std::vector<std::string>& protocols) {
  if (!open_ || answered_)
    return std::nullopt;
  auto& head = parser_->get();
  auto headers = [&head](std::string_view name) {
    std::vector<std::string_view> result;
    auto [first, last] = head.equal_range(name);
    for (; first != last; ++first)
      result.push_back(first->value());
    return result;
  };
  auto method = head.method_string();
  auto found = websocket::check_upgrade({method, version_, headers}, protocols);
  if (auto* no = std::get_if<websocket::refused>(&found)) {
    reply({no->status, "application/problem+json",
           problem_document(no->why, no->status), std::move(no->headers)});
    return std::nullopt;
  }
  auto& yes = std::get<websocket::accepted>(found);
  if (yes.protocol.empty()) {
    refuse(400, ec::invalid_argument,
           "the request needs a protocol in Sec-WebSocket-Protocol: "
             + protocols.front());
    return std::nullopt;
  }
  answered_ = true;
  occupy(whom, phase::socket);
  shared_->numbers.sockets(1);
  count(101);
  end_trace(101, {});
  return std::move(yes);
}

void connection::occupy(const std::shared_ptr<occupant>& whom, phase as) {
  phase_ = as;
  deadline_ = never;
  abandoned_ = nullptr;
  occupant_ = whom;
  look_ahead();
  check_at_ = std::chrono::steady_clock::now() + options().check_period;
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
  serializer_.reset();
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

} // namespace machine::gateway

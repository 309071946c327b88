#include "gateway/http/inner.hpp"

#include "gateway/http/collected_stream.hpp"
#include "gateway/http/request_id.hpp"
#include "gateway/http/tags.hpp"
#include "runtime/clock.hpp"

#include <array>
#include <exception>

namespace machine::gateway {

namespace {

/// What a message may say of its request. Who asks was said when the client
/// connected.
constexpr std::array<std::string_view, 7> inner_headers{
  "content-type",  "idempotency-key", "if-match",    "if-none-match",
  "last-event-id", "traceparent",     "x-request-id"};

/// What such a request has of the one that made the connection.
constexpr std::array<const char*, 3> outer_headers{"authorization",
                                                   "user-agent", "x-tenant"};

http_answer refusal_of(int status, ec code, std::string message) {
  auto why = make_error(code, std::move(message));
  return {status,
          "application/problem+json",
          problem_document(why, status),
          {},
          to_string(code)};
}

/// Answers from any thread; the first answer counts.
class inner_responder final : public responder {
public:
  explicit inner_responder(std::shared_ptr<inner_exchange> to)
      : to_(std::move(to)) {}

  inner_responder(const inner_responder&) = delete;
  inner_responder& operator=(const inner_responder&) = delete;

  ~inner_responder() override {
    if (!used_)
      problem(make_error(ec::internal, "nobody answered this request"));
  }

  void answer(http_answer what) override {
    if (!used_.exchange(true))
      deliver(to_, std::move(what));
  }

  std::shared_ptr<event_stream> stream_events() override {
    problem(make_error(ec::invalid_argument,
                       "this is a stream; subscribe to its topic instead"));
    return nullptr;
  }

  std::shared_ptr<raw_stream> stream_raw(http_answer head) override {
    if (used_.exchange(true))
      return nullptr;
    auto result = std::make_shared<collected_stream>(
      std::move(head), to_->most_collected(),
      [to = to_](http_answer what) { deliver(to, std::move(what)); });
    // The answer is not given before its end: nobody may wait for it any more.
    tell([stream = std::weak_ptr{result}] {
      if (auto there = stream.lock())
        there->abort();
    });
    return result;
  }

  void on_abandoned(std::function<void()> then) override {
    if (!used_)
      tell(std::move(then));
  }

private:
  void tell(std::function<void()> then) {
    if (to_->home().is_here()) {
      to_->on_abandoned(std::move(then));
      return;
    }
    auto posted = to_->home().post(
      [to = to_, then]() mutable { to->on_abandoned(std::move(then)); });
    if (!posted)
      then();
  }

  static void deliver(const std::shared_ptr<inner_exchange>& to,
                      http_answer what) {
    if (to->home().is_here())
      to->answer(std::move(what));
    else
      to->home().post([to, what = std::move(what)]() mutable {
        to->answer(std::move(what));
      });
  }

  std::shared_ptr<inner_exchange> to_;
  std::atomic<bool> used_{false};
};

} // namespace

inner_exchange::inner_exchange(std::shared_ptr<server_shared> shared,
                               lane& home, const http_request& outer,
                               then_type then)
    : shared_(std::move(shared)), home_(home), outer_(outer),
      then_(std::move(then)), begun_at_(std::chrono::steady_clock::now()),
      deadline_(begun_at_ + shared_->options.answer_deadline) {}

void inner_exchange::begin(inner_request what) {
  auto found = shared_->find.find(what.method, what.target);
  if (!found)
    return answer(
      refusal_of(400, code_of(found.error()), message_of(found.error())));
  match_ = std::move(*found);
  method_ = what.method;
  std::string_view parent;
  for (auto& [name, value] : what.headers)
    if (name == "traceparent")
      parent = value;
  trace_ = continue_trace(shared_->options.traces, parent, {});
  if (trace_)
    extra_.emplace_back("traceresponse", format_traceparent(trace_.self));
  is_head_ = what.method == "HEAD";
  only_looks_ = is_head_ || what.method == "GET";
  auto path = what.target.substr(0, 200);
  if (match_.what == nullptr && match_.allowed.empty())
    return answer(
      refusal_of(404, ec::not_found, "there is nothing at " + path));
  if (match_.what == nullptr) {
    auto refusal = refusal_of(405, ec::invalid_argument,
                              "this path can be used with " + match_.allowed);
    refusal.headers.emplace_back("Allow", match_.allowed);
    return answer(std::move(refusal));
  }
  auto& request = match_.request;
  for (auto name : outer_headers)
    if (auto i = outer_.headers.find(name); i != outer_.headers.end())
      request.headers.insert(*i);
  for (auto& [name, value] : what.headers) {
    auto known = std::find(inner_headers.begin(), inner_headers.end(), name);
    if (known == inner_headers.end())
      return answer(refusal_of(400, ec::invalid_argument,
                               "a request on a WebSocket cannot have the "
                               "header "
                                 + name.substr(0, 100)));
    request.headers[name] = value;
  }
  if (what.body.size() > match_.what->max_body)
    return answer(refusal_of(413, ec::limit_exceeded,
                             "the body has more than "
                               + std::to_string(match_.what->max_body)
                               + " bytes"));
  request.id = request_id_of(request.header_or("x-request-id", ""));
  request.address = outer_.address;
  known_tags_ = request.header_or("if-none-match", "");
  id_ = request.id;
  extra_.emplace_back("X-Request-Id", request.id);
  body_ = std::move(what.body);
  shared_->options.door->admit(
    *match_.what, request, [me = shared_from_this()](admission x) {
      if (me->home_.is_here())
        me->on_admitted(std::move(x));
      else
        me->home_.post(
          [me, x = std::move(x)]() mutable { me->on_admitted(std::move(x)); });
    });
}

void inner_exchange::on_admitted(admission what) {
  if (is_over())
    return;
  extra_.insert(extra_.end(), what.headers.begin(), what.headers.end());
  if (what.refusal)
    return answer(std::move(*what.refusal));
  match_.request.who = std::move(what.who);
  match_.request.trace = trace_.self;
  match_.request.body = std::move(body_);
  auto reply = std::make_shared<inner_responder>(shared_from_this());
  try {
    match_.what->handle(std::move(match_.request), reply);
  } catch (const std::exception& x) {
    shared_->options.log.error("a handler of the gateway failed",
                               {{"path", match_.what->pattern},
                                {"request", id_},
                                {"trace", name_of_trace(trace_.self)},
                                {"why", x.what()}});
    reply->problem(make_error(
      ec::internal, "this request cannot be answered; the log says why"));
  }
}

void inner_exchange::end_trace(int status, std::string_view problem) const {
  auto& to = shared_->options.traces;
  if (!trace_.self.sampled || !to.is_on())
    return;
  answered_request how;
  how.method = method_;
  how.what = match_.what;
  how.status = status;
  how.problem = problem;
  how.id = id_;
  how.scheme = shared_->tls ? "https" : "http";
  to.record(span_of_request(trace_, how, wall_clock()));
}

void inner_exchange::on_tick(steady_time now) {
  if (now < deadline_ || is_over())
    return;
  auto abandoned = std::exchange(abandoned_, nullptr);
  answer(refusal_of(504, ec::timeout, "the machine did not answer in time"));
  if (abandoned)
    abandoned();
}

void inner_exchange::on_abandoned(std::function<void()> then) {
  if (is_over())
    return;
  if (gone_)
    then();
  else
    abandoned_ = std::move(then);
}

void inner_exchange::abandon() {
  gone_ = true;
  if (auto then = std::exchange(abandoned_, nullptr))
    then();
}

size_t inner_exchange::most_collected() const {
  return shared_->options.max_queued;
}

void inner_exchange::answer(http_answer what) {
  auto then = std::exchange(then_, nullptr);
  auto abandoned = std::exchange(abandoned_, nullptr);
  if (!then)
    return;
  auto took = std::chrono::steady_clock::now() - begun_at_;
  shared_->numbers.count(match_.what, what.status,
                         std::chrono::duration<double>(took).count());
  for (auto& [name, value] : what.headers)
    if (what.status == 200 && only_looks_ && name == "ETag"
        && has_tag(known_tags_, value, comparison::weak))
      what.status = 304;
  end_trace(what.status, what.problem);
  if (what.status == 304 || is_head_)
    what.body.clear();
  what.headers.insert(what.headers.begin(), extra_.begin(), extra_.end());
  then(std::move(what));
}

} // namespace machine::gateway

#include "gateway/mcp/http_exchange.hpp"

#include "runtime/wire/wire.hpp"

namespace machine::gateway::mcp {

namespace {

struct progress_params {
  json_text token;
  double done = 0;
  std::optional<double> total;
  std::optional<std::string> message;

  static constexpr const char* wire_name = "params";

  static constexpr auto fields() {
    return wire::members(wire::field{"progressToken", &progress_params::token},
                         wire::field{"progress", &progress_params::done},
                         wire::field{"total", &progress_params::total},
                         wire::field{"message", &progress_params::message});
  }
};

struct log_params {
  log_level level = log_level::info;
  std::string logger;
  json_text data;

  static constexpr const char* wire_name = "params";

  static constexpr auto fields() {
    return wire::members(wire::field{"level", &log_params::level},
                         wire::field{"logger", &log_params::logger},
                         wire::field{"data", &log_params::data});
  }
};

class http_exchange final : public exchange,
                            public cancellable,
                            public std::enable_shared_from_this<http_exchange> {
public:
  http_exchange(exchange_terms terms, responder_ptr reply)
      : terms_(std::move(terms)), reply_(std::move(reply)) {}

  http_exchange(const http_exchange&) = delete;
  http_exchange& operator=(const http_exchange&) = delete;

  ~http_exchange() override {
    http_exchange::fail(
      {code::internal_error, "nobody answered this request", std::nullopt});
  }

  /// Notes in the session that it is under way; false if that cannot be.
  bool enlist() {
    listed_ = terms_.session->begin(terms_.id, weak_from_this());
    return listed_;
  }

  void result(std::string object, result_kind what) override {
    end(200,
        result_message(terms_.id, dress(std::move(object), terms_.method,
                                        terms_.speaks, what, terms_.server)));
  }

  void fail(rpc_error why) override {
    end(status_of(why, terms_.speaks), error_message(terms_.id, why));
  }

  void progress(double done, std::optional<double> total,
                const std::string& message) override {
    if (!terms_.progress_token)
      return;
    progress_params what{*terms_.progress_token, done, total, std::nullopt};
    if (!message.empty())
      what.message = message;
    send(notification_message("notifications/progress", wire::to_json(what)));
  }

  void log(log_level level, const std::string& logger,
           const json_text& data) override {
    auto wanted = terms_.session ? terms_.session->level() : terms_.level;
    if (!wanted || level < *wanted)
      return;
    send(notification_message("notifications/message",
                              wire::to_json(log_params{level, logger, data})));
  }

  void ask(const std::string& method, const std::string& params,
           std::function<void(reply)> then) override {
    auto& session = terms_.session;
    auto id = session && terms_.streams ? session->begin_ask(then) : "";
    if (id.empty()) {
      then(rpc_error{code::server_error, "this client cannot be asked now",
                     std::nullopt});
      return;
    }
    if (!send(request_message(id, method, params)))
      session->end_ask(
        id, rpc_error{code::server_error, "the client is gone", std::nullopt});
    else
      end_with_stream(id);
  }

  /// Nothing is said any more (2025-11-25, basic: cancellation).
  void cancel() override {
    std::lock_guard guard{mutex_};
    if (std::exchange(ended_, true))
      return;
    if (!stream_)
      stream_ = reply_->stream_events();
    if (stream_)
      stream_->close();
    forget();
  }

private:
  /// Opens the stream if there is none; false if the client is gone.
  bool send(const std::string& text) {
    std::lock_guard guard{mutex_};
    if (ended_ || !terms_.streams)
      return false;
    if (!stream_)
      stream_ = reply_->stream_events();
    if (!stream_)
      return false;
    stream_->send(std::nullopt, "message", text);
    return true;
  }

  void end(int status, std::string text) {
    std::lock_guard guard{mutex_};
    if (std::exchange(ended_, true))
      return;
    if (stream_) {
      stream_->send(std::nullopt, "message", text);
      stream_->close();
    } else {
      reply_->json(status, std::move(text));
    }
    forget();
  }

  /// Who has gone answers nothing.
  void end_with_stream(const std::string& id) {
    std::shared_ptr<event_stream> stream;
    {
      std::lock_guard guard{mutex_};
      asked_.push_back(id);
      if (!std::exchange(watched_, true))
        stream = stream_;
    }
    if (!stream)
      return;
    std::weak_ptr<session> weak = terms_.session;
    stream->on_closed([weak, me = weak_from_this()] {
      auto session = weak.lock();
      auto it = me.lock();
      if (!session || !it)
        return;
      for (auto& x : it->take_asked())
        session->end_ask(
          x, rpc_error{code::server_error, "the client is gone", std::nullopt});
    });
  }

  std::vector<std::string> take_asked() {
    std::lock_guard guard{mutex_};
    return std::exchange(asked_, {});
  }

  void forget() {
    if (listed_)
      terms_.session->end(terms_.id);
  }

  const exchange_terms terms_;
  const responder_ptr reply_;
  std::mutex mutex_;
  std::shared_ptr<event_stream> stream_;
  std::vector<std::string> asked_;
  bool watched_ = false;
  bool ended_ = false;
  bool listed_ = false;
};

} // namespace

std::shared_ptr<exchange> make_exchange(exchange_terms terms,
                                        responder_ptr reply) {
  auto has_session = terms.session != nullptr;
  auto result =
    std::make_shared<http_exchange>(std::move(terms), std::move(reply));
  if (!has_session || result->enlist())
    return result;
  result->fail({code::invalid_request,
                "this session answers a request with this id already, or too "
                "many others",
                std::nullopt});
  return nullptr;
}

std::string meta_of(const implementation& server, std::string_view more) {
  return R"("_meta":{"io.modelcontextprotocol/serverInfo":)"
       + wire::to_json(server) + std::string{more} + "}";
}

std::string dress(std::string object, const std::string& method,
                  revision speaks, result_kind what,
                  const implementation& server) {
  if (has_sessions(speaks))
    return object;
  std::string members = what == result_kind::complete
                        ? R"("resultType":"complete",)"
                        : R"("resultType":"input_required",)";
  if (what == result_kind::complete)
    if (auto ttl = time_to_live(method))
      members +=
        R"("ttlMs":)" + std::to_string(*ttl) + R"(,"cacheScope":"private",)";
  return with_members(object, members + meta_of(server));
}

int status_of(const rpc_error& why, revision speaks) {
  if (has_sessions(speaks))
    return 200;
  switch (why.code) {
    case code::missing_capability: return 400;
    case code::method_not_found: return 404;
    default: return 200;
  }
}

} // namespace machine::gateway::mcp

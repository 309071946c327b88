#include "actors/models/http_provider.hpp"

#include "actors/models/protocol.hpp"
#include "runtime/clock.hpp"

#include <utility>

namespace machine::models {

namespace {

/// Bound on an error document, in bytes.
constexpr size_t max_error_bytes = 64u << 10;

/// One call, on the client's thread from the first byte to the last.
class http_call {
public:
  http_call(std::string name, std::shared_ptr<const protocol> speaks,
            chat_request what, call_options options, std::string key,
            call_handlers how)
      : name_(std::move(name)), speaks_(std::move(speaks)),
        what_(std::move(what)), options_(std::move(options)),
        key_(std::move(key)), how_(std::move(how)),
        reader_(speaks_->make_reader(what_, options_)) {}

  void on_connected() {
    sent_ = true;
  }

  void on_head(const net::response_head& head) {
    head_ = head;
    auto type = head.header("content-type").value_or("");
    streams_ = type.find("text/event-stream") != type.npos;
  }

  void on_data(std::string_view data) {
    if (problem_)
      return;
    if (head_.status < 200 || head_.status >= 300 || !streams_) {
      auto most = head_.status >= 200 && head_.status < 300 ? size_t{8} << 20
                                                            : max_error_bytes;
      body_ += data.substr(0, most - std::min(most, body_.size()));
      return;
    }
    auto events = parser_.feed(data);
    if (!events) {
      problem_ = make_error(ec::provider_garbled,
                            name_ + ": " + message_of(events.error()));
      return;
    }
    for (auto& event : *events) {
      auto deltas = reader_->take(event);
      if (!deltas) {
        problem_ = with_context(name_, deltas.error());
        return;
      }
      tell(*deltas);
    }
  }

  void on_done(const caf::error& why) {
    auto outcome = conclude(why);
    outcome.status = head_.status;
    if (!outcome.response) {
      auto& problem = outcome.response.error();
      outcome.response =
        make_error(code_of(problem), for_people(message_of(problem), key_));
    }
    how_.on_done(std::move(outcome));
  }

private:
  call_outcome conclude(const caf::error& why) {
    if (head_.status >= 300)
      return outcome_of_status(name_, head_.status,
                               retry_after_of(head_, wall_clock()),
                               for_people(error_detail(body_), key_));
    call_outcome outcome{finish(why), std::nullopt, reader_->usage()};
    if (outcome.response)
      outcome.usage = outcome.response->usage;
    outcome.accepted = sent_;
    return outcome;
  }

  caf::expected<chat_response> finish(const caf::error& why) {
    if (problem_)
      return problem_;
    // What came after the end of the answer does not matter.
    if (reader_->complete() || (!why && streams_ && reader_->may_end()))
      return reader_->response();
    if (why && code_of(why) == ec::io_failed && head_.status != 0)
      return make_error(ec::provider_interrupted,
                        name_ + " broke off in the middle of its answer");
    if (why)
      return with_context(name_, why);
    if (streams_)
      return make_error(ec::provider_interrupted,
                        name_ + " ended its answer before its end");
    auto whole = speaks_->read_whole(body_, what_, options_);
    if (!whole)
      return with_context(name_, whole.error());
    tell(deltas_of(*whole));
    return whole;
  }

  void tell(const answer_deltas& all) {
    if (how_.on_delta)
      for (auto& x : all)
        how_.on_delta(x);
  }

  std::string name_;
  std::shared_ptr<const protocol> speaks_;
  chat_request what_;
  call_options options_;
  std::string key_;
  call_handlers how_;
  std::unique_ptr<answer_reader> reader_;
  net::sse_parser parser_;
  net::response_head head_;
  std::string body_;
  caf::error problem_;
  /// It may have reached the provider.
  bool sent_ = false;
  bool streams_ = false;
};

class http_provider final : public provider {
public:
  http_provider(provider_entry about, std::string key,
                std::shared_ptr<net::client> http,
                net::address_policy addresses)
      : about_(std::move(about)), key_(std::move(key)), http_(std::move(http)),
        addresses_(addresses), url_(endpoint_of(about_.protocol, about_.url)),
        speaks_(about_.protocol == protocol_kind::anthropic
                  ? anthropic_messages()
                  : openai_chat()) {}

  const std::string& name() const override {
    return about_.name;
  }

  call_id start(const chat_request& what, const call_options& options,
                call_handlers how) override {
    auto request = speaks_->encode(what, options, url_, key_);
    request.addresses = addresses_;
    request.idle_timeout = options.idle_timeout;
    request.total_timeout = options.total_timeout;
    if (!options.traceparent.empty())
      request.headers.emplace_back("traceparent", options.traceparent);
    auto call = std::make_shared<http_call>(about_.name, speaks_, what, options,
                                            key_, std::move(how));
    net::handlers handlers;
    handlers.on_connected = [call] { call->on_connected(); };
    handlers.on_head = [call](auto& head) { call->on_head(head); };
    handlers.on_data = [call](auto data) { call->on_data(data); };
    handlers.on_done = [call](const caf::error& why) { call->on_done(why); };
    return http_->start(std::move(request), std::move(handlers));
  }

  void cancel(call_id id) override {
    http_->cancel(id);
  }

private:
  const provider_entry about_;
  const std::string key_;
  std::shared_ptr<net::client> http_;
  net::address_policy addresses_;
  const std::string url_;
  std::shared_ptr<const protocol> speaks_;
};

} // namespace

std::shared_ptr<provider> make_http_provider(provider_entry about,
                                             std::string key,
                                             std::shared_ptr<net::client> http,
                                             net::address_policy addresses) {
  return std::make_shared<http_provider>(std::move(about), std::move(key),
                                         std::move(http), addresses);
}

} // namespace machine::models

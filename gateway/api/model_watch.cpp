#include "gateway/api/model_watch.hpp"

#include "actors/costs/money.hpp"
#include "actors/models/catalogue.hpp"
#include "runtime/clock.hpp"

namespace machine::gateway {

namespace {

/// Of what is not heeded, in a header.
constexpr size_t max_ignored = 20;

using header_list = std::vector<std::pair<std::string, std::string>>;

header_list all_headers(const model_client& how,
                        const models::call_facts& facts) {
  auto result = headers_of(facts);
  std::string ignored;
  for (size_t i = 0; i < how.ignored.size() && i < max_ignored; ++i)
    ignored += (i == 0 ? "" : ", ") + how.ignored[i];
  if (!ignored.empty())
    result.emplace_back("X-Machine-Ignored", std::move(ignored));
  return result;
}

proxy::answer_facts facts_for(const model_client& how,
                              const models::call_facts& facts) {
  proxy::answer_facts result;
  result.id = facts.id.substr(2);
  result.created = wall_clock();
  result.model = facts.model;
  result.prompt_estimate = how.prompt_estimate;
  auto model = how.known->models.find(facts.model);
  if (model == how.known->models.end())
    return result;
  result.provider_model = model->second.name;
  auto provider = how.known->providers.find(model->second.provider);
  if (provider != how.known->providers.end())
    result.protocol = wire::to_name(provider->second.protocol);
  return result;
}

class whole_watch final : public models::call_watcher {
public:
  whole_watch(model_client how, responder_ptr reply)
      : how_(std::move(how)), reply_(std::move(reply)) {}

  // It has ordered no pieces.
  void on_begin(const models::call_facts&) override {}
  void on_takeover(const models::call_facts&,
                   const models::takeover&) override {}
  void on_delta(const models::answer_delta&) override {}

  void on_end(const models::call_facts& facts,
              caf::expected<models::chat_response> answer) override {
    if (!answer) {
      refuse_in(*how_.speaks, answer.error(), facts.retry_after,
                how_.request_id, reply_);
      return;
    }
    auto about = facts_for(how_, facts);
    about.thoughts = facts.thoughts;
    reply_->answer({200, "application/json",
                    how_.speaks->write(*answer, about, how_.manner),
                    all_headers(how_, facts)});
  }

private:
  const model_client how_;
  const responder_ptr reply_;
};

class stream_watch final : public models::call_watcher {
public:
  stream_watch(model_client how, responder_ptr reply,
               std::shared_ptr<call_leash> leash)
      : how_(std::move(how)), reply_(std::move(reply)),
        leash_(std::move(leash)) {}

  void on_begin(const models::call_facts& facts) override {
    open(facts);
  }

  void on_takeover(const models::call_facts& facts,
                   const models::takeover& how) override {
    send(writer_->hand_over(facts_for(how_, facts), how.restarts));
  }

  void on_delta(const models::answer_delta& piece) override {
    send(writer_->add(piece));
  }

  void on_end(const models::call_facts& facts,
              caf::expected<models::chat_response> answer) override {
    if (!answer && !writer_) {
      refuse_in(*how_.speaks, answer.error(), facts.retry_after,
                how_.request_id, reply_);
      return;
    }
    if (!writer_)
      open(facts);
    if (answer)
      send(writer_->finish(*answer));
    else
      send(writer_->fail({answer.error(), facts.retry_after, how_.request_id}));
    stream_->close();
  }

private:
  void open(const models::call_facts& facts) {
    stream_ = reply_->stream_raw(
      {200, "text/event-stream", {}, all_headers(how_, facts)});
    stream_->on_closed([leash = leash_] { leash->let_go(); });
    writer_ = how_.speaks->stream(facts_for(how_, facts), how_.manner);
    send(writer_->begin());
  }

  void send(std::string_view bytes) {
    if (!bytes.empty())
      stream_->send(bytes);
  }

  const model_client how_;
  const responder_ptr reply_;
  const std::shared_ptr<call_leash> leash_;
  std::shared_ptr<raw_stream> stream_;
  std::unique_ptr<proxy::stream_writer> writer_;
};

} // namespace

void call_leash::is(uint64_t number) {
  std::unique_lock lock{mutex_};
  number_ = number;
  auto gone = gone_;
  lock.unlock();
  if (gone)
    at_.cancel(number);
}

void call_leash::let_go() {
  std::unique_lock lock{mutex_};
  gone_ = true;
  auto number = number_;
  lock.unlock();
  if (number)
    at_.cancel(*number);
}

std::shared_ptr<models::call_watcher> watch_whole(model_client how,
                                                  responder_ptr reply) {
  return std::make_shared<whole_watch>(std::move(how), std::move(reply));
}

std::shared_ptr<models::call_watcher>
watch_stream(model_client how, responder_ptr reply,
             std::shared_ptr<call_leash> leash) {
  return std::make_shared<stream_watch>(std::move(how), std::move(reply),
                                        std::move(leash));
}

void refuse_in(const proxy::front& dialect, const caf::error& why,
               std::optional<duration> retry_after,
               const std::string& request_id, const responder_ptr& reply) {
  auto said = dialect.refuse({why, retry_after, request_id});
  http_answer answer{said.status, "application/json", std::move(said.body)};
  if (said.retry_seconds)
    answer.headers.emplace_back("Retry-After",
                                std::to_string(*said.retry_seconds));
  answer.problem = to_string(code_of(why));
  reply->answer(std::move(answer));
}

std::vector<std::pair<std::string, std::string>>
headers_of(const models::call_facts& facts) {
  std::vector<std::pair<std::string, std::string>> result{
    {"X-Machine-Call", facts.id},
    {"X-Machine-Model", facts.model},
    {"X-Machine-Provider", facts.provider},
    {"X-Machine-Cost", costs::format_usd(facts.cost).substr(1)},
    {"X-Machine-Tries", std::to_string(facts.tries)},
    {"X-Machine-Cache", facts.is_near     ? "semantic"
                        : facts.is_cached ? "hit"
                                          : "miss"}};
  if (facts.fits_schema)
    result.emplace_back("X-Machine-Schema",
                        *facts.fits_schema ? "valid" : "invalid");
  return result;
}

} // namespace machine::gateway

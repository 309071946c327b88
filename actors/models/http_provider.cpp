#include "actors/models/http_provider.hpp"

#include "actors/costs/money.hpp"
#include "actors/models/http_job.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace machine::models {

namespace {

/// A call for vectors, in as many requests as the provider needs for it.
class vector_call : public std::enable_shared_from_this<vector_call> {
public:
  vector_call(std::shared_ptr<provider_core> of, provider::call_id id,
              embedding_request what, call_options options,
              embedding_handlers how)
      : of_(std::move(of)), id_(id), what_(std::move(what)),
        options_(std::move(options)), how_(std::move(how)) {}

  void next() {
    auto most = of_->speaks->max_embedding_inputs();
    auto from =
      what_.inputs.begin() + static_cast<ptrdiff_t>(sum_.vectors.size());
    auto left = static_cast<size_t>(what_.inputs.end() - from);
    embedding_request part;
    part.inputs = {from, from + static_cast<ptrdiff_t>(std::min(most, left))};
    part.dimensions = what_.dimensions;
    part.end_user = what_.end_user;
    auto request = of_->speaks->encode_embeddings(part, options_, of_->place);
    if (!request) {
      end({with_context(of_->about.name, request.error()), std::nullopt,
           std::nullopt});
      return;
    }
    request->addresses = of_->addresses;
    request->idle_timeout = options_.idle_timeout;
    request->total_timeout = options_.total_timeout;
    if (!options_.traceparent.empty())
      request->headers.emplace_back("traceparent", options_.traceparent);
    size_t bytes = 0;
    for (auto& text : part.inputs)
      bytes += text.size();
    auto me = shared_from_this();
    std::make_shared<provider_job<embedding_response>>(
      of_, id_, options_.model, std::move(*request), bytes / 4 + 1,
      [part](exchange_facts of) {
        return vector_exchange(std::move(of), part);
      },
      how_.on_leave,
      [me](embedding_outcome outcome) { me->take(std::move(outcome)); })
      ->attempt();
  }

private:
  void take(embedding_outcome outcome) {
    count(outcome.usage);
    accepted_ = accepted_ || outcome.accepted;
    if (outcome.response) {
      auto& part = *outcome.response;
      std::move(part.vectors.begin(), part.vectors.end(),
                std::back_inserter(sum_.vectors));
      sum_.model = part.model;
      if (sum_.vectors.size() < what_.inputs.size()) {
        next();
        return;
      }
      sum_.usage = usage_;
      outcome.response = std::move(sum_);
      if (auto problem = check_embeddings(*outcome.response, what_))
        outcome.response = with_context(of_->about.name, problem);
    }
    end(std::move(outcome));
  }

  void end(embedding_outcome outcome) {
    outcome.usage = usage_;
    outcome.accepted = accepted_;
    of_->close(id_);
    how_.on_done(std::move(outcome));
  }

  /// Nothing is counted unless all of it is.
  void count(const std::optional<token_usage>& x) {
    if (!x)
      counted_ = false;
    if (!counted_) {
      usage_.reset();
      return;
    }
    if (!usage_)
      usage_.emplace();
    usage_->input = sum_of_tokens({usage_->input, x->input});
  }

  const std::shared_ptr<provider_core> of_;
  const provider::call_id id_;
  const embedding_request what_;
  const call_options options_;
  const embedding_handlers how_;
  embedding_response sum_;
  std::optional<token_usage> usage_;
  bool counted_ = true;
  bool accepted_ = false;
};

class http_provider final : public provider {
public:
  http_provider(provider_entry about, std::vector<provider_key> keys,
                std::shared_ptr<net::client> http,
                net::address_policy addresses)
      : http_(std::move(http)), core_(std::make_shared<provider_core>()) {
    if (keys.empty())
      keys.push_back({});
    for (auto& x : keys)
      core_->weights.push_back(x.weight);
    core_->limits = {about.requests_per_minute, about.tokens_per_minute};
    core_->place = endpoint_of(about);
    core_->speaks = make_protocol(about.protocol);
    core_->keys = std::move(keys);
    core_->http = http_.get();
    core_->addresses = addresses;
    core_->about = std::move(about);
  }

  const std::string& name() const override {
    return core_->about.name;
  }

  call_id start(const chat_request& what, const call_options& options,
                call_handlers how) override {
    auto id = core_->open();
    auto request = core_->speaks->encode(what, options, core_->place);
    if (!request) {
      core_->close(id);
      how.on_done(
        {with_context(name(), request.error()), std::nullopt, std::nullopt});
      return id;
    }
    request->addresses = core_->addresses;
    request->idle_timeout = options.idle_timeout;
    request->total_timeout = options.total_timeout;
    if (!options.traceparent.empty())
      request->headers.emplace_back("traceparent", options.traceparent);
    std::make_shared<provider_job<chat_response>>(
      core_, id, options.model, std::move(*request),
      costs::estimate_tokens(what),
      [what, options, on_delta = std::move(how.on_delta)](exchange_facts of) {
        return chat_exchange(std::move(of), what, options, on_delta);
      },
      std::move(how.on_leave),
      [core = core_, id, on_done = std::move(how.on_done)](auto outcome) {
        core->close(id);
        on_done(std::move(outcome));
      })
      ->attempt();
    return id;
  }

  call_id embed(const embedding_request& what, const call_options& options,
                embedding_handlers how) override {
    if (auto problem = check_embedding_request(what)) {
      how.on_done({problem, std::nullopt, std::nullopt});
      return 0;
    }
    auto id = core_->open();
    std::make_shared<vector_call>(core_, id, what, options, std::move(how))
      ->next();
    return id;
  }

  void cancel(call_id id) override {
    core_->cancel(id);
  }

private:
  std::shared_ptr<net::client> http_;
  std::shared_ptr<provider_core> core_;
};

} // namespace

std::shared_ptr<provider> make_http_provider(provider_entry about,
                                             std::vector<provider_key> keys,
                                             std::shared_ptr<net::client> http,
                                             net::address_policy addresses) {
  return std::make_shared<http_provider>(std::move(about), std::move(keys),
                                         std::move(http), addresses);
}

std::shared_ptr<provider> make_http_provider(provider_entry about,
                                             std::string key,
                                             std::shared_ptr<net::client> http,
                                             net::address_policy addresses) {
  std::vector<provider_key> keys;
  keys.push_back({std::move(key), 1});
  return make_http_provider(std::move(about), std::move(keys), std::move(http),
                            addresses);
}

} // namespace machine::models

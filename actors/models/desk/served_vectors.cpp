#include "actors/models/desk/served_vectors.hpp"

#include "actors/models/desk/call_id.hpp"
#include "actors/models/desk/wish.hpp"

#include <algorithm>

namespace machine::models {

served_vectors::served_vectors(desk_state& at, uint64_t number,
                               embedding_order what, desk::on_vectors then)
    : at_(at), number_(number), what_(std::move(what)), then_(std::move(then)) {
  facts_.id =
    new_call_id(at_.uses.wall_clock(), at_.uses.random(), at_.uses.random());
}

served_vectors::~served_vectors() {
  if (calling_)
    provider_->cancel(call_);
  if (!ended_)
    then_(facts_,
          make_error(ec::unavailable, "the machine begins anew; ask again"));
}

void served_vectors::start() {
  began_ = at_.steady();
  deadline_ = began_ + what_.deadline.value_or(at_.uses.provider_total);
  stock_ = at_.uses.models->stock();
  model_ = find_model(stock_->listed, what_.model);
  if (model_ == nullptr) {
    finish(make_error(ec::not_found, "there is no model "
                                       + what_.model.substr(0, 100)
                                       + "; GET /v1/models lists them"));
    return;
  }
  if (!model_->price) {
    finish(make_error(ec::unknown_price,
                      "the price of " + model_->id
                        + " is unknown; set `price` of it in the catalogue "
                          "(config key models.catalogue)"));
    return;
  }
  auto entry = stock_->listed.providers.find(model_->provider);
  auto& policy = policy_of(what_.tenant, *stock_, at_.uses.policy);
  if (auto why = entry == stock_->listed.providers.end()
                 ? std::string{}
                 : forbidden_by(policy, *model_, entry->second);
      !why.empty()) {
    finish(make_error(ec::no_model, model_->id + " cannot be used: " + why));
    return;
  }
  auto provider = stock_->providers.find(model_->provider);
  auto unusable = stock_->unusable.find(model_->provider);
  if (provider == stock_->providers.end()
      || unusable != stock_->unusable.end()) {
    finish(make_error(
      ec::unavailable,
      "the provider " + model_->provider + " is not set up"
        + (unusable == stock_->unusable.end() ? "" : ": " + unusable->second)));
    return;
  }
  provider_ = provider->second;
  costs::text_bound text;
  for (auto& x : what_.request->inputs)
    text.add(x);
  // Each input may be framed.
  auto tokens = text.tokens() + 16 * what_.request->inputs.size();
  facts_.model = model_->id;
  facts_.provider = model_->provider;
  facts_.why = model_->id + " was asked for";
  line_.call = facts_.id;
  line_.whose = what_.whose;
  line_.whose.model = model_->id;
  line_.provider = model_->provider;
  try_ = at_.uses.inbox->next_number();
  at_.wake_call(number_, deadline_);
  at_.till_of(what_.tenant)
    .reserve(try_, costs::counted_by::all,
             costs::worst_case(*model_->price, tokens, 0), line_,
             [weak = weak_from_this(), number = try_, &at = at_,
              tenant = what_.tenant, line = line_](const caf::error& why) {
               auto self = weak.lock();
               if (self && self->try_ == number) {
                 if (why)
                   self->try_ = 0;
                 why ? self->finish(why) : self->call();
               } else if (!why) {
                 at.till_of(tenant).settle(number, line);
               }
             });
}

void served_vectors::call() {
  call_options options;
  options.model = model_->name;
  options.idempotency_key =
    what_.idempotency_key.empty() ? facts_.id : what_.idempotency_key;
  options.speaks = model_->speaks;
  options.idle_timeout = at_.uses.provider_idle;
  options.total_timeout = std::chrono::ceil<duration>(deadline_ - at_.steady());
  options.traceparent = what_.traceparent;
  calling_ = true;
  ++facts_.tries;
  embedding_handlers how;
  how.on_leave = at_.till_of(what_.tenant).departure(try_);
  how.on_done = [inbox = at_.uses.inbox,
                 weak = weak_from_this()](embedding_outcome outcome) {
    auto kept = std::make_shared<embedding_outcome>(std::move(outcome));
    inbox->post([weak, kept](desk_state&) {
      if (auto self = weak.lock()) {
        self->calling_ = false;
        self->ended(std::move(*kept));
      }
    });
  };
  auto id = provider_->embed(*what_.request, options, std::move(how));
  if (calling_)
    call_ = id;
}

void served_vectors::stop(const caf::error& why) {
  if (ended_ || stopped_)
    return;
  stopped_ = why;
  if (calling_) {
    provider_->cancel(call_);
    return;
  }
  if (try_ != 0)
    at_.till_of(what_.tenant).settle(std::exchange(try_, 0), line_);
  finish(why);
}

void served_vectors::wake() {
  stop(make_error(ec::timeout, "there were no vectors in time"));
}

void served_vectors::ended(embedding_outcome outcome) {
  auto& till = at_.till_of(what_.tenant);
  auto reserved = till.reserved(try_);
  auto counted = outcome.response ? outcome.response->usage : outcome.usage;
  line_.cost = counted ? costs::cost(*model_->price, *counted)
             : outcome.accepted || outcome.response ? reserved
                                                    : 0;
  line_.usage = counted;
  line_.at = at_.uses.wall_clock();
  line_.took = std::chrono::floor<duration>(at_.steady() - began_);
  line_.end = outcome.response ? costs::call_end::answered
            : stopped_         ? costs::call_end::cancelled
                               : costs::call_end::failed;
  facts_.cost += line_.cost;
  facts_.retry_after = outcome.retry_after;
  till.settle(std::exchange(try_, 0), line_);
  if (stopped_ && !outcome.response)
    finish(stopped_);
  else
    finish(std::move(outcome.response));
}

void served_vectors::finish(caf::expected<embedding_response> answer) {
  if (ended_)
    return;
  ended_ = true;
  then_(facts_, std::move(answer));
  at_.forget(number_);
}

} // namespace machine::models

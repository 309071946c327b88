#include "actors/models/desk/served_chat.hpp"

#include "actors/models/desk/call_id.hpp"
#include "actors/models/desk/wish.hpp"
#include "actors/models/routing/rank.hpp"

#include <algorithm>

namespace machine::models {

namespace {

/// An answer is paid for so far at first; more comes with its length.
constexpr uint32_t first_allowance = 1'024;

/// What a model is left for, and another one asked.
bool another_may_help(ec code) {
  switch (code) {
    case ec::provider_auth:
    case ec::provider_rate_limited:
    case ec::provider_failed:
    case ec::provider_rejected:
    case ec::provider_garbled:
    case ec::provider_interrupted:
    case ec::context_exceeded:
    case ec::content_refused:
    case ec::timeout:
    case ec::unavailable:
    case ec::io_failed: return true;
    default: return false;
  }
}

/// What may be over in a moment.
bool may_go_better(ec code) {
  return code == ec::provider_rate_limited || code == ec::provider_failed
      || code == ec::unavailable;
}

} // namespace

served_chat::served_chat(desk_state& at, uint64_t number, chat_order what,
                         std::shared_ptr<call_watcher> by)
    : at_(at), number_(number), what_(std::move(what)), by_(std::move(by)) {
  facts_.id =
    new_call_id(at_.uses.wall_clock(), at_.uses.random(), at_.uses.random());
}

served_chat::~served_chat() {
  if (tap_)
    tap_->close();
  if (calling_)
    provider_->cancel(call_);
  if (!ended_)
    by_->on_end(facts_, make_error(ec::unavailable,
                                   "the machine begins anew; ask again"));
}

void served_chat::start() {
  began_ = at_.steady();
  if (what_.cache != cache_use::off) {
    cache_key_ = cache_key(what_.tenant, what_.model, *what_.request);
    if (what_.cache == cache_use::on && answer_from_cache())
      return;
  }
  stock_ = at_.uses.models->stock();
  auto asked = wish_of(what_, *what_.request, stock_->listed, at_.uses.policy);
  if (!asked) {
    finish(std::move(asked.error()));
    return;
  }
  wish_ = std::move(asked->request);
  policy_ = std::move(asked->policy);
  for (auto& [name, why] : stock_->unusable)
    wish_.unusable.emplace(name, why);
  auto most = policy_.fallback.deadline;
  deadline_ = began_ + std::min(what_.deadline.value_or(most), most);
  at_.deadlines.emplace(deadline_, number_);
  choose();
}

/// What was answered before costs nothing, and is in no ledger.
bool served_chat::answer_from_cache() {
  auto found = at_.answers.find(cache_key_, at_.steady());
  if (!found)
    return false;
  facts_.model = found->model;
  facts_.provider = found->provider;
  facts_.why = "the same was asked for before";
  facts_.is_cached = true;
  by_->on_begin(facts_);
  for (auto& x : deltas_of(*found->answer))
    by_->on_delta(x);
  finish(*found->answer);
  return true;
}

void served_chat::choose() {
  if (stopped_) {
    finish(stopped_);
    return;
  }
  auto chosen = rank(stock_->listed, wish_, policy_, at_.knows, at_.now(),
                     at_.uses.random());
  if (!chosen) {
    // What a model said before says more than that no other is left.
    finish(problem_ ? problem_ : std::move(chosen.error()));
    return;
  }
  decision_ = std::move(*chosen);
  if (decision_.wait) {
    wait_for(*decision_.wait);
    return;
  }
  for (auto& x : decision_.candidates) {
    model_ = &stock_->listed.models.at(x.model);
    auto provider = stock_->providers.find(model_->provider);
    if (provider == stock_->providers.end())
      continue;
    permitted_ =
      may_call(at_.breakers[x.model], at_.uses.breakers, at_.uses.wall_clock());
    if (permitted_.what == permission::kind::refused)
      continue;
    choice_ = x;
    provider_ = provider->second;
    reserve();
    return;
  }
  finish(problem_ ? problem_
                  : make_error(ec::unavailable,
                               "no provider of a model for this is set up"));
}

void served_chat::wait_for(duration pause) {
  if (at_.steady() + pause < deadline_ && pause <= duration{60'000}) {
    later(pause, &served_chat::choose);
    return;
  }
  facts_.retry_after = pause;
  finish(problem_ ? problem_
                  : make_error(ec::provider_rate_limited,
                               "every provider that could do this asks for a "
                               "pause; the shortest has "
                                 + std::to_string(pause.count()) + " ms left"));
}

void served_chat::later(duration wait, void (served_chat::*what)()) {
  at_.at(at_.steady() + wait, [weak = weak_from_this(), what] {
    if (auto self = weak.lock())
      (self.get()->*what)();
  });
}

void served_chat::reserve() {
  costs::prompt_size prompt{
    std::min(wish_.prompt_tokens, model_->context_tokens), wish_.audio_tokens,
    wish_.kept_for_hour};
  allowed_ = choice_.max_output_tokens;
  if (!hides_thoughts(*model_, *what_.request))
    allowed_ = std::min(
      allowed_,
      std::max<uint32_t>(first_allowance,
                         static_cast<uint32_t>(
                           2
                           * expected_answer(at_.knows, model_->id, wish_.job,
                                             first_allowance / 2))));
  line_ = {};
  line_.call = facts_.id;
  line_.whose = what_.whose;
  line_.whose.model = model_->id;
  line_.provider = model_->provider;
  facts_.model = model_->id;
  facts_.provider = model_->provider;
  facts_.why = decision_.why;
  try_ = at_.uses.inbox->next_number();
  auto amount = costs::worst_case(*model_->price, prompt, allowed_);
  at_.till_of(what_.tenant)
    .reserve(try_, costs::counted_by::all, amount, line_,
             [weak = weak_from_this(), number = try_, &at = at_,
              tenant = what_.tenant, line = line_](const caf::error& why) {
               auto self = weak.lock();
               if (self && self->try_ == number)
                 why ? self->no_money(why) : self->call();
               else if (!why)
                 at.till_of(tenant).settle(number, line);
             });
}

/// A cheaper model may fit, unless this one was asked for.
void served_chat::no_money(const caf::error& why) {
  call_ended(at_.breakers[model_->id], at_.uses.breakers, permitted_,
             ec::cancelled, std::nullopt, at_.uses.wall_clock());
  try_ = 0;
  if (!problem_)
    problem_ = why;
  if (stopped_ || wish_.pinned || code_of(why) != ec::budget_exceeded) {
    finish(stopped_ ? stopped_ : why);
    return;
  }
  wish_.excluded[model_->id] = message_of(why);
  choose();
}

void served_chat::call() {
  if (stopped_) {
    ended({stopped_, std::nullopt, std::nullopt});
    return;
  }
  try_began_ = at_.steady();
  call_options options;
  options.model = model_->name;
  options.idempotency_key =
    what_.idempotency_key.empty() ? facts_.id : what_.idempotency_key;
  options.speaks = model_->speaks;
  options.idle_timeout = at_.uses.provider_idle;
  options.total_timeout =
    std::min(at_.uses.provider_total,
             std::chrono::ceil<duration>(deadline_ - try_began_));
  options.traceparent = what_.traceparent;
  auto request = *what_.request;
  request.max_output_tokens = choice_.max_output_tokens;
  auto post = [inbox = at_.uses.inbox, weak = weak_from_this(),
               number = try_](std::function<void(served_chat&)> what) {
    inbox->post([weak, number, what = std::move(what)](desk_state&) {
      auto self = weak.lock();
      if (self && self->try_ == number)
        what(*self);
    });
  };
  std::optional<uint64_t> metered;
  if (allowed_ < choice_.max_output_tokens)
    metered = allowed_;
  tap_ = std::make_shared<stream_tap>(
    by_, facts_, metered, [post](meter::need what) {
      post([what](served_chat& x) { x.need(what); });
    });
  call_handlers how;
  how.on_leave = at_.till_of(what_.tenant).departure(try_);
  how.on_delta = [tap = tap_](const answer_delta& x) { tap->take(x); };
  how.on_done = [post](call_outcome outcome) {
    post([outcome = std::make_shared<call_outcome>(std::move(outcome))](
           served_chat& x) {
      x.calling_ = false;
      x.ended(std::move(*outcome));
    });
  };
  calling_ = true;
  ++facts_.tries;
  ++tries_of_model_;
  ++at_.in_flight[model_->id];
  counted_ = true;
  // It may end before this returns: then it is not to be called `call_`.
  auto id = provider_->start(request, options, std::move(how));
  if (calling_)
    call_ = id;
}

void served_chat::need(meter::need what) {
  if (!calling_)
    return;
  if (what == meter::need::more) {
    extend();
    return;
  }
  if (tap_->tokens().used() <= tap_->tokens().allowed())
    return;
  // It was allowed more meanwhile, or that cannot be.
  if (!stopped_)
    stopped_ = problem_ ? problem_
                        : make_error(ec::budget_exceeded,
                                     "the money for this answer is used up");
  provider_->cancel(call_);
}

void served_chat::extend() {
  auto most = choice_.max_output_tokens;
  if (allowed_ >= most)
    return;
  auto more = allowed_ > most / 2 ? most : allowed_ * 2;
  costs::prompt_size prompt{
    std::min(wish_.prompt_tokens, model_->context_tokens), wish_.audio_tokens,
    wish_.kept_for_hour};
  auto& till = at_.till_of(what_.tenant);
  auto amount =
    costs::worst_case(*model_->price, prompt, more) - till.reserved(try_);
  till.extend(
    try_, std::max<micro_usd>(amount, 0),
    [weak = weak_from_this(), number = try_, more](const caf::error& why) {
      auto self = weak.lock();
      if (!self || self->try_ != number)
        return;
      if (why) {
        self->problem_ = why;
        return;
      }
      self->allowed_ = more;
      self->tap_->tokens().allow(
        more >= self->choice_.max_output_tokens ? UINT64_MAX : more);
    });
}

void served_chat::stop(const caf::error& why) {
  if (ended_ || stopped_)
    return;
  stopped_ = why;
  if (calling_) {
    provider_->cancel(call_);
  } else if (try_ != 0) {
    at_.till_of(what_.tenant).settle(std::exchange(try_, 0), line_);
    finish(why);
  } else {
    finish(why);
  }
}

void served_chat::ended(call_outcome outcome) {
  if (tap_)
    tap_->close();
  call_record record;
  record.price = *model_->price;
  record.prompt = {std::min(wish_.prompt_tokens, model_->context_tokens),
                   wish_.audio_tokens, wish_.kept_for_hour};
  auto& till = at_.till_of(what_.tenant);
  record.reserved = till.reserved(try_);
  record.began = tap_ && tap_->began();
  record.seen_tokens = tap_ ? tap_->tokens().used() : 0;
  record.hides_thoughts = hides_thoughts(*model_, *what_.request);
  auto cost = charge_for(record, outcome);
  if (cost <= record.reserved) {
    settle(outcome, cost);
    proceed(std::move(outcome));
    return;
  }
  // The provider counted more than could be. What is there is taken first.
  auto kept = std::make_shared<call_outcome>(std::move(outcome));
  till.extend(try_, cost - record.reserved,
              [weak = weak_from_this(), kept, cost](const caf::error&) {
                if (auto self = weak.lock()) {
                  self->settle(*kept, cost);
                  self->proceed(std::move(*kept));
                }
              });
}

void served_chat::settle(const call_outcome& outcome, micro_usd cost) {
  if (std::exchange(counted_, false))
    --at_.in_flight[model_->id];
  line_.at = at_.uses.wall_clock();
  line_.cost = cost;
  line_.usage = outcome.usage;
  line_.took = std::chrono::floor<duration>(at_.steady() - try_began_);
  line_.end = outcome.response ? costs::call_end::answered
            : !stopped_        ? costs::call_end::failed
            : code_of(stopped_) == ec::budget_exceeded
              ? costs::call_end::cut
              : costs::call_end::cancelled;
  facts_.cost += cost;
  at_.till_of(what_.tenant).settle(std::exchange(try_, 0), line_);
  report(outcome, cost);
}

void served_chat::report(const call_outcome& outcome, micro_usd cost) {
  auto now = at_.uses.wall_clock();
  auto code = outcome.response ? ec::none
            : stopped_         ? ec::cancelled
                               : code_of(outcome.response.error());
  call_ended(at_.breakers[model_->id], at_.uses.breakers, permitted_, code,
             outcome.retry_after, now);
  if (outcome.retry_after)
    at_.pauses[model_->provider] =
      std::max(at_.pauses[model_->provider], now + *outcome.retry_after);
  if (!outcome.response)
    return;
  observation seen;
  seen.model = model_->id;
  seen.job = wish_.job;
  seen.prompt_tokens = wish_.estimated_tokens;
  seen.verdict.refused = outcome.response->stop == stop_reason::refused;
  if (auto at = tap_ ? tap_->began_at() : std::nullopt)
    seen.first_byte = std::chrono::floor<duration>(*at - try_began_);
  seen.took = line_.took;
  if (outcome.usage)
    seen.output_tokens = answer_tokens(*outcome.usage);
  seen.cost = cost;
  observe(at_.knows, *model_, seen);
}

void served_chat::proceed(call_outcome outcome) {
  if (outcome.response) {
    if (!cache_key_.empty() && may_be_kept(*outcome.response))
      at_.answers.keep(
        cache_key_,
        {facts_.model, facts_.provider,
         std::make_shared<const chat_response>(*outcome.response)},
        at_.steady() + what_.keep_for);
    finish(std::move(*outcome.response));
    return;
  }
  if (stopped_) {
    finish(stopped_);
    return;
  }
  auto why = std::move(outcome.response.error());
  auto code = code_of(why);
  facts_.retry_after = outcome.retry_after;
  if (!problem_)
    problem_ = why;
  auto seen = tap_ && tap_->began();
  auto left = facts_.tries < policy_.fallback.tries && at_.steady() < deadline_;
  if (seen || !left || !another_may_help(code)) {
    finish(std::move(why));
    return;
  }
  // What was asked for by name is asked again, after a pause, if that cannot be
  // paid twice.
  if (wish_.pinned || !policy_.fallback.on) {
    if (!may_go_better(code) || outcome.accepted) {
      finish(std::move(why));
      return;
    }
    auto pause = outcome.retry_after.value_or(duration{
      static_cast<int64_t>(at_.uses.random() % (250u << tries_of_model_))});
    wait_for(pause);
    return;
  }
  wish_.excluded[model_->id] = message_of(why);
  tries_of_model_ = 0;
  choose();
}

void served_chat::finish(caf::expected<chat_response> answer) {
  if (ended_)
    return;
  ended_ = true;
  if (tap_)
    tap_->close();
  by_->on_end(facts_, std::move(answer));
  at_.at(at_.steady(), [&at = at_, number = number_] { at.forget(number); });
}

} // namespace machine::models

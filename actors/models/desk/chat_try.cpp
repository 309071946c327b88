#include "actors/models/desk/chat_try.hpp"

#include "actors/models/desk/charge.hpp"
#include "actors/models/desk/wish.hpp"

#include <algorithm>

namespace machine::models {

namespace {

/// An answer is paid for so far at first; more comes with its length.
constexpr uint32_t first_allowance = 1'024;

/// The longest answer that is paid for before it begins.
uint32_t first_allowed(const try_plan& plan, const learner& knows) {
  auto most = plan.choice.max_output_tokens;
  if (hides_thoughts(*plan.model, *plan.request))
    return most;
  auto usual =
    expected_answer(knows, plan.model->id, plan.job, first_allowance / 2);
  return std::min(most,
                  std::max(first_allowance, static_cast<uint32_t>(2 * usual)));
}

} // namespace

chat_try::chat_try(desk_state& at, const chat_order& what, try_plan plan,
                   std::shared_ptr<answer_channel> to,
                   std::function<void(try_result)> then)
    : at_(at), tenant_(what.tenant), keeps_thoughts_(what.whole),
      plan_(std::move(plan)), to_(std::move(to)), then_(std::move(then)) {
  line_.call = plan_.facts.id;
  line_.whose = what.whose;
  line_.whose.model = plan_.model->id;
  line_.provider = plan_.model->provider;
}

chat_try::~chat_try() {
  if (calling_)
    plan_.asked->cancel(call_);
}

void chat_try::start() {
  permitted_ = may_call(at_.breakers[plan_.model->id], at_.uses.breakers,
                        at_.uses.wall_clock());
  if (permitted_.what == permission::kind::refused) {
    end({make_error(ec::unavailable,
                    plan_.model->id + " fails, and is left alone for a while"),
         permitted_.wait, std::nullopt},
        0);
    return;
  }
  allowed_ = first_allowed(plan_, at_.knows);
  number_ = at_.uses.inbox->next_number();
  auto amount = costs::worst_case(*plan_.model->price, plan_.prompt, allowed_);
  at_.till_of(tenant_).reserve(
    number_, plan_.counts, amount, line_,
    [weak = weak_from_this(), number = number_, &at = at_, tenant = tenant_,
     line = line_](const caf::error& why) {
      auto self = weak.lock();
      if (!self || self->number_ != number) {
        if (!why)
          at.till_of(tenant).settle(number, line);
        return;
      }
      if (!why) {
        self->ask();
        return;
      }
      self->number_ = 0;
      call_outcome refused{why, std::nullopt, std::nullopt};
      self->tell_health({make_error(ec::cancelled, "it was not asked"),
                         std::nullopt, std::nullopt});
      self->end(std::move(refused), 0);
    });
}

void chat_try::ask() {
  began_ = at_.steady();
  auto request = *plan_.request;
  request.max_output_tokens = plan_.choice.max_output_tokens;
  auto is_metered = allowed_ < plan_.choice.max_output_tokens;
  if (is_metered)
    seen_->tokens.allow(allowed_);
  auto post = [inbox = at_.uses.inbox,
               weak = weak_from_this()](std::function<void(chat_try&)> what) {
    inbox->post([weak, what = std::move(what)](desk_state&) {
      if (auto self = weak.lock())
        what(*self);
    });
  };
  call_handlers how;
  how.on_leave = at_.till_of(tenant_).departure(number_);
  how.on_delta = [seen = seen_, to = to_, number = plan_.number,
                  facts = plan_.facts, is_metered,
                  keeps_thoughts = keeps_thoughts_,
                  clock = at_.uses.steady_clock, post](const answer_delta& x) {
    if (!seen->has_begun())
      seen->began = clock();
    if (keeps_thoughts && x.kind == answer_delta::kind_type::thought)
      seen->thoughts += x.text;
    to->pass(number, facts, x);
    auto need = seen->tokens.take(x);
    if (is_metered && need != meter::need::none)
      post([need](chat_try& me) { me.need(need); });
  };
  how.on_done = [post](call_outcome outcome) {
    auto kept = std::make_shared<call_outcome>(std::move(outcome));
    post([kept](chat_try& me) { me.take(std::move(*kept)); });
  };
  calling_ = true;
  ++at_.in_flight[plan_.model->id];
  call_ = plan_.asked->start(request, plan_.options, std::move(how));
}

void chat_try::need(meter::need what) {
  if (!calling_)
    return;
  if (what == meter::need::more) {
    extend();
    return;
  }
  // Meanwhile it may have been allowed more.
  if (seen_->tokens.used() <= seen_->tokens.allowed())
    return;
  cut_ = !stopped_;
  plan_.asked->cancel(call_);
}

void chat_try::extend() {
  auto most = plan_.choice.max_output_tokens;
  if (allowed_ >= most)
    return;
  auto more = allowed_ > most / 2 ? most : allowed_ * 2;
  auto& till = at_.till_of(tenant_);
  auto amount = costs::worst_case(*plan_.model->price, plan_.prompt, more)
              - till.reserved(number_);
  till.extend(
    number_, std::max<micro_usd>(amount, 0),
    [weak = weak_from_this(), number = number_, more](const caf::error& why) {
      auto self = weak.lock();
      if (!self || self->number_ != number)
        return;
      if (why) {
        self->broke_ = why;
        return;
      }
      self->allowed_ = more;
      self->seen_->tokens.allow(
        more >= self->plan_.choice.max_output_tokens ? UINT64_MAX : more);
    });
}

void chat_try::stop() {
  if (over_ || stopped_)
    return;
  stopped_ = true;
  if (calling_) {
    plan_.asked->cancel(call_);
    return;
  }
  if (number_ != 0)
    at_.till_of(tenant_).settle(std::exchange(number_, 0), line_);
  call_outcome stopped{make_error(ec::cancelled, "it is not wanted any more"),
                       std::nullopt, std::nullopt};
  tell_health(stopped);
  end(std::move(stopped), 0);
}

void chat_try::take(call_outcome outcome) {
  calling_ = false;
  --at_.in_flight[plan_.model->id];
  auto& till = at_.till_of(tenant_);
  call_record record;
  record.price = *plan_.model->price;
  record.prompt = plan_.prompt;
  record.reserved = till.reserved(number_);
  record.began = seen_->has_begun();
  record.seen_tokens = seen_->tokens.used();
  record.hides_thoughts = hides_thoughts(*plan_.model, *plan_.request);
  auto cost = charge_for(record, outcome);
  if (cost <= record.reserved) {
    settle(std::move(outcome), cost);
    return;
  }
  // The provider counted more than could be. What is there is taken first.
  auto kept = std::make_shared<call_outcome>(std::move(outcome));
  till.extend(number_, cost - record.reserved,
              [weak = weak_from_this(), kept, cost](const caf::error&) {
                if (auto self = weak.lock())
                  self->settle(std::move(*kept), cost);
              });
}

costs::call_end chat_try::end_of(const call_outcome& outcome) const {
  if (outcome.response)
    return costs::call_end::answered;
  if (cut_)
    return costs::call_end::cut;
  return stopped_ ? costs::call_end::cancelled : costs::call_end::failed;
}

void chat_try::settle(call_outcome outcome, micro_usd cost) {
  line_.at = at_.uses.wall_clock();
  line_.cost = cost;
  line_.usage = outcome.usage;
  line_.took = std::chrono::floor<duration>(at_.steady() - began_);
  line_.end = end_of(outcome);
  at_.till_of(tenant_).settle(std::exchange(number_, 0), line_);
  tell_health(outcome);
  learn(outcome, cost);
  if (!outcome.response && cut_)
    outcome.response = broke_
                       ? broke_
                       : make_error(ec::budget_exceeded,
                                    "the money for this answer is used up");
  end(std::move(outcome), cost);
}

void chat_try::tell_health(const call_outcome& outcome) {
  auto code = outcome.response ? ec::none : code_of(outcome.response.error());
  auto hangs = calling_ || began_ == timestamp{}
               ? false
               : !seen_->has_begun()
                   && at_.steady() - began_ >= plan_.first_byte_timeout;
  if (code != ec::none && (stopped_ || cut_))
    code = hangs ? ec::timeout : ec::cancelled;
  at_.hear_end(*plan_.model, permitted_, code, outcome.retry_after);
}

observation chat_try::observed() const {
  observation result;
  result.model = plan_.model->id;
  result.job = plan_.job;
  result.prompt_tokens = plan_.prompt_tokens;
  return result;
}

void chat_try::learn(const call_outcome& outcome, micro_usd cost) {
  auto seen = observed();
  if (!outcome.response) {
    seen.verdict.garbled =
      code_of(outcome.response.error()) == ec::provider_garbled;
    if (seen.verdict.garbled)
      at_.learn(*plan_.model, seen);
    return;
  }
  seen.verdict.refused = outcome.response->stop == stop_reason::refused;
  seen.first_byte = first_byte();
  seen.took = line_.took;
  if (outcome.usage)
    seen.output_tokens = answer_tokens(*outcome.usage);
  seen.cost = cost;
  at_.learn(*plan_.model, seen);
}

std::optional<duration> chat_try::first_byte() const {
  if (!seen_->has_begun())
    return std::nullopt;
  return std::chrono::floor<duration>(seen_->began.load() - began_);
}

void chat_try::end(call_outcome outcome, micro_usd cost) {
  over_ = true;
  then_({plan_.number, std::move(outcome), cost, std::move(seen_->thoughts),
         began_ != timestamp{}, first_byte(), line_.took});
}

} // namespace machine::models

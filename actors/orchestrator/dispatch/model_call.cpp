#include "actors/orchestrator/dispatch/model_call.hpp"

#include "actors/models/charge.hpp"
#include "actors/orchestrator/dispatch/spans.hpp"
#include "actors/orchestrator/run/retry.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::orchestrator {

namespace {

/// Calls to one model for one answer, failed ones included.
constexpr uint32_t max_tries = 4;

/// The first pause between them; each is twice as long as the one before.
constexpr duration first_pause{1'000};

/// A provider that wants a longer pause is answered with an error.
constexpr duration longest_pause{60'000};

/// Others may have to give back what a call needs first.
constexpr std::chrono::seconds patience_for_money{60};

/// Bound on what is kept of a decision, in bytes.
constexpr size_t max_decision_bytes = 8u << 10;

/// *wait* and up to a quarter more, so that those who failed together do not
/// come back together. The same for every worker that tries *effect*.
duration with_jitter(duration wait, const std::string& run,
                     const std::string& effect) {
  auto hash = std::hash<std::string>{}(run + ":" + effect);
  return wait + wait * static_cast<int64_t>(hash % 256) / 1'024;
}

/// The whole decision, or as much of it as is kept.
json_text to_record(models::decision what) {
  auto text = wire::to_json(what);
  while (text.size() > max_decision_bytes) {
    if (what.rejections.size() > what.candidates.size())
      what.rejections.resize(what.rejections.size() / 2);
    else if (what.candidates.size() > 1)
      what.candidates.resize(what.candidates.size() / 2);
    else if (!what.rejections.empty())
      what.rejections.clear();
    else
      return {};
    text = wire::to_json(what);
  }
  return {std::move(text)};
}

std::string first_line(const models::chat_response& x) {
  auto& text = x.message.content;
  std::string line = text.substr(0, std::min(text.find('\n'), size_t{120}));
  for (auto& call : x.message.tool_calls)
    line += (line.empty() ? "" : " ") + std::string{"-> "} + call.name;
  return wire::to_utf8(line);
}

} // namespace

model_call::model_call(attempt_state& of, question what, uint32_t& number,
                       handler then)
    : of_(of), request_(std::move(what.request)), agent_(std::move(what.agent)),
      number_(number), then_(std::move(then)) {
  wish_.job = std::move(what.job);
  wish_.pinned = std::move(what.model);
  if (!wish_.pinned)
    wish_.pinned = of_.order().model;
  models::take_needs(wish_, request_);
}

void model_call::start() {
  next_effect();
}

model_call::~model_call() {
  *pausing_ = false;
  if (calling_)
    provider_->cancel(call_);
}

void model_call::stop() {
  if (calling_)
    provider_->cancel(call_);
  else if (reserving_)
    release();
  else if (std::exchange(*pausing_, false))
    then_(make_error(ec::cancelled, "the attempt was stopped"), std::nullopt);
}

void model_call::next_effect() {
  if (of_.stopping()) {
    then_(make_error(ec::cancelled, "the attempt was stopped"), std::nullopt);
    return;
  }
  effect_ = of_.effect_id(++number_);
  auto* known = of_.journal(effect_);
  if (known != nullptr && known->phase == effect_phase::done)
    replay(*known);
  else if (known != nullptr && known->phase == effect_phase::failed)
    next_effect();
  else
    choose();
}

/// The answer was paid for by an earlier worker.
void model_call::replay(const effect_record& known) {
  using result_type = caf::expected<bytes>;
  of_.in_pool<result_type>(
    [engine = of_.uses().engine, hash = known.result] {
      return engine->get_blob(hash);
    },
    [this](result_type& content) {
      auto answer = content
                    ? wire::from_json<models::chat_response>(as_text(*content))
                    : caf::expected<models::chat_response>{content.error()};
      then_(std::move(answer), std::nullopt);
    });
}

void model_call::choose() {
  stock_ = of_.uses().models->stock();
  of_.self()
    ->request(of_.uses().desk, std::chrono::seconds{10}, atom::select_v,
              of_.tenant(), wish_)
    .then([this](const models::decision& by) { chosen(by); },
          [this](const caf::error& why) { no_choice(why); });
}

void model_call::no_choice(const caf::error& why) {
  if (of_.stopping())
    give_up(make_error(ec::cancelled, "the attempt was stopped"));
  else if (may_pass(code_of(why)))
    // Not what it says: it is being started again.
    pause(pause_before_asking_again, &model_call::choose);
  else
    give_up(why);
}

void model_call::chosen(const models::decision& by) {
  if (of_.stopping())
    give_up(make_error(ec::cancelled, "the attempt was stopped"));
  else if (stock_ != of_.uses().models->stock())
    // Who has chosen may have had other prices before them than we.
    choose();
  else if (!by.wait)
    take(by);
  else if (*by.wait <= longest_pause)
    pause(*by.wait, &model_call::choose);
  else
    give_up(make_error(ec::provider_rate_limited,
                       "every provider that could do this asks for a pause; "
                       "the shortest has "
                         + std::to_string(by.wait->count()) + " ms left"),
            by.wait);
}

void model_call::take(const models::decision& by) {
  auto& best = by.candidates.front();
  auto entry = stock_->listed.models.find(best.model);
  if (entry == stock_->listed.models.end()) {
    give_up(make_error(ec::no_model, "there is no model " + best.model));
    return;
  }
  if (model_ == nullptr || model_->id != best.model)
    tries_ = 0;
  model_ = {stock_, &entry->second};
  auto provider = stock_->providers.find(model_->provider);
  if (provider == stock_->providers.end()) {
    give_up(make_error(ec::unavailable,
                       "the provider " + model_->provider + " is not set up"));
    return;
  }
  provider_ = provider->second;
  lease_ = best.worst_case;
  max_output_tokens_ = best.max_output_tokens;
  by_ = by;
  reserve();
}

/// Has the desk set aside what budgets of the agent and the model count. Asked
/// again, as when the desk was started again meanwhile, it knows the call.
void model_call::reserve() {
  reserving_ = true;
  name_ =
    of_.order().run + ":" + effect_ + ":" + std::to_string(of_.order().token);
  models::planned_call plan{of_.tenant(), name_, of_.order().whose, lease_};
  plan.whose.run = of_.order().run;
  plan.whose.agent = agent_.value_or("");
  plan.whose.model = model_->id;
  of_.self()
    ->request(of_.uses().desk, patience_for_money, atom::reserve_v, plan)
    .then([this](bool) { reserved(caf::none); },
          [this](const caf::error& why) { reserved(why); });
}

void model_call::reserved(const caf::error& why) {
  reserving_ = false;
  auto code = code_of(why);
  if (of_.stopping()) {
    release();
    give_up(make_error(ec::cancelled, "the attempt was stopped"));
  } else if (!why) {
    intend();
  } else if (code == ec::timeout) {
    reserve();
  } else if (code == ec::budget_exceeded && !wish_.pinned) {
    if (!problem_)
      problem_ = why;
    // Its budget may be one of this model alone.
    wish_.excluded[model_->id] = message_of(why);
    choose();
  } else if (may_pass(code)) {
    // It fails of late, or the desk is started again.
    pause(pause_before_asking_again, &model_call::choose);
  } else {
    give_up(why);
  }
}

/// The call is not made after all.
void model_call::release() const {
  models::made_call never;
  never.name = name_;
  of_.self()->send(of_.uses().desk, atom::report_v, never);
}

void model_call::intend() {
  intend_effect intent;
  intent.effect = effect_;
  intent.activation = of_.order().activation;
  intent.token = of_.order().token;
  intent.kind = effect_kind::model;
  intent.subject = model_->id;
  intent.detail = by_.why;
  intent.decision = to_record(by_);
  intent.lease = lease_;
  intent.provider = model_->provider;
  intent.agent = agent_;
  of_.intend(
    std::move(intent), [this] { call(); },
    [this](const caf::error& why) {
      release();
      if (code_of(why) == ec::budget_exceeded)
        over_budget(why);
      else
        give_up(why);
    });
}

/// Less than the lease is left, so a cheaper model may fit.
void model_call::over_budget(const caf::error& why) {
  if (!problem_)
    problem_ = why;
  wish_.money = lease_ - 1;
  if (wish_.pinned)
    give_up(why);
  else
    choose();
}

void model_call::call() {
  began_ = std::chrono::steady_clock::now();
  began_at_ = wall_clock();
  heard_ = std::make_shared<std::atomic<timestamp>>(timestamp{});
  if (of_.stopping()) {
    settle({make_error(ec::cancelled, "the attempt was stopped")});
    return;
  }
  auto slot = std::make_shared<std::optional<models::call_outcome>>();
  auto number = of_.expect([this, slot] {
    calling_ = false;
    settle(std::move(**slot));
  });
  models::call_options options;
  options.model = model_->name;
  options.idempotency_key = of_.order().run + ":" + effect_;
  options.speaks = model_->speaks;
  options.idle_timeout = of_.uses().provider_idle;
  options.total_timeout = of_.uses().provider_total;
  auto& traces = of_.uses().traces;
  if (traces.is_on() || of_.order().trace)
    options.traceparent =
      format_traceparent(context_of_effect(of_.order(), effect_, traces));
  models::call_handlers how;
  how.on_delta = [say = of_.voice("text"),
                  heard = heard_](const models::answer_delta& x) mutable {
    if (heard->load() == timestamp{})
      *heard = wall_clock();
    if (x.kind == models::answer_delta::kind_type::text)
      say(x.text);
  };
  how.on_done = [slot, number, me = of_.me(),
                 here = of_.here()](models::call_outcome outcome) {
    slot->emplace(std::move(outcome));
    caf::anon_send(me, atom::ready_v, number);
  };
  // A model that fits the budget was found.
  if (code_of(problem_) == ec::budget_exceeded)
    problem_ = caf::none;
  ++tries_;
  calling_ = true;
  auto request = request_;
  request.max_output_tokens = max_output_tokens_;
  call_ = provider_->start(request, options, std::move(how));
}

void model_call::settle(models::call_outcome outcome) {
  auto code = outcome.response ? std::string{}
                               : to_string(code_of(outcome.response.error()));
  auto took =
    std::chrono::ceil<duration>(std::chrono::steady_clock::now() - began_);
  auto cost = models::charge_for(*model_->price, lease_, outcome);
  models::made_call made;
  made.name = name_;
  made.job = wish_.job;
  made.prompt_tokens = wish_.estimated_tokens;
  made.code = code;
  made.retry_after = outcome.retry_after;
  if (heard_->load() != timestamp{})
    made.first_byte = std::chrono::floor<duration>(heard_->load() - began_at_);
  made.took = took;
  made.usage = outcome.usage;
  made.cost = cost;
  made.refused =
    outcome.response && outcome.response->stop == models::stop_reason::refused;
  of_.self()->send(of_.uses().desk, atom::report_v, made);
  finish_effect done;
  done.effect = effect_;
  done.activation = of_.order().activation;
  done.token = of_.order().token;
  done.cost = cost;
  done.usage = outcome.usage;
  done.code = code;
  if (outcome.response) {
    done.result = wire::to_json(*outcome.response);
    done.message = first_line(*outcome.response);
  } else {
    done.message = message_of(outcome.response.error());
  }
  auto shared = std::make_shared<models::call_outcome>(std::move(outcome));
  of_.tell(
    std::move(done),
    [this, shared] {
      record(*shared);
      if (shared->response)
        then_(std::move(shared->response), std::nullopt);
      else
        conclude(*shared);
    },
    [this](const caf::error& why) { give_up(why); });
}

void model_call::record(const models::call_outcome& outcome) const {
  auto& traces = of_.uses().traces;
  if (!traces.is_on())
    return;
  auto asked = request_;
  asked.max_output_tokens = max_output_tokens_;
  traces.record(span_of_model_call(of_.order(), effect_, traces,
                                   {began_at_, wall_clock()}, *model_, asked,
                                   outcome));
}

/// The call failed: waits and tries again, asks another model, or gives up.
void model_call::conclude(const models::call_outcome& outcome) {
  auto& why = outcome.response.error();
  auto doubled = first_pause * (1 << (std::max(tries_, 1u) - 1));
  auto wait = with_jitter(outcome.retry_after.value_or(doubled),
                          of_.order().run, effect_);
  auto again = tries_ < max_tries && wait <= longest_pause
            && is_transient(to_string(code_of(why)));
  if (!of_.stopping() && again) {
    pause(wait, &model_call::next_effect);
  } else if (!of_.stopping() && fall_back(outcome)) {
    if (!problem_) {
      problem_ = why;
      retry_after_ = outcome.retry_after;
    }
    next_effect();
  } else {
    give_up(why, outcome.retry_after);
  }
}

/// Leaves out what cannot do it now; false if there is no sense in asking
/// another model.
bool model_call::fall_back(const models::call_outcome& outcome) {
  if (wish_.pinned)
    return false;
  auto why = outcome.response.error();
  auto code = code_of(why);
  if (code == ec::provider_rejected && outcome.status == 404)
    wish_.excluded[model_->id] = message_of(why);
  else if (code == ec::provider_auth || is_transient(to_string(code)))
    wish_.unusable[model_->provider] = message_of(why);
  else
    return false;
  return true;
}

void model_call::pause(duration wait, void (model_call::*then)()) {
  *pausing_ = true;
  of_.after(wait, [this, then, pausing = pausing_] {
    if (std::exchange(*pausing, false))
      (this->*then)();
  });
}

/// What came first in the way is what a person can do something about.
void model_call::give_up(const caf::error& why,
                         std::optional<duration> retry_after) {
  if (problem_ && code_of(why) != ec::cancelled)
    then_(problem_, retry_after_);
  else
    then_(why, retry_after);
}

} // namespace machine::orchestrator

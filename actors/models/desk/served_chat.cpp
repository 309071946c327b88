#include "actors/models/desk/served_chat.hpp"

#include "actors/models/desk/answer_check.hpp"
#include "actors/models/desk/call_id.hpp"
#include "actors/models/desk/wish.hpp"
#include "actors/models/routing/course_setup.hpp"
#include "actors/models/routing/rank.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace machine::models {

namespace {

/// A longer pause of all providers is told to the client.
constexpr duration longest_pause{60'000};

/// What makes any model go on from a text that another one began.
constexpr const char* go_on =
  "Your answer broke off here. Go on with it exactly where it ends, in the "
  "middle of a word if it ends there. Repeat nothing, and say nothing of this.";

/// What two more messages add to a prompt at most.
uint64_t resumption_bound(const std::string& said) {
  constexpr uint64_t frames = 32;
  costs::text_bound text;
  text.add(said);
  text.add(go_on);
  return text.tokens() + frames;
}

/// Whether a try begins beside one that may still answer.
bool may_be_beside(const course& of, const course_steps& steps) {
  return of.tries() > 1 && std::any_of(steps.begin(), steps.end(), [](auto& x) {
           return std::holds_alternative<start_try>(x);
         });
}

} // namespace

served_chat::served_chat(desk_state& at, uint64_t number, chat_order what,
                         std::shared_ptr<call_watcher> by)
    : at_(at), number_(number), what_(std::move(what)), by_(std::move(by)) {
  auto now = at_.uses.wall_clock();
  facts_.id = new_call_id(now, at_.uses.random(), at_.uses.random());
  notes_.began(now, at_.steady());
}

served_chat::~served_chat() {
  if (channel_)
    channel_->close();
  if (!told_)
    by_->on_end(facts_, make_error(ec::unavailable,
                                   "the machine begins anew; ask again"));
}

void served_chat::start() {
  auto now = at_.steady();
  stock_ = at_.uses.models->stock();
  auto asked = wish_of(what_, *what_.request, *stock_, at_.uses.policy);
  if (!asked) {
    end(std::move(asked.error()));
    return;
  }
  wish_ = std::move(asked->request);
  policy_ = std::move(asked->policy);
  for (auto& [name, why] : stock_->unusable)
    wish_.unusable.emplace(name, why);
  auto most = policy_.fallback.deadline;
  deadline_ = now + std::min(what_.deadline.value_or(most), most);
  if (!look_before())
    choose();
}

void served_chat::choose() {
  auto chosen = rank(stock_->listed, wish_, policy_, at_.knows, at_.now(),
                     at_.uses.random());
  if (!chosen) {
    end(std::move(chosen.error()));
    return;
  }
  decision_ = std::move(*chosen);
  if (decision_.wait)
    pause(*decision_.wait);
  else
    begin_course();
}

void served_chat::pause(duration how_long) {
  if (at_.steady() + how_long < deadline_ && how_long <= longest_pause) {
    at_.wake_call(number_, at_.steady() + how_long);
    return;
  }
  facts_.retry_after = how_long;
  end(make_error(ec::provider_rate_limited,
                 "every provider that could do this asks for a pause; the "
                 "shortest has "
                   + std::to_string(how_long.count()) + " ms left"));
}

/// A text can be gone on from by any model; what has to fit a schema cannot.
bool served_chat::can_continue() const {
  return !what_.whole && !what_.request->output_schema;
}

void served_chat::begin_course() {
  std::erase_if(decision_.candidates, [this](auto& x) {
    auto model = stock_->listed.models.find(x.model);
    return model == stock_->listed.models.end()
        || !stock_->providers.contains(model->second.provider);
  });
  if (decision_.candidates.empty()) {
    end(
      make_error(ec::unavailable, "no provider of a model for this is set up"));
    return;
  }
  auto now = at_.steady();
  auto rule = course_rule_of(policy_, repetition::harmless);
  rule.fallback.deadline = std::chrono::ceil<duration>(deadline_ - now);
  auto checked = plan_checks();
  auto candidates =
    course_candidates_of(decision_, stock_->listed, policy_, at_.knows);
  for (auto& x : candidates) {
    x.continues = can_continue();
    x.is_checked = checked > 0;
    checked -= checked > 0 ? 1 : 0;
  }
  auto resumes =
    can_continue() && policy_.fallback.in_stream == stream_failover::resume;
  channel_ =
    std::make_shared<answer_channel>(what_.whole ? nullptr : by_, resumes);
  spend_on_exploring(at_.explored, policy_.exploration,
                     decision_.exploration_cost, at_.uses.wall_clock());
  course_.emplace(rule, std::move(candidates), now);
  advance([&] { return course_->start(now); });
}

/// Has the course decide while no piece passes, and does what it says.
void served_chat::advance(const std::function<course_steps()>& next) {
  course_steps steps;
  {
    auto held = channel_->hold();
    steps = hear_channel(held);
    auto more = next();
    std::move(more.begin(), more.end(), std::back_inserter(steps));
    for (auto& step : steps)
      tell_channel(held, step);
  }
  if (may_be_beside(*course_, steps))
    channel_->on_speaker([inbox = at_.uses.inbox, weak = weak_from_this()] {
      inbox->post([weak](desk_state&) {
        if (auto self = weak.lock(); self && !self->course_->over())
          self->advance([] { return course_steps{}; });
      });
    });
  perform(std::move(steps));
}

course_steps served_chat::hear_channel(const answer_channel::pause& held) {
  course_steps result;
  auto& passed = held.passed();
  if (passed.speaker)
    result = course_->began(*passed.speaker);
  if (passed.has_text)
    course_->passed_on(piece_kind::text);
  if (passed.has_other)
    course_->passed_on(piece_kind::other);
  return result;
}

void served_chat::tell_channel(answer_channel::pause& held,
                               const course_step& step) {
  using told = tell_client::kind;
  if (auto* x = std::get_if<stop_try>(&step)) {
    held.silence(x->number);
  } else if (auto* x = std::get_if<settle_try>(&step)) {
    held.silence(x->number);
  } else if (auto* x = std::get_if<tell_client>(&step)) {
    // That it ends early is said by its end.
    if (x->what != told::ended_early)
      held.hand_over({x->what == told::restarted, x->text});
  }
}

/// Steps can lead to others at once, which wait for their turn.
void served_chat::perform(course_steps steps) {
  std::move(steps.begin(), steps.end(), std::back_inserter(to_do_));
  if (std::exchange(performing_, true))
    return;
  while (!to_do_.empty()) {
    auto step = std::move(to_do_.front());
    to_do_.pop_front();
    perform_one(step);
  }
  performing_ = false;
  at_.wake_call(number_, course_->alarm());
  conclude();
}

void served_chat::perform_one(const course_step& step) {
  if (auto* x = std::get_if<start_try>(&step)) {
    begin_try(*x);
  } else if (auto* x = std::get_if<stop_try>(&step)) {
    tries_.at(x->number)->stop();
  } else if (auto* x = std::get_if<use_answer>(&step)) {
    answer_with(x->number);
  } else if (auto* x = std::get_if<give_up>(&step)) {
    facts_.retry_after = x->retry_after;
    result_.emplace(stopped_ ? stopped_ : x->why);
  }
  // What a try has cost it settles itself.
}

call_options served_chat::options_of(const model_entry& model,
                                     const start_try& what) const {
  call_options result;
  result.model = model.name;
  result.idempotency_key =
    what_.idempotency_key.empty() ? facts_.id : what_.idempotency_key;
  // It asks for something else than the ones before.
  if (what.mode == try_mode::resume)
    result.idempotency_key += "-" + std::to_string(what.number);
  result.speaks = model.speaks;
  result.idle_timeout = at_.uses.provider_idle;
  result.total_timeout = std::min(at_.uses.provider_total, what.time_left);
  result.traceparent = what_.traceparent;
  return result;
}

std::shared_ptr<const chat_request> served_chat::request_of(try_mode mode) {
  if (mode == try_mode::fresh)
    return what_.request;
  auto result = std::make_shared<chat_request>(*what_.request);
  result->messages.push_back({chat_role::assistant, channel_->hold().text()});
  result->messages.push_back({chat_role::user, go_on});
  return result;
}

/// How the try is made, for people.
decision_mode served_chat::mode_of(const start_try& what) const {
  if (what.mode == try_mode::resume)
    return decision_mode::resumed;
  auto beside = std::any_of(tries_.begin(), tries_.end(),
                            [](auto& x) { return !x->is_over(); });
  return beside ? decision_mode::beside : decision_mode::fresh;
}

void served_chat::begin_try(const start_try& what) {
  auto& choice = decision_.candidates.at(what.candidate);
  try_plan plan;
  plan.number = what.number;
  plan.stock = stock_;
  plan.model = &stock_->listed.models.at(choice.model);
  plan.choice = choice;
  plan.asked = stock_->providers.at(plan.model->provider);
  plan.request = request_of(what.mode);
  plan.prompt = {std::min(wish_.prompt_tokens, plan.model->context_tokens),
                 wish_.audio_tokens, wish_.kept_for_hour};
  if (what.mode == try_mode::resume)
    plan.prompt.tokens += resumption_bound(channel_->hold().text());
  plan.job = wish_.job;
  plan.prompt_tokens = wish_.estimated_tokens;
  plan.options = options_of(*plan.model, what);
  facts_.model = choice.model;
  facts_.provider = plan.model->provider;
  facts_.why = decision_.why;
  plan.facts = facts_;
  plan.facts.tries = what.number + 1;
  notes_.tried(what.number, choice, plan.model->provider, mode_of(what));
  tries_.push_back(std::make_shared<chat_try>(
    at_, what_, std::move(plan), channel_,
    [this](try_result result) { take(std::move(result)); }));
  tries_.back()->start();
}

void served_chat::take(try_result result) {
  notes_.heard(result);
  auto& outcome = result.outcome;
  facts_.cost += result.cost;
  facts_.tries += result.asked ? 1 : 0;
  try_end how;
  how.accepted = outcome.accepted;
  how.counted = outcome.usage.has_value();
  how.status = outcome.status;
  how.retry_after = outcome.retry_after;
  facts_.thoughts = std::move(result.thoughts);
  if (!outcome.response) {
    how.why = std::move(outcome.response.error());
    ended(result.number, how);
    return;
  }
  auto& answer = answers_[result.number] = std::move(*outcome.response);
  if (!may_be_checked(*what_.request, answer)) {
    how.rejected = answer.stop == stop_reason::refused && has_money_for_more();
    ended(result.number, how);
    return;
  }
  check_form(at_, {what_.tenant, facts_.id}, what_.request,
             answer.message.content,
             [weak = weak_from_this(), number = result.number,
              how](std::optional<bool> fits) {
               if (auto self = weak.lock())
                 self->checked(number, how, fits);
             });
}

void served_chat::ended(uint32_t number, const try_end& how) {
  advance([&] {
    return course_->ended(number, how, at_.steady(), at_.uses.random());
  });
}

void served_chat::answer_with(uint32_t number) {
  notes_.answered_by(number);
  auto& by = tries_.at(number)->facts();
  facts_.model = by.model;
  facts_.provider = by.provider;
  facts_.fits_schema = forms_[number];
  remember(*tries_.at(number));
  auto answer = std::move(answers_.at(number));
  std::string before;
  if (auto held = channel_->hold(); held.passed().has_text)
    before = held.text();
  // The text of one that went on is the rest alone.
  if (before.size() > answer.message.content.size())
    answer.message.content = std::move(before);
  else
    keep_answer(answer);
  result_.emplace(std::move(answer));
}

void served_chat::stop(const caf::error& why) {
  if (told_ || stopped_ || result_)
    return;
  stopped_ = why;
  if (vector_)
    desk{at_.uses.inbox}.cancel(*vector_);
  if (course_)
    advance([&] { return course_->cancel(); });
  else
    end(why);
}

void served_chat::wake() {
  if (!course_ && !told_ && !vector_)
    choose();
  else if (course_ && !course_->over())
    advance([&] { return course_->tick(at_.steady(), at_.uses.random()); });
}

void served_chat::end(caf::expected<chat_response> answer) {
  result_.emplace(std::move(answer));
  conclude();
}

/// An answer is told at once; that there is none, when all is settled.
void served_chat::conclude() {
  auto settled = std::all_of(tries_.begin(), tries_.end(),
                             [](auto& x) { return x->is_over(); });
  if (result_ && !told_ && (*result_ || settled)) {
    told_ = true;
    notes_.told(facts_, *result_, at_.steady());
    // Whoever hears of the end can ask for the decision.
    if (settled)
      keep_decision();
    if (channel_)
      channel_->close();
    by_->on_end(facts_, std::move(*result_));
  }
  if (told_ && settled) {
    keep_decision();
    at_.forget(number_);
  }
}

void served_chat::keep_decision() {
  if (std::exchange(kept_, true) || !at_.uses.decided)
    return;
  at_.uses.decided(notes_.finish(what_, facts_, policy_, std::move(wish_),
                                 std::move(decision_), at_.uses.wall_clock()));
}

} // namespace machine::models

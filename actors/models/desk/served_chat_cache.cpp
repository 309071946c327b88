#include "actors/models/desk/near_text.hpp"
#include "actors/models/desk/served_chat.hpp"

#include <algorithm>

/// Answers that were given before.
namespace machine::models {

namespace {

/// How long the vector of a question may take, which keeps its call waiting.
constexpr duration vector_patience{5'000};

bool may_be_near(const chat_request& x) {
  if (x.messages.empty())
    return false;
  auto& last = x.messages.back();
  return last.role == chat_role::user && last.attachments.empty()
      && last.content.size() <= max_near_text
      && !tokens_of(last.content).empty();
}

/// What names all of *what* but its last text, for vectors of *embedder*.
std::string group_of(const chat_order& what, const std::string& embedder) {
  auto rest = *what.request;
  rest.messages.back().content.clear();
  return cache_key(what.tenant, what.model + "\n" + embedder, rest);
}

} // namespace

/// Whether the call has ended, or goes on once its question has a vector.
bool served_chat::look_before() {
  auto use = what_.cache.value_or(policy_.cache.semantic ? cache_use::on
                                                         : cache_use::off);
  if (use == cache_use::off)
    return false;
  cache_key_ = cache_key(what_.tenant, what_.model, *what_.request);
  looks_before_ = use == cache_use::on;
  if (looks_before_)
    if (auto found = at_.answers.find(cache_key_, at_.steady())) {
      answer_as_before(*found, nearness::same);
      return true;
    }
  if (!policy_.cache.semantic || !may_be_near(*what_.request))
    return false;
  auto& text = what_.request->messages.back().content;
  auto& embedder = policy_.cache.embedder;
  near_.emplace();
  near_->tenant = what_.tenant;
  near_->group = group_of(what_, embedder);
  near_->guard = embedder.empty() ? wording_guard(text) : meaning_guard(text);
  if (!embedder.empty()) {
    order_vector(text);
    return true;
  }
  near_->vector = hashed_vector(text);
  return answer_from_near();
}

bool served_chat::answer_from_near() {
  auto found = looks_before_
               ? at_.nears.find(*near_, *policy_.cache.semantic, at_.steady())
               : std::nullopt;
  if (found)
    answer_as_before(*found, nearness::near);
  return found.has_value();
}

/// Has the policy's model make a vector of *text*, which this call pays for.
void served_chat::order_vector(const std::string& text) {
  embedding_order what;
  static_cast<order&>(what) = what_;
  what.model = policy_.cache.embedder;
  what.idempotency_key.clear();
  what.deadline = vector_patience;
  embedding_request request;
  request.inputs = {text};
  what.request = std::make_shared<embedding_request>(std::move(request));
  desk to{at_.uses.inbox};
  vector_ =
    to.embed(std::move(what), [inbox = at_.uses.inbox, weak = weak_from_this()](
                                const call_facts& facts,
                                caf::expected<embedding_response> answer) {
      // The desk may be coming to its end.
      inbox->post([weak, cost = facts.cost,
                   answer = std::move(answer)](desk_state&) mutable {
        if (auto self = weak.lock())
          self->take_vector(cost, std::move(answer));
      });
    });
}

void served_chat::take_vector(micro_usd cost,
                              caf::expected<embedding_response> answer) {
  vector_.reset();
  facts_.cost += cost;
  if (told_)
    return;
  if (answer && normalise(answer->vectors.front())) {
    near_->vector = std::move(answer->vectors.front());
    if (answer_from_near())
      return;
  } else {
    // Without it, the call is one like others.
    near_.reset();
    if (!answer && at_.tells_of_embedder(policy_.cache.embedder))
      at_.uses.failed(
        with_context("questions have no vectors (cache.embedder of the policy "
                       + policy_.name + ")",
                     answer.error()));
  }
  if (wish_.money)
    wish_.money = std::max<micro_usd>(*wish_.money - cost, 0);
  choose();
}

/// What was answered before costs nothing, and is in no ledger.
void served_chat::answer_as_before(const answer_cache::entry& found,
                                   nearness how) {
  facts_.model = found.model;
  facts_.provider = found.provider;
  facts_.is_cached = true;
  facts_.is_near = how == nearness::near;
  facts_.why = facts_.is_near ? "nearly the same was asked for before"
                              : "the same was asked for before";
  auto answer = *found.answer;
  if (!what_.whole) {
    by_->on_begin(facts_);
    for (auto& x : deltas_of(answer))
      by_->on_delta(x);
  }
  end(std::move(answer));
}

void served_chat::keep_answer(const chat_response& answer) {
  if (cache_key_.empty() || !may_be_kept(answer)
      || !facts_.fits_schema.value_or(true))
    return;
  answer_cache::entry kept{facts_.model, facts_.provider,
                           std::make_shared<const chat_response>(answer)};
  auto until = at_.steady() + what_.keep_for;
  if (near_ && !near_->vector.empty())
    at_.nears.keep(*near_, cache_key_, kept, until);
  at_.answers.keep(cache_key_, std::move(kept), until);
}

} // namespace machine::models

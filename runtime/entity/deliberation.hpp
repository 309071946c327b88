#pragma once

#include "runtime/entity/plan.hpp"

#include <exception>

namespace machine::entity {

/// Commands that are decided together, one after the other, against the state
/// as it will be. Nothing of it belongs to an actor: any thread may decide, if
/// nobody looks at the entity meanwhile.
template <class E>
class deliberation {
public:
  deliberation(std::shared_ptr<loaded_entity<E>> entity,
               std::vector<question<E>> questions)
      : plan(*entity), questions(std::move(questions)),
        entity_(std::move(entity)) {}

  bool may_take_long() const {
    if constexpr (foresighted<E>)
      return E::may_take_long(entity_->state);
    else
      return false;
  }

  /// Decides until there is no room for more, the state is spoilt, or *go_on*
  /// says no before the next one. May throw, `takes_long` if it must not; then
  /// the entity is of no more use.
  template <class Condition>
  void decide(const key& id, const std::function<timestamp()>& now,
              const std::function<uint64_t()>& random, bool may_take_long,
              Condition go_on) {
    while (answers.size() < questions.size() && plan.has_room() && !spoilt
           && go_on()) {
      auto& next = questions[answers.size()];
      if (auto err = check_place(id, next)) {
        answers.emplace_back(std::move(err));
        continue;
      }
      context ctx{id, now(), random(), may_take_long};
      auto decided = prepare<E>(entity_->state, next.what, ctx);
      if (auto* what = std::get_if<prepared<E>>(&decided)) {
        entity_->last_seq += what->events.size();
        answers.emplace_back(
          outcome<E>{entity_->last_seq, std::move(what->events)});
        plan.add(std::move(*what));
      } else {
        auto& refused = std::get<refusal>(decided);
        spoilt = refused.spoilt;
        answers.emplace_back(std::move(refused.why));
      }
    }
  }

  append_plan<E> plan;
  std::vector<question<E>> questions;
  /// To the first of the questions; there was no room for the others.
  std::vector<caf::expected<outcome<E>>> answers;
  /// The last answer is why the state is of no more use.
  bool spoilt = false;
  /// What `decide` threw, where somebody else than the actor called it.
  std::exception_ptr thrown;

private:
  /// `changed` if *x* is for a log that ends elsewhere.
  caf::error check_place(const key& id, const question<E>& x) const {
    if (!x.if_last_seq || *x.if_last_seq == entity_->last_seq)
      return caf::none;
    return make_error(ec::changed, std::string{E::kind} + " " + id.id
                                     + " has changed meanwhile; look at it "
                                       "again");
  }

  std::shared_ptr<loaded_entity<E>> entity_;
};

} // namespace machine::entity

#pragma once

#include "runtime/entity/deliberation.hpp"
#include "runtime/entity/gate.hpp"
#include "runtime/entity/inbox.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <chrono>
#include <exception>

namespace machine::entity {

/// After so long no further command is decided with those before it: they wait
/// for their commit, and others for the thread.
constexpr std::chrono::milliseconds longest_deliberation{1'000};

/// Where an entity has its commands decided: at once, or on a thread that can
/// be spared. Answers stay here, for they belong to the actor.
template <class E>
class decision_desk {
public:
  /// What was decided together.
  struct result {
    /// If it is unfit, the last of its commands has spoilt the state.
    append_plan<E> plan;
    /// One of the commands came from the alarm.
    bool woken = false;
  };

  enum class begun : uint8_t {
    done,
    elsewhere,
    /// Nobody can decide now.
    refused,
    /// It has to be decided elsewhere, and the state is of no more use.
    takes_long,
  };

  decision_desk() = default;

  decision_desk(key id, std::shared_ptr<append_gate> gate)
      : id_(std::move(id)), gate_(std::move(gate)) {}

  /// Whether somebody else decides, and looks at the entity.
  bool busy() const {
    return elsewhere_;
  }

  /// From now on so many commands go into an append each.
  void decide_singly(size_t count) {
    singly_ = count;
  }

  /// Decides what waits, or has it decided. If neither is done, it waits as
  /// before.
  /// @param tell Is sent `decided` if it happens elsewhere.
  begun begin(inbox<E>& from, std::shared_ptr<loaded_entity<E>> entity,
              const services<E>& uses, const entity_actor<E>& tell) {
    asked_ = from.take_commands(singly_ > 0 ? 1 : max_events_per_append);
    std::vector<question<E>> questions;
    questions.reserve(asked_.size());
    for (auto& x : asked_)
      questions.push_back(std::move(x.asks));
    made_ = std::make_shared<deliberation<E>>(std::move(entity),
                                              std::move(questions));
    if (!uses.think || !(takes_long_ || made_->may_take_long()))
      return decide_here(from, uses);
    if (uses.think(id_, job_for(uses, tell))) {
      take_back(from, 0);
      return begun::refused;
    }
    elsewhere_ = true;
    return begun::elsewhere;
  }

  /// What `begin` has done, or had done; what there was no room for waits as
  /// before. Throws what was thrown elsewhere.
  result take(inbox<E>& rest) {
    elsewhere_ = false;
    if (made_->thrown)
      std::rethrow_exception(made_->thrown);
    auto made = made_;
    take_back(rest, made->answers.size());
    made_ = nullptr;
    result done{std::move(made->plan)};
    auto& commit = *done.plan.commit;
    for (size_t i = 0; i < asked_.size(); ++i) {
      auto& x = asked_[i];
      x.asks = std::move(made->questions[i]);
      done.woken |= x.from_alarm;
      commit.commands.push_back({std::move(x), std::move(made->answers[i])});
    }
    asked_.clear();
    singly_ -= std::min<size_t>(singly_, 1);
    if (made->spoilt) {
      commit.unfit = true;
      *commit.result = commit.commands.back().result.error();
    }
    return done;
  }

private:
  /// Whether `longest_deliberation` is not over.
  struct time_limit {
    using clock = std::chrono::steady_clock;

    clock::time_point end = clock::now() + longest_deliberation;

    bool operator()() const {
      return clock::now() < end;
    }
  };

  begun decide_here(inbox<E>& from, const services<E>& uses) {
    try {
      made_->decide(id_, uses.now, uses.random, !uses.think, time_limit{});
      return begun::done;
    } catch (const takes_long&) {
      // Nobody else would do it.
      if (!uses.think)
        throw;
      takes_long_ = true;
      take_back(from, 0);
      return begun::takes_long;
    }
  }

  std::function<void()> job_for(const services<E>& uses,
                                const entity_actor<E>& tell) {
    // Not all services: nobody keeps the threads that it runs on.
    return [made = made_, gate = gate_, id = id_, now = uses.now,
            random = uses.random, tell]() mutable {
      try {
        // For whom would it be, else?
        made->decide(id, now, random, true, [&gate, in_time = time_limit{}] {
          return gate->is_open() && in_time();
        });
      } catch (...) {
        made->thrown = std::current_exception();
      }
      made = nullptr;
      caf::anon_send(tell, atom::decided_v);
    };
  }

  /// Those from *first* on were not decided.
  void take_back(inbox<E>& to, size_t first) {
    for (; asked_.size() > first; asked_.pop_back()) {
      auto& x = asked_.back();
      x.asks = std::move(made_->questions[asked_.size() - 1]);
      to.put_back(std::move(x));
    }
    // It may hold much.
    if (first == 0)
      made_ = nullptr;
  }

  key id_;
  std::shared_ptr<append_gate> gate_;
  /// Of those whose commands are being decided, all but what they ask.
  std::vector<waiting_command<E>> asked_;
  std::shared_ptr<deliberation<E>> made_;
  bool elsewhere_ = false;
  /// A decision took long: the next ones may as well.
  bool takes_long_ = false;
  /// So many of the commands that wait go into an append each.
  size_t singly_ = 0;
};

} // namespace machine::entity

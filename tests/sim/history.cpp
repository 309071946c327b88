#include "tests/sim/history.hpp"

#include "runtime/entity/load.hpp"
#include "tests/sim/history_steps.hpp"

#include <utility>

namespace machine::sim {

/// Reads one event; every member says what must hold of it.
struct history_reader : history_steps {
  using history_steps::operator();

  void operator()(const signal_received& x) const {
    must(x.number == ++of.signals_received_, "signals are counted", x.name);
  }

  void operator()(const signal_taken& x) const {
    must(x.number <= of.signals_received_
           && of.signals_taken_.insert(x.number).second,
         "a signal is taken once", x.activation);
  }

  void operator()(const vars_changed&) const {}

  void operator()(const interrupt_opened& x) const {
    must(of.questions_.emplace(x.interrupt, x.activation).second,
         "a question is asked once", x.interrupt);
    must(!of.ended_, "nothing begins after the end", x.interrupt);
  }

  void close_question(const std::string& id) const {
    must(of.questions_.contains(id) && of.questions_closed_.insert(id).second,
         "a question is answered once", id);
  }

  void operator()(const interrupt_answered& x) const {
    close_question(x.interrupt);
    constexpr std::string_view prefix = "reconcile:";
    if (!x.interrupt.starts_with(prefix))
      return;
    auto effect = x.interrupt.substr(prefix.size());
    effect = effect.substr(0, effect.find('/'));
    if (x.answer.text.find("false") != std::string::npos)
      ++of.effects_[effect].denials;
  }

  void operator()(const interrupt_withdrawn& x) const {
    close_question(x.interrupt);
  }

  void operator()(const effect_intended& x) const {
    auto told = x.detail == "an operator looked";
    must(told || (x.token != 0 && begun(x.activation).token == x.token),
         "only the live attempt intends", x.effect);
    auto [i, fresh] = of.effects_.emplace(x.effect, history::effect_note{});
    auto& there = i->second;
    must(fresh || there.phase == history::effect_phase::lost,
         "an effect is intended once", x.effect);
    must(!of.paused_ || told, "nothing begins in a pause", x.effect);
    of.to_do_here_.erase(x.effect);
    there.phase = history::effect_phase::open;
    there.kind = x.kind;
    there.idempotent = x.idempotent;
  }

  void settle(const std::string& id, micro_usd cost,
              history::effect_phase phase) const {
    auto i = of.effects_.find(id);
    must(i != of.effects_.end()
           && i->second.phase == history::effect_phase::open,
         "an effect ends once", id);
    i->second.phase = phase;
    if (i->second.kind != effect_kind::model || of.copying_)
      return;
    i->second.cost += cost;
    of.own_cost_ += cost;
  }

  void operator()(const effect_done& x) const {
    settle(x.effect, x.cost, history::effect_phase::done);
  }

  void operator()(const effect_failed& x) const {
    settle(x.effect, x.cost, history::effect_phase::failed);
  }

  void operator()(const effect_lost& x) const {
    settle(x.effect, x.cost, history::effect_phase::lost);
  }

  void operator()(const child_started& x) const {
    auto& there = begun(x.activation);
    must(!there.child, "a call has one run at a time", x.activation);
    there.child = x.run;
  }

  void operator()(const child_ended& x) const {
    auto& there = begun(x.activation);
    must(there.child == x.run, "a call has one run at a time", x.run);
    must(of.child_ended_(x.run), "a run that was called has ended", x.run);
    there.child.reset();
    if (!of.copying_)
      of.children_cost_ += x.spent;
  }

  /// What a run has from its origin happened to that one, and not again.
  void operator()(const history_copied& x) const {
    auto outermost = !std::exchange(of.copying_, true);
    if (outermost)
      must(of.origin_ && x.first == of.copied_ + 1
             && of.copied_ + x.events.size() <= of.origin_->seq,
           "a history is copied as it is", std::to_string(x.first));
    for (auto& payload : x.events) {
      auto past = wire::from_msgpack<entity::recorded<run_event>>(payload);
      must(past.engaged(), "a log reads", "a copied event");
      if (outermost)
        ++of.copied_;
      std::visit([this](auto& y) { take_over(y); }, past->event);
    }
    if (outermost)
      of.copying_ = false;
  }

  template <class Event, class... Ts>
  static constexpr bool is_one_of = (std::is_same_v<Event, Ts> || ...);

  template <class Event>
  void take_over(const Event& x) const {
    if constexpr (is_one_of<Event, run_paused, run_resumed, run_queued,
                            budget_granted>) {
      // A pause is of the run and not of what it does, and so are its place
      // and its money.
    } else if constexpr (requires { x.activation; }) {
      // The machine's own work is done for each run.
      if (!x.activation.starts_with('@'))
        (*this)(x);
    } else if constexpr (!std::is_same_v<Event, workspace_opened>) {
      (*this)(x);
    }
  }

  /// Nothing of what lived there lives here, and nothing of it was paid here.
  void operator()(const history_ended&) const {
    if (!of.copying_)
      must(of.origin_ && of.copied_ == of.origin_->seq,
           "a history is copied as it is", std::to_string(of.copied_));
    leave_origin();
  }

  bool must_be_done_here(const std::string& id,
                         const history::effect_note& x) const {
    if (!of.in_workspace_ || x.phase != history::effect_phase::done
        || x.kind == effect_kind::model || !x.idempotent)
      return false;
    auto i = of.steps_.find(id.substr(0, id.rfind('#')));
    return i != of.steps_.end() && !i->second.ended && !i->second.handling;
  }

  void leave_origin() const {
    for (auto& [id, x] : of.steps_) {
      x.token = 0;
      x.child.reset();
    }
    for (auto& [id, x] : of.effects_) {
      if (must_be_done_here(id, x)) {
        x.phase = history::effect_phase::lost;
        of.to_do_here_.insert(id);
      }
      if (x.phase == history::effect_phase::open)
        x.phase = history::effect_phase::lost;
      x.denials = 0;
    }
  }

  void operator()(const run_queued&) const {
    must(of.steps_.empty() && !of.began_, "a run waits before it begins", "");
  }

  void operator()(const budget_granted&) const {
    must(!of.began_, "a run begins once", "again");
    of.began_ = true;
  }

  void operator()(const budget_refused&) const {}

  void operator()(const workspace_opened&) const {
    end("@prepare");
  }

  void operator()(const cancel_requested& x) const {
    if (x.leave_done)
      of.undoable_.clear();
  }

  void operator()(const run_paused&) const {
    of.paused_ = true;
  }

  void operator()(const run_resumed&) const {
    of.paused_ = false;
  }

  void operator()(const run_closing& x) const {
    must(!of.closing_, "a run ends once", "again");
    of.closing_ = true;
    of.paused_ = false;
    if (of.origin_ && of.copied_ < of.origin_->seq) {
      leave_origin();
      of.undoable_.clear();
    }
    stop("");
    of.stopping_.clear();
    of.blocks_.clear();
    if (x.result == run_result::done)
      of.undoable_.clear();
  }

  void nothing_lives() const {
    for (auto& [id, x] : of.steps_)
      must(x.token == 0 && !x.child, "a run ends when nothing lives", id);
  }

  void operator()(const undo_started&) const {
    nothing_lives();
    must(of.closing_, "steps are undone at the end", "too early");
    of.undo_began_ = true;
  }

  void operator()(const work_published&) const {
    end("@publish");
  }

  void operator()(const run_ended& x) const {
    must(!of.ended_ && of.closing_, "a run ends once", "again");
    nothing_lives();
    must(of.undoable_.empty() && !of.undoing_, "what was done is undone",
         of.undoable_.empty() ? "" : of.undoable_.back());
    must(x.spent == of.own_cost_ + of.children_cost_,
         "a run has spent what its effects cost", std::to_string(x.spent));
    for (auto& [id, activation] : of.questions_)
      must(of.questions_closed_.contains(id), "nobody is asked after the end",
           id);
    of.ended_ = true;
  }

  void operator()(const charges_posted&) const {}

  void operator()(const books_closed&) const {
    must(of.ended_ && !of.books_closed_, "books are closed once", "again");
    of.books_closed_ = true;
  }

  void operator()(const run_archived&) const {
    must(of.books_closed_, "a run is archived after the books", "too early");
  }

  void operator()(const run_unarchived&) const {}

  void operator()(const orchestrator::schedule_told&) const {
    must(false, "no schedule begins a run here", "yet");
  }

  void operator()(const orchestrator::parent_told&) const {
    must(of.books_closed_, "a parent is told after the books", "too early");
  }
};

void history::note(const run_event& what) {
  std::visit(history_reader{{*this}}, what);
}

} // namespace machine::sim

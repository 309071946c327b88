#include "tests/sim/history.hpp"

#include "actors/orchestrator/run/find.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::sim {

using namespace orchestrator;

/// Reads one event; every member says what must hold of it.
struct history_reader {
  history& of;

  template <class What>
  void must(bool holds, const char* rule, const What& what) const {
    require(holds, rule, [&] { return of.id_ + ": " + what; });
  }

  const step* definition(const std::string& activation) const {
    auto i = of.by_id_.find(std::string{step_of(activation)});
    return i == of.by_id_.end() ? nullptr : &i->second;
  }

  bool is_stopping(const std::string& id) const {
    return std::any_of(of.stopping_.begin(), of.stopping_.end(),
                       [&](auto& x) { return is_within(id, x); });
  }

  bool is_undoing(const std::string& id) const {
    return of.undoing_ && is_within(id, *of.undoing_);
  }

  /// Whether something new may begin at *id*.
  void may_begin(const std::string& id) const {
    must(!of.paused_, "nothing begins in a pause", id);
    may_open(id);
  }

  /// Whether a block may be opened at *id*, of which nothing has begun.
  void may_open(const std::string& id) const {
    must(!is_stopping(id), "nothing begins in what is stopping", id);
    must(!of.closing_ || is_undoing(id), "nothing begins while a run ends", id);
  }

  history::step_record& begun(const std::string& id) const {
    auto i = of.steps_.find(id);
    must(i != of.steps_.end(), "a step begins before anything of it", id);
    return i->second;
  }

  void lay_down(const std::string& id, uint64_t token) const {
    auto& there = begun(id);
    must(token != 0 && there.token == token, "only the live attempt ends",
         id + " with token " + std::to_string(token));
    there.token = 0;
  }

  void operator()(const run_created& x) const {
    must(!of.created_, "a run begins once", "again");
    of.created_ = true;
    auto graph = wire::from_json<workflow>(x.workflow.text);
    must(graph.engaged(), "a workflow reads", x.workflow.text);
    of.definition_ = std::move(*graph);
    for (auto& y : of.definition_.steps)
      of.by_id_.emplace(y.id, y);
  }

  void add(const std::string& id, const std::string& name) const {
    may_begin(id);
    auto* what = definition(id);
    must(what != nullptr && what->id == name, "a step is in the workflow", id);
    std::string block{block_of(id)};
    must(block.empty() || of.blocks_.contains(block),
         "a step begins in a block that is open", id);
    for (auto& need : what->needs) {
      auto i = of.steps_.find(activation_id(block, need));
      must(i != of.steps_.end() && i->second.ended,
           "a step begins after its needs", id + " before " + need);
    }
    must(!of.steps_.contains(id), "a step begins once", id);
    of.steps_[id] = {.step = name};
  }

  void operator()(const step_started& x) const {
    add(x.activation, x.step);
  }

  void operator()(const step_skipped& x) const {
    add(x.activation, x.step);
    of.steps_[x.activation].ended = true;
  }

  void operator()(const attempt_started& x) const {
    must(x.token > of.last_token_, "every attempt has a token of its own",
         x.activation);
    of.last_token_ = x.token;
    auto own = x.activation.starts_with('@');
    must(!of.ended_, "nothing begins after the end", x.activation);
    if (!own) {
      may_begin(x.activation);
      begun(x.activation);
    }
    auto& there = of.steps_[x.activation];
    must(there.token == 0, "one attempt of an activation lives at a time",
         x.activation);
    must(!there.ended, "nothing of a step begins after its end", x.activation);
    must(x.attempt == there.attempt || x.attempt == there.attempt + 1,
         "attempts are counted", x.activation);
    if (auto* what = definition(x.activation); what != nullptr && !own)
      must(x.attempt <= what->retry.max + 1, "retries are bounded",
           x.activation + " has attempt " + std::to_string(x.attempt));
    there.attempt = x.attempt;
    there.token = x.token;
  }

  void operator()(const attempt_lost& x) const {
    lay_down(x.activation, x.token);
  }

  void operator()(const attempt_failed& x) const {
    lay_down(x.activation, x.token);
  }

  void operator()(const attempt_stopped& x) const {
    lay_down(x.activation, x.token);
    if (!is_stopping(x.activation))
      end(x.activation);
  }

  void operator()(const attempt_suspended& x) const {
    must(begun(x.activation).token == 0, "who is suspended does not live",
         x.activation);
  }

  void end(const std::string& id) const {
    auto& there = begun(id);
    must(!there.ended, "a step ends once", id);
    must(!there.child, "a call ends after its run", id);
    there.ended = true;
    there.handling = false;
    there.token = 0;
    leave(id);
  }

  /// What was within *id* is no more.
  void leave(const std::string& id) const {
    for (auto& [inner, x] : of.steps_)
      must(inner == id || !is_within(inner, id) || x.token == 0,
           "nothing lives in what has ended", inner + " in " + id);
    std::erase_if(of.blocks_, [&](auto& x) { return is_within(x.first, id); });
    std::erase_if(of.stopping_, [&](auto& x) { return is_within(x, id); });
  }

  void operator()(const orchestrator::step_done& x) const {
    auto each = of.foreachs_.find(x.activation);
    if (each != of.foreachs_.end()) {
      std::string list;
      for (size_t i = 0; i < each->second.items; ++i) {
        auto result = each->second.results.find(static_cast<uint32_t>(i));
        must(result != each->second.results.end(), "every item has ended",
             x.activation);
        list += (list.empty() ? "" : ",") + result->second;
      }
      must(x.output.text.find("\"results\":[" + list + "],")
             != std::string::npos,
           "results are in the order of the items",
           x.activation + " has " + x.output.text + ", not " + list);
    }
    end(x.activation);
    if (auto* what = definition(x.activation); what != nullptr && what->undo)
      of.undoable_.push_back(x.activation);
  }

  void operator()(const orchestrator::step_failed& x) const {
    auto* what = definition(x.activation);
    auto& there = begun(x.activation);
    if (what != nullptr && what->on_failure == failure_policy::handle) {
      must(!there.ended && !there.handling, "a step fails once", x.activation);
      there.handling = true;
      there.token = 0;
      leave(x.activation);
    } else {
      end(x.activation);
    }
  }

  void operator()(const step_stopping& x) const {
    must(!begun(x.activation).ended, "what has ended does not stop",
         x.activation);
    stop(x.activation);
  }

  void operator()(const block_stopping& x) const {
    must(of.blocks_.contains(x.block), "what has ended does not stop", x.block);
    stop(x.block);
  }

  /// What waits within *id* has ended; what is worked at ends with its worker.
  void stop(const std::string& id) const {
    for (auto& [inner, x] : of.steps_)
      if (inner != id && is_within(inner, id) && x.token == 0)
        x.ended = true;
    std::erase_if(of.blocks_, [&](auto& x) {
      return x.first != id && is_within(x.first, id);
    });
    std::erase_if(of.stopping_, [&](auto& x) { return is_within(x, id); });
    of.stopping_.insert(id);
  }

  void operator()(const block_started& x) const {
    if (x.name == undo_block) {
      must(of.undo_began_, "steps are undone at the end", x.block);
      must(!of.undoing_, "steps are undone one after the other", x.block);
      must(!of.undoable_.empty() && of.undoable_.back() == x.activation,
           "the last step is undone first", x.block);
      must(of.undone_.insert(x.activation).second, "a step is undone once",
           x.block);
      of.undoable_.pop_back();
      of.undoing_ = x.block;
      must(!of.paused_, "nothing begins in a pause", x.block);
    } else {
      // What handles a failure waits in it for the end of a pause.
      if (x.name == failure_block)
        may_open(x.block);
      else
        may_begin(x.block);
      auto& there = begun(x.activation);
      must(!there.ended, "a block begins in a step that has not ended",
           x.block);
      must(there.handling == (x.name == failure_block),
           "a failure is handled after it", x.block);
    }
    auto [i, added] = of.blocks_.emplace(
      x.block, history::block_record{x.activation, x.name, x.number});
    must(added, "a block begins once", x.block);
    auto* what = definition(x.activation);
    auto* each = what ? std::get_if<foreach_step>(&what->action) : nullptr;
    if (each == nullptr || x.number == 0)
      return;
    auto& record = of.foreachs_[x.activation];
    ++record.open;
    must(record.open <= each->parallel, "as many items at a time as allowed",
         x.block);
  }

  void operator()(const round_started& x) const {
    must(false, "no run writes what is out of use", x.activation);
  }

  void operator()(const block_ended& x) const {
    auto i = of.blocks_.find(x.block);
    must(i != of.blocks_.end(), "a block ends once", x.block);
    auto block = i->second;
    leave(x.block);
    if (of.undoing_ == x.block)
      of.undoing_.reset();
    if (block.name == failure_block)
      end(block.owner);
    if (auto each = of.foreachs_.find(block.owner);
        each != of.foreachs_.end() && block.number > 0) {
      --each->second.open;
      must(each->second.results.emplace(block.number - 1, x.output.text).second,
           "an item ends once", x.block);
    }
  }

  void operator()(const items_listed& x) const {
    of.foreachs_[x.activation].items = x.items.size();
  }

  void operator()(const wait_started&) const {}

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
    if (i->second.kind != effect_kind::model)
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
    of.children_cost_ += x.spent;
  }

  void operator()(const history_copied&) const {
    must(false, "nobody forks a run here", "yet");
  }

  void operator()(const history_ended&) const {
    must(false, "nobody forks a run here", "yet");
  }

  void operator()(const budget_granted&) const {}
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

  void operator()(const orchestrator::parent_told&) const {
    must(of.books_closed_, "a parent is told after the books", "too early");
  }
};

void history::note(const run_event& what) {
  std::visit(history_reader{*this}, what);
}

} // namespace machine::sim

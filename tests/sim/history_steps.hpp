#pragma once

#include "actors/orchestrator/run/find.hpp"
#include "runtime/wire/wire.hpp"
#include "tests/sim/history.hpp"

#include <algorithm>

namespace machine::sim {

using namespace orchestrator;

/// What must hold of the events of steps, their attempts and blocks.
struct history_steps {
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
    if (x.origin && x.origin->retry)
      ++of.tried_again_[*x.origin->retry];
    // That of an origin, in a copy.
    if (of.copying_)
      return;
    must(!of.created_, "a run begins once", "again");
    of.origin_ = x.origin;
    of.in_workspace_ = x.repository.has_value();
    of.created_ = true;
    auto graph = wire::from_json<workflow>(x.workflow.text);
    must(graph.engaged(), "a workflow reads", x.workflow.text);
    of.definition_ = std::move(*graph);
    for (auto& y : of.definition_.steps)
      of.by_id_.emplace(y.id, y);
  }

  /// How often people had *id* tried again.
  uint32_t again(const std::string& id) const {
    auto i = of.tried_again_.find(id);
    return i == of.tried_again_.end() ? 0 : i->second;
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
      must(x.attempt <= what->retry.max + 1 + again(x.activation),
           "retries are bounded",
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
    auto effects =
      x.activation + "#" + std::to_string(begun(x.activation).attempt) + ".";
    auto left = of.to_do_here_.lower_bound(effects);
    must(left == of.to_do_here_.end() || !left->starts_with(effects),
         "a workspace has what is said to be done in it", x.activation);
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
};

} // namespace machine::sim

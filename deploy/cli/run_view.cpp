#include "deploy/cli/run_view.hpp"

#include "deploy/cli/text.hpp"
#include "runtime/entity/entity.hpp"
#include "runtime/wire/wire.hpp"

#include <algorithm>

namespace machine::cli {

namespace {

using namespace machine::orchestrator;

struct event_head {
  uint64_t seq = 0;
  timestamp at{};

  static constexpr const char* wire_name = "event";

  static constexpr auto fields() {
    return wire::members(wire::field{"seq", &event_head::seq},
                         wire::field{"at", &event_head::at});
  }
};

step_view* find(run_view& in, std::string_view activation) {
  auto i = std::find_if(in.steps.rbegin(), in.steps.rend(),
                        [&](auto& x) { return x.id == activation; });
  return i == in.steps.rend() ? nullptr : &*i;
}

std::string title_of(const run_view& in, const std::string& step) {
  for (auto& x : in.definition.steps)
    if (x.id == step)
      return first_line(x.title.value_or(x.id));
  return step;
}

std::string title_of(attempt_kind kind) {
  return kind == attempt_kind::prepare ? "Make a worktree"
                                       : "Publish the branch";
}

/// Folds one event into a view.
struct folder {
  run_view& to;
  timestamp at;

  void operator()(const run_created& x) {
    to.created = x;
    to.started = at;
    to.doing = "waiting for its budget";
    if (auto graph = wire::from_json<workflow>(x.workflow.text))
      to.definition = std::move(*graph);
  }

  void operator()(const run_queued&) {
    to.doing =
      "waiting for a place in project " + first_line(to.created.project);
  }

  void operator()(const budget_granted&) {
    to.doing = "preparing";
  }

  void operator()(const budget_refused&) {}

  void operator()(const workspace_opened& x) {
    to.workspace = x;
    finish("@prepare", step_state::done);
  }

  void operator()(const step_started& x) {
    start(x.activation, x.step, title_of(to, x.step));
  }

  void operator()(const step_skipped& x) {
    auto& there = start(x.activation, x.step, title_of(to, x.step));
    there.state = step_state::skipped;
    there.ended = at;
    there.message = first_line(x.reason);
  }

  void operator()(const attempt_started& x) {
    auto* there = find(to, x.activation);
    if (there == nullptr)
      there = &start(x.activation, x.activation, title_of(x.kind));
    there->state = step_state::running;
    there->attempt = x.attempt;
    there->retry_at.reset();
  }

  void operator()(const attempt_lost& x) {
    if (auto* there = find(to, x.activation)) {
      there->state = step_state::retrying;
      there->message = "the machine stopped in the middle of it";
    }
  }

  void operator()(const attempt_failed& x) {
    auto* there = find(to, x.activation);
    if (there == nullptr)
      return;
    there->message = first_line(x.message);
    if (x.retry_at) {
      there->state = step_state::retrying;
      there->retry_at = x.retry_at;
    } else if (x.activation.starts_with('@')) {
      finish(x.activation, step_state::failed);
    }
  }

  void operator()(const attempt_stopped& x) {
    finish(x.activation, step_state::stopped);
  }

  void operator()(const effect_intended& x) {
    to.open.push_back(x);
    auto* there = find(to, x.activation);
    if (there == nullptr)
      return;
    if (x.kind == effect_kind::model) {
      there->model_calls =
        there->model == x.subject ? there->model_calls + 1 : 1;
      there->model = x.subject;
      there->tail.clear();
      return;
    }
    // The command of a command step is what the step is.
    if (x.kind == effect_kind::command)
      return;
    there->calls.push_back({x.effect,
                            first_line(x.subject),
                            first_line(x.detail),
                            call_state::running,
                            {}});
    if (there->calls.size() > max_calls_kept)
      there->calls.pop_front();
  }

  void operator()(const effect_done& x) {
    close(x.effect, call_state::done, x.detail, x.cost, x.usage);
  }

  void operator()(const effect_failed& x) {
    close(x.effect, call_state::failed, x.message, x.cost, x.usage);
  }

  void operator()(const effect_lost& x) {
    close(x.effect, call_state::failed, "its outcome is unknown", x.cost,
          std::nullopt);
  }

  void operator()(const step_done& x) {
    finish(x.activation, step_state::done);
  }

  void operator()(const step_failed& x) {
    finish(x.activation, step_state::failed);
    if (auto* there = find(to, x.activation))
      there->message = first_line(x.message);
  }

  void operator()(const step_stopping& x) {
    if (auto* there = find(to, x.activation)) {
      there->message = first_line(x.message);
      there->note = "stopping";
      there->blocks.clear();
    }
  }

  void operator()(const block_started& x) {
    auto* there = find(to, x.activation);
    if (there == nullptr)
      return;
    auto* what = definition_of(there->step);
    // A round takes the place of the one before.
    if (what != nullptr && std::holds_alternative<repeat_step>(what->action))
      there->blocks.clear();
    there->blocks.push_back({x.block, x.name.value_or(""), x.number});
    if (there->ended && x.name == undo_block)
      to.doing = "undoing";
  }

  void operator()(const round_started& x) {
    auto number = x.iteration;
    auto id = x.activation + "[" + std::to_string(number) + "]";
    (*this)(block_started{x.activation, id, std::nullopt, number});
  }

  void operator()(const block_stopping& x) {
    drop_block(x.block);
  }

  void operator()(const block_ended& x) {
    auto owner = x.block.substr(0, x.block.rfind('['));
    if (auto* there = find(to, owner); there != nullptr && there->items > 0)
      ++there->items_ended;
    drop_block(x.block);
  }

  void operator()(const items_listed& x) {
    if (auto* there = find(to, x.activation))
      there->items = x.items.size();
  }

  void operator()(const wait_started& x) {
    auto* there = find(to, x.activation);
    if (there == nullptr)
      return;
    there->state = step_state::waiting;
    if (x.signal)
      there->note = "signal " + first_line(*x.signal);
    if (x.until)
      there->retry_at = x.until;
  }

  void operator()(const signal_received&) {}

  void operator()(const signal_taken&) {}

  void operator()(const child_started& x) {
    if (auto* there = find(to, x.activation))
      there->note = "run " + x.run;
  }

  void operator()(const child_ended& x) {
    to.spent += x.spent;
    for (auto& row : x.bill)
      charge(row.model, row.calls, row.cost, row.usage);
    if (auto* there = find(to, x.activation))
      there->cost += x.spent;
  }

  void operator()(const attempt_suspended& x) {
    if (auto* there = find(to, x.activation))
      there->state = step_state::suspended;
  }

  void operator()(const run_paused&) {
    to.paused = true;
  }

  void operator()(const run_resumed&) {
    to.paused = false;
  }

  void operator()(const undo_started&) {
    to.doing = "undoing";
  }

  void operator()(const parent_told&) {}

  void operator()(const schedule_told&) {}

  void operator()(const run_archived&) {}

  void operator()(const run_unarchived&) {}

  void operator()(const history_copied& x) {
    for (auto& payload : x.events) {
      auto past = wire::from_msgpack<entity::recorded<run_event>>(payload);
      if (!past || std::holds_alternative<run_created>(past->event))
        continue;
      std::visit(folder{to, past->at}, past->event);
    }
  }

  void operator()(const history_ended&) {
    // What was spent there was spent by others, and what lived there does not
    // live here.
    to.spent = 0;
    to.bill.clear();
    to.open.clear();
    to.workspace.reset();
    std::erase_if(to.steps, [](auto& x) { return x.id.starts_with('@'); });
    for (auto& there : to.steps)
      if (there.state == step_state::running)
        there.state = step_state::suspended;
  }

  void operator()(const vars_changed&) {}

  void operator()(const interrupt_opened& x) {
    to.questions.push_back(
      {x.interrupt, x.activation, printable(x.question), x.schema});
    if (auto* there = find(to, x.activation))
      there->state = step_state::asking;
  }

  void operator()(const interrupt_answered& x) {
    close_question(x.interrupt);
  }

  void operator()(const interrupt_withdrawn& x) {
    close_question(x.interrupt);
  }

  void operator()(const cancel_requested&) {
    to.cancelling = true;
    to.paused = false;
    to.doing = "cancelling";
  }

  void operator()(const run_closing&) {
    to.doing = to.cancelling ? "cancelling" : "closing";
  }

  void operator()(const work_published& x) {
    to.published = x;
    finish("@publish", step_state::done);
  }

  void operator()(const run_ended& x) {
    to.end = x;
    to.doing.clear();
    to.ended = at;
    to.spent = x.spent;
    to.questions.clear();
    for (auto& there : to.steps)
      if (!there.ended) {
        there.ended = at;
        there.state = step_state::stopped;
      }
  }

  void operator()(const charges_posted&) {}

  void operator()(const books_closed&) {}

private:
  step_view& start(const std::string& id, const std::string& step,
                   std::string title) {
    step_view next;
    next.id = id;
    next.step = step;
    next.title = std::move(title);
    next.started = at;
    to.steps.push_back(std::move(next));
    return to.steps.back();
  }

  void finish(const std::string& id, step_state how) {
    if (auto* there = find(to, id)) {
      there->state = how;
      there->ended = at;
      there->note.clear();
      there->blocks.clear();
      if (how == step_state::done)
        there->message.clear();
    }
  }

  void close_question(const std::string& id) {
    auto i = std::find_if(to.questions.begin(), to.questions.end(),
                          [&](auto& x) { return x.id == id; });
    if (i == to.questions.end())
      return;
    if (auto* there = find(to, i->activation);
        there && there->state == step_state::asking)
      there->state = step_state::running;
    to.questions.erase(i);
  }

  void close(const std::string& effect, call_state how,
             const std::string& outcome, micro_usd cost,
             const std::optional<models::token_usage>& usage) {
    auto i = std::find_if(to.open.begin(), to.open.end(),
                          [&](auto& x) { return x.effect == effect; });
    if (i == to.open.end())
      return;
    auto what = std::move(*i);
    to.open.erase(i);
    to.spent += cost;
    if (what.kind == effect_kind::model)
      charge(what.subject, 1, cost, usage.value_or(models::token_usage{}));
    auto* there = find(to, what.activation);
    if (there == nullptr)
      return;
    there->cost += cost;
    for (auto& call : there->calls)
      if (call.effect == effect) {
        call.state = how;
        call.outcome = first_line(outcome);
      }
  }

  void charge(const std::string& model, uint64_t calls, micro_usd cost,
              const models::token_usage& usage) {
    auto row = std::find_if(to.bill.begin(), to.bill.end(),
                            [&](auto& x) { return x.model == model; });
    if (row == to.bill.end())
      row = to.bill.insert(row, {.model = model});
    row->calls += calls;
    row->cost += cost;
    row->usage.input += usage.input;
    row->usage.cached += usage.cached;
    row->usage.output += usage.output;
  }

  const step* definition_of(const std::string& id) const {
    auto& all = to.definition.steps;
    auto i =
      std::find_if(all.begin(), all.end(), [&](auto& x) { return x.id == id; });
    return i == all.end() ? nullptr : &*i;
  }

  void drop_block(const std::string& id) {
    if (auto* there = find(to, id.substr(0, id.rfind('['))))
      std::erase_if(there->blocks, [&](auto& x) { return x.id == id; });
  }
};

} // namespace

caf::expected<stored_event> parse_event(std::string_view json) {
  auto parsed = wire::parse_json(json, {});
  if (!parsed)
    return std::move(parsed.error());
  auto head = wire::from_document<event_head>(*parsed, wire::format::json);
  if (!head)
    return std::move(head.error());
  stored_event result{head->seq, head->at, std::nullopt};
  if (auto what = wire::from_document<run_event>(*parsed, wire::format::json))
    result.what = std::move(*what);
  return result;
}

caf::expected<live_piece> parse_piece(std::string_view json) {
  return wire::from_json<live_piece>(json);
}

void apply(run_view& to, const stored_event& what) {
  to.last_seq = std::max(to.last_seq, what.seq);
  if (what.what)
    std::visit(folder{to, what.at}, *what.what);
}

void apply(run_view& to, const live_piece& what) {
  auto* there = find(to, what.activation);
  if (there == nullptr || there->ended)
    return;
  auto is_output = what.type == "output";
  if (there->tail_is_output != is_output && !there->tail.empty()
      && there->tail.back() != '\n')
    there->tail += '\n';
  there->tail_is_output = is_output;
  there->tail += printable(what.text);
  if (there->tail.size() > 2 * max_tail_bytes) {
    auto cut = there->tail.find('\n', there->tail.size() - max_tail_bytes);
    there->tail.erase(0, cut == std::string::npos
                           ? there->tail.size() - max_tail_bytes
                           : cut + 1);
    // What is left may begin in the middle of a character.
    there->tail = printable(there->tail);
  }
}

const step_view* find_step(const run_view& in, std::string_view activation) {
  auto i = std::find_if(in.steps.rbegin(), in.steps.rend(),
                        [&](auto& x) { return x.id == activation; });
  return i == in.steps.rend() ? nullptr : &*i;
}

bool is_worth_showing(const run_view& in, const std::string& id,
                      step_state state) {
  if (state == step_state::failed)
    return true;
  for (auto& x : in.definition.steps)
    if (x.id == id)
      return !std::holds_alternative<set_step>(x.action)
          && !std::holds_alternative<orchestrator::fail_step>(x.action);
  return true;
}

std::string label_of(const run_view& in, const std::string& model) {
  auto name = first_line(model);
  return in.scripted.contains(model) ? name + " (scripted)" : name;
}

} // namespace machine::cli

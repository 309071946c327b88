#include "tests/sim/generate.hpp"

#include "actors/orchestrator/workflow/load.hpp"

namespace machine::sim {

using namespace orchestrator;

namespace {

const std::vector<std::string> conditions{
  ".vars.n < 2", ".vars.n > 0",     "true",         ".vars.n < 5",
  ".vars.n > 2", ".vars.m == null", ".vars.n >= 0", ".vars.n.x"};
const std::vector<std::string> ends{
  "false", ".vars.n > 1", "true", ".vars.n > 6", "false", ".vars.n | error"};
const std::vector<std::string> lists{"[1,2,3]", "[]", "[\"a\",\"b\"]",
                                     "[range(4)]", ".vars.l[:6]"};

} // namespace

workflow generator::make() {
  std::map<std::string, json_text> called;
  for (auto name : {"inner", "middle"})
    if (dice_.happens("a workflow is called", 2)) {
      called[name] = {normal_form(make_one(name, 4))};
      callable_.emplace_back(name);
    }
  auto result = make_one("outer", dice_.between(1, 20));
  result.called = std::move(called);
  return result;
}

workflow generator::make_one(const std::string& name, int size) {
  workflow result;
  result.name = name;
  result.vars = {{"n", {"0"}}, {"l", {"[]"}}, {"m", {"null"}}, {"u", {"[]"}}};
  result.reducers = {{"n", reducer::add},
                     {"l", reducer::append},
                     {"m", reducer::max},
                     {"u", reducer::unite}};
  to_ = &result;
  left_ = size;
  add_steps({}, size);
  if (dice_.happens("an output", 3))
    result.output = dice_.chance(8) ? ".vars.n.x" : ".vars";
  to_ = nullptr;
  return result;
}

std::vector<std::string> generator::add_steps(const place& at, int most) {
  std::vector<std::string> ids;
  ids.push_back(add_step(at, ids));
  for (int i = 1; i < most && left_ > 0; ++i)
    if (!dice_.happens("a step fewer", 3))
      ids.push_back(add_step(at, ids));
  return ids;
}

std::string generator::add_step(const place& at,
                                const std::vector<std::string>& before) {
  --left_;
  auto index = to_->steps.size();
  step what;
  what.id = "s" + std::to_string(++last_);
  what.parent = at.parent;
  what.block = at.block;
  add_common(what, before);
  auto id = what.id;
  to_->steps.push_back(std::move(what));
  add_action(index, at);
  add_blocks(index, at);
  return id;
}

void generator::add_common(step& to, const std::vector<std::string>& before) {
  for (auto& x : before)
    if (dice_.happens("a need", 3))
      to.needs.push_back(x);
  if (dice_.happens("a condition", 6)) {
    if (!to.needs.empty() && dice_.chance(2))
      to.when = ".steps." + to.needs.front() + ".state == \"done\"";
    else
      to.when = dice_.pick(conditions);
  }
  if (dice_.happens("a failure goes by", 3))
    to.on_failure = failure_policy::proceed;
  if (dice_.happens("a step has its time", 8))
    to.step_timeout = duration{dice_.between<int64_t>(1'000, 40'000)};
}

void generator::add_action(size_t index, const place& at) {
  auto inner = at.depth < 3 && left_ > 0;
  auto kind = dice_.below(inner ? 20 : 15);
  auto& to = to_->steps[index];
  if (!callable_.empty() && dice_.happens("a call", 8)) {
    call_step x;
    x.workflow = dice_.pick(callable_);
    if (at.parallel || dice_.happens("a call has a budget", 3))
      x.budget = dice_.between<micro_usd>(0, 400);
    if (dice_.happens("a step has a budget", 4))
      to.budget = dice_.between<micro_usd>(0, 900);
    if (dice_.happens("a call is tried again", 3))
      to.retry = {.max = 1, .on = {"step_failed", "timeout"}};
    to.action = x;
  } else if (kind < 9) {
    add_work(to, at);
  } else if (kind < 12) {
    add_waiting(to, at);
  } else if (kind == 12 && dice_.happens("a run fails", 3)) {
    to.action = fail_step{"n is ${{ .vars.n }}"};
    to.on_failure = failure_policy::fail;
  } else if (kind < 15) {
    set_step x;
    x.values["n"] = dice_.chance(30) ? "\"x\"" : "1";
    if (dice_.chance(2))
      x.values["l"] = ".index";
    if (dice_.chance(3))
      x.values["m"] = ".vars.n";
    if (dice_.chance(3))
      x.values["u"] = ".iteration";
    to.action = x;
  } else {
    add_body(index, at);
  }
}

void generator::add_work(step& to, const place&) {
  switch (dice_.below(4)) {
    case 0: to.action = command_step{{"do ${{ .vars.n }}"}, {}, {}}; break;
    case 1: to.action = model_step{.prompt = "say it"}; break;
    case 2: to.action = tool_step{"run_command", {R"({"command":"x"})"}}; break;
    default: to.action = agent_step{.role = "code", .prompt = "do it"};
  }
  if (dice_.happens("retries", 2))
    to.retry = {.max = dice_.between(1u, 2u),
                .backoff = duration{dice_.between<int64_t>(0, 4'000)},
                .jitter = 0.5};
  if (!std::holds_alternative<model_step>(to.action)
      && dice_.happens("no second time", 3))
    to.idempotent = false;
  if (dice_.happens("a worker must have a label", 6))
    to.runs_on = {dice_.chance(2) ? "gpu" : "big"};
  if (dice_.happens("a step has a budget", 4))
    to.budget = dice_.between<micro_usd>(0, 800);
  if (dice_.happens("an attempt has its time", 4))
    to.timeout = duration{dice_.between<int64_t>(2'000, 60'000)};
}

void generator::add_waiting(step& to, const place&) {
  switch (dice_.below(4)) {
    case 0: {
      approve_step x;
      x.question = "may I?";
      if (dice_.chance(2))
        x.deadline = duration{dice_.between<int64_t>(1'000, 30'000)};
      if (x.deadline && dice_.chance(2))
        x.default_answer = json_text{R"({"approved":true})"};
      to.action = x;
      return;
    }
    case 1: {
      approve_step x;
      x.question = "how many?";
      x.answer = json_text{R"({"type":"integer"})"};
      to.action = x;
      return;
    }
    case 2: {
      wait_step x;
      x.pause = std::to_string(dice_.between(0, 20'000)) + "ms";
      to.action = x;
      return;
    }
    default: {
      wait_step x;
      x.signal = dice_.chance(2) ? "go" : "stop";
      if (dice_.chance(2))
        x.deadline = duration{dice_.between<int64_t>(1'000, 30'000)};
      if (x.deadline && dice_.chance(2))
        x.fallback = json_text{"7"};
      to.action = x;
    }
  }
}

void generator::add_body(size_t index, const place& at) {
  auto id = to_->steps[index].id;
  place inside{id, std::nullopt, at.depth + 1, at.parallel, at.undoes};
  switch (dice_.below(5)) {
    case 0: {
      repeat_step x;
      x.until = dice_.pick(ends);
      x.max = dice_.between(1u, 3u);
      x.steps = add_steps(inside, 3);
      to_->steps[index].action = x;
      break;
    }
    case 1: {
      route_step x;
      for (uint32_t i = 0; i < 2; ++i) {
        inside.block = std::to_string(i + 1);
        route_case one;
        if (i == 0 || dice_.chance(2))
          one.when = dice_.pick(conditions);
        one.steps = add_steps(inside, 2);
        x.cases.push_back(one);
      }
      to_->steps[index].action = x;
      break;
    }
    default: {
      foreach_step x;
      x.items = dice_.pick(lists);
      x.parallel = dice_.between(1u, 3u);
      if (dice_.happens("items fail alone", 2))
        x.on_failure = failure_policy::proceed;
      if (dice_.chance(2))
        x.output = ".item";
      inside.parallel |= x.parallel > 1;
      x.steps = add_steps(inside, 3);
      to_->steps[index].action = x;
    }
  }
  if (dice_.happens("a block has a budget", 5))
    to_->steps[index].budget = dice_.between<micro_usd>(0, 1'500);
}

void generator::add_blocks(size_t index, const place& at) {
  auto& to = to_->steps[index];
  auto id = to.id;
  auto fails = std::holds_alternative<fail_step>(to.action);
  auto undone = !fails && !at.undoes
             && !std::holds_alternative<set_step>(to.action)
             && !std::holds_alternative<wait_step>(to.action);
  if (at.depth >= 3)
    return;
  if (!fails && dice_.happens("a failure is handled", 6)) {
    to.on_failure = failure_policy::handle;
    add_steps({id, failure_block, at.depth + 1, at.parallel, at.undoes}, 2);
  }
  if (undone && dice_.happens("a step can be undone", 3)) {
    to_->steps[index].undo = true;
    add_steps({id, undo_block, at.depth + 1, false, true}, 2);
  }
}

} // namespace machine::sim

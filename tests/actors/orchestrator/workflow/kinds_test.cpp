#include "tests/actors/orchestrator/workflow/mistake.hpp"

#include "runtime/wire/wire.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::orchestrator;
using test::mistake;
using test::wrong_steps;

namespace {

constexpr const char* every_kind = R"(
name: all
inputs: {files: {type: array}, pause: {type: string, default: 5m}}
vars: {n: 0, notes: [], total: 0, seen: {}, best: null}
reducers: {notes: append, total: add, seen: merge, best: max, n: replace}
workflows:
  lint:
    description: Looks at one file.
    inputs: {path: {type: string}}
    steps:
      - {id: look, tool: {name: read_file, arguments: {path: "${{ .inputs.path }}"}}}
    output: .steps.look.output
steps:
  - id: each
    timeout: {step: 1h}
    foreach:
      items: .inputs.files
      parallel: 4
      max: 100
      on_failure: continue
      output: .steps.fix.output
      steps:
        - id: fix
          call: {workflow: lint, inputs: {path: "${{ .item }}"}, budget: 0.10}
        - id: keep
          needs: [fix]
          set: {notes: "[.index]", total: "1"}
  - id: pick
    needs: [each]
    route:
      - when: .vars.total > 3
        name: many
        steps: [{id: pause, wait: 5m}]
      - steps:
          - {id: later, wait: {for: "${{ .inputs.pause }}"}}
          - {id: noon, needs: [later], wait: {until: "2027-01-01T09:00:00Z"}}
          - id: sign
            wait: {signal: deployed, schema: {type: object}, deadline: 1d, default: {ok: true}}
  - id: look
    tool: {name: read_file, arguments: {path: README.md}}
    timeout: {attempt: 5m, step: 1h}
    runs_on: [gpu]
    retry: {max: 3, on: [transient, provider, any, timeout]}
    on_failure:
      - {id: tell, command: echo}
    undo: {steps: [{id: back, command: git reset}]}
  - id: run
    command: {argv: [make, test], heartbeat: 30s}
    on_failure: {steps: [{id: mend, agent: {role: code, prompt: p}}]}
  - id: ask
    approve: {question: "ok?", role: operator}
  - {id: sub, call: lint, when: "false | not", retry: {max: 1}}
)";

const step& find(const workflow& in, const std::string& id) {
  for (auto& x : in.steps)
    if (x.id == id)
      return x;
  throw std::runtime_error{"no step " + id};
}

template <class Action>
const Action& action(const workflow& in, const std::string& id) {
  return std::get<Action>(find(in, id).action);
}

} // namespace

TEST_CASE("every kind of step reads as it is meant") {
  std::string text = every_kind;
  text.replace(text.find("call: lint,"), 11,
               "call: {workflow: lint, inputs: {path: x}},");
  auto x = load_workflow(text, "w.yaml");
  if (!x)
    FAIL(render(x.error()));
  CHECK(x->reducers
        == std::map<std::string, reducer>{{"notes", reducer::append},
                                          {"total", reducer::add},
                                          {"seen", reducer::merge},
                                          {"best", reducer::max}});
  auto& each = action<foreach_step>(*x, "each");
  CHECK(each.items == ".inputs.files");
  CHECK(each.parallel == 4);
  CHECK(each.max == 100);
  CHECK(each.on_failure == failure_policy::proceed);
  CHECK(each.output == ".steps.fix.output");
  CHECK(each.steps == std::vector<std::string>{"fix", "keep"});
  CHECK(find(*x, "each").step_timeout == duration{3'600'000});
  CHECK(!find(*x, "each").timeout);
  CHECK(find(*x, "fix").parent == "each");
  CHECK(!find(*x, "fix").block);
  CHECK(action<call_step>(*x, "fix").inputs.text
        == R"({"path":"${{ .item }}"})");
  auto& pick = action<route_step>(*x, "pick");
  REQUIRE(pick.cases.size() == 2);
  CHECK(pick.cases[0].name == "many");
  CHECK(pick.cases[0].when == ".vars.total > 3");
  CHECK(pick.cases[1].steps
        == std::vector<std::string>{"later", "noon", "sign"});
  CHECK(find(*x, "pause").block == "1");
  CHECK(find(*x, "noon").block == "2");
  CHECK(action<wait_step>(*x, "pause").pause == "5m");
  CHECK(action<wait_step>(*x, "later").pause == "${{ .inputs.pause }}");
  CHECK(action<wait_step>(*x, "noon").until == "2027-01-01T09:00:00Z");
  auto& sign = action<wait_step>(*x, "sign");
  CHECK(sign.signal == "deployed");
  CHECK(sign.schema == json_text{R"({"type":"object"})"});
  CHECK(sign.deadline == duration{86'400'000});
  CHECK(sign.fallback == json_text{R"({"ok":true})"});
  auto& look = find(*x, "look");
  CHECK(action<tool_step>(*x, "look").name == "read_file");
  CHECK(look.timeout == duration{300'000});
  CHECK(look.step_timeout == duration{3'600'000});
  CHECK(look.runs_on == std::vector<std::string>{"gpu"});
  CHECK(look.retry.on
        == std::vector<std::string>{"transient", "provider", "any", "timeout"});
  CHECK(look.on_failure == failure_policy::handle);
  CHECK(look.undo);
  CHECK(find(*x, "tell").block == failure_block);
  CHECK(find(*x, "back").block == undo_block);
  CHECK(find(*x, "mend").parent == "run");
  CHECK(find(*x, "run").on_failure == failure_policy::handle);
  CHECK(action<command_step>(*x, "run").heartbeat == duration{30'000});
  CHECK(action<approve_step>(*x, "ask").role == "operator");
  REQUIRE(x->called.size() == 1);
  auto lint = wire::from_json<workflow>(x->called.at("lint").text);
  REQUIRE(lint);
  CHECK(lint->name == "lint");
  CHECK(lint->called.empty());
  auto back = wire::from_json<workflow>(normal_form(*x));
  REQUIRE(back);
  CHECK(*back == *x);
}

TEST_CASE("the steps of a block follow the step that they belong to") {
  // Whatever the order in which a step says what it is.
  auto one = load_workflow("name: w\nsteps:\n"
                           "  - id: a\n    undo: [{id: u, command: x}]\n"
                           "    on_failure: [{id: f, command: x}]\n"
                           "    repeat: {until: 'true', max: 2, steps: [{id: "
                           "b, command: x}]}\n",
                           "w");
  auto other = load_workflow("steps:\n"
                             "  - repeat: {steps: [{command: x, id: b}], max: "
                             "2, until: 'true'}\n"
                             "    on_failure: [{id: f, command: x}]\n"
                             "    undo: [{id: u, command: x}]\n    id: a\n"
                             "name: w\n",
                             "w");
  REQUIRE(one);
  REQUIRE(other);
  CHECK(workflow_hash(*one) == workflow_hash(*other));
  std::string order;
  for (auto& x : one->steps)
    order += x.id;
  CHECK(order == "abfu");
}

TEST_CASE("a form that is none is told with its place") {
  CHECK(wrong_steps("  - {id: a, wait: {}}\n")
        == "w.yaml:5:19: step a: wait: expected one of for, until and signal");
  CHECK(wrong_steps("  - {id: a, wait: {for: 1m, signal: s}}\n")
        == "w.yaml:5:19: step a: wait: expected only one of for, until and "
           "signal");
  CHECK(wrong_steps("  - {id: a, wait: {for: 1m, deadline: 1m}}\n")
        == "w.yaml:5:29: step a: wait: deadline means nothing without signal; "
           "remove it");
  CHECK(wrong_steps("  - {id: a, wait: {signal: s, default: 1}}\n")
        == "w.yaml:5:31: step a: wait: a default without a deadline is never "
           "used; add deadline");
  CHECK(wrong_steps("  - {id: a, wait: {signal: The End}}\n")
        == "w.yaml:5:20: step a: wait: signal: \"The End\" is not 1 to 64 of "
           "a-z 0-9 _ -, first a letter");
  CHECK(wrong_steps("  - {id: a, tool: {arguments: {}}}\n")
        == "w.yaml:5:19: step a: tool: name is missing");
  CHECK(wrong_steps("  - {id: a, tool: {name: t, arguments: [1]}}\n")
        == "w.yaml:5:40: step a: tool: arguments: expected a map, got a list");
  CHECK(wrong_steps("  - {id: a, tool: read_file}\n") == "none");
  CHECK(wrong_steps("  - {id: a, call: {inputs: {}}}\n")
        == "w.yaml:5:19: step a: call: workflow is missing");
  CHECK(wrong_steps("  - {id: a, call: \"${{ .inputs.what }}\"}\n")
          .starts_with("w.yaml:5:19: step a: call: which workflow is called "
                       "cannot be worked out; use a route"));
  CHECK(wrong_steps("  - {id: a, foreach: {parallel: 2}}\n")
        == "w.yaml:5:22: step a: foreach: items is missing\n"
           "w.yaml:5:22: step a: foreach: steps is missing");
  CHECK(wrong_steps("  - {id: a, foreach: {items: [1, 2], steps: [{id: b, "
                    "command: x}]}}\n")
        == "none");
  CHECK(wrong_steps("  - {id: a, foreach: {items: '[]', on_failure: stop, "
                    "steps: [{id: b, command: x}]}}\n")
        == "w.yaml:5:36: step a: foreach: on_failure is stop; for an item it "
           "can be fail or continue");
  CHECK(wrong_steps("  - {id: a, route: {}}\n")
          .starts_with("w.yaml:5:20: step a: route: expected a list of at "
                       "least one case"));
  CHECK(wrong_steps("  - {id: a, route: [{when: 'true'}]}\n")
        == "w.yaml:5:21: step a: route: case 1: steps is missing");
  CHECK(wrong_steps("  - {id: a, command: x, on_failure: {stps: []}}\n")
        == "w.yaml:5:37: step a: on_failure: steps is missing\n"
           "w.yaml:5:38: step a: on_failure: unknown key stps; did you mean "
           "steps?");
  CHECK(wrong_steps("  - {id: a, command: x, on_failure: handle}\n")
        == "w.yaml:5:25: step a: on_failure is handle; it can be fail or "
           "continue, or the steps to take");
  CHECK(wrong_steps("  - {id: a, command: x, undo: []}\n")
        == "w.yaml:5:31: steps: expected a list of at least one step");
  CHECK(wrong_steps("  - {id: a, command: x, runs_on: [\"\"]}\n")
        == "w.yaml:5:25: step a: runs_on: a label has 1 to 64 bytes");
  CHECK(wrong_steps("  - {id: a, command: x, timeout: {attempt: 2h, step: "
                    "1h}}\n")
        == "w.yaml:5:35: step a: timeout: attempt is longer than step, which "
           "ends it; make it shorter or leave it out");
  CHECK(wrong_steps("  - {id: a, command: {argv: [x], heartbeat: 0s}}\n")
          .find("would always have passed")
        != std::string::npos);
  CHECK(wrong_steps("  - {id: a, approve: {question: q, role: opertor}}\n")
        == "w.yaml:5:6: step a: role: there is no role opertor; there are "
           "viewer, developer, operator and admin; did you mean operator?");
}

TEST_CASE("what means nothing beside a new kind is refused") {
  std::string each = "foreach: {items: '[]', steps: [{id: b, command: x}]}";
  std::string route = "route: [{steps: [{id: b, command: x}]}]";
  std::string repeat =
    "repeat: {max: 1, until: 'true', steps: [{id: b, command: x}]}";
  auto refused = [](const std::string& step, const std::string& field) {
    INFO(step + ", " + field);
    auto text = wrong_steps("  - {id: a, " + step + ", " + field + "}\n");
    CHECK(text.find("means nothing beside") != std::string::npos);
  };
  auto taken = [](const std::string& step, const std::string& field) {
    CHECK(wrong_steps("  - {id: a, " + step + ", " + field + "}\n") == "none");
  };
  std::string undo = "undo: [{id: u, command: x}]";
  for (auto& block : {each, route, repeat}) {
    for (auto field : {"timeout: 1m", "timeout: {attempt: 1m}",
                       "retry: {max: 1}", "idempotent: false", "runs_on: [a]"})
      refused(block, field);
    for (auto field : {"timeout: {step: 1m}", "budget: 1",
                       "on_failure: continue", undo.c_str()})
      taken(block, field);
  }
  for (auto field :
       {"timeout: 1m", "timeout: {step: 1m}", "retry: {max: 1}",
        "idempotent: false", "budget: 1", "runs_on: [a]", undo.c_str()})
    for (auto kind : {"set: {}", "wait: 1m", "fail: x"})
      refused(kind, field);
  taken("wait: 1m", "on_failure: continue");
  for (auto field :
       {"timeout: 1m", "runs_on: [a]", "retry: {max: 1}", "budget: 1"})
    refused("approve: q", field);
  taken("approve: q", undo);
  for (auto kind : {"tool: t", "command: x", "agent: {role: r, prompt: p}"})
    for (auto field :
         {"timeout: 1m", "timeout: {attempt: 1m, step: 2m}", "runs_on: [a]",
          "retry: {max: 1}", "budget: 1", "idempotent: false", undo.c_str()})
      taken(kind, field);
  CHECK(wrong_steps("  - {id: a, " + each + ", timeout: 1m}\n").substr(0, 11)
        == "w.yaml:5:67");
}

TEST_CASE("what a call can be given beside it") {
  auto with = [](const std::string& field) {
    return mistake("name: w\nworkflows: {v: {steps: [{id: a, command: x}]}}\n"
                   "steps:\n  - {id: a, call: v, "
                   + field + "}\n");
  };
  for (auto field : {"timeout: {step: 1m}", "retry: {max: 1}", "budget: 1",
                     "on_failure: continue", "undo: [{id: u, command: x}]"})
    CHECK(with(field) == "none");
  CHECK(with("timeout: 1m")
        == "w.yaml:4:22: step a: timeout means nothing beside call; give it to "
           "the steps of the workflow that is called, or write `timeout: "
           "{step: 1h}`");
  CHECK(with("idempotent: false").find("never begins two")
        != std::string::npos);
  CHECK(with("runs_on: [gpu]")
        == "w.yaml:4:22: step a: runs_on means nothing beside call; give it to "
           "the steps of the workflow that is called");
}

TEST_CASE("blocks are nested to a bound, whatever they are") {
  for (auto block : {"repeat", "foreach", "route", "on_failure", "undo"}) {
    auto nested = [&](size_t depth) {
      std::string text = "{id: last, command: x}";
      std::string name = block;
      for (size_t i = 0; i < depth; ++i) {
        auto id = "{id: s" + std::to_string(i) + ", ";
        if (name == "repeat")
          text = id + "repeat: {max: 1, until: 'true', steps: [" + text + "]}}";
        else if (name == "foreach")
          text = id + "foreach: {items: '[]', max: 1, steps: [" + text + "]}}";
        else if (name == "route")
          text = id + "route: [{steps: [" + text + "]}]}";
        else
          text = id + "command: x, " + name + ": {steps: [" + text + "]}}";
      }
      return wrong_steps("  - " + text + "\n");
    };
    CAPTURE(block);
    if (std::string{block} != "undo")
      CHECK(nested(max_block_depth) == "none");
    CHECK(nested(max_block_depth + 1)
            .find("blocks are nested deeper than 8 levels; make a workflow of "
                  "the inner ones and call it")
          != std::string::npos);
  }
  CHECK(wrong_steps("  - id: a\n    command: x\n    undo:\n      - id: b\n"
                    "        command: x\n        undo: [{id: c, command: "
                    "x}]\n")
        == "w.yaml:10:9: step b: what undoes something is never undone itself; "
           "remove undo");
}

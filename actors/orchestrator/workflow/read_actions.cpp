#include "actors/orchestrator/workflow/read_parts.hpp"
#include "actors/orchestrator/workflow/times.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

struct action_reader {
  const source_node& node;
  const std::string& what;
  problems& found;

  agent_step read_agent() {
    map_reader in{node, what, found};
    agent_step x;
    in.require("role");
    in.require("prompt");
    x.role = in.text("role");
    x.prompt = in.text("prompt");
    x.tools = in.texts("tools");
    x.output = in.schema("output");
    x.model = in.optional_text("model");
    if (in.has("max_turns"))
      x.max_turns = in.number("max_turns", 1, 1, 200);
    in.finish();
    return x;
  }

  model_step read_model() {
    map_reader in{node, what, found};
    model_step x;
    in.require("prompt");
    x.prompt = in.text("prompt");
    x.system = in.optional_text("system");
    x.output = in.schema("output");
    x.job = in.text("job", x.job);
    x.model = in.optional_text("model");
    x.max_output_tokens =
      in.number("max_output_tokens", x.max_output_tokens, 1, 128'000);
    in.finish();
    return x;
  }

  command_step read_command() {
    command_step x;
    if (node.is_scalar()) {
      x.argv = {node.text};
    } else if (node.is_list()) {
      for (auto& item : node.items) {
        if (!item.is_scalar())
          found.add(item.where, what
                                  + ": expected a word of the command as "
                                    "text; put it in quotes");
        x.argv.push_back(item.text);
      }
    } else {
      map_reader in{node, what, found};
      in.require("argv");
      x.argv = in.texts("argv");
      x.heartbeat = in.positive_time("heartbeat");
      auto& environment = in.take("environment");
      if (in.has("environment")) {
        map_reader variables{environment, what + ": environment", found};
        if (variables.is_map())
          for (auto& item : environment.members)
            x.environment[item.key] = variables.text(item.key);
      }
      in.finish();
    }
    if (x.argv.empty() || x.argv.front().empty())
      found.add(node.where, what
                              + ": expected a command, as text or as a "
                                "list of its words");
    return x;
  }

  tool_step read_tool() {
    tool_step x;
    if (node.is_scalar()) {
      x.name = node.text;
      return x;
    }
    map_reader in{node, what, found};
    in.require("name");
    x.name = in.text("name");
    x.arguments = read_map(in, "arguments");
    in.finish();
    return x;
  }

  call_step read_call() {
    call_step x;
    if (node.is_scalar()) {
      x.workflow = node.text;
    } else {
      map_reader in{node, what, found};
      in.require("workflow");
      x.workflow = in.text("workflow");
      x.inputs = read_map(in, "inputs");
      x.budget = in.money("budget");
      in.finish();
    }
    if (x.workflow.find("${{") != std::string::npos)
      found.add(node.where, what
                              + ": which workflow is called cannot be worked "
                                "out; use a route with a call for each");
    return x;
  }

  approve_step read_approve() {
    approve_step x;
    if (node.is_scalar()) {
      x.question = node.text;
      return x;
    }
    map_reader in{node, what, found};
    in.require("question");
    x.question = in.text("question");
    x.answer = in.schema("answer");
    x.assignee = in.optional_text("assignee");
    x.role = in.optional_text("role");
    x.deadline = in.positive_time("deadline");
    x.default_answer = read_default(in);
    in.finish();
    return x;
  }

  wait_step read_wait() {
    wait_step x;
    if (node.is_scalar()) {
      x.pause = node.text;
      check_pause(*x.pause, node.where);
      return x;
    }
    map_reader in{node, what, found};
    if (!in.is_map())
      return x;
    x.pause = in.optional_text("for");
    x.until = in.optional_text("until");
    x.signal = in.optional_text("signal");
    auto named = in.has("for") + in.has("until") + in.has("signal");
    if (named != 1)
      found.add(node.where, what + ": expected "
                              + (named == 0 ? "one of " : "only one of ")
                              + "for, until and signal");
    if (x.pause)
      check_pause(*x.pause, in.where("for"));
    if (x.until && is_literal(*x.until) && !parse_instant(*x.until))
      in.complain("until", "until: \"" + x.until->substr(0, 64)
                             + "\" is no instant such as "
                               "2027-01-01T09:00:00Z, so that it would never "
                               "come");
    x.schema = in.schema("schema");
    x.deadline = in.positive_time("deadline");
    x.fallback = read_default(in);
    for (auto key : {"schema", "deadline", "default"})
      if (!in.has("signal") && in.has(key))
        in.complain(key, std::string{key}
                           + " means nothing without signal; remove it");
    if (x.signal && !is_name(*x.signal))
      in.complain("signal", "signal: \"" + x.signal->substr(0, 80)
                              + "\" is not 1 to 64 of a-z 0-9 _ -, first a "
                                "letter");
    in.finish();
    return x;
  }

  set_step read_set() {
    map_reader in{node, what, found};
    set_step x;
    if (in.is_map())
      for (auto& item : node.members)
        x.values[item.key] = in.text(item.key);
    return x;
  }

  fail_step read_fail() {
    if (!node.is_scalar())
      found.add(node.where, what + ": expected the message as text");
    return {node.is_scalar() ? node.text : std::string{}};
  }

private:
  static bool is_literal(const std::string& text) {
    return text.find("${{") == std::string::npos;
  }

  void check_pause(const std::string& text, place where) {
    if (!is_literal(text))
      return;
    auto value = parse_duration(text);
    if (!value)
      found.add(where, what + ": \"" + text.substr(0, 64)
                         + "\" is no length of time such as 250ms, 10s, 5m or "
                           "2h");
    else if (value->count() == 0)
      found.add(where, what
                         + ": 0 is no time to wait; give it a longer one or "
                           "remove the step");
  }

  /// A template document that is a map.
  json_text read_map(map_reader& in, const std::string& key) {
    auto& document = in.take(key);
    if (!in.has(key))
      return {"{}"};
    map_reader members{document, what + ": " + key, found};
    return members.is_map() ? to_json(document, member_order::by_key)
                            : json_text{"{}"};
  }

  std::optional<json_text> read_default(map_reader& in) {
    auto result = in.document("default");
    if (result && result->text == "null") {
      in.complain("default", "null is no default, for it cannot be told from "
                             "none; choose another answer, or leave it out");
      return std::nullopt;
    }
    if (result && !in.has("deadline"))
      in.complain("default", "a default without a deadline is never used; add "
                             "deadline");
    return result;
  }
};

} // namespace

step_action read_action(const std::string& kind, const source_node& node,
                        const std::string& what, problems& found) {
  action_reader in{node, what, found};
  if (kind == "agent")
    return in.read_agent();
  if (kind == "model")
    return in.read_model();
  if (kind == "tool")
    return in.read_tool();
  if (kind == "command")
    return in.read_command();
  if (kind == "approve")
    return in.read_approve();
  if (kind == "wait")
    return in.read_wait();
  if (kind == "call")
    return in.read_call();
  if (kind == "set")
    return in.read_set();
  return in.read_fail();
}

} // namespace machine::orchestrator

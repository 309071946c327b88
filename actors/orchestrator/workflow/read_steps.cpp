#include "actors/orchestrator/workflow/read_steps.hpp"

#include "actors/orchestrator/workflow/load.hpp"
#include "actors/orchestrator/workflow/map_reader.hpp"
#include "runtime/wire/nearest.hpp"

#include <algorithm>
#include <array>

namespace machine::orchestrator {

namespace {

constexpr std::array<std::string_view, 7> kinds{
  "agent", "model", "command", "approve", "set", "fail", "repeat"};

std::string list_of_kinds() {
  std::string result;
  for (auto kind : kinds)
    result += (result.empty() ? "" : ", ") + std::string{kind};
  return result;
}

struct step_reader {
  workflow& out;
  source_map& places;
  problems& found;

  void read(const source_node& from, const std::optional<std::string>& parent) {
    map_reader in{from, "step", found};
    if (!in.is_map())
      return;
    step result;
    result.parent = parent;
    result.id = in.text("id");
    auto where = in.where("id");
    if (!in.has("id"))
      found.add(in.where(), "step: id is missing; give it a name such as "
                            "`id: check`");
    else if (!is_name(result.id))
      found.add(where, "step: the id \"" + result.id.substr(0, 80)
                         + "\" is not 1 to 64 of a-z 0-9 _ -, first a letter");
    else if (!places.steps.emplace(result.id, where).second)
      found.add(where, "step: the id " + result.id
                         + " stands twice; first in line "
                         + std::to_string(places.steps[result.id].line));
    if (is_name(result.id))
      in.rename("step " + result.id);
    read_common(in, result);
    if (out.steps.size() >= max_workflow_steps) {
      if (out.steps.size() == max_workflow_steps)
        found.add(where, "a workflow has at most "
                           + std::to_string(max_workflow_steps) + " steps");
      return;
    }
    auto index = out.steps.size();
    out.steps.push_back(std::move(result));
    read_action(in, from, index);
    in.finish();
  }

private:
  void read_common(map_reader& in, step& to) {
    to.title = in.optional_text("title");
    to.needs = in.texts("needs");
    to.when = in.optional_text("when");
    to.timeout = in.positive_time("timeout");
    to.idempotent = in.flag("idempotent", true);
    to.budget = in.money("budget");
    auto policy = in.text("on_failure", "fail");
    if (auto value = wire::from_name<failure_policy>(policy))
      to.on_failure = *value;
    else
      found.add(in.where("on_failure"), "step " + to.id + ": on_failure is "
                                          + policy
                                          + "; it can be fail or continue");
    auto& retry = in.take("retry");
    if (!in.has("retry"))
      return;
    map_reader fields{retry, "step " + to.id + ": retry", found};
    if (!fields.is_map())
      return;
    if (!fields.has("max"))
      found.add(retry.where, "step " + to.id
                               + ": retry: max is missing; say how often to "
                                 "try again, such as `max: 3`");
    to.retry.max = fields.number("max", 0, 0, 100);
    to.retry.backoff = fields.time("backoff").value_or(to.retry.backoff);
    to.retry.factor = fields.real("factor", 2, 1, 10);
    to.retry.max_backoff =
      fields.time("max_backoff").value_or(to.retry.max_backoff);
    to.retry.jitter = fields.real("jitter", 0, 0, 1);
    to.retry.on = fields.texts("on");
    for (auto& code : to.retry.on)
      check_code(code, fields.where("on"), to.id);
    fields.finish();
  }

  void check_code(const std::string& code, place where, const std::string& id) {
    std::vector<std::string> codes;
    for (auto x = static_cast<uint8_t>(ec::invalid_argument);
         x <= static_cast<uint8_t>(ec::overloaded); ++x)
      codes.push_back(to_string(static_cast<ec>(x)));
    if (std::find(codes.begin(), codes.end(), code) != codes.end())
      return;
    auto shown = code.substr(0, 80);
    auto near = wire::nearest(shown, codes);
    found.add(where, "step " + id + ": retry: " + shown + " is no error code; "
                       + (near ? "did you mean " + *near + "?"
                               : "one is timeout, or provider_failed"));
  }

  /// What means nothing to a kind of step is not passed over in silence.
  void refuse_common(map_reader& in, const std::string& kind,
                     const std::string& id) {
    auto refuse = [&](const char* key, const char* mending) {
      if (in.has(key))
        found.add(in.where(key), "step " + id + ": " + key
                                   + " means nothing beside " + kind + "; "
                                   + mending);
    };
    if (kind == "repeat") {
      refuse("timeout", "give it to the steps of the block");
      refuse("retry",
             "use max and until, or give it to the steps of the block");
      refuse("idempotent", "give it to the steps of the block");
    } else if (kind == "approve") {
      refuse("timeout", "use deadline inside of approve");
      refuse("retry", "remove it");
      refuse("budget", "remove it");
      refuse("idempotent", "remove it");
    } else if (kind == "set" || kind == "fail") {
      refuse("timeout", "remove it");
      refuse("retry", "remove it");
      refuse("budget", "remove it");
      refuse("idempotent", "remove it");
    } else if (kind == "model") {
      refuse("idempotent",
             "a call changes nothing, so that it can always be made again");
    }
    if (kind == "fail")
      refuse("on_failure", "it always ends the run");
  }

  void read_action(map_reader& in, const source_node& from, size_t index) {
    std::vector<std::string> named;
    for (auto kind : kinds)
      if (in.has(std::string{kind}))
        named.emplace_back(kind);
    auto id = out.steps[index].id;
    if (named.empty()) {
      found.add(from.where, "step " + id + " does nothing; give it one of "
                              + list_of_kinds());
      for (auto kind : kinds)
        in.take(std::string{kind});
      return;
    }
    if (named.size() > 1)
      found.add(in.where(named[1]), "step " + id + " has both " + named[0]
                                      + " and " + named[1]
                                      + "; make two steps of it");
    for (auto& kind : named)
      in.take(kind);
    auto& kind = named.front();
    refuse_common(in, kind, id);
    auto& node = in.take(kind);
    auto what = "step " + id + ": " + kind;
    if (kind == "agent")
      out.steps[index].action = read_agent(node, what);
    else if (kind == "model")
      out.steps[index].action = read_model(node, what);
    else if (kind == "command")
      out.steps[index].action = read_command(node, what);
    else if (kind == "approve")
      out.steps[index].action = read_approve(node, what);
    else if (kind == "set")
      out.steps[index].action = read_set(node, what);
    else if (kind == "fail")
      out.steps[index].action = read_fail(node, what);
    else
      read_repeat(node, what, index);
  }

  void require(map_reader& in, const std::string& what,
               const std::string& key) {
    if (in.is_map() && !in.has(key))
      found.add(in.where(), what + ": " + key + " is missing");
  }

  std::optional<json_text> schema(map_reader& in, const std::string& key) {
    auto& node = in.take(key);
    if (!in.has(key))
      return std::nullopt;
    return to_json(node);
  }

  agent_step read_agent(const source_node& node, const std::string& what) {
    map_reader in{node, what, found};
    agent_step x;
    require(in, what, "role");
    require(in, what, "prompt");
    x.role = in.text("role");
    x.prompt = in.text("prompt");
    x.tools = in.texts("tools");
    x.output = schema(in, "output");
    x.model = in.optional_text("model");
    if (in.has("max_turns"))
      x.max_turns = in.number("max_turns", 1, 1, 200);
    in.finish();
    return x;
  }

  model_step read_model(const source_node& node, const std::string& what) {
    map_reader in{node, what, found};
    model_step x;
    require(in, what, "prompt");
    x.prompt = in.text("prompt");
    x.system = in.optional_text("system");
    x.output = schema(in, "output");
    x.job = in.text("job", x.job);
    x.model = in.optional_text("model");
    x.max_output_tokens =
      in.number("max_output_tokens", x.max_output_tokens, 1, 128'000);
    in.finish();
    return x;
  }

  command_step read_command(const source_node& node, const std::string& what) {
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
      require(in, what, "argv");
      x.argv = in.texts("argv");
      auto& environment = in.take("environment");
      if (in.has("environment")) {
        map_reader variables{environment, what + ": environment", found};
        if (variables.is_map())
          for (auto& item : environment.members)
            x.environment[item.key] = variables.text(item.key);
      }
      in.finish();
    }
    auto empty = x.argv.empty()
              || std::any_of(x.argv.begin(), x.argv.begin() + 1,
                             [](auto& word) { return word.empty(); });
    if (empty)
      found.add(node.where, what
                              + ": expected a command, as text or as a "
                                "list of its words");
    return x;
  }

  approve_step read_approve(const source_node& node, const std::string& what) {
    approve_step x;
    if (node.is_scalar()) {
      x.question = node.text;
      return x;
    }
    map_reader in{node, what, found};
    require(in, what, "question");
    x.question = in.text("question");
    x.answer = schema(in, "answer");
    x.assignee = in.optional_text("assignee");
    x.deadline = in.positive_time("deadline");
    x.default_answer = schema(in, "default");
    if (x.default_answer && x.default_answer->text == "null")
      found.add(in.where("default"),
                what
                  + ": null is no default, for it cannot be told from none; "
                    "choose another answer, or leave it out");
    else if (x.default_answer && !x.deadline)
      found.add(in.where("default"),
                what
                  + ": a default without a deadline is never used; add "
                    "deadline");
    in.finish();
    return x;
  }

  set_step read_set(const source_node& node, const std::string& what) {
    map_reader in{node, what, found};
    set_step x;
    if (in.is_map())
      for (auto& item : node.members)
        x.values[item.key] = in.text(item.key);
    return x;
  }

  fail_step read_fail(const source_node& node, const std::string& what) {
    if (!node.is_scalar())
      found.add(node.where, what + ": expected the message as text");
    return {node.is_scalar() ? node.text : std::string{}};
  }

  void read_repeat(const source_node& node, const std::string& what,
                   size_t index) {
    map_reader in{node, what, found};
    repeat_step x;
    require(in, what, "until");
    require(in, what, "max");
    require(in, what, "steps");
    x.until = in.text("until");
    x.max = in.number("max", 1, 1, 1'000);
    auto& steps = in.take("steps");
    in.finish();
    auto id = out.steps[index].id;
    out.steps[index].action = x;
    if (!in.has("steps"))
      return;
    read_steps(steps, id, out, places, found);
    for (auto& inner : out.steps)
      if (inner.parent == id)
        x.steps.push_back(inner.id);
    out.steps[index].action = std::move(x);
  }
};

} // namespace

bool is_name(std::string_view x) {
  return !x.empty() && x.size() <= 64 && x[0] >= 'a' && x[0] <= 'z'
      && std::all_of(x.begin(), x.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'
               || c == '-';
         });
}

void read_steps(const source_node& from,
                const std::optional<std::string>& parent, workflow& out,
                source_map& where, problems& found) {
  if (!from.is_list() || from.items.empty()) {
    found.add(from.where, "steps: expected a list of at least one step");
    return;
  }
  step_reader reader{out, where, found};
  for (auto& item : from.items)
    reader.read(item, parent);
}

} // namespace machine::orchestrator

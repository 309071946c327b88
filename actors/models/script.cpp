#include "actors/models/script.hpp"

#include "runtime/wire/wire.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>

namespace machine::models {

namespace {

constexpr size_t max_script_bytes = 4u << 20;

/// Thrown and caught in this file alone: where a script breaks its form.
struct broken {
  YAML::Mark where;
  std::string what;
};

void expect_keys(const YAML::Node& node, const std::set<std::string>& known) {
  if (!node.IsMap())
    throw broken{node.Mark(), "expected a map"};
  for (auto item : node)
    if (!known.contains(item.first.as<std::string>())) {
      std::string list;
      for (auto& key : known)
        list += " " + key;
      throw broken{item.first.Mark(), "unknown key "
                                        + item.first.as<std::string>()
                                        + "; known are" + list};
    }
}

template <class T>
std::optional<T> optional(const YAML::Node& node, const char* key) {
  if (!node[key])
    return std::nullopt;
  return node[key].as<T>();
}

std::string to_json(const YAML::Node& x) {
  if (x.IsSequence()) {
    std::string out = "[";
    for (auto item : x)
      out += (out.size() > 1 ? "," : "") + to_json(item);
    return out + "]";
  }
  if (x.IsMap()) {
    std::string out = "{";
    for (auto item : x)
      out += (out.size() > 1 ? "," : "")
           + wire::to_json(item.first.as<std::string>()) + ":"
           + to_json(item.second);
    return out + "}";
  }
  if (!x.IsScalar())
    return "null";
  auto plain = x.Tag() == "?";
  if (plain
      && (x.Scalar() == "true" || x.Scalar() == "false"
          || x.Scalar() == "null"))
    return x.Scalar();
  if (plain && x.Scalar().find_first_not_of("-0123456789") == std::string::npos
      && wire::is_json(x.Scalar()))
    return x.Scalar();
  return wire::to_json(x.Scalar());
}

script_condition read_condition(const YAML::Node& node) {
  expect_keys(node, {"system", "user", "last", "turn"});
  return {
    optional<std::string>(node, "system"), optional<std::string>(node, "user"),
    optional<std::string>(node, "last"), optional<uint32_t>(node, "turn")};
}

script_rule read_rule(const YAML::Node& node, size_t index) {
  expect_keys(node, {"when", "say", "call", "usage", "delay_ms", "fail", "hang",
                     "cut_after"});
  script_rule rule;
  if (node["when"])
    rule.when = read_condition(node["when"]);
  rule.say = optional<std::string>(node, "say").value_or("");
  if (auto calls = node["call"]) {
    for (auto item : calls) {
      expect_keys(item, {"name", "arguments"});
      if (!item["name"])
        throw broken{item.Mark(), "a call needs a name"};
      rule.calls.push_back(
        {"call-" + std::to_string(index) + "-"
           + std::to_string(rule.calls.size() + 1),
         item["name"].as<std::string>(),
         {item["arguments"] ? to_json(item["arguments"]) : "{}"}});
    }
  }
  if (auto usage = node["usage"]) {
    expect_keys(usage, {"input", "cached", "output"});
    rule.usage.emplace();
    rule.usage->input = optional<uint64_t>(usage, "input").value_or(0);
    rule.usage->cached = optional<uint64_t>(usage, "cached").value_or(0);
    rule.usage->output = optional<uint64_t>(usage, "output").value_or(0);
  }
  rule.delay = duration{optional<uint32_t>(node, "delay_ms").value_or(0)};
  if (auto fail = node["fail"]) {
    expect_keys(fail, {"status", "retry_after_ms", "times"});
    rule.fail.emplace();
    rule.fail->status = optional<int>(fail, "status").value_or(500);
    if (auto wait = optional<uint32_t>(fail, "retry_after_ms"))
      rule.fail->retry_after = duration{*wait};
    rule.fail->times = optional<uint32_t>(fail, "times");
  }
  rule.hang = optional<bool>(node, "hang").value_or(false);
  rule.cut_after = optional<size_t>(node, "cut_after");
  return rule;
}

bool contains(const std::string& text, const std::optional<std::string>& part) {
  return !part || text.find(*part) != std::string::npos;
}

} // namespace

caf::expected<script> load_script(std::string_view text,
                                  const std::string& file_name) {
  auto problem = [&](const YAML::Mark& where, const std::string& what) {
    return make_error(ec::invalid_argument,
                      file_name + ":" + std::to_string(where.line + 1) + ":"
                        + std::to_string(where.column + 1) + ": " + what);
  };
  if (text.size() > max_script_bytes)
    return make_error(ec::limit_exceeded,
                      file_name + ": a script has at most 4 MiB");
  try {
    auto root = YAML::Load(std::string{text});
    expect_keys(root, {"rules", "tokens_per_second"});
    script result;
    result.tokens_per_second = std::clamp(
      optional<double>(root, "tokens_per_second").value_or(400), 1.0, 1e6);
    if (!root["rules"] || !root["rules"].IsSequence())
      return problem(root.Mark(), "rules: expected a list");
    for (auto item : root["rules"])
      result.rules.push_back(read_rule(item, result.rules.size() + 1));
    return result;
  } catch (const broken& x) {
    return problem(x.where, x.what);
  } catch (const YAML::Exception& x) {
    return problem(x.mark, x.msg);
  }
}

const script_rule* find_rule(const script& from, const chat_request& what) {
  std::string system;
  std::string user;
  uint32_t turn = 0;
  for (auto& message : what.messages) {
    if (message.role == chat_role::system)
      system += message.content + "\n";
    else if (message.role == chat_role::user)
      user += message.content + "\n";
    else if (message.role == chat_role::assistant)
      ++turn;
  }
  auto last =
    what.messages.empty() ? std::string{} : what.messages.back().content;
  for (auto& rule : from.rules)
    if (contains(system, rule.when.system) && contains(user, rule.when.user)
        && contains(last, rule.when.last)
        && (!rule.when.turn || *rule.when.turn == turn))
      return &rule;
  return nullptr;
}

chat_response answer_of(const script_rule& rule, const chat_request& what,
                        const std::string& model) {
  chat_response result;
  result.message.role = chat_role::assistant;
  result.message.content = rule.say;
  result.message.tool_calls = rule.calls;
  result.stop =
    rule.calls.empty() ? stop_reason::finished : stop_reason::tool_use;
  result.model = model;
  if (rule.usage) {
    result.usage = *rule.usage;
    return result;
  }
  size_t input = 0;
  for (auto& message : what.messages)
    input += message.content.size() + 8;
  auto output = rule.say.size();
  for (auto& call : rule.calls)
    output += call.name.size() + call.arguments.text.size();
  result.usage.emplace();
  result.usage->input = input / 4 + 1;
  result.usage->output = output / 4 + 1;
  return result;
}

} // namespace machine::models

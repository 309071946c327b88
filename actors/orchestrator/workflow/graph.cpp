#include "actors/orchestrator/workflow/graph_parts.hpp"

#include <algorithm>
#include <map>

namespace machine::orchestrator {

namespace {

/// Of a line of a label, in bytes.
constexpr size_t longest = 48;

/// *text* in one line, cut between characters.
std::string clip(const std::string& text) {
  std::string line;
  for (auto c : text) {
    auto space = static_cast<unsigned char>(c) <= ' ' || c == '\x7F';
    if (!space)
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  }
  if (line.ends_with(' '))
    line.pop_back();
  if (line.size() <= longest)
    return line;
  auto size = longest - 3;
  while (size > 0 && (static_cast<unsigned char>(line[size]) & 0xC0) == 0x80)
    --size;
  return line.substr(0, size) + "...";
}

/// What a step does, in a few words.
struct describer {
  std::string operator()(const agent_step& x) const {
    return "agent " + x.role;
  }

  std::string operator()(const model_step& x) const {
    return "model: " + x.job;
  }

  std::string operator()(const tool_step& x) const {
    return "tool " + x.name;
  }

  std::string operator()(const command_step& x) const {
    std::string text;
    for (auto& word : x.argv)
      text += (text.empty() ? "" : " ") + word;
    return "command: " + text;
  }

  std::string operator()(const approve_step& x) const {
    return "approve: " + x.question;
  }

  std::string operator()(const wait_step& x) const {
    if (x.signal)
      return "wait for the signal " + *x.signal;
    return x.until ? "wait until " + *x.until
                   : "wait " + x.pause.value_or(std::string{});
  }

  std::string operator()(const call_step& x) const {
    return "call " + x.workflow;
  }

  std::string operator()(const foreach_step& x) const {
    return "foreach " + x.items;
  }

  std::string operator()(const repeat_step& x) const {
    return "repeat until " + x.until;
  }

  std::string operator()(const route_step&) const {
    return "route";
  }

  std::string operator()(const set_step& x) const {
    std::string names;
    for (auto& [name, expression] : x.values)
      names += (names.empty() ? " " : ", ") + name;
    return "set" + names;
  }

  std::string operator()(const fail_step& x) const {
    return "fail: " + x.message;
  }
};

std::string label_of(const step& x) {
  auto label = clip(x.title.value_or(x.id)) + "\n"
             + clip(std::visit(describer{}, x.action));
  if (x.when)
    label += "\n" + clip("when " + *x.when);
  return label;
}

/// How a step comes to its block *name*.
std::string label_of_block(const step& x, const std::string& name) {
  if (name == failure_block)
    return "on failure";
  if (name == undo_block)
    return "undo";
  if (auto* each = std::get_if<foreach_step>(&x.action))
    return each->parallel > 1
           ? "each item, " + std::to_string(each->parallel) + " at a time"
           : "each item";
  if (auto* repeat = std::get_if<repeat_step>(&x.action))
    return "at most " + std::to_string(repeat->max) + " rounds";
  auto* route = std::get_if<route_step>(&x.action);
  for (size_t i = 0; route != nullptr && i < route->cases.size(); ++i)
    if (std::to_string(i + 1) == name) {
      auto& one = route->cases[i];
      return clip(one.name.value_or("case " + name) + ": "
                  + one.when.value_or("otherwise"));
    }
  return clip(name);
}

edge_kind kind_of_block(const std::string& name) {
  if (name == failure_block)
    return edge_kind::failure;
  return name == undo_block ? edge_kind::undo : edge_kind::block;
}

class drawer {
public:
  drawer(const workflow& what, graph_writer& to) : steps_(what.steps), to_(to) {
    for (size_t i = 0; i < steps_.size(); ++i)
      ids_.emplace(steps_[i].id, i);
    for (size_t i = 0; i < steps_.size(); ++i) {
      auto& x = steps_[i];
      if (!x.parent)
        outermost_.push_back(i);
      else if (auto parent = ids_.find(*x.parent); parent != ids_.end())
        blocks_[parent->second][x.block.value_or("")].push_back(i);
    }
  }

  void run() {
    draw_steps(outermost_);
    for (size_t i = 0; i < steps_.size(); ++i) {
      for (auto& need : steps_[i].needs)
        if (auto from = ids_.find(need); from != ids_.end())
          to_.edge(from->second, i, edge_kind::need, "");
      for (auto& [name, inner] : blocks_[i])
        for (auto k : inner)
          if (steps_[k].needs.empty())
            to_.edge(i, k, kind_of_block(name),
                     label_of_block(steps_[i], name));
    }
  }

private:
  void draw_steps(const std::vector<size_t>& these) {
    for (auto i : these) {
      to_.node(i, steps_[i].action.index(), label_of(steps_[i]));
      for (auto& [name, inner] : blocks_[i]) {
        to_.begin_block(count_++, kind_of_block(name),
                        clip(steps_[i].title.value_or(steps_[i].id)) + ": "
                          + label_of_block(steps_[i], name));
        draw_steps(inner);
        to_.end_block();
      }
    }
  }

  const std::vector<step>& steps_;
  graph_writer& to_;
  std::map<std::string, size_t> ids_;
  std::vector<size_t> outermost_;
  std::map<size_t, std::map<std::string, std::vector<size_t>>> blocks_;
  size_t count_ = 0;
};

} // namespace

void draw(const workflow& what, graph_writer& to) {
  drawer{what, to}.run();
}

std::string
escape(const std::string& label,
       const std::vector<std::pair<char, std::string_view>>& escapes) {
  std::string result;
  for (auto c : label) {
    auto i = std::find_if(escapes.begin(), escapes.end(),
                          [&](auto& x) { return x.first == c; });
    if (i == escapes.end())
      result += c;
    else
      result += i->second;
  }
  return result;
}

} // namespace machine::orchestrator

#include "deploy/cli/outline.hpp"

#include "actors/costs/money.hpp"
#include "deploy/cli/text.hpp"
#include "runtime/wire/document.hpp"
#include "runtime/wire/wire.hpp"

namespace machine::cli {

namespace {

using namespace machine::orchestrator;

std::string kind_of(const step& x) {
  return std::visit([]<class T>(const T&) { return std::string{T::wire_name}; },
                    x.action);
}

class outline {
public:
  explicit outline(const workflow& what) : what_(what) {}

  std::vector<line> lines() {
    out_.push_back({{what_.name, style::bold}});
    if (!what_.description.empty())
      out_.push_back({{"  " + first_line(what_.description)}});
    inputs();
    vars();
    heading("steps");
    steps("", "", 1);
    if (what_.output)
      say(0, {{"output  ", style::dim}, {first_line(*what_.output)}});
    for (auto& [name, text] : what_.called)
      say(0, {{"calls   ", style::dim}, {name}});
    return std::move(out_);
  }

private:
  void say(size_t depth, line x) {
    x.insert(x.begin(), span{std::string(2 * depth, ' ')});
    out_.push_back(std::move(x));
  }

  void heading(const std::string& text) {
    out_.push_back({{text, style::dim}});
  }

  void inputs() {
    auto schema = wire::parse_json(what_.inputs.text, {});
    if (!schema)
      return;
    auto& root = schema->root();
    for (auto* i = schema->first(root); i != nullptr; i = schema->next(*i)) {
      if (i->key != "properties" || schema->first(*i) == nullptr)
        continue;
      heading("inputs");
      for (auto* k = schema->first(*i); k != nullptr; k = schema->next(*k))
        input(*schema, *k);
    }
  }

  void input(const wire::document& schema, const wire::node& from) {
    line x{{std::string{from.key}}};
    for (auto* i = schema.first(from); i != nullptr; i = schema.next(*i))
      if (i->kind == wire::node_kind::text
          && (i->key == "type" || i->key == "description"))
        x.push_back({"  " + first_line(std::string{i->text}), style::dim});
    say(1, std::move(x));
  }

  void vars() {
    if (what_.vars.empty())
      return;
    heading("vars");
    for (auto& [name, value] : what_.vars) {
      line x{{name}, {"  " + first_line(value.text), style::dim}};
      if (auto i = what_.reducers.find(name); i != what_.reducers.end())
        x.push_back({"  " + to_string(i->second), style::cyan});
      say(1, std::move(x));
    }
  }

  void steps(const std::string& parent, const std::string& block,
             size_t depth) {
    for (auto& x : what_.steps)
      if (x.parent.value_or("") == parent && x.block.value_or("") == block)
        one(x, depth);
  }

  void one(const step& x, size_t depth) {
    line head{{x.id, style::bold}, {"  " + kind_of(x), style::cyan}};
    if (x.title)
      head.push_back({"  " + first_line(*x.title)});
    if (x.budget)
      head.push_back({"  up to " + costs::format_usd(*x.budget), style::dim});
    say(depth, std::move(head));
    auto note = [&](const std::string& label, const std::string& text) {
      say(depth + 1, {{label + " ", style::dim}, {first_line(text)}});
    };
    std::string needs;
    for (auto& need : x.needs)
      needs += (needs.empty() ? "" : ", ") + need;
    if (!needs.empty())
      note("needs", needs);
    if (x.when)
      note("when", *x.when);
    if (auto* each = std::get_if<foreach_step>(&x.action))
      note("for each of", each->items);
    if (auto* repeat = std::get_if<repeat_step>(&x.action))
      note("until", repeat->until);
    steps(x.id, "", depth + 1);
    if (auto* route = std::get_if<route_step>(&x.action))
      for (size_t i = 0; i < route->cases.size(); ++i) {
        auto& option = route->cases[i];
        note(option.when ? "if" : "else", option.when.value_or(""));
        steps(x.id, std::to_string(i + 1), depth + 2);
      }
    for (auto* name : {failure_block, undo_block})
      if (name == failure_block ? x.on_failure == failure_policy::handle
                                : x.undo) {
        note(name, "");
        steps(x.id, name, depth + 2);
      }
  }

  const workflow& what_;
  std::vector<line> out_;
};

} // namespace

std::vector<line> workflow_lines(const workflow& what) {
  return outline{what}.lines();
}

} // namespace machine::cli

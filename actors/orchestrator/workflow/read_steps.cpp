#include "actors/orchestrator/workflow/read_steps.hpp"

#include "actors/orchestrator/workflow/load.hpp"
#include "actors/orchestrator/workflow/read_parts.hpp"

#include <algorithm>

namespace machine::orchestrator {

namespace {

std::string list_of_kinds() {
  std::string result;
  for (auto kind : step_kinds)
    result += (result.empty() ? "" : ", ") + std::string{kind};
  return result;
}

bool has_blocks(const std::string& kind) {
  return kind == "foreach" || kind == "repeat" || kind == "route";
}

/// Reads one step.
class step_reader {
public:
  step_reader(const reading& to, const source_node& from, const block_place& at)
      : to_(to), from_(from), at_(at), in_(from, "step", to.found) {}

  /// Its id; none if it has none, or if there are too many steps.
  std::optional<std::string> run() {
    if (!in_.is_map())
      return std::nullopt;
    auto& steps = to_.out.steps;
    step result;
    read_id(result);
    result.parent = at_.parent;
    result.block = at_.name;
    read_common(in_, result, to_.found);
    if (steps.size() >= max_workflow_steps) {
      if (steps.size() == max_workflow_steps)
        to_.found.add(in_.where("id"), "a workflow has at most "
                                         + std::to_string(max_workflow_steps)
                                         + " steps");
      return std::nullopt;
    }
    auto index = steps.size();
    auto id = result.id;
    steps.push_back(std::move(result));
    auto inside = at_;
    inside.parent = id;
    inside.name = std::nullopt;
    ++inside.depth;
    read_kind(index, inside);
    read_failure(index, inside);
    read_undo(index, inside);
    in_.finish();
    return id;
  }

private:
  void read_id(step& to) {
    to.id = in_.text("id");
    auto where = in_.where("id");
    if (!in_.has("id"))
      to_.found.add(where, "step: id is missing; give it a name such as "
                           "`id: check`");
    else if (!is_name(to.id))
      to_.found.add(where,
                    "step: the id \"" + to.id.substr(0, 80)
                      + "\" is not 1 to 64 of a-z 0-9 _ -, first a letter");
    else if (auto [i, added] = to_.places.steps.emplace(to.id, where); !added)
      to_.found.add(where, "step: the id " + to.id
                             + " stands twice; first in line "
                             + std::to_string(i->second.line));
    if (is_name(to.id))
      in_.rename("step " + to.id);
  }

  void read_kind(size_t index, const block_place& inside) {
    std::vector<std::string> named;
    for (auto kind : step_kinds)
      if (in_.has(std::string{kind}))
        named.emplace_back(kind);
    auto id = to_.out.steps[index].id;
    if (named.empty()) {
      to_.found.add(from_.where, "step " + id + " does nothing; give it one of "
                                   + list_of_kinds());
      for (auto kind : step_kinds)
        in_.take(std::string{kind});
      return;
    }
    if (named.size() > 1)
      to_.found.add(in_.where(named[1]), "step " + id + " has both " + named[0]
                                           + " and " + named[1]
                                           + "; make two steps of it");
    for (auto& kind : named)
      in_.take(kind);
    auto& kind = named.front();
    refuse_common(in_, kind, id, to_.found);
    auto& node = in_.take(kind);
    if (has_blocks(kind))
      read_block(to_, kind, node, index, inside);
    else
      to_.out.steps[index].action =
        read_action(kind, node, "step " + id + ": " + kind, to_.found);
  }

  /// A list of steps, or a map with nothing else.
  void read_named_block(const std::string& key, const source_node& node,
                        block_place inside) {
    inside.name = key;
    if (node.is_list()) {
      read_steps(to_, node, inside);
      return;
    }
    map_reader in{node, in_.what() + ": " + key, to_.found};
    if (!in.is_map())
      return;
    in.require("steps");
    auto& steps = in.take("steps");
    in.finish();
    if (in.has("steps"))
      read_steps(to_, steps, inside);
  }

  void read_failure(size_t index, const block_place& inside) {
    auto& node = in_.take("on_failure");
    if (!node.is_list() && !node.is_map())
      return;
    to_.out.steps[index].on_failure = failure_policy::handle;
    read_named_block(failure_block, node, inside);
  }

  void read_undo(size_t index, block_place inside) {
    auto& node = in_.take("undo");
    if (!in_.has("undo"))
      return;
    if (at_.undoes)
      in_.complain("undo", "what undoes something is never undone itself; "
                           "remove undo");
    to_.out.steps[index].undo = true;
    inside.undoes = true;
    read_named_block(undo_block, node, inside);
  }

  const reading& to_;
  const source_node& from_;
  const block_place& at_;
  map_reader in_;
};

} // namespace

bool is_name(std::string_view x) {
  return !x.empty() && x.size() <= 64 && x[0] >= 'a' && x[0] <= 'z'
      && std::all_of(x.begin(), x.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'
               || c == '-';
         });
}

std::vector<std::string> read_steps(const reading& in, const source_node& from,
                                    const block_place& at) {
  std::vector<std::string> ids;
  if (!from.is_list() || from.items.empty()) {
    in.found.add(from.where, "steps: expected a list of at least one step");
    return ids;
  }
  if (at.depth > max_block_depth) {
    in.found.add(from.where,
                 "steps: blocks are nested deeper than "
                   + std::to_string(max_block_depth)
                   + " levels; make a workflow of the inner ones and call it");
    return ids;
  }
  for (auto& item : from.items)
    if (auto id = step_reader{in, item, at}.run())
      ids.push_back(std::move(*id));
  return ids;
}

} // namespace machine::orchestrator

#include "actors/orchestrator/workflow/read_parts.hpp"

namespace machine::orchestrator {

namespace {

struct block_reader {
  const reading& to;
  const source_node& node;
  size_t index;
  const block_place& inside;
  std::string what;

  void read_foreach() {
    map_reader in{node, what, to.found};
    foreach_step x;
    in.require("items");
    in.require("steps");
    // A list is as good as the expression for it.
    if (auto* items = in.look("items"); items != nullptr && items->is_list())
      x.items = in.document("items")->text;
    else
      x.items = in.text("items");
    x.parallel = in.number("parallel", x.parallel, 1, 1'000);
    x.max = in.number("max", x.max, 1, 1'000);
    auto policy = in.text("on_failure", "fail");
    if (policy == "continue")
      x.on_failure = failure_policy::proceed;
    else if (policy != "fail")
      in.complain("on_failure", "on_failure is " + policy.substr(0, 80)
                                  + "; for an item it can be fail or continue");
    x.output = in.optional_text("output");
    x.steps = read_body(in);
    in.finish();
    put(std::move(x));
  }

  void read_repeat() {
    map_reader in{node, what, to.found};
    repeat_step x;
    in.require("until");
    in.require("max");
    in.require("steps");
    x.until = in.text("until");
    x.max = in.number("max", 1, 1, 1'000);
    x.steps = read_body(in);
    in.finish();
    put(std::move(x));
  }

  void read_route() {
    route_step x;
    if (!node.is_list() || node.items.empty())
      to.found.add(node.where, what
                                 + ": expected a list of at least one case "
                                   "such as `- {when: ..., steps: [...]}`");
    auto at = inside;
    for (auto& item : node.items) {
      at.name = std::to_string(x.cases.size() + 1);
      map_reader in{item, what + ": case " + *at.name, to.found};
      if (!in.is_map())
        continue;
      route_case one;
      in.require("steps");
      one.name = in.optional_text("name");
      one.when = in.optional_text("when");
      if (!one.when && &item != &node.items.back())
        in.complain("when", "when is missing, so that the cases after it are "
                            "never reached; add it, or make this the last");
      auto& steps = in.take("steps");
      in.finish();
      if (in.has("steps"))
        one.steps = read_steps(to, steps, at);
      x.cases.push_back(std::move(one));
    }
    put(std::move(x));
  }

private:
  std::vector<std::string> read_body(map_reader& in) {
    auto& steps = in.take("steps");
    return in.has("steps") ? read_steps(to, steps, inside)
                           : std::vector<std::string>{};
  }

  void put(step_action x) {
    to.out.steps[index].action = std::move(x);
  }
};

} // namespace

void read_block(const reading& in, const std::string& kind,
                const source_node& node, size_t index,
                const block_place& inside) {
  block_reader reader{in, node, index, inside,
                      "step " + in.out.steps[index].id + ": " + kind};
  if (kind == "foreach")
    reader.read_foreach();
  else if (kind == "repeat")
    reader.read_repeat();
  else
    reader.read_route();
}

} // namespace machine::orchestrator

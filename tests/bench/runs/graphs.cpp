#include "tests/bench/runs/graphs.hpp"

#include "actors/orchestrator/workflow/load.hpp"
#include "tests/bench/report.hpp"

namespace machine::bench {

namespace {

constexpr size_t chain_length = 10;
constexpr size_t fan_width = 100;

/// A step named *id* that adds one to `n` after the step *after*, if any.
std::string add_one(const std::string& id, const std::string& after,
                    const std::string& indent) {
  auto result = indent + "- id: " + id + "\n";
  if (!after.empty())
    result += indent + "  needs: [" + after + "]\n";
  return result + indent + "  set: {n: .vars.n + 1}\n";
}

std::string chain_text() {
  std::string result = "name: chain\nvars: {n: 0}\noutput: .vars.n\nsteps:\n";
  for (size_t i = 0; i < chain_length; ++i)
    result += add_one("s" + std::to_string(i),
                      i > 0 ? "s" + std::to_string(i - 1) : "", "  ");
  return result;
}

std::string fan_text() {
  std::string steps;
  std::string all;
  for (size_t i = 0; i < fan_width; ++i) {
    auto id = "s" + std::to_string(i);
    steps += "  - {id: " + id + ", set: {n: " + std::to_string(i) + "}}\n";
    all += (i > 0 ? ", " : "") + id;
  }
  return "name: fan\nvars: {n: 0, sum: 0}\nreducers: {n: add}\n"
         "output: .vars.sum\nsteps:\n"
       + steps + "  - {id: join, needs: [" + all + "], set: {sum: .vars.n}}\n";
}

/// Two steps, the inner workflow if there is one, and a step.
std::string nest_text(const std::string& inner, const std::string& indent) {
  auto result = indent
              + "inputs: {type: object, properties: {n: {type: "
                "number, default: 0}}}\n"
              + indent + "vars: {n: 0}\n" + indent + "output: .vars.n\n";
  result += indent + "steps:\n" + indent + "  - id: a\n" + indent
          + "    set: {n: .inputs.n + 1}\n" + add_one("b", "a", indent + "  ");
  if (inner.empty())
    return result + add_one("c", "b", indent + "  ");
  return result + indent + "  - id: call\n" + indent + "    needs: [b]\n"
       + indent + "    call: {workflow: " + inner
       + ", inputs: {n: \"${{ .vars.n }}\"}}\n" + indent + "  - id: c\n"
       + indent + "    needs: [call]\n" + indent
       + "    set: {n: .steps.call.output + 1}\n";
}

graph make(std::string name, const std::string& text, size_t steps,
           std::string result) {
  auto loaded = orchestrator::load_workflow(text, name + ".yaml");
  if (!loaded)
    give_up(render(loaded.error()));
  graph made;
  made.run.workflow_name = loaded->name;
  made.run.workflow_hash = orchestrator::workflow_hash(*loaded);
  made.run.workflow.text = orchestrator::normal_form(*loaded);
  made.run.inputs.text = "{\"n\":0}";
  made.run.title = name;
  made.run.project = "default";
  made.run.principal = "bench";
  made.name = std::move(name);
  made.steps = steps;
  made.result = std::move(result);
  return made;
}

} // namespace

const std::vector<graph>& graphs() {
  static const std::vector<graph> all = [] {
    std::vector<graph> result;
    result.push_back(make("chain", chain_text(), chain_length, "10"));
    result.push_back(make("fan", fan_text(), fan_width + 1, "4950"));
    auto nest = "name: nest\n" + nest_text("middle", "")
              + "workflows:\n  middle:\n" + nest_text("inner", "    ")
              + "  inner:\n" + nest_text("", "    ");
    result.push_back(make("nest", nest, 9, "9"));
    result.back().nested = true;
    return result;
  }();
  return all;
}

} // namespace machine::bench

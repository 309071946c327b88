#include "actors/orchestrator/workflow/graph.hpp"

#include "actors/orchestrator/workflow/load.hpp"
#include "runtime/wire/document.hpp"

#include <catch2/catch.hpp>

using namespace machine;
using namespace machine::orchestrator;

namespace {

workflow load(const std::string& steps) {
  auto x = load_workflow("name: w\nvars: {n: 0}\nsteps:\n" + steps, "w.yaml");
  if (!x)
    FAIL(message_of(x.error()));
  return *x;
}

constexpr const char* graph = R"(
  - id: plan
    title: Plan it
    model: {prompt: p, job: plan}
  - id: each
    needs: [plan]
    when: .vars.n > 3
    foreach:
      items: '[1]'
      max: 1
      parallel: 4
      steps:
        - {id: make, command: make all}
        - {id: test, needs: [make], command: make test}
  - id: pick
    needs: [each]
    route:
      - {when: .vars.n > 3, name: many, steps: [{id: stop, fail: too many}]}
      - {steps: [{id: go, wait: 5m}]}
    on_failure: [{id: tell, tool: notify}]
    undo: [{id: back, command: git reset}]
)";

} // namespace

TEST_CASE("a workflow is drawn for Mermaid") {
  CHECK(to_mermaid(load(graph)) == R"(flowchart TD
  s0("Plan it<br/>model: plan")
  s1[/"each<br/>foreach [1]<br/>when .vars.n #gt; 3"\]
  subgraph b0["each: each item, 4 at a time"]
    s2["make<br/>command: make all"]
    s3["test<br/>command: make test"]
  end
  s4{"pick<br/>route"}
  subgraph b1["pick: many: .vars.n #gt; 3"]
    s5((("stop<br/>fail: too many")))
  end
  subgraph b2["pick: case 2: otherwise"]
    s6(("go<br/>wait 5m"))
  end
  subgraph b3["pick: on failure"]
    s7[/"tell<br/>tool notify"/]
  end
  subgraph b4["pick: undo"]
    s8["back<br/>command: git reset"]
  end
  s0 --> s1
  s1 -->|"each item, 4 at a time"| s2
  s2 --> s3
  s1 --> s4
  s4 -->|"many: .vars.n #gt; 3"| s5
  s4 -->|"case 2: otherwise"| s6
  s4 -.->|"on failure"| s7
  s4 -.->|"undo"| s8
  linkStyle 6 stroke-dasharray:8 4
  linkStyle 7 stroke-dasharray:1 4
)");
}

TEST_CASE("a workflow is drawn for Graphviz") {
  auto text = to_dot(load(graph));
  for (auto line :
       {"digraph \"w\" {\n",
        "  s0 [label=\"Plan it\\nmodel: plan\", shape=ellipse];\n",
        "  subgraph cluster_0 {\n    label=\"each: each item, 4 at a time\";\n",
        "    style=solid;\n    s2 [label=\"make\\ncommand: make all\",",
        "  s0 -> s1;\n",
        "  s4 -> s5 [label=\"many: .vars.n > 3\", style=solid];\n",
        "  s4 -> s7 [label=\"on failure\", style=dashed];\n",
        "  s4 -> s8 [label=\"undo\", style=dotted];\n"}) {
    INFO(text);
    CHECK(text.find(line) != std::string::npos);
  }
}

TEST_CASE("labels say what they say, whatever is in them") {
  auto x = load("  - id: end\n    title: \"a \\\"b\\\" \\\\ \\n <c> & #d; `e` "
                "{f} [g] |h| --> _i_ *j*\"\n    command: x\n");
  CHECK(
    to_mermaid(x).find(
      R"(s0["a #quot;b#quot; #92; #lt;c#gt; #amp; #35;d; #96;e#96; {f} [g] )"
      R"(|h| --#gt; #95;i#95; #42;j#42;<br/>command: x"])")
    != std::string::npos);
  CHECK(to_dot(x).find(R"(label="a \"b\" \\ <c> &amp; #d; `e` {f} [g] |h| --> )"
                       R"(_i_ *j*\ncommand: x")")
        != std::string::npos);
}

TEST_CASE("long labels are cut between characters") {
  std::string title;
  for (int i = 0; i < 100; ++i)
    title += "語";
  auto x = load("  - {id: a, title: " + title + ", command: x}\n");
  for (auto& text : {to_mermaid(x), to_dot(x)}) {
    CHECK(text.size() < 200);
    CHECK(wire::is_utf8(text));
  }
}

// A neutral graph as a workflow of ours, in YAML.
import { stringify } from "yaml";
import { toJq, toTemplate } from "./expressions.mjs";

const mapValues = (all, fn) =>
  Object.fromEntries(Object.entries(all).map(([k, x]) => [k, fn(x)]));

const steps = (all) => all.map(step);

/** The steps for an item come one after the other. */
const chain = (all) =>
  all.map((x, i) => step(i ? { ...x, needs: [all[i - 1].id] } : x));

/** Fails so often; how often it was tried stands in the worktree. */
const flaky = ({ id, flaky: { fails, retries }, proceed }) => ({
  command: `n=$(cat tries-${id} 2>/dev/null || echo 0)
n=$((n + 1))
echo "$n" > tries-${id}
test "$n" -gt ${fails}`,
  retry: { max: retries, backoff: "1ms", on: ["any"] },
  ...(proceed ? { on_failure: "continue" } : {}),
});

const kinds = {
  set: ({ set }) => ({ set: mapValues(set, toJq) }),
  ask: ({ ask }) => ({
    approve: { question: toTemplate(ask), answer: { type: "integer" } },
  }),
  call: ({ call }) => ({
    call: {
      workflow: call.graph,
      // Which several at the same time have to have.
      budget: call.budget ?? 0.001,
      inputs: mapValues(call.inputs ?? {}, (x) => "${{ " + toJq(x) + " }}"),
    },
  }),
  each: ({ each }) => ({
    foreach: {
      items: toJq(each.items),
      parallel: each.parallel,
      output: toJq(each.output),
      steps: chain(each.steps),
    },
  }),
  repeat: ({ repeat }) => ({
    repeat: {
      until: toJq(repeat.until),
      max: repeat.max,
      steps: steps(repeat.steps),
    },
  }),
  route: ({ route }) => ({
    route: route.map((x) => ({
      ...(x.when === undefined ? {} : { when: toJq(x.when) }),
      steps: steps(x.steps),
    })),
  }),
  fail: ({ fail }) => ({ fail: toTemplate(fail) }),
  flaky,
};

const step = (x) => ({
  id: x.id,
  ...(x.needs?.length ? { needs: x.needs } : {}),
  ...(x.when ? { when: toJq(x.when) } : {}),
  ...kinds[Object.keys(kinds).find((kind) => kind in x)](x),
});

/** All that a graph calls, and what that calls. */
const called = (graph) =>
  Object.entries(graph.graphs ?? {}).flatMap(([name, x]) => [
    [name, bodyOf(x)],
    ...called(x),
  ]);

const bodyOf = (graph) => ({
  inputs: mapValues(graph.inputs ?? {}, () => ({ type: "number" })),
  vars: graph.vars,
  ...(graph.reducers ? { reducers: graph.reducers } : {}),
  steps: steps(graph.steps),
  ...(graph.output ? { output: toJq(graph.output) } : {}),
});

/** As text. `graph.inputs` are names with the values of this run. */
export const toWorkflow = (graph) => {
  const workflows = Object.fromEntries(called(graph));
  const document = {
    name: graph.name,
    ...(Object.keys(workflows).length ? { workflows } : {}),
    ...bodyOf(graph),
  };
  return stringify(document, { aliasDuplicateObjects: false });
};

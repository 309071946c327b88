// What a run knows in LangGraph: the variables of a neutral graph, and what its
// steps have left.
import { Annotation } from "@langchain/langgraph";
import { reducers } from "./reducers.mjs";

const shallow = {
  reducer: (a, b) => ({ ...a, ...b }),
  default: () => ({}),
};
const listed = { reducer: (a, b) => a.concat(b), default: () => [] };

const channel = (name) => `var ${name}`;

export const stateOf = (graph) => {
  const vars = Object.entries(graph.vars).map(([name, first]) => {
    const how = graph.reducers?.[name];
    return [
      channel(name),
      how
        ? Annotation({ reducer: reducers[how], default: () => first })
        : Annotation(),
    ];
  });
  return Annotation.Root({
    ...Object.fromEntries(vars),
    inputs: Annotation(),
    // Outputs and states of steps, the rounds of loops.
    out: Annotation(shallow),
    state: Annotation(shallow),
    rounds: Annotation(shallow),
    // Results of items, by step; null begins anew.
    results: Annotation({
      reducer: (a, b) => {
        const all = { ...a };
        for (const [k, x] of Object.entries(b))
          all[k] = x === null ? [] : (all[k] ?? []).concat(x);
        return all;
      },
      default: () => ({}),
    }),
    ran: Annotation(listed),
  });
};

export const firstOf = (graph, inputs) => ({
  inputs,
  ...Object.fromEntries(
    Object.entries(graph.vars)
      .filter(([name]) => !graph.reducers?.[name])
      .map(([name, first]) => [channel(name), first]),
  ),
});

export const varsOf = (graph, state) =>
  Object.fromEntries(
    Object.keys(graph.vars).map((name) => [name, state[channel(name)]]),
  );

export const withChannels = (values) =>
  Object.fromEntries(Object.entries(values).map(([k, x]) => [channel(k), x]));

export const ended = (id, state, output = null) => ({
  out: { [id]: output },
  state: { [id]: state },
  ran: [[id, state]],
});

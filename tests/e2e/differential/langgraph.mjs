// A run of a neutral graph in LangGraph.
import { Command, MemorySaver } from "@langchain/langgraph";
import { firstOf, varsOf } from "./channels.mjs";
import { answerTo, evaluate } from "./expressions.mjs";
import { Maker } from "./state_graph.mjs";

/** Runs a graph to its end, answering what it asks, some at a time. */
export const runThere = async (graph, inputs, dice, name = graph.name) => {
  const run = { tries: {} };
  const compiled = new Maker(graph, run).make({
    checkpointer: new MemorySaver(),
  });
  const config = { configurable: { thread_id: name }, recursionLimit: 100_000 };
  const asked = new Map();
  const result = { state: "done", message: null, failed: null };
  let input = firstOf(graph, inputs);
  try {
    for (;;) {
      const { __interrupt__: open = [] } = await compiled.invoke(input, config);
      if (!open.length) break;
      for (const x of open) asked.set(x.id, x.value.question);
      const chosen = dice
        .some(open)
        .map((x) => [x.id, answerTo(x.value.question)]);
      input = new Command({ resume: Object.fromEntries(chosen) });
    }
  } catch (error) {
    if (error.code !== "step") throw error;
    Object.assign(result, {
      state: "failed",
      message: error.said,
      failed: error.step,
    });
  }
  const { values } = await compiled.getState(config);
  const ran = {};
  for (const [step, how] of values.ran ?? [])
    ran[`${step} ${how}`] = (ran[`${step} ${how}`] ?? 0) + 1;
  if (result.failed) ran[`${result.failed} failed`] = 1;
  const scope = {
    inputs,
    vars: varsOf(graph, values),
    out: values.out,
    state: values.state,
  };
  return {
    state: result.state,
    message: result.message,
    vars: scope.vars,
    output: result.failed ? null : evaluate(graph.output ?? null, scope),
    ran,
    tries: run.tries,
    asked: [...asked.values()].sort(),
  };
};

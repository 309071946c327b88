// Rules that are broken on our side, by translating another graph than
// LangGraph runs: each has to show as a difference in the case that is named.
const change = (graph, how) => {
  const copy = structuredClone(graph);
  const visit = (x) => {
    if (x === null || typeof x !== "object") return;
    how(x);
    Object.values(x).forEach(visit);
  };
  visit(copy);
  return copy;
};

const reducer = (from, to) => (x) => {
  for (const [name, how] of Object.entries(x.reducers ?? {}))
    if (how === from) x.reducers[name] = to;
};

/** By what is broken: the case, and the change of each part of its graph. */
export const broken = {
  "add is max": ["fan-add", reducer("add", "max")],
  "add is replace": ["reducers-in-order", reducer("add", "replace")],
  "max is min": ["fan-max", reducer("max", "min")],
  "min is max": ["fan-min", reducer("min", "max")],
  "append is union": ["fan-append", reducer("append", "union")],
  "append is replace": ["loop-that-ends", reducer("append", "replace")],
  "union is append": ["fan-union", reducer("union", "append")],
  "merge is replace": ["reducers-in-order", reducer("merge", "replace")],
  "replace is add": ["reducers-in-order", reducer("replace", "add")],
  "a join does not wait for all": [
    "questions-at-once",
    (x) => {
      if (x.id === "join") x.needs = x.needs.slice(0, 1);
    },
  ],
  "conditions are not looked at": [
    "conditions",
    (x) => {
      if (x.id === "small") delete x.when;
    },
  ],
  "conditions are the other way round": [
    "map-reduce-3",
    (x) => {
      if (x.id === "two") x.when = ["not", x.when];
    },
  ],
  "a route takes its last case first": [
    "routes",
    (x) => {
      if (x.route) x.route[0].when = ["<", 3, ["var", "k"]];
    },
  ],
  "a loop has one round more": [
    "loop-with-bound",
    (x) => {
      if (x.repeat) ++x.repeat.max;
    },
  ],
  "a loop does not look at its condition": [
    "loop-that-ends",
    (x) => {
      if (x.repeat) x.repeat.until = ["<", 100_000, ["var", "n"]];
    },
  ],
  "results are in another order": [
    "map-reduce-3",
    (x) => {
      if (x.each?.output[0] === "*") x.each.output = ["-", 100, ["index"]];
    },
  ],
  "an item is left out": [
    "questions-for-items",
    (x) => {
      if (x.each) x.each.items = x.each.items.slice(0, -1);
    },
  ],
  "a question is asked with other words": [
    "questions-in-a-loop",
    (x) => {
      if (x.ask) x.ask = [...x.ask, "!"];
    },
  ],
  "a call has other inputs": [
    "calls",
    (x) => {
      if (x.id === "two") x.call.inputs.n = 21;
    },
  ],
  "what is called does less": [
    "calls-that-ask",
    (x) => {
      if (x.name === "twice")
        x.steps = x.steps.filter((step) => step.id !== "put");
    },
  ],
  "a failure has other words": [
    "fails-with-words",
    (x) => {
      if (x.fail) x.fail = [...x.fail, "."];
    },
  ],
  "a step is tried less often": [
    "tries-again",
    (x) => {
      if (x.flaky) x.flaky.retries = 1;
    },
  ],
};

export const breakRule = (graph, how) => change(graph, how);

// Graphs written by hand, in the neutral form: a step is
//
//   { id, needs: [ids], when: condition, and one of
//     set: { variable: expression },
//     ask: [texts and expressions],
//     each: { items, parallel, steps: [one after the other], output },
//     repeat: { until, max, steps },
//     route: [{ when, steps }],
//     call: { graph, inputs: { name: expression } },
//     flaky: { fails, retries }, proceed: true,
//     fail: [texts and expressions] }
//
// and a graph has inputs, first values of vars, reducers, steps, an output, and
// the graphs that it calls. The operators are in expressions.mjs.
const v = (name) => ["var", name];
const out = (...way) => ["out", ...way];
const list = (...all) => ["list", ...all];
const add = (name, n) => ({ [name]: ["+", v(name), n] });

/** Steps that need each the one before. */
const chain = (...steps) =>
  steps.map((x, i) => (i ? { ...x, needs: [steps[i - 1].id] } : x));

/** Three steps at once that set the same variable, between two others. */
const fan = (how, first, values, look) => ({
  name: `fan-${how}`,
  vars: { x: first, before: 0, after: 0 },
  reducers: { x: how },
  steps: [
    { id: "first", set: { before: 7 } },
    ...values.map((value, i) => ({
      id: `part${i}`,
      needs: ["first"],
      set: { x: value },
    })),
    {
      id: "last",
      needs: values.map((_, i) => `part${i}`),
      set: { after: ["+", [look, v("x")], v("before")] },
    },
  ],
});

const data = [
  {
    name: "chain",
    vars: { n: 1, m: 0 },
    steps: chain(
      { id: "a", set: { n: ["+", v("n"), 4] } },
      { id: "b", set: { n: ["*", v("n"), 3], m: v("n") } },
      { id: "c", set: { n: ["-", v("n"), v("m")], m: v("n") } },
    ),
  },
  {
    name: "diamond",
    inputs: { start: 5 },
    vars: { n: 0, left: 0, right: 0, sum: 0 },
    output: [
      "object",
      { sum: v("sum"), list: ["list", v("left"), v("right")] },
    ],
    steps: [
      { id: "top", set: { n: ["input", "start"] } },
      { id: "left1", needs: ["top"], set: { left: ["*", v("n"), 2] } },
      { id: "left2", needs: ["left1"], set: { left: ["+", v("left"), 1] } },
      { id: "right", needs: ["top"], set: { right: ["half", v("n")] } },
      {
        id: "join",
        needs: ["left2", "right"],
        set: { sum: ["+", v("left"), v("right")] },
      },
    ],
  },
  fan("add", 1, [5, v("before"), -0.25], "digits"),
  fan("max", null, [3, v("before"), -2], "digits"),
  fan("min", 100, [3, v("before"), 200], "digits"),
  fan("append", [9], [list(1, 2, 1), v("before"), list()], "length"),
  fan("union", [1, 7], [list(1, 2, 2), v("before"), list(2, 3)], "sum"),
  fan(
    "merge",
    { a: { x: 1 }, b: 1 },
    [
      ["object", { a: ["object", { y: v("before") }] }],
      ["object", { b: 2 }],
      ["object", { c: ["object", { z: 3 }] }],
    ],
    "length",
  ),
  {
    name: "reducers-in-order",
    vars: { r: 0, l: [], u: [3], m: { k: { deep: 1 }, l: 0 }, s: 0 },
    reducers: { r: "replace", l: "append", u: "union", m: "merge", s: "add" },
    steps: chain(
      {
        id: "a",
        set: {
          r: 1,
          l: list(1, 2),
          u: list(3, 4, 4),
          m: ["object", { k: ["object", { other: 2 }] }],
          s: 0.5,
        },
      },
      {
        id: "b",
        set: {
          r: ["+", v("r"), 1],
          l: 3,
          u: 5,
          m: ["object", { k: 6, n: ["length", v("l")] }],
          s: ["sum", v("l")],
        },
      },
      { id: "c", set: { l: list(list(v("s"))), u: list() } },
    ),
  },
  {
    name: "conditions",
    inputs: { n: 4 },
    vars: { yes: 0, no: 0, after: 0 },
    steps: [
      { id: "big", when: ["<", 3, ["input", "n"]], set: { yes: 1 } },
      { id: "small", when: ["<", ["input", "n"], 3], set: { no: 1 } },
      {
        id: "after_small",
        needs: ["small"],
        set: { after: ["+", v("no"), 10] },
      },
      {
        id: "none_ran",
        needs: ["small", "big"],
        when: ["and", ["is", "small", "done"], ["is", "big", "done"]],
        set: { yes: 99 },
      },
      {
        id: "one_ran",
        needs: ["small", "big"],
        when: ["and", ["is", "small", "skipped"], ["is", "big", "done"]],
        set: { no: 98 },
      },
    ].map((x) =>
      // Which may not set what others do at the same time.
      x.id === "one_ran" ? { ...x, needs: [...x.needs, "none_ran"] } : x,
    ),
  },
  {
    name: "routes",
    vars: { n: 0, way: [], k: 0 },
    reducers: { way: "append" },
    steps: [
      {
        id: "all",
        repeat: {
          until: ["==", v("k"), 4],
          max: 9,
          steps: [
            {
              id: "fork",
              route: [
                {
                  when: ["<", v("k"), 1],
                  steps: [
                    { id: "a1", set: { way: 10 } },
                    { id: "a2", set: { n: 1 } },
                  ],
                },
                {
                  when: ["==", v("k"), 2],
                  steps: chain(
                    { id: "b1", set: { way: 20 } },
                    { id: "b2", set: { way: ["+", v("n"), 21] } },
                  ),
                },
                {
                  when: ["<", 2, v("k")],
                  steps: [{ id: "c", set: { way: 30 } }],
                },
              ],
            },
            { id: "count", needs: ["fork"], set: add("k", 1) },
            {
              id: "was_none",
              needs: ["count"],
              when: ["==", ["or0", out("fork", "case")], 0],
              set: { way: -1 },
            },
          ],
        },
      },
    ],
  },
  {
    name: "loop-that-ends",
    vars: { n: 1, rounds: [] },
    reducers: { rounds: "append" },
    steps: [
      {
        id: "loop",
        repeat: {
          until: ["<", 100, v("n")],
          max: 50,
          steps: chain(
            { id: "double", set: { n: ["*", v("n"), 2] } },
            { id: "note", set: { rounds: ["iteration"] } },
          ),
        },
      },
      { id: "end", needs: ["loop"], set: add("n", out("loop", "iterations")) },
    ],
  },
  {
    name: "loop-with-bound",
    vars: { n: 0, ok: null },
    steps: [
      {
        id: "loop",
        repeat: {
          until: ["<", 100, v("n")],
          max: 6,
          steps: [{ id: "one", set: add("n", ["iteration"]) }],
        },
      },
      { id: "end", needs: ["loop"], set: { ok: out("loop", "satisfied") } },
    ],
  },
  {
    name: "loops-in-loops",
    vars: { n: 0, pairs: [] },
    reducers: { n: "add", pairs: "append" },
    steps: [
      {
        id: "outer",
        repeat: {
          until: ["==", ["iteration"], 3],
          max: 5,
          steps: chain(
            {
              id: "inner",
              repeat: {
                until: ["<", 1, ["iteration"]],
                max: 4,
                steps: [
                  { id: "left", set: { n: 1 } },
                  { id: "right", set: { n: ["iteration"] } },
                ],
              },
            },
            { id: "note", set: { pairs: ["list", ["iteration"], v("n")] } },
          ),
        },
      },
    ],
  },
];

export const cases = data;

// Graphs written by hand that map, ask, call, and fail; the form is that of
// cases.mjs.
const v = (name) => ["var", name];
const out = (...way) => ["out", ...way];

const chain = (...steps) =>
  steps.map((x, i) => (i ? { ...x, needs: [steps[i - 1].id] } : x));

const twice = {
  name: "twice",
  inputs: { n: 0 },
  vars: { n: 0, log: [] },
  reducers: { log: "append" },
  steps: chain(
    { id: "take", set: { n: ["*", ["input", "n"], 2], log: ["input", "n"] } },
    { id: "put", set: { log: v("n") } },
  ),
  output: ["object", { n: v("n"), log: v("log") }],
};

const asking = {
  name: "asking",
  inputs: { n: 0 },
  vars: { got: 0 },
  steps: [
    { id: "who", ask: ["child of ", ["input", "n"]] },
    { id: "what", ask: ["and what, ", ["input", "n"]] },
    {
      id: "sum",
      needs: ["who", "what"],
      set: { got: ["+", out("who"), out("what")] },
    },
    {
      id: "deep",
      needs: ["sum"],
      call: { graph: "twice", inputs: { n: v("got") } },
    },
  ],
  graphs: { twice },
  output: ["object", { got: v("got"), deep: out("deep", "n") }],
};

export const cases = [
  ...[1, 3, 10].map((parallel) => ({
    name: `map-reduce-${parallel}`,
    vars: { items: [4, 5, 6, 7], total: 0, list: [], largest: null, seen: [] },
    reducers: { total: "add", largest: "max", seen: "append" },
    steps: chain(
      {
        id: "map",
        each: {
          items: v("items"),
          parallel,
          steps: [
            { id: "one", set: { total: ["item"], seen: ["index"] } },
            {
              id: "two",
              when: ["<", 4, ["item"]],
              set: { largest: ["*", ["item"], 2] },
            },
            {
              id: "three",
              when: ["is", "two", "skipped"],
              set: { total: 100 },
            },
          ],
          output: ["*", ["item"], ["item"]],
        },
      },
      { id: "reduce", set: { list: out("map", "results") } },
      {
        id: "nothing",
        each: {
          items: ["range", 0],
          parallel: 2,
          steps: [{ id: "never", set: { total: 1 } }],
          output: 1,
        },
      },
      { id: "end", set: { items: out("nothing", "results") } },
    ),
  })),
  {
    name: "map-in-a-loop",
    vars: { n: 1, squares: [], total: 0 },
    reducers: { squares: "append", total: "add" },
    steps: [
      {
        id: "loop",
        repeat: {
          until: ["==", ["iteration"], 3],
          max: 3,
          steps: chain(
            {
              id: "map",
              each: {
                items: ["range", ["iteration"]],
                parallel: 2,
                steps: [{ id: "one", set: { total: ["+", ["item"], v("n")] } }],
                output: ["+", ["item"], ["iteration"]],
              },
            },
            { id: "keep", set: { squares: out("map", "results") } },
            { id: "more", set: { n: ["+", v("n"), 1] } },
          ),
        },
      },
    ],
  },
  {
    name: "questions-at-once",
    vars: { sum: 0, joined: 0, late: 0 },
    reducers: { sum: "add" },
    steps: [
      ...["a", "b", "c"].flatMap((x) => [
        { id: x, ask: ["what is ", x, "?"].slice(0, 3) },
        { id: `${x}_set`, needs: [x], set: { sum: out(x) } },
      ]),
      {
        id: "join",
        needs: ["a_set", "b_set", "c_set"],
        set: { joined: v("sum") },
      },
      { id: "again", needs: ["join"], ask: ["is it ", v("joined"), "?"] },
      { id: "end", needs: ["again"], set: { late: out("again") } },
    ],
  },
  {
    name: "questions-in-a-loop",
    vars: { all: [], n: 0 },
    reducers: { all: "append" },
    steps: [
      {
        id: "loop",
        repeat: {
          until: ["<", 2, ["iteration"]],
          max: 7,
          steps: chain(
            { id: "ask", ask: ["round ", ["iteration"], " after ", v("n")] },
            { id: "keep", set: { n: out("ask"), all: out("ask") } },
          ),
        },
      },
    ],
  },
  {
    name: "questions-for-items",
    vars: { list: [], total: 0 },
    reducers: { total: "add" },
    steps: chain(
      {
        id: "map",
        each: {
          items: ["list", 3, 1, 2, 5],
          parallel: 3,
          steps: [
            { id: "ask", when: ["<", 1, ["item"]], ask: ["for ", ["item"]] },
            {
              id: "sure",
              when: ["is", "ask", "done"],
              ask: ["sure of ", out("ask"), " at ", ["index"]],
            },
            { id: "keep", set: { total: ["or0", out("ask")] } },
          ],
          output: ["+", ["or0", out("ask")], ["or0", out("sure")]],
        },
      },
      { id: "end", set: { list: out("map", "results") } },
    ),
  },
  {
    name: "calls",
    vars: { n: 3, lists: [], sum: 0 },
    steps: [
      { id: "one", call: { graph: "twice", inputs: { n: v("n") } } },
      { id: "two", call: { graph: "twice", inputs: { n: 20 } } },
      {
        id: "end",
        needs: ["one", "two"],
        set: {
          lists: ["list", out("one", "log"), out("two", "log")],
          sum: ["+", out("one", "n"), out("two", "n")],
        },
      },
    ],
    graphs: { twice },
  },
  {
    name: "calls-that-ask",
    vars: { list: [], more: 0 },
    steps: [
      {
        id: "map",
        each: {
          items: ["range", 3],
          parallel: 2,
          steps: [
            { id: "sub", call: { graph: "asking", inputs: { n: ["item"] } } },
          ],
          output: out("sub"),
        },
      },
      { id: "alone", call: { graph: "asking", inputs: { n: 50 } } },
      {
        id: "end",
        needs: ["map", "alone"],
        set: {
          list: out("map", "results"),
          more: out("alone", "deep"),
        },
      },
    ],
    graphs: { asking },
  },
  {
    name: "fails-with-words",
    inputs: { n: 6 },
    vars: { n: 0, never: 0 },
    steps: chain(
      { id: "a", set: { n: ["*", ["input", "n"], 7] } },
      { id: "no", when: ["<", v("n"), 10], fail: ["too few"] },
      { id: "yes", when: ["<", 40, v("n")], fail: ["too many: ", v("n")] },
      { id: "b", set: { never: 1 } },
    ),
  },
  {
    name: "tries-again",
    vars: { n: 0 },
    steps: chain(
      { id: "shaky", flaky: { fails: 2, retries: 3 } },
      { id: "b", set: { n: 1 } },
    ),
  },
  {
    name: "gives-up",
    vars: { n: 0 },
    steps: chain(
      { id: "a", set: { n: 1 } },
      { id: "shaky", flaky: { fails: 9, retries: 2 } },
      { id: "b", set: { n: 2 } },
    ),
  },
  {
    name: "gives-up-and-goes-on",
    vars: { n: 0, m: 0 },
    steps: [
      { id: "bad", flaky: { fails: 9, retries: 1 }, proceed: true },
      {
        id: "good",
        needs: ["bad"],
        flaky: { fails: 1, retries: 1 },
        proceed: true,
      },
      { id: "a", needs: ["bad"], when: ["is", "bad", "failed"], set: { n: 1 } },
      {
        id: "b",
        needs: ["good"],
        when: ["is", "good", "failed"],
        set: { m: 2 },
      },
      { id: "c", needs: ["b"], when: ["is", "good", "done"], set: { m: 3 } },
    ],
  },
];

// Where the two differ, and why: each case shows what either does, so that a
// change on either side is noticed. The README of the orchestrator says it in
// words.
import {
  Annotation,
  Command,
  END,
  MemorySaver,
  START,
  StateGraph,
  interrupt,
} from "@langchain/langgraph";
import assert from "node:assert/strict";
import { Refused } from "./machine.mjs";

const added = { reducer: (a, b) => a.concat(b), default: () => [] };
const counted = { reducer: (a, b) => a + b, default: () => 0 };

/** A graph of LangGraph: its channels, `name: [what it does, names before]`,
 * and whatever else there is to add. */
const there = (channels, nodes, more = () => {}) => {
  const builder = new StateGraph(Annotation.Root(channels));
  for (const [name, [body, , options]] of Object.entries(nodes))
    builder.addNode(name, body, options);
  for (const [name, [, before = [START]]] of Object.entries(nodes))
    for (const x of before) builder.addEdge(x, name);
  more(builder);
  const compiled = builder.compile({ checkpointer: new MemorySaver() });
  const config = { configurable: { thread_id: "one" }, recursionLimit: 25 };
  return {
    run: (input) => compiled.invoke(input, config),
    values: async () => (await compiled.getState(config)).values,
  };
};

/** A run here, answering questions in this order as soon as all are open. */
const here = async (machine, workflow, order = []) => {
  const run = await machine.begin(workflow, {}, "by design");
  const events = [];
  for await (const more of machine.events(run)) {
    events.push(...more);
    const open = events.filter((x) => x.type === "interrupt_opened");
    if (order.length && open.length >= order.length)
      for (const [interrupt, answer] of order.splice(0))
        await machine.answer(run, interrupt, answer);
  }
  return { ...(await machine.show(run)), events };
};

const ofType = (events, type) => events.filter((x) => x.type === type);

/** Where in the log an event is. */
const at = (events, type, activation) =>
  events.findIndex(
    (x) =>
      x.type === type &&
      (x.activation === activation || x.interrupt === activation),
  );

const number = "{type: integer}";

export const byDesign = {
  "a variable that two steps may set at the same time is refused": async (
    machine,
  ) => {
    const both = there(
      { x: Annotation() },
      { a: [() => ({ x: 1 })], b: [() => ({ x: 2 })] },
    );
    await assert.rejects(both.run({ x: 0 }), { name: "InvalidUpdateError" });
    await assert.rejects(
      here(
        machine,
        `{name: w, vars: {x: 0}, steps: [
            {id: a, set: {x: '1'}}, {id: b, set: {x: '2'}}]}`,
      ),
      (error) =>
        error instanceof Refused &&
        /^400 /.test(error.message) &&
        /step b: sets the variable x, as a may at the same time/.test(
          error.message,
        ),
    );
  },

  "so it is where supersteps would happen to tell them apart": async (
    machine,
  ) => {
    const late = there(
      { x: Annotation() },
      { a: [() => ({})], c: [() => ({ x: 1 }), ["a"]], b: [() => ({ x: 2 })] },
    );
    assert.equal((await late.run({ x: 0 })).x, 1);
    await assert.rejects(
      here(
        machine,
        `{name: w, vars: {x: 0, y: 0}, steps: [
          {id: a, set: {y: '1'}}, {id: c, needs: [a], set: {x: '1'}},
          {id: b, set: {x: '2'}}]}`,
      ),
      /step b: sets the variable x, as c may at the same time/,
    );
  },

  "what is appended stands in the order in which it happened": async (
    machine,
  ) => {
    const ask = (name) => () => ({ list: [interrupt(name)] });
    const graph = there(
      { list: Annotation(added) },
      { a: [ask("a")], b: [ask("b")] },
    );
    const { __interrupt__: open } = await graph.run({});
    const id = (name) => open.find((x) => x.value === name).id;
    await graph.run(new Command({ resume: { [id("b")]: 2 } }));
    const end = await graph.run(new Command({ resume: { [id("a")]: 1 } }));
    assert.deepEqual(end.list, [1, 2]);
    const mine = await here(
      machine,
      `{name: w, vars: {list: []}, reducers: {list: append}, steps: [
        {id: a, approve: {question: a, answer: ${number}}},
        {id: b, approve: {question: b, answer: ${number}}},
        {id: c, needs: [a], set: {list: .steps.a.output}},
        {id: d, needs: [b], set: {list: .steps.b.output}}]}`,
      [
        ["b", 2],
        ["a", 1],
      ],
    );
    assert.deepEqual(mine.vars.list, [2, 1]);
  },

  "a step waits for what it needs and for nothing else": async (machine) => {
    const graph = there(
      { ran: Annotation(added) },
      {
        ask: [() => ({ ran: [interrupt("?")] })],
        b1: [() => ({ ran: ["b1"] })],
        b2: [() => ({ ran: ["b2"] }), ["b1"]],
      },
    );
    await graph.run({});
    // What has ended in the superstep is known, and nothing goes on.
    assert.deepEqual((await graph.values()).ran, ["b1"]);
    const end = await graph.run(new Command({ resume: "ask" }));
    assert.deepEqual(end.ran, ["ask", "b1", "b2"]);
    const mine = await here(
      machine,
      `{name: w, vars: {n: 0}, steps: [
        {id: ask, approve: {question: '?', answer: ${number}}},
        {id: b1, set: {n: '1'}}, {id: b2, needs: [b1], set: {n: '2'}}]}`,
      [["ask", 1]],
    );
    const { events } = mine;
    assert.ok(
      at(events, "step_done", "b2") < at(events, "interrupt_answered", "ask"),
    );
  },

  "what was done before a question is not done again after the answer": async (
    machine,
  ) => {
    let entered = 0;
    const graph = there(
      { n: Annotation() },
      { a: [() => (++entered, { n: interrupt("?") })] },
    );
    await graph.run({});
    await graph.run(new Command({ resume: 1 }));
    assert.equal(entered, 2);
    const mine = await here(
      machine,
      `{name: w, vars: {n: 0}, steps: [
        {id: a, set: {n: .vars.n + 1}},
        {id: b, needs: [a], approve: {question: '?', answer: ${number}}},
        {id: c, needs: [b], set: {n: .vars.n + .steps.b.output}}]}`,
      [["b", 10]],
    );
    assert.equal(mine.vars.n, 11);
    assert.equal(ofType(mine.events, "step_started").length, 3);
    assert.equal(ofType(mine.events, "interrupt_opened").length, 1);
  },

  "a loop that reaches its bound is done and says so": async (machine) => {
    const graph = there(
      { n: Annotation(counted) },
      { a: [() => ({ n: 1 })] },
      (builder) => builder.addConditionalEdges("a", () => "a", ["a", END]),
    );
    await assert.rejects(graph.run({}), { name: "GraphRecursionError" });
    const mine = await here(
      machine,
      `{name: w, vars: {n: 0}, steps: [{id: loop, repeat: {max: 5,
        until: .vars.n < 0, steps: [{id: a, set: {n: .vars.n + 1}}]}}],
        output: '.steps.loop.output | {iterations, satisfied}'}`,
    );
    assert.equal(mine.state, "done");
    assert.deepEqual(mine.output, { iterations: 5, satisfied: false });
  },

  "a step whose need was skipped goes on": async (machine) => {
    const graph = there(
      { ran: Annotation(added) },
      {
        first: [() => ({ ran: ["first"] })],
        a: [() => ({ ran: ["a"] }), []],
        b: [() => ({ ran: ["b"] }), []],
        join: [() => ({ ran: ["join"] }), []],
      },
      (builder) =>
        builder
          .addConditionalEdges("first", () => "a", ["a", "b"])
          .addEdge(["a", "b"], "join"),
    );
    // It ends as if all were well.
    assert.deepEqual((await graph.run({})).ran, ["first", "a"]);
    const mine = await here(
      machine,
      `{name: w, vars: {n: 1, ran: []}, reducers: {ran: append}, steps: [
        {id: a, when: .vars.n == 1, set: {ran: '"a"'}},
        {id: b, when: .vars.n == 2, set: {ran: '"b"'}},
        {id: join, needs: [a, b], set: {ran: '"join"'}}]}`,
    );
    assert.deepEqual(mine.vars.ran, ["a", "join"]);
  },

  "a step runs once, however long the ways to it are": async (machine) => {
    const graph = there(
      { ran: Annotation(added) },
      {
        a: [() => ({ ran: ["a"] })],
        b: [() => ({ ran: ["b"] }), ["a"]],
        c: [() => ({ ran: ["c"] })],
        join: [() => ({ ran: ["join"] }), ["b", "c"]],
      },
    );
    const { ran } = await graph.run({});
    assert.equal(ran.filter((x) => x === "join").length, 2);
    const mine = await here(
      machine,
      `{name: w, vars: {ran: []}, reducers: {ran: append}, steps: [
        {id: a, set: {ran: '"a"'}}, {id: b, needs: [a], set: {ran: '"b"'}},
        {id: c, set: {ran: '"c"'}},
        {id: join, needs: [b, c], set: {ran: '"join"'}}]}`,
    );
    assert.equal(mine.vars.ran.filter((x) => x === "join").length, 1);
  },

  "a step sees all that happened before it began": async (machine) => {
    const graph = there(
      { n: Annotation(), seen: Annotation() },
      { a: [() => ({ n: 1 })], b: [({ n }) => ({ seen: n })] },
    );
    assert.equal((await graph.run({ n: 0, seen: -1 })).seen, 0);
    const { vars, events } = await here(
      machine,
      `{name: w, vars: {n: 0, seen: -1}, steps: [
        {id: a, set: {n: '1'}}, {id: b, set: {seen: .vars.n}}]}`,
    );
    const before =
      at(events, "vars_changed", "a") < at(events, "step_started", "b");
    assert.equal(vars.seen, before ? 1 : 0);
  },

  "zero has a sign in texts, as jq writes it": async (machine) => {
    const graph = there(
      { text: Annotation() },
      { a: [() => ({ text: `${-1 * 0}` })] },
    );
    assert.equal((await graph.run({})).text, "0");
    const mine = await here(
      machine,
      `{name: w, vars: {zero: 0, text: ''}, steps: [
        {id: a, set: {text: '(.vars.zero * -1) | tostring'}}]}`,
    );
    assert.equal(mine.vars.text, "-0");
  },

  "what needs a step that failed goes on without being told to": async (
    machine,
  ) => {
    const fail = () => {
      throw new Error("no");
    };
    const graph = there(
      { ran: Annotation(added) },
      {
        bad: [fail, [START], { errorHandler: () => ({ ran: ["handled"] }) }],
        next: [() => ({ ran: ["next"] }), ["bad"]],
      },
    );
    assert.deepEqual((await graph.run({})).ran, ["handled"]);
    const mine = await here(
      machine,
      `{name: w, vars: {ran: [], n: 0}, steps: [
        {id: bad, on_failure: continue, set: {n: .vars.ran + 1}},
        {id: next, needs: [bad], set: {ran: '[.steps.bad.state, "next"]'}}]}`,
    );
    assert.deepEqual(mine.vars.ran, ["failed", "next"]);
  },
};

// What is measured, in the same way for everyone: the graphs, and how long
// their steps take.
import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";

/** Steps one after the other, each of which adds one to a variable. */
export const chain = { name: "chain", length: 10, steps: 10, result: 10 };

/** Steps at once, whose numbers are added up, and one that waits for them. */
export const fan = { name: "fan", width: 100, steps: 101, result: 4950 };

/** Workflows in one another, each of which has so many steps of its own: all
 * but the last before the inner one is called. The calls do not count. */
export const nest = { name: "nest", depth: 3, each: 3, steps: 9, result: 9 };

export const graphs = [chain, fan, nest];

/** How many runs there are at a time. */
const widths = [1, 100];

/** No run takes longer, in milliseconds. */
const patience = 120_000;

const runs = new Map();

/** What a step's body says when it starts, or the step that joins others: all
 * that was due before has ended and is durable. */
export const mark = (run) => runs.get(run)?.push(performance.now());

const within = (promise, what) => {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what} does not end`)),
      patience,
    );
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

/** The milliseconds that each step of a run took: from when it was due to when
 * what waited for it went on. The steps of a fan are due with the run. */
const latencies = (graph, began, marks, ended) => {
  const times = [...marks, ended];
  const gaps = marks.map((at, i) => times[i + 1] - at);
  return graph === fan
    ? [...Array(fan.width).fill(marks[0] - began), ...gaps]
    : gaps;
};

const quantile = (sorted, q) => sorted[Math.floor(q * (sorted.length - 1))];

let last = 0;

const once = async (graph, start) => {
  const run = `${graph.name}-${process.pid}-${++last}`;
  const marks = [];
  runs.set(run, marks);
  const began = performance.now();
  const result = await within(start(graph, run), run);
  const ended = performance.now();
  runs.delete(run);
  assert.equal(result, graph.result, run);
  assert.equal(marks.length, graph === fan ? 1 : graph.steps, run);
  return latencies(graph, began, marks, ended);
};

/** What so many runs at a time took: whenever one ends the next begins, until
 * the seconds are over. */
const keepBusy = async (graph, start, width, seconds) => {
  const took = [];
  const began = performance.now();
  const lane = async () => {
    do took.push(...(await once(graph, start)));
    while (performance.now() - began < seconds * 1000);
  };
  await Promise.all(Array.from({ length: width }, lane));
  return { took, seconds: (performance.now() - began) / 1000 };
};

const rounded = (x, digits) => Number(x.toFixed(digits));

/** Prints a line for each graph and width. `start(graph, run)` starts a run of
 * that name and gives its result. */
export const measure = async (peer, start, { seconds }) => {
  for (const graph of graphs) {
    // To warm up.
    await keepBusy(graph, start, 4, seconds / 2);
    for (const width of widths) {
      const { took, seconds: total } = await keepBusy(
        graph,
        start,
        width,
        seconds,
      );
      took.sort((a, b) => a - b);
      const line = {
        peer,
        graph: graph.name,
        runs: width,
        steps: took.length,
        seconds: rounded(total, 3),
        steps_per_second: rounded(took.length / total, 1),
        latency_ms_p50: rounded(quantile(took, 0.5), 3),
        latency_ms_p99: rounded(quantile(took, 0.99), 3),
      };
      console.log(JSON.stringify(line));
    }
  }
};

// Runs graphs here and with LangGraph, and says what differs: those written by
// hand, random ones, those where both differ by design, and those where a rule
// is broken on our side, which have to differ.
//
// Usage: main.mjs ENDPOINT REPOSITORY [--seed N] [--count N] [--at-once N]
//          [--only NAME]
import { readFileSync } from "node:fs";
import { inspect, parseArgs } from "node:util";
import { breakRule, broken } from "./broken.mjs";
import { byDesign } from "./by_design.mjs";
import { cases as plain } from "./cases.mjs";
import { cases as outside } from "./cases_outside.mjs";
import { differences } from "./compare.mjs";
import { Dice } from "./dice.mjs";
import { generate } from "./generate.mjs";
import { runThere } from "./langgraph.mjs";
import { Machine, runHere } from "./machine.mjs";
import { toWorkflow } from "./workflow.mjs";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "120" },
    "at-once": { type: "string", default: "4" },
    only: { type: "string" },
  },
});
const machine = new Machine(
  JSON.parse(readFileSync(positionals[0])),
  positionals[1],
);
const seed = Number(options.seed);

/** No run takes longer, in milliseconds. */
const patience = 240_000;

const inTime = (promise) => {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("it does not end")), patience);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

/** What differs when *mine* runs here, and *graph* with LangGraph. */
const compare = async (graph, mine = graph) => {
  const inputs = graph.inputs ?? {};
  const [here, there] = await Promise.all([
    runHere(machine, mine, inputs, new Dice(seed)),
    runThere(graph, inputs, new Dice(seed + 1)),
  ]);
  return differences(graph, here, there);
};

const explain = (graph) =>
  `${toWorkflow(graph)}\n${inspect(graph, { depth: 30 })}`;

const written = [...plain, ...outside];
const random = Array.from({ length: Number(options.count) }, (_, i) => [
  `random-${seed}-${i}`,
  () => generate(new Dice(seed * 100_000 + i), `random-${seed}-${i}`),
]);

/** Whatever is checked: a name, and what is wrong in the end. */
const checks = [
  ...Object.entries(byDesign).map(([name, what]) => [
    name,
    async () => (await what(machine), []),
  ]),
  ...Object.entries(broken).map(([name, [where, how]]) => [
    `broken: ${name}`,
    async () => {
      const graph = written.find((x) => x.name === where);
      const found = await compare(graph, breakRule(graph, how));
      if (options.only) console.log(found.join("\n"));
      return found.length ? [] : [`nothing differs in ${where}`];
    },
  ]),
  ...[...written.map((x) => [x.name, () => x]), ...random].map(
    ([name, make]) => [
      name,
      async () => {
        const graph = make();
        const found = await compare(graph);
        return found.length && options.only
          ? [...found, explain(graph)]
          : found;
      },
    ],
  ),
].filter(([name]) => !options.only || name === options.only);

let wrong = 0;
const waiting = [...checks];
const lane = async () => {
  for (let next; (next = waiting.shift());) {
    const [name, check] = next;
    const found = await inTime(check()).catch((error) => [error.stack]);
    if (!found.length) continue;
    ++wrong;
    console.log([`${name}:`, ...found].join("\n  "));
  }
};
await Promise.all(Array.from({ length: Number(options["at-once"]) }, lane));
console.log(
  `${checks.length - wrong} of ${checks.length} checks hold (seed ${seed})`,
);
process.exit(wrong || !checks.length ? 1 : 0);

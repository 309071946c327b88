// Has all who are compared take turns, and sums up what they print.
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const usage = `Usage: compare.mjs [--directory PATH] [--seconds N] [--rounds N] [WHO...]

Prints a line of JSON for each measurement and, at the end, the median and the
extremes of all rounds.

  WHO                restate, langgraph-sqlite, langgraph-postgres, dbos (all, if
                     nobody is named), or a program that takes a directory, the
                     seconds of a measurement and the number of rounds, and
                     prints such lines
  --directory PATH   where the data is for a while, which decides which disk is
                     measured; it has to be there (${tmpdir()})
  --seconds N        about how long each measurement takes (2)
  --rounds N         how often each is repeated (3)`;

/** No round of anybody takes longer, in milliseconds. */
const patience = 15 * 60_000;

const scripts = {
  restate: ["restate.mjs"],
  "langgraph-sqlite": ["langgraph.mjs", "sqlite"],
  "langgraph-postgres": ["langgraph.mjs", "postgres"],
  dbos: ["dbos.mjs"],
};

const command = (who) => {
  if (!scripts[who]) return [who];
  const [name, ...args] = scripts[who];
  const path = fileURLToPath(new URL(name, import.meta.url));
  // What libraries call deprecated is not ours to change.
  return [process.execPath, "--no-deprecation", path, ...args];
};

const measurements = [];

const run = async (who, args) => {
  const [program, ...first] = command(who);
  const child = spawn(program, [...first, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    timeout: patience,
  });
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve() : reject(`${who} could not be measured`),
    );
  });
  const passOn = (signal) => child.kill(signal);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.once(signal, passOn);
  createInterface({ input: child.stdout }).on("line", (line) => {
    console.log(line);
    measurements.push(JSON.parse(line));
  });
  await ended.finally(() => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
      process.off(signal, passOn);
  });
};

const spread = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const text = (x) => x.toFixed(x < 10 ? 2 : 0);
  const median = text(sorted[Math.floor((sorted.length - 1) / 2)]);
  return `${median} (${text(sorted[0])}-${text(sorted.at(-1))})`;
};

const report = () => {
  const row = (...cells) =>
    console.log(
      cells.map((x, i) => String(x).padEnd([20, 6, 5, 24, 24, 0][i])).join(" "),
    );
  row("", "graph", "runs", "steps/s", "p50 (ms)", "p99 (ms)");
  const kinds = Map.groupBy(measurements, ({ graph = "", runs = 0, peer }) =>
    [graph, String(runs).padStart(6), peer].join(" "),
  );
  for (const [, all] of [...kinds].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const of = (name) => spread(all.map((x) => x[name]));
    const { peer, graph, runs } = all[0];
    if (graph)
      row(
        peer,
        graph,
        runs,
        of("steps_per_second"),
        of("latency_ms_p50"),
        of("latency_ms_p99"),
      );
    else row(`one commit, ${peer}`, "", "", "", of("commit_ms_p50"));
  }
};

/** Of `who`, in the order of the rounds. */
const series = (who, graph, runs) =>
  measurements.filter(
    (x) => x.peer === who && x.graph === graph && x.runs === runs,
  );

/** Of two who were measured in the same rounds. */
const ratios = (of, to) =>
  of.length === to.length
    ? of.map((x, i) => x.steps_per_second / to[i].steps_per_second)
    : [];

const goal = (what, all, met, wanted) => {
  if (all.length === 0) return;
  const middle = all.toSorted((a, b) => a - b)[Math.floor((all.length - 1) / 2)];
  const result = met(middle) ? "met" : "MISSED";
  console.log(`${what}: ${spread(all)}; goal: ${wanted}, ${result}`);
};

const judge = () => {
  const ours = (graph, runs) => series("themachine", graph, runs);
  const atLeast = (bound) => (x) => x >= bound;
  console.log();
  for (const graph of ["chain", "fan", "nest"]) {
    const times = (who, bound) =>
      goal(
        `${graph}, 100 runs, times ${who}`,
        ratios(ours(graph, 100), series(who, graph, 100)),
        atLeast(bound),
        `at least ${bound}`,
      );
    times("restate", 10);
    times("langgraph-sqlite", 20);
  }
  goal(
    "chain, 32 runs, of the bare chain",
    ratios(ours("chain", 32), series("bare", "chain", 32)),
    atLeast(0.4),
    "at least 0.4",
  );
  const disk = measurements.filter((x) => x.peer === "disk");
  const alone = ours("chain", 1);
  if (disk.length === alone.length)
    goal(
      "chain, one run, a step in commits of this disk",
      alone.map((x, i) => 1000 / x.steps_per_second / disk[i].commit_ms_p50),
      (x) => x <= 1.5,
      "at most 1.5",
    );
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    directory: { type: "string", default: tmpdir() },
    seconds: { type: "string", default: "2" },
    rounds: { type: "string", default: "3" },
    help: { type: "boolean" },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const all = positionals.length > 0 ? positionals : Object.keys(scripts);
try {
  for (let round = 0; round < Number(values.rounds); ++round)
    // In another order each time: nobody always follows the same one.
    for (const i of all.keys())
      await run(all[(i + round) % all.length], [
        values.directory,
        values.seconds,
        "1",
      ]);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
report();
judge();

// DBOS: what each step gives is a row in PostgreSQL, committed before the next
// begins.
//
// Usage: dbos.mjs [DIRECTORY] [SECONDS]
import { DBOS } from "@dbos-inc/dbos-sdk";
import { chain, fan, mark, measure, nest } from "./graphs.mjs";
import { main } from "./peers.mjs";
import { postgres } from "./postgres.mjs";

const increments = async (run, from, to) => {
  let n = from;
  for (let i = from; i < to; ++i)
    n = await DBOS.runStep(
      async () => {
        mark(run);
        return n + 1;
      },
      { name: `step-${i}` },
    );
  return n;
};

const chainOf = async (run) => increments(run, 0, chain.length);

const fanOf = async (run) => {
  const parts = await Promise.all(
    Array.from({ length: fan.width }, (_, i) =>
      DBOS.runStep(async () => i, { name: `part-${i}` }),
    ),
  );
  const n = parts.reduce((a, b) => a + b, 0);
  return DBOS.runStep(
    async () => {
      mark(run);
      return n;
    },
    { name: "join" },
  );
};

const nestOf = (depth) => {
  const inner = depth < nest.depth ? nestOf(depth + 1) : undefined;
  const level = async (run) => {
    const n = await increments(run, 0, inner ? nest.each - 1 : nest.each);
    if (!inner) return n;
    return (await inner(run)) + (await increments(run, n, nest.each));
  };
  return DBOS.registerWorkflow(level, { name: `nest-${depth}` });
};

const workflows = {
  chain: DBOS.registerWorkflow(chainOf, { name: "chain" }),
  fan: DBOS.registerWorkflow(fanOf, { name: "fan" }),
  nest: nestOf(1),
};

await main(process.argv.slice(2), async (context) => {
  DBOS.setConfig({
    name: "bench",
    systemDatabaseUrl: await postgres(context),
    logLevel: "error",
  });
  await DBOS.launch();
  context.atEnd.push(() => DBOS.shutdown());
  const begin = ({ name }, run) => {
    // Not as a method: it would have to be one of an object that DBOS knows.
    const workflow = workflows[name];
    return workflow(run);
  };
  await measure("dbos", begin, context);
});

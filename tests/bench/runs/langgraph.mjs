// LangGraph: each superstep waits until its checkpoint is durable. A run is a
// thread of its own.
//
// Usage: langgraph.mjs sqlite|postgres [DIRECTORY] [SECONDS]
import { Annotation, END, Send, START, StateGraph } from "@langchain/langgraph";
import { PostgresSaver } from "@langchain/langgraph-checkpoint-postgres";
import { SqliteSaver } from "@langchain/langgraph-checkpoint-sqlite";
import Database from "better-sqlite3";
import { join } from "node:path";
import { chain, fan, mark, measure, nest } from "./graphs.mjs";
import { main } from "./peers.mjs";
import { postgres } from "./postgres.mjs";

const savers = {
  sqlite: async ({ place, atEnd }) => {
    const db = new Database(join(place, "checkpoints.db"));
    atEnd.push(() => db.close());
    // With NORMAL, which this build of SQLite has for a log written ahead, a
    // commit does not wait for the disk.
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    return new SqliteSaver(db);
  },
  postgres: async (context) => {
    const saver = PostgresSaver.fromConnString(await postgres(context));
    context.atEnd.push(() => {
      // The server may be gone before a connection has heard of the end.
      saver.pool.on("error", () => {});
      return saver.end();
    });
    await saver.setup();
    return saver;
  },
};

const Counter = Annotation.Root({ run: Annotation(), n: Annotation() });

const increment = ({ run, n }) => {
  mark(run);
  return { n: n + 1 };
};

const sequence = (builder, names) => {
  [START, ...names].forEach((name, i) =>
    builder.addEdge(name, names[i] ?? END),
  );
  return builder;
};

const names = (count) => Array.from({ length: count }, (_, i) => `step-${i}`);

const chainOf = () => {
  const builder = new StateGraph(Counter);
  for (const name of names(chain.length)) builder.addNode(name, increment);
  return sequence(builder, names(chain.length));
};

const fanOf = () =>
  new StateGraph(
    Annotation.Root({
      run: Annotation(),
      n: Annotation({ reducer: (a, b) => a + b, default: () => 0 }),
      result: Annotation(),
    }),
  )
    .addNode("part", ({ i }) => ({ n: i }))
    .addNode("join", ({ run, n }) => {
      mark(run);
      return { result: n };
    })
    .addConditionalEdges(
      START,
      () =>
        Array.from({ length: fan.width }, (_, i) => new Send("part", { i })),
      ["part"],
    )
    .addEdge("part", "join")
    .addEdge("join", END);

const nestOf = (depth) => {
  const builder = new StateGraph(Counter);
  const path = names(nest.each);
  for (const name of path) builder.addNode(name, increment);
  if (depth > 1) {
    builder.addNode("inner", nestOf(depth - 1).compile());
    path.splice(-1, 0, "inner");
  }
  return sequence(builder, path);
};

const [kind, ...args] = process.argv.slice(2);
if (!savers[kind]) {
  console.error("Usage: langgraph.mjs sqlite|postgres [DIRECTORY] [SECONDS]");
  process.exit(2);
}
await main(args, async (context) => {
  const checkpointer = await savers[kind](context);
  const compiled = {
    chain: chainOf().compile({ checkpointer }),
    fan: fanOf().compile({ checkpointer }),
    nest: nestOf(nest.depth).compile({ checkpointer }),
  };
  const begin = async ({ name }, run) => {
    const { n, result = n } = await compiled[name].invoke(
      { run, n: 0 },
      { configurable: { thread_id: run }, durability: "sync" },
    );
    return result;
  };
  await measure(`langgraph-${kind}`, begin, context);
});

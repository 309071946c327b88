// Restate: a server of its own, whose log waits for its fsync, and a handler
// whose steps are `ctx.run`: what each gives is durable before the next begins.
//
// Usage: restate.mjs [DIRECTORY] [SECONDS]
import * as restate from "@restatedev/restate-sdk";
import * as clients from "@restatedev/restate-sdk-clients";
import { createServer } from "node:http2";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chain, fan, mark, measure, nest } from "./graphs.mjs";
import { freePorts, main, start } from "./peers.mjs";

const increments = async (ctx, run, from, to) => {
  let n = from;
  for (let i = from; i < to; ++i)
    n = await ctx.run(`step-${i}`, () => {
      mark(run);
      return n + 1;
    });
  return n;
};

const level = (name, inner) =>
  restate.service({
    name,
    handlers: {
      run: async (ctx, run) => {
        const own = inner ? nest.each - 1 : nest.each;
        const n = await increments(ctx, run, 0, own);
        if (!inner) return n;
        const below = await ctx.serviceClient(inner).run(run);
        return below + (await increments(ctx, run, n, nest.each));
      },
    },
  });

const nestOf = (depth, inner) => {
  const service = level(`nest-${depth}`, inner);
  return depth === nest.depth
    ? [service]
    : [service, ...nestOf(depth + 1, service)];
};

const nested = nestOf(1);

const services = {
  chain: restate.service({
    name: "chain",
    handlers: { run: (ctx, run) => increments(ctx, run, 0, chain.length) },
  }),
  fan: restate.service({
    name: "fan",
    handlers: {
      run: async (ctx, run) => {
        const parts = await restate.RestatePromise.all(
          Array.from({ length: fan.width }, (_, i) =>
            ctx.run(`part-${i}`, () => i),
          ),
        );
        const n = parts.reduce((a, b) => a + b, 0);
        return ctx.run("join", () => {
          mark(run);
          return n;
        });
      },
    },
  }),
  nest: nested.at(-1),
};

/** The platform's package of the server, without what starts it from node. */
const program = () => {
  const { resolve } = createRequire(
    createRequire(import.meta.url).resolve(
      "@restatedev/restate-server/package.json",
    ),
  );
  return resolve(
    `@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`,
  );
};

const serve = async ({ atEnd }) => {
  const server = createServer(
    restate.createEndpointHandler({
      services: [services.chain, services.fan, ...nested],
      logger: () => {},
    }),
  );
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  atEnd.push(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
};

await main(process.argv.slice(2), async (context) => {
  const { place, atEnd } = context;
  const handlers = await serve(context);
  const [node, admin, ingress] = await freePorts(3);
  const server = start(
    join(place, "restate.log"),
    program(),
    [
      "--no-logo",
      "--node-name",
      "bench",
      "--base-dir",
      join(place, "restate"),
      "--listen-mode",
      "tcp",
      "--bind-ip",
      "127.0.0.1",
      "--bind-port",
      String(node),
    ],
    {
      env: {
        ...process.env,
        RESTATE_ADMIN__BIND_PORT: String(admin),
        RESTATE_INGRESS__BIND_PORT: String(ingress),
        RESTATE_DISABLE_TELEMETRY: "true",
        // Its default, said because everything depends on it.
        RESTATE_LOG_SERVER__ROCKSDB_DISABLE_WAL_FSYNC: "false",
      },
    },
  );
  atEnd.push(server.end);
  await server.ready(async () => {
    const answer = await fetch(`http://127.0.0.1:${admin}/deployments`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ uri: handlers }),
      signal: AbortSignal.timeout(5_000),
    });
    return answer.ok;
  });
  const client = clients.connect({ url: `http://127.0.0.1:${ingress}` });
  const begin = ({ name }, run) =>
    client.serviceClient(services[name]).run(run);
  await measure("restate", begin, context);
});

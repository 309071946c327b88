// What the peers share: a place for their data that goes away, and processes
// that end.
import { spawn } from "node:child_process";
import {
  chmodSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** How long a server may take to start or to end, in milliseconds. */
const patience = 30_000;

/** Ports of the loopback that nobody uses now. */
export const freePorts = async (count) => {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(0, "127.0.0.1", resolve);
      });
      return server;
    }),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(
    servers.map((server) => new Promise((resolve) => server.close(resolve))),
  );
  return ports;
};

/** Waits for `ready()` to be true; what it throws means not yet. */
export const until = async (ready, what) => {
  let why;
  for (const end = Date.now() + patience; Date.now() < end; await pause(50))
    try {
      if (await ready()) return;
    } catch (error) {
      why = error;
    }
  throw new Error(`${what} is not ready after ${patience} ms`, { cause: why });
};

const children = new Set();

// A server must not outlive who started it.
process.on("exit", () => children.forEach((child) => child.kill("SIGKILL")));

const end = async (child, signal) => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  const waiting = new AbortController();
  await Promise.race([
    ended,
    pause(patience, null, { signal: waiting.signal }).then(() => {
      child.kill("SIGKILL");
      return ended;
    }),
  ]);
  waiting.abort();
};

/** A program that writes what it says to `log`, and how to end it: `signal` is
 * how it is asked to. */
export const start = (
  log,
  program,
  args,
  { signal = "SIGTERM", ...options } = {},
) => {
  const out = openSync(log, "a");
  const child = spawn(program, args, {
    stdio: ["ignore", out, out],
    ...options,
  });
  children.add(child);
  child.once("error", (error) => console.error(`${program}: ${error.message}`));
  child.once("exit", () => children.delete(child));
  return {
    ready: async (check) => {
      try {
        await until(() => {
          if (child.exitCode !== null) throw new Error("it ended");
          return check();
        }, program);
      } catch (error) {
        console.error(readFileSync(log, "utf8"));
        throw error;
      }
    },
    end: () => end(child, signal),
  };
};

/** Calls `peer({ place, seconds, atEnd })` with what the command line says,
 * `[DIRECTORY] [SECONDS]`, and ends this process. What is added to `atEnd` is
 * done in reverse then, also if a signal ends it. */
export const main = async ([directory = tmpdir(), seconds = "2"], peer) => {
  const place = mkdtempSync(join(directory, "themachine-"));
  // A database's server may be another user.
  chmodSync(place, 0o711);
  const atEnd = [];
  let ending = false;
  const finish = async (failure) => {
    if (ending) return;
    ending = true;
    if (failure) console.error(failure);
    for (const step of atEnd.reverse())
      try {
        await step();
      } catch (error) {
        console.error(error);
      }
    rmSync(place, { recursive: true, force: true });
    // Connections that a library keeps must not keep us.
    process.exit(failure ? 1 : 0);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.once(signal, () => finish(`ended by ${signal}`));
  try {
    await peer({ place, seconds: Number(seconds), atEnd });
    await finish();
  } catch (error) {
    await finish(error);
  }
};

// A PostgreSQL of our own, as Debian configures it: every commit waits for its
// fsync.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { freePorts, start } from "./peers.mjs";

const installed = "/usr/lib/postgresql";

const programs = () => {
  const versions = existsSync(installed)
    ? readdirSync(installed).filter((version) =>
        existsSync(join(installed, version, "bin/postgres")),
      )
    : [];
  if (versions.length === 0)
    throw new Error(
      `there is no PostgreSQL in ${installed}; run scripts/setup --bench`,
    );
  return join(installed, versions.sort((a, b) => b - a)[0], "bin");
};

/** PostgreSQL refuses to be root. */
const someoneElse = () => {
  if (process.getuid() !== 0) return {};
  const id = (flag) =>
    Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
};

/** Starts a server below `place` and gives the address of a database. */
export const postgres = async ({ place, atEnd }) => {
  const bin = programs();
  const who = someoneElse();
  const home = join(place, "postgres");
  const password = randomBytes(16).toString("hex");
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(join(home, "password"), password, { mode: 0o600 });
  if (who.uid !== undefined)
    for (const path of [home, join(home, "password")])
      chownSync(path, who.uid, who.gid);
  const options = { ...who, cwd: home, stdio: "ignore", timeout: 60_000 };
  execFileSync(
    join(bin, "initdb"),
    [
      "--pgdata",
      join(home, "data"),
      "--username",
      "bench",
      "--auth",
      "scram-sha-256",
      "--pwfile",
      join(home, "password"),
      "--encoding",
      "UTF8",
      "--no-locale",
    ],
    options,
  );
  const [port] = await freePorts(1);
  const server = start(
    join(place, "postgres.log"),
    join(bin, "postgres"),
    [
      "-D",
      join(home, "data"),
      "-h",
      "127.0.0.1",
      "-p",
      String(port),
      "-k",
      home,
    ],
    // It does not wait for clients that are still there.
    { ...who, cwd: home, signal: "SIGINT" },
  );
  atEnd.push(server.end);
  const url = (name) =>
    `postgresql://bench:${password}@127.0.0.1:${port}/${name}`;
  await server.ready(async () => {
    const client = new pg.Client({ connectionString: url("postgres") });
    await client.connect();
    const { rows } = await client.query(
      `select current_setting('fsync') || current_setting('synchronous_commit') as how`,
    );
    await client.end();
    return rows[0].how === "onon";
  });
  return url("postgres");
};

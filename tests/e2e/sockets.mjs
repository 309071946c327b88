// Clients of the machine for sockets.py, with npm's ws, which none of us wrote.
//
// Usage: node sockets.mjs crowd ENDPOINT READERS SILENT
//        node sockets.mjs follow ENDPOINT STREAMS SOCKETS RUN...
//
// crowd: READERS clients follow the topic tasks, and SILENT clients subscribe
// and never read again. A line N on the standard input says how many events
// there are; the outcome is printed when all readers have them.
//
// follow: STREAMS clients of server-sent events and SOCKETS clients of
// WebSockets follow the runs in turns. Whoever is cut off comes back with the
// number of the last event that it has. A line {RUN: N} says how many events
// there are of each.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import WebSocket from "ws";

const [mode, endpoint, first, second, ...runs] = process.argv.slice(2);
const patience = 120_000;
const rest = 100;

const say = (what) => console.log(JSON.stringify(what));

function give_up(why) {
  say({ failed: why });
  process.exit(1);
}

/// Where the machine is now; null while it is not.
function where() {
  try {
    return JSON.parse(readFileSync(endpoint, "utf8"));
  } catch {
    return null;
  }
}

/// The token goes the way it has to in a browser.
function connect({ url, token }) {
  return new WebSocket(
    url.replace("http", "ws") + "/api/v1/socket",
    ["themachine.v1.json", `themachine.bearer.${token}`],
    { perMessageDeflate: false },
  );
}

const subscribe = (topic, after) =>
  JSON.stringify({ type: "subscribe", id: "s", topic, after: String(after) });

function crowd(readers, silent) {
  const has = Array(readers).fill(0);
  let wanted = Infinity;
  let ready = 0;
  let dropped = 0;
  const look = () => {
    if (!has.every((x) => x >= wanted)) return;
    say({ has: [Math.min(...has), Math.max(...has)], dropped });
    wanted = Infinity;
  };
  const on_ready = () => {
    if (++ready === readers + silent) say({ ready });
  };
  for (let i = 0; i < readers + silent; ++i) {
    const socket = connect(where());
    socket.on("error", (x) => give_up(`client ${i}: ${x.message}`));
    socket.on("open", () => socket.send(subscribe("tasks", 0)));
    socket.on("close", (code, reason) => {
      if (i < readers) give_up(`client ${i} was closed: ${code} ${reason}`);
      ++dropped;
    });
    socket.on("message", (data) => {
      const text = data.toString();
      if (text.startsWith('{"type":"subscribed"')) {
        on_ready();
        if (i >= readers) socket.pause();
        return;
      }
      const seq = Number(/"seq":"(\d+)"/.exec(text)[1]);
      if (seq !== has[i] + 1)
        give_up(`client ${i} got event ${seq} after ${has[i]}`);
      has[i] = seq;
      if (seq >= wanted) look();
    });
  }
  createInterface({ input: process.stdin })
    .on("line", (line) => {
      wanted = Number(line);
      look();
    })
    .on("close", () => process.exit(0));
}

/// One client that follows a run, however often it is cut off.
class Follower {
  events = [];
  connections = 0;
  cuts = 0;

  constructor(run, kind) {
    this.run = run;
    this.kind = kind;
  }

  take(seq, data) {
    if (seq !== this.events.length + 1)
      give_up(
        `a ${this.kind} of ${this.run} got event ${seq} after ` +
          `${this.events.length}`,
      );
    this.events.push(data);
    changed();
  }

  async work() {
    for (;;) {
      const there = where();
      let over = false;
      if (there)
        try {
          over = await this[this.kind](there);
        } catch {
          // It is dead, or not there yet.
        }
      if (over) return;
      await new Promise((then) => setTimeout(then, rest));
    }
  }

  socket(there) {
    return new Promise((then) => {
      const socket = connect(there);
      let over = false;
      socket.on("error", () => {});
      socket.on("close", () => {
        this.cuts += over ? 0 : 1;
        then(over);
      });
      socket.on("open", () => {
        ++this.connections;
        socket.send(subscribe(`run/${this.run}`, this.events.length));
      });
      socket.on("message", (text) => {
        const x = JSON.parse(text);
        if (x.type === "event") this.take(Number(x.seq), x.data);
        if (x.type === "error") give_up(`${this.run}: ${x.message}`);
        if (x.type !== "ended") return;
        over = x.code === "complete";
        socket.close();
      });
    });
  }

  async stream({ url, token }) {
    const answer = await fetch(`${url}/api/v1/runs/${this.run}/events`, {
      headers: {
        authorization: `Bearer ${token}`,
        accept: "text/event-stream",
        "last-event-id": String(this.events.length),
      },
    });
    if (answer.status !== 200) {
      await answer.text();
      return false;
    }
    ++this.connections;
    const before = this.events.length;
    let text = "";
    for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
      text += part;
      for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2))
        this.take_frame(text.slice(0, end));
    }
    // One that has all is sent away without anything more.
    this.cuts += this.events.length > before ? 1 : 0;
    return false;
  }

  take_frame(frame) {
    const fields = Object.fromEntries(
      frame.split("\n").map((line) => {
        const colon = line.indexOf(": ");
        return [line.slice(0, colon), line.slice(colon + 2)];
      }),
    );
    if (fields.event === "event")
      this.take(Number(fields.id), JSON.parse(fields.data));
  }
}

let changed = () => {};

function follow(streams, sockets) {
  const all = [];
  for (let i = 0; i < streams + sockets; ++i)
    all.push(
      new Follower(runs[i % runs.length], i < streams ? "stream" : "socket"),
    );
  for (const x of all) x.work();
  let wanted = null;
  changed = () => {
    if (!wanted || !all.every((x) => x.events.length >= wanted[x.run])) return;
    wanted = null;
    // All that follow a run have seen the same.
    const seen = {};
    for (const x of all) {
      const text = JSON.stringify(x.events);
      seen[x.run] ??= text;
      if (seen[x.run] !== text) give_up(`clients of ${x.run} differ`);
    }
    say({
      runs: Object.fromEntries(
        Object.entries(seen).map(([run, text]) => [run, JSON.parse(text)]),
      ),
      cuts: {
        stream: all.filter((x) => x.kind === "stream" && x.cuts > 0).length,
        socket: all.filter((x) => x.kind === "socket" && x.cuts > 0).length,
      },
    });
  };
  createInterface({ input: process.stdin })
    .on("line", (line) => {
      wanted = JSON.parse(line);
      changed();
    })
    .on("close", () => process.exit(0));
  say({ ready: all.length });
}

setTimeout(() => give_up("it takes too long"), patience).unref();
if (mode === "crowd") crowd(Number(first), Number(second));
else follow(Number(first), Number(second));

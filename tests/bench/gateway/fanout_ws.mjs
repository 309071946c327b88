// The server that most people have: npm's ws. Prints its port; `send N` on its
// input sends N messages to every client.
//
// Usage: node fanout_ws.mjs BYTES

import { createInterface } from "node:readline";
import { WebSocketServer } from "ws";

const text = "x".repeat(Number(process.argv[2]));
const message = Buffer.from(text);
const server = new WebSocketServer({
  host: "127.0.0.1",
  port: 0,
  perMessageDeflate: false,
  clientTracking: true,
  backlog: 4096,
});
server.on("listening", () => console.log(server.address().port));
createInterface({ input: process.stdin })
  .on("line", (line) => {
    const count = Number(line.split(" ")[1]);
    for (let i = 0; i < count; ++i)
      for (const client of server.clients) client.send(message, { binary: false });
  })
  .on("close", () => process.exit(0));

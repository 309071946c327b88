// Uses a machine over MCP as the official clients do. The first argument says
// which client, the second how it connects; what the machine is comes as JSON.
import assert from "node:assert/strict";

const [, , which, how, text] = process.argv;
const where = JSON.parse(text);
const info = { name: "e2e", version: "1.0.0" };

async function makeFirst() {
  const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } = await import(
    "@modelcontextprotocol/sdk/client/streamableHttp.js"
  );
  const { StdioClientTransport } = await import(
    "@modelcontextprotocol/sdk/client/stdio.js"
  );
  const { ResourceUpdatedNotificationSchema } = await import(
    "@modelcontextprotocol/sdk/types.js"
  );
  const client = new Client(info, { capabilities: {} });
  const hear = (then) =>
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, then);
  return { client, StreamableHTTPClientTransport, StdioClientTransport, hear };
}

async function makeSecond() {
  const { Client, StreamableHTTPClientTransport } = await import(
    "@modelcontextprotocol/client"
  );
  const { StdioClientTransport } = await import(
    "@modelcontextprotocol/client/stdio"
  );
  const client = new Client(info, {
    capabilities: {},
    versionNegotiation: { mode: "auto" },
  });
  const hear = (then) =>
    client.setNotificationHandler("notifications/resources/updated", then);
  return { client, StreamableHTTPClientTransport, StdioClientTransport, hear };
}

const made = await (which === "first" ? makeFirst() : makeSecond());
const { client, hear } = made;

if (how === "http") {
  await client.connect(
    new made.StreamableHTTPClientTransport(new URL(where.url + "/mcp"), {
      requestInit: { headers: { Authorization: `Bearer ${where.key}` } },
    })
  );
} else {
  await client.connect(
    new made.StdioClientTransport({
      command: where.command[0],
      args: where.command.slice(1),
      env: { ...process.env },
      stderr: "inherit",
    })
  );
}

// The client holds what tools give against what they say that they give.
async function use(name, args = {}) {
  const result = await client.callTool({ name, arguments: args });
  assert(!result.isError, `${name}: ${JSON.stringify(result.content)}`);
  return result.structuredContent;
}

async function fails(name, args) {
  const result = await client.callTool({ name, arguments: args });
  assert(result.isError, `${name} should have failed`);
  return result.content[0].text;
}

// The first generation speaks nothing later.
const era = client.getNegotiatedProtocolVersion?.() ?? "2025-11-25";
assert.equal(client.getServerVersion().name, "themachine");
assert.match(client.getInstructions(), /start_run/);
const { tools } = await client.listTools();
for (const name of ["create_task", "start_run", "answer_run", "search_knowledge"])
  assert(tools.some((x) => x.name === name), `there is no tool ${name}`);

const title = `by ${which} over ${how}`;
const task = await use("create_task", { title, labels: [how] });
assert.equal(task.title, title);
await use("comment_task", { task: task.id, text: "said over MCP" });
assert.equal(
  (await use("get_task", { task: task.id })).comments[0].text,
  "said over MCP"
);
await use("update_task", { task: task.id, priority: 5 });
const all = await use("list_tasks", { label: how });
assert(all.items.some((x) => x.id === task.id && x.priority === 5));
await use("list_models");
await use("list_projects");
await use("get_budget");
await use("list_charges");
assert.deepEqual((await use("search_knowledge", { query: "x" })).items, []);
assert.match(await fails("get_task", { task: "t-9999" }), /has no task t-9999/);
await assert.rejects(client.callTool({ name: "no_such_tool", arguments: {} }));

const run = await use("start_run", {
  title,
  workflow: where.workflow,
  repository: where.repository,
  task: task.id,
});
const uri = `themachine://runs/${run.id}`;
let state;
let patience = Date.now() + 60_000;
do {
  state = await use("get_run", { run: run.id });
  assert(Date.now() < patience, `run ${run.id} is ${state.state}`);
} while (state.open_interrupts === 0);
const changed = new Promise((resolve) => {
  hear((x) => x.params.uri === uri && resolve());
});
let subscription;
if (era === "2025-11-25")
  await client.subscribeResource({ uri });
else subscription = await client.listen({ resourceSubscriptions: [uri] });
await use("answer_run", { run: run.id, answer: { approved: true } });
await changed;
await subscription?.close();
do {
  state = await use("get_run", { run: run.id });
  assert(Date.now() < patience, `run ${run.id} is ${state.state}`);
} while (!["done", "failed", "cancelled"].includes(state.state));
assert.equal(state.state, "done", state.message);
const events = await use("get_run_events", { run: run.id });
assert(events.items.length > 3);

const { resources } = await client.listResources();
assert(resources.some((x) => x.uri === uri));
const { contents } = await client.readResource({ uri });
assert.equal(JSON.parse(contents[0].text).state, "done");
await assert.rejects(client.readResource({ uri: "themachine://runs/r-none" }));
const { resourceTemplates } = await client.listResourceTemplates();
assert(resourceTemplates.some((x) => x.uriTemplate === "themachine://runs/{run}"));
const { prompts } = await client.listPrompts();
const prompt = await client.getPrompt({
  name: prompts[0].name,
  arguments: { task: "mend it" },
});
assert.match(prompt.messages[0].content.text, /mend it/);
const { completion } = await client.complete({
  ref: { type: "ref/resource", uri: "themachine://runs/{run}" },
  argument: { name: "run", value: run.id.slice(0, 5) },
});
assert(completion.values.includes(run.id));
await client.close();
console.log(JSON.stringify({ tools: tools.length, run: run.id, era }));

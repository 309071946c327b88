// Serves the protocols of OpenAI and Anthropic on a free port of the loopback
// and prints its address. Ends when its standard input does.
import { LLMock } from "@copilotkit/aimock";
import { answers, usage } from "./answers.mjs";

const text = (content) =>
  typeof content === "string"
    ? content
    : (content ?? []).map((part) => part.text ?? "").join("");

const said = (request, role) =>
  request.messages
    .filter((message) => message.role === role)
    .map((message) => text(message.content))
    .join("\n");

const mock = new LLMock({
  host: "127.0.0.1",
  port: 0,
  strict: true,
  chunkSize: 7,
  auth: { apiKeys: ["e2e-key"] },
});

for (const { system, turn, user, last, answer } of answers)
  mock.addFixture({
    match: {
      predicate: (request) =>
        said(request, "system").includes(system) &&
        request.messages.filter((m) => m.role === "assistant").length === turn &&
        (!user || said(request, "user").includes(user)) &&
        (!last || text(request.messages.at(-1)?.content).includes(last)),
    },
    response: { ...answer, usage },
  });

await mock.start();
console.log(mock.url);

process.stdin.resume();
process.stdin.on("end", async () => {
  await mock.stop();
  process.exit(0);
});

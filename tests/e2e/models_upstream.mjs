// Serves the protocols of providers on a free port of the loopback and prints its
// address. What it answers depends on the last words of the user. Ends when its
// standard input does.
import { LLMock } from "@copilotkit/aimock";

const text = (content) =>
  typeof content === "string"
    ? content
    : (content ?? []).map((part) => part.text ?? "").join("");

const asked = (request) =>
  text(request.messages.filter((m) => m.role === "user").at(-1)?.content);

const usage = {
  prompt_tokens: 20,
  completion_tokens: 10,
  total_tokens: 30,
  input_tokens: 20,
  output_tokens: 10,
  promptTokenCount: 20,
  candidatesTokenCount: 10,
  totalTokenCount: 30,
};

const mock = new LLMock({
  host: "127.0.0.1",
  port: 0,
  strict: true,
  chunkSize: 5,
  // Slow enough that an answer can be broken off in its middle.
  latency: Number(process.env.LATENCY ?? 0),
});

const answer = (words, response, more = {}) =>
  mock.addFixture({
    match: { predicate: (request) => asked(request).includes(words) },
    response: { ...response, usage },
    ...more,
  });

mock.addFixture({
  match: {
    predicate: (request) => request.messages.at(-1)?.role === "tool",
  },
  response: { content: "It is sunny in Oslo.", usage },
});
answer("weather", {
  toolCalls: [
    { id: "call_weather", name: "weather", arguments: '{"city":"Oslo"}' },
  ],
});
answer("two tools", {
  content: "Both.",
  toolCalls: [
    { id: "call_a", name: "weather", arguments: '{"city":"Oslo"}' },
    { id: "call_b", name: "weather", arguments: '{"city":"Rome"}' },
  ],
});
answer("as JSON", { content: '{"city":"Oslo","degrees":21}' });
// By the model that is asked, to see who is asked for a better answer.
mock.addFixture({
  match: {
    predicate: (request) =>
      asked(request).includes("which city") && request.model === "cheap",
  },
  response: { content: "Oslo, I think.", usage },
});
answer("which city", { content: '{"city":"Oslo","degrees":21}' });
answer("think", { content: "Because.", reasoning: "Let me think." });
answer("the picture", { content: "A cat." });
answer("hello", { content: "Hello! How can I help you today?" });
answer("slowly", { content: "one two three four five six seven eight nine ten" });

mock.addFixture({
  match: { endpoint: "embedding", inputText: /house|mouse/ },
  response: { embedding: [0.25, -1.5, 3] },
});

await mock.start();
console.log(mock.url);

process.stdin.resume();
process.stdin.on("end", async () => {
  await mock.stop();
  process.exit(0);
});

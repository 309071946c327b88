// Serves the protocols of all providers on two free ports of the loopback and
// prints their addresses: one that wants a key, and one for who signs requests,
// which the mock does not check. Ends when its standard input does.
import { LLMock } from "@copilotkit/aimock";

const usage = {
  prompt_tokens: 90,
  completion_tokens: 20,
  input_tokens: 90,
  output_tokens: 20,
  promptTokenCount: 90,
  candidatesTokenCount: 20,
};

const text = (content) =>
  typeof content === "string"
    ? content
    : (content ?? []).map((part) => part.text ?? "").join("");

const asked = (what) => (request) =>
  text(request.messages.filter((m) => m.role === "user").at(-1)?.content) === what;

const has_tool = (request, name) =>
  (request.tools ?? []).some((tool) => tool.function.name === name);

const answered = (request) => request.messages.at(-1)?.role === "tool";

const fixtures = [
  [asked("say hello"), { content: "Hello there, world.", usage }],
  [
    (request) => asked("what is the weather")(request) && !answered(request),
    {
      toolCalls: [
        { id: "call_1", name: "get_weather", arguments: '{"city":"Paris","days":2}' },
        { id: "call_2", name: "get_time", arguments: "{}" },
      ],
      usage,
    },
  ],
  [
    (request) => asked("what is the weather")(request) && answered(request),
    { content: "It is sunny.", usage },
  ],
  [
    (request) => asked("count to one")(request) && has_tool(request, "answer"),
    { toolCalls: [{ name: "answer", arguments: '{"n":1}' }], usage },
  ],
  [asked("count to one"), { content: '{"n":1}', usage }],
];

const errors = [
  ["too long", 400, "invalid_request_error", "prompt is too long: 300000 tokens"],
  ["too bad", 400, "invalid_request_error", "Blocked by content filtering policy"],
  ["too poor", 402, "billing_error", "Pay first"],
  ["too new", 404, "not_found_error", "There is no such model"],
  ["too much", 529, "overloaded_error", "Overloaded"],
  ["too fast", 429, "rate_limit_error", "Slow down", 7],
  ["too odd", 400, "invalid_request_error", "Unknown parameter"],
  ["too broken", 500, "api_error", "Something broke"],
];

for (const [what, status, type, message, retryAfter] of errors)
  fixtures.push([asked(what), { error: { type, message }, status, retryAfter }]);

const serve = async (auth) => {
  const mock = new LLMock({
    host: "127.0.0.1",
    port: 0,
    strict: true,
    chunkSize: 3,
    ...(auth ? { auth } : {}),
  });
  for (const [predicate, response] of fixtures)
    mock.addFixture({ match: { predicate, endpoint: "chat" }, response });
  mock.addFixture({
    match: { endpoint: "embedding", inputText: /a|b/ },
    response: { embedding: [0.25, -1.5, 3] },
  });
  await mock.start();
  console.log(mock.url);
  return mock;
};

const mocks = [await serve({ apiKeys: ["e2e-key"] }), await serve()];

process.stdin.resume();
process.stdin.on("end", async () => {
  for (const mock of mocks) await mock.stop();
  process.exit(0);
});

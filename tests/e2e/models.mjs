// The clients of OpenAI and Anthropic, as they are, speak to the machine; which
// provider answers is no business of theirs.
//
// Usage: models.mjs URL KEY MODEL...
import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

const [url, key, ...models] = process.argv.slice(2);
const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
const anthropic = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 });

const greeting = "Hello! How can I help you today?";
const schema = {
  type: "object",
  properties: { city: { type: "string" }, degrees: { type: "integer" } },
  required: ["city", "degrees"],
  additionalProperties: false,
};
const parameters = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
};
const openaiTool = {
  type: "function",
  function: { name: "weather", description: "Tells the weather.", parameters },
};
const anthropicTool = {
  name: "weather",
  description: "Tells the weather.",
  input_schema: parameters,
};
// One red pixel.
const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

let checks = 0;
const same = (is, should, what) => {
  assert.deepEqual(is, should, what);
  ++checks;
};
const holds = (is, what) => {
  assert.ok(is, what);
  ++checks;
};

const ask = (model, content, more = {}) => ({
  model,
  max_tokens: 200,
  messages: [{ role: "user", content }],
  ...more,
});

async function openaiChat(model) {
  const { data, response } = await openai.chat.completions
    .create(ask(model, "hello"))
    .withResponse();
  same(data.choices[0].message.content, greeting, `${model}: text`);
  same(data.choices[0].finish_reason, "stop", `${model}: stop`);
  same(data.usage.prompt_tokens, 20, `${model}: prompt`);
  same(data.usage.completion_tokens, 10, `${model}: completion`);
  holds(response.headers.get("x-machine-call").startsWith("d-"), "call id");
  holds(Number(response.headers.get("x-machine-cost")) > 0, "cost");

  let text = "";
  let last = null;
  const stream = await openai.chat.completions.create(
    ask(model, "hello", {
      stream: true,
      stream_options: { include_usage: true },
    }),
  );
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? "";
    last = chunk;
  }
  same(text, greeting, `${model}: streamed text`);
  same(last.usage.completion_tokens, 10, `${model}: streamed usage`);

  const call = await openai.chat.completions.create(
    ask(model, "weather?", { tools: [openaiTool] }),
  );
  const made = call.choices[0].message.tool_calls[0];
  same(call.choices[0].finish_reason, "tool_calls", `${model}: tool stop`);
  same(made.function.name, "weather", `${model}: tool name`);
  same(JSON.parse(made.function.arguments), { city: "Oslo" }, "arguments");
  const after = await openai.chat.completions.create({
    ...ask(model, "weather?", { tools: [openaiTool] }),
    messages: [
      { role: "user", content: "weather?" },
      call.choices[0].message,
      { role: "tool", tool_call_id: made.id, content: "sunny" },
    ],
  });
  same(after.choices[0].message.content, "It is sunny in Oslo.", "after tool");

  const runner = openai.chat.completions.stream(
    ask(model, "two tools", { tools: [openaiTool] }),
  );
  const final = await runner.finalChatCompletion();
  same(
    final.choices[0].message.tool_calls.map((x) => JSON.parse(x.function.arguments)),
    [{ city: "Oslo" }, { city: "Rome" }],
    `${model}: streamed tools`,
  );

  const json = await openai.chat.completions.parse(
    ask(model, "as JSON", {
      response_format: {
        type: "json_schema",
        json_schema: { name: "weather", schema, strict: true },
      },
    }),
  );
  same(
    JSON.parse(json.choices[0].message.content),
    { city: "Oslo", degrees: 21 },
    `${model}: structured`,
  );

  const picture = await openai.chat.completions.create(
    ask(model, [
      { type: "text", text: "what is in the picture" },
      {
        type: "image_url",
        image_url: { url: `data:image/png;base64,${pixel}` },
      },
    ]),
  );
  same(picture.choices[0].message.content, "A cat.", `${model}: picture`);
}

async function openaiResponses(model) {
  const whole = await openai.responses.create({ model, input: "hello" });
  same(whole.output_text, greeting, `${model}: response`);
  same(whole.status, "completed", `${model}: status`);
  same(whole.usage.input_tokens, 20, `${model}: input tokens`);
  const runner = openai.responses.stream({ model, input: "hello" });
  let text = "";
  runner.on("response.output_text.delta", (event) => {
    text += event.delta;
  });
  const final = await runner.finalResponse();
  same(text, greeting, `${model}: streamed response`);
  same(final.output_text, greeting, `${model}: final response`);
  const tool = {
    type: "function",
    name: "weather",
    parameters,
    strict: false,
  };
  const call = await openai.responses.create({
    model,
    input: "weather?",
    tools: [tool],
  });
  const made = call.output.find((x) => x.type === "function_call");
  same(JSON.parse(made.arguments), { city: "Oslo" }, `${model}: function`);
  const after = await openai.responses.create({
    model,
    tools: [tool],
    input: [
      { role: "user", content: "weather?" },
      made,
      { type: "function_call_output", call_id: made.call_id, output: "sunny" },
    ],
  });
  same(after.output_text, "It is sunny in Oslo.", `${model}: after function`);
}

async function anthropicMessages(model) {
  const whole = await anthropic.messages.create(ask(model, "hello"));
  same(whole.content[0].text, greeting, `${model}: message`);
  same(whole.stop_reason, "end_turn", `${model}: stop reason`);
  same(whole.usage.input_tokens, 20, `${model}: input tokens`);
  same(whole.usage.output_tokens, 10, `${model}: output tokens`);

  const streamed = await anthropic.messages
    .stream(ask(model, "hello"))
    .finalMessage();
  same(streamed.content[0].text, greeting, `${model}: streamed message`);
  same(streamed.usage.output_tokens, 10, `${model}: streamed tokens`);

  const call = await anthropic.messages
    .stream(ask(model, "two tools", { tools: [anthropicTool] }))
    .finalMessage();
  same(call.stop_reason, "tool_use", `${model}: tool use`);
  same(
    call.content.filter((x) => x.type === "tool_use").map((x) => x.input),
    [{ city: "Oslo" }, { city: "Rome" }],
    `${model}: tool inputs`,
  );
  const after = await anthropic.messages.create({
    ...ask(model, "", { tools: [anthropicTool] }),
    messages: [
      { role: "user", content: "two tools" },
      { role: "assistant", content: call.content },
      {
        role: "user",
        content: call.content
          .filter((x) => x.type === "tool_use")
          .map((x) => ({
            type: "tool_result",
            tool_use_id: x.id,
            content: "sunny",
          })),
      },
    ],
  });
  same(after.content[0].text, "It is sunny in Oslo.", `${model}: after tools`);

  const picture = await anthropic.messages.create(
    ask(model, [
      {
        type: "image",
        source: { type: "base64", media_type: "image/png", data: pixel },
      },
      { type: "text", text: "what is in the picture" },
    ]),
  );
  same(picture.content[0].text, "A cat.", `${model}: picture`);

  const count = await anthropic.messages.countTokens({
    model,
    messages: [{ role: "user", content: "hello" }],
  });
  holds(count.input_tokens > 0, "count of tokens");
}

async function vectors() {
  const some = await openai.embeddings.create({
    model: "vectors",
    input: ["a house", "a mouse"],
  });
  same(some.data.length, 2, "vectors");
  same(some.data.map((x) => x.index), [0, 1], "order of vectors");
  same(some.data[1].embedding, [0.25, -1.5, 3], "a vector");
  holds(some.usage.prompt_tokens >= 0, "usage of vectors");
  const one = await openai.embeddings.create({
    model: "vectors",
    input: "a house",
    encoding_format: "float",
  });
  same(one.data[0].embedding, [0.25, -1.5, 3], "a vector in decimals");
}

async function refused(what, status, type) {
  try {
    await what();
  } catch (error) {
    same(error.status, status, `status of ${error.message}`);
    holds(error instanceof type, `kind of ${error.message}`);
    return error;
  }
  assert.fail("it was not refused");
}

async function errors(model) {
  const nobody = await refused(
    () => openai.chat.completions.create(ask("no-such-model", "hello")),
    404,
    OpenAI.NotFoundError,
  );
  same(nobody.code, "model_not_found", "code");
  await refused(
    () => anthropic.messages.create(ask("no-such-model", "hello")),
    404,
    Anthropic.NotFoundError,
  );
  const wrong = await refused(
    () => openai.chat.completions.create({ model, messages: "hello" }),
    400,
    OpenAI.BadRequestError,
  );
  same(wrong.param, "messages", "parameter");
  await refused(
    () => anthropic.messages.create({ model, messages: [] }),
    400,
    Anthropic.BadRequestError,
  );
  const stranger = new OpenAI({ baseURL: `${url}/v1`, apiKey: "tm_no", maxRetries: 0 });
  await refused(
    () => stranger.chat.completions.create(ask(model, "hello")),
    401,
    OpenAI.AuthenticationError,
  );
  const other = new Anthropic({ baseURL: url, apiKey: "tm_no", maxRetries: 0 });
  await refused(
    () => other.messages.create(ask(model, "hello")),
    401,
    Anthropic.AuthenticationError,
  );
}

async function lists(some) {
  const ids = [];
  for await (const model of openai.models.list()) ids.push(model.id);
  for (const id of some) holds(ids.includes(id), `${id} is listed`);
  const one = await openai.models.retrieve(some[0]);
  same(one.id, some[0], "one model");
  const seen = [];
  for await (const model of anthropic.models.list()) seen.push(model.id);
  for (const id of some) holds(seen.includes(id), `${id} is listed twice`);
}

for (const model of models) {
  await openaiChat(model);
  await openaiResponses(model);
  await anthropicMessages(model);
}
await vectors();
await errors(models[0]);
await lists(models);
console.log(`${checks} checks`);

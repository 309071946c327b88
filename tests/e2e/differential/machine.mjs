// A neutral graph run by the machine, through its REST API.
import { answerTo } from "./expressions.mjs";
import { toWorkflow } from "./workflow.mjs";

/** How long a run that is called may take to be there, in milliseconds. */
const patience = 20_000;

/** The machine said no. */
export class Refused extends Error {
  constructor(status, text) {
    super(`${status} ${text}`);
    this.status = status;
  }
}

export class Machine {
  constructor({ url, token }, repository) {
    this.url = `${url.replace(/\/$/, "")}/api/v1`;
    this.headers = { authorization: `Bearer ${token}` };
    this.repository = repository;
  }

  async ask(method, path, body) {
    const answer = await fetch(this.url + path, {
      method,
      headers: { ...this.headers, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Refused(answer.status, text);
    return JSON.parse(text);
  }

  async begin(workflow, inputs, title, repository) {
    const { id } = await this.ask("POST", "/runs", {
      title,
      workflow,
      inputs,
      ...(repository ? { repository: this.repository } : {}),
    });
    return id;
  }

  show(run) {
    return this.ask("GET", `/runs/${run}`);
  }

  answer(run, interrupt, answer) {
    return this.ask("POST", `/runs/${run}/answers`, { interrupt, answer });
  }

  /** The stream of a run's events. A run that calls another says so before the
   * other is there. */
  async stream(run) {
    for (const end = Date.now() + patience; ;) {
      const answer = await fetch(`${this.url}/runs/${run}/events`, {
        headers: { ...this.headers, accept: "text/event-stream" },
      });
      if (answer.ok) return answer.body;
      const text = await answer.text();
      if (answer.status !== 404 || Date.now() > end)
        throw new Refused(answer.status, text);
    }
  }

  /** The events of a run until its last, as many at a time as have come. */
  async *events(run) {
    const body = await this.stream(run);
    let rest = "";
    for await (const bytes of body.pipeThrough(new TextDecoderStream())) {
      const frames = (rest + bytes).split("\n\n");
      rest = frames.pop();
      const events = frames.flatMap((frame) =>
        frame
          .split("\n")
          .filter((line) => line.startsWith("data:"))
          .map((line) => JSON.parse(line.slice(5))),
      );
      if (!events.length) continue;
      yield events;
      if (events.some((x) => x.type === "run_ended")) return;
    }
    throw new Error(`the events of ${run} ended before the run`);
  }
}

/** One run with all that it calls. */
class Follower {
  constructor(machine, dice) {
    this.machine = machine;
    this.dice = dice;
    this.open = [];
    this.asked = [];
    this.ran = {};
    this.tries = {};
    this.blamed = [];
  }

  count(table, name) {
    table[name] = (table[name] ?? 0) + 1;
  }

  /** Follows a run, whose steps are called with *prefix* before their ids. */
  async follow(run, prefix) {
    const steps = new Map();
    const children = [];
    const hear = (x) => {
      const step = steps.get(x.activation);
      switch (x.type) {
        case "step_started":
          steps.set(x.activation, prefix + x.step);
          break;
        case "step_skipped":
          this.count(this.ran, `${prefix}${x.step} skipped`);
          break;
        case "step_done":
          if (step) this.count(this.ran, `${step} done`);
          break;
        case "step_failed":
          this.blamed.push(`${step}: ${x.code} ${x.message}`);
          this.count(this.ran, `${step} failed`);
          break;
        case "attempt_started":
          if (x.kind === "command") this.count(this.tries, step);
          break;
        case "interrupt_opened":
          this.asked.push(x.question);
          this.open.push({ run, ...x });
          break;
        case "child_started":
          children.push(this.follow(x.run, `${step}/`));
          // It is looked at in the end.
          children.at(-1).catch(() => {});
          break;
      }
    };
    for await (const events of this.machine.events(run)) {
      events.forEach(hear);
      await this.answerSome();
    }
    await Promise.all(children);
  }

  /** Every batch of events answers a question at least, so that it goes on;
   * the answer is an event itself. */
  async answerSome() {
    if (!this.open.length) return;
    const chosen = this.dice.some(this.open);
    this.open = this.open.filter((x) => !chosen.includes(x));
    for (const x of chosen)
      try {
        await this.machine.answer(x.run, x.interrupt, answerTo(x.question));
      } catch (error) {
        // A run that fails asks no more.
        if (error.status !== 409) throw error;
        this.late = error;
      }
  }
}

const isFlaky = (x) => JSON.stringify(x).includes('"flaky":');

/** Runs a graph to its end, answering what it asks, some at a time. */
export const runHere = async (machine, graph, inputs, dice) => {
  const run = await machine.begin(
    toWorkflow(graph),
    inputs,
    graph.name,
    isFlaky(graph),
  );
  const follower = new Follower(machine, dice);
  await follower.follow(run, "");
  const end = await machine.show(run);
  if (follower.late && end.state !== "failed") throw follower.late;
  return {
    run,
    state: end.state,
    message: end.message,
    vars: end.vars,
    output: end.output ?? null,
    ran: follower.ran,
    tries: follower.tries,
    blamed: follower.blamed,
    asked: follower.asked.sort(),
  };
};

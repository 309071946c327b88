// A neutral graph as a StateGraph of LangGraph.
//
// A step X is a node X. Beside it, `X?` decides whether it runs, `X-` is where
// it is skipped, `X!` is where both ways meet, `X~` is where it goes on after
// an error. A loop begins at `X>`, a round at `X+`, and is judged at `X=`.
// Items are sent from `X/` and gathered at `X.`. Cases are chosen at `X/`, end
// at `X.1`, `X.2` and so on, and meet at `X;`.
import {
  Command,
  END,
  Send,
  START,
  StateGraph,
  interrupt,
} from "@langchain/langgraph";
import { ended, firstOf, stateOf, varsOf, withChannels } from "./channels.mjs";
import { evaluate, renderText } from "./expressions.mjs";

/** An error of a step, with the step; its text only counts if the graph says
 * what it is. */
const blame = (step, message) =>
  Object.assign(new Error(message ?? "not yet"), {
    step,
    said: message,
    code: "step",
  });

/** Makes the nodes of one graph. */
export class Maker {
  constructor(graph, run) {
    this.graph = graph;
    this.run = run;
    this.builder = new StateGraph(stateOf(graph));
    this.inner = Object.fromEntries(
      Object.entries(graph.graphs ?? {}).map(([name, x]) => [
        name,
        { graph: x, compiled: new Maker(x, run).make() },
      ]),
    );
  }

  make(options) {
    const { roots, leaves } = this.block(this.graph.steps, null);
    for (const x of roots) this.builder.addEdge(START, x);
    for (const x of leaves) this.builder.addEdge(x, END);
    return this.builder.compile(options);
  }

  scope(state, round) {
    return {
      inputs: state.inputs,
      vars: varsOf(this.graph, state),
      out: { ...state.out, ...state.local?.out },
      state: { ...state.state, ...state.local?.state },
      iteration: round ? state.rounds[round] : 0,
      item: state.item ?? null,
      index: state.index ?? null,
    };
  }

  node(name, body, options) {
    this.builder.addNode(name, body, options);
    return name;
  }

  /** *next* once all of *names* have run. */
  after(names, next) {
    this.builder.addEdge(names.length > 1 ? names : names[0], next);
  }

  /** The nodes where a block begins and where it ends. */
  block(steps, round) {
    const exits = {};
    const entries = steps.map((step) => {
      const { entry, exit } = this.step(step, round);
      exits[step.id] = exit;
      return entry;
    });
    const needed = new Set(steps.flatMap((x) => x.needs ?? []));
    steps.forEach((step, i) => {
      if (step.needs?.length)
        this.after(
          step.needs.map((x) => exits[x]),
          entries[i],
        );
    });
    return {
      roots: entries.filter((_, i) => !steps[i].needs?.length),
      leaves: steps.filter((x) => !needed.has(x.id)).map((x) => exits[x.id]),
    };
  }

  step(step, round) {
    const way = this.unconditional(step, round);
    if (!step.when) return way;
    const { id, when } = step;
    const gate = this.node(`${id}?`, () => ({}));
    const skip = this.node(`${id}-`, () => ended(id, "skipped"));
    const exit = this.node(`${id}!`, () => ({}));
    this.builder.addConditionalEdges(
      gate,
      (state) => (evaluate(when, this.scope(state, round)) ? way.entry : skip),
      [way.entry, skip],
    );
    this.builder.addEdge(way.exit, exit);
    this.builder.addEdge(skip, exit);
    return { entry: gate, exit };
  }

  unconditional(step, round) {
    if (step.each) return this.each(step, round);
    if (step.repeat) return this.repeat(step, round);
    if (step.route) return this.route(step, round);
    const node = this.node(
      step.id,
      (state, config) => this.perform(step, this.scope(state, round), config),
      this.patience(step),
    );
    if (!step.proceed) return { entry: node, exit: node };
    // What handles an error has no edges; it says where to go on.
    const exit = this.node(`${step.id}~`, () => ({}));
    this.builder.addEdge(node, exit);
    return { entry: node, exit };
  }

  /** Does what a step without blocks does, and returns its update. */
  async perform(step, scope, config) {
    const { id } = step;
    if (step.set) {
      const values = Object.entries(step.set).map(([name, x]) => [
        name,
        evaluate(x, scope),
      ]);
      return {
        ...withChannels(Object.fromEntries(values)),
        ...ended(id, "done"),
      };
    }
    if (step.ask) {
      const answer = interrupt({ question: renderText(step.ask, scope) });
      return ended(id, "done", answer);
    }
    if (step.call) {
      const { graph, compiled } = this.inner[step.call.graph];
      const inputs = evaluate(["object", step.call.inputs ?? {}], scope);
      const end = await compiled.invoke(firstOf(graph, inputs), config);
      const output = evaluate(graph.output, {
        inputs,
        vars: varsOf(graph, end),
        out: end.out,
        state: end.state,
      });
      const update = ended(id, "done", output);
      update.ran.push(...end.ran.map(([x, how]) => [`${id}/${x}`, how]));
      return update;
    }
    if (step.flaky) {
      const tries = (this.run.tries[id] ?? 0) + 1;
      this.run.tries[id] = tries;
      if (tries <= step.flaky.fails) throw blame(id, null);
      return ended(id, "done");
    }
    throw blame(id, renderText(step.fail, scope));
  }

  patience(step) {
    if (!step.flaky) return undefined;
    const options = {
      retryPolicy: {
        maxAttempts: step.flaky.retries + 1,
        initialInterval: 1,
        jitter: false,
        retryOn: () => true,
        logWarning: false,
      },
    };
    if (step.proceed)
      options.errorHandler = () =>
        new Command({
          update: ended(step.id, "failed"),
          goto: `${step.id}~`,
        });
    return options;
  }

  route({ id, route }, round) {
    const gate = this.node(`${id}/`, () => ({}));
    const ways = route.map(({ steps }, i) => {
      const { roots, leaves } = this.block(steps, round);
      const end = this.node(`${id}.${i + 1}`, () =>
        ended(id, "done", { case: `${i + 1}` }),
      );
      this.after(leaves, end);
      return { roots, end };
    });
    const none = this.node(`${id}.0`, () => ended(id, "done", { case: null }));
    this.builder.addConditionalEdges(
      gate,
      (state) => {
        const scope = this.scope(state, round);
        const chosen = route.findIndex(
          ({ when }) => when === undefined || evaluate(when, scope),
        );
        return chosen < 0 ? [none] : ways[chosen].roots;
      },
      [none, ...ways.flatMap((x) => x.roots)],
    );
    const exit = this.node(`${id};`, () => ({}));
    for (const end of [none, ...ways.map((x) => x.end)])
      this.builder.addEdge(end, exit);
    return { entry: gate, exit };
  }

  repeat({ id, repeat }) {
    const begin = this.node(`${id}>`, () => ({ rounds: { [id]: 0 } }));
    const round = this.node(`${id}+`, ({ rounds }) => ({
      rounds: { [id]: rounds[id] + 1 },
    }));
    const { roots, leaves } = this.block(repeat.steps, id);
    this.builder.addEdge(begin, round);
    for (const x of roots) this.builder.addEdge(round, x);
    const judge = this.node(`${id}=`, (state) => ({
      out: {
        [id]: {
          iterations: state.rounds[id],
          satisfied: evaluate(repeat.until, this.scope(state, id)),
        },
      },
    }));
    this.after(leaves, judge);
    const exit = this.node(id, (state) => ended(id, "done", state.out[id]));
    this.builder.addConditionalEdges(
      judge,
      ({ out: { [id]: at } }) =>
        at.satisfied || at.iterations >= repeat.max ? exit : round,
      [exit, round],
    );
    return { entry: begin, exit };
  }

  /** Items go through a chain of nodes, each on its own by `Send`. */
  each({ id, each }, round) {
    const gate = this.node(`${id}/`, () => ({ results: { [id]: null } }));
    const exit = this.node(id, ({ results }) => {
      const all = (results[id] ?? []).sort((a, b) => a.index - b.index);
      return ended(id, "done", {
        items: all.length,
        results: all.map((x) => x.value),
      });
    });
    const chain = each.steps;
    const last = `${id}.`;
    /** Sends an item to the step at *at*, to where it is skipped, or to where
     * its result is worked out. */
    const send = (arg, at) => {
      const step = chain[at];
      if (!step) return new Send(last, arg);
      const goes = !step.when || evaluate(step.when, this.scope(arg, round));
      return new Send(goes ? step.id : `${step.id}-`, arg);
    };
    const names = chain.flatMap((x) => (x.when ? [x.id, `${x.id}-`] : [x.id]));
    chain.forEach((step, i) => {
      const goOn = (arg, update) => {
        const { out, state, ...rest } = update;
        const local = {
          out: { ...arg.local.out, ...out },
          state: { ...arg.local.state, ...state },
        };
        return new Command({
          update: rest,
          goto: [send({ ...arg, local }, i + 1)],
        });
      };
      const ends = [...names, last];
      this.node(
        step.id,
        async (arg, config) =>
          goOn(arg, await this.perform(step, this.scope(arg, round), config)),
        { ends },
      );
      if (step.when)
        this.node(
          `${step.id}-`,
          (arg) => goOn(arg, ended(step.id, "skipped")),
          { ends },
        );
    });
    this.node(last, (arg) => ({
      results: {
        [id]: [
          {
            index: arg.index,
            value: evaluate(each.output, this.scope(arg, round)),
          },
        ],
      },
    }));
    this.builder.addConditionalEdges(
      gate,
      (state) => {
        const items = evaluate(each.items, this.scope(state, round));
        const local = { out: {}, state: {} };
        return items.length
          ? items.map((item, index) =>
              send({ ...state, item, index, local }, 0),
            )
          : exit;
      },
      [...names, last, exit],
    );
    this.builder.addEdge(last, exit);
    return { entry: gate, exit };
  }
}

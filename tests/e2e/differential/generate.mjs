// Random graphs: first what there is, then, in fill.mjs, what it does.
import { Filler, variables } from "./fill.mjs";

/** How deep blocks and calls may be in one another. */
const deepest = { block: 2, call: 2 };

class Generator {
  constructor(dice) {
    this.dice = dice;
    this.last = 0;
  }

  id(kind) {
    return `${kind}${++this.last}`;
  }

  graph(name, depth, inputs) {
    const graph = {
      name,
      inputs,
      vars: Object.fromEntries(
        Object.entries(variables).map(([k, [first]]) => [k, first]),
      ),
      reducers: Object.fromEntries(
        Object.entries(variables).flatMap(([k, [, how]]) =>
          how ? [[k, how]] : [],
        ),
      ),
      graphs: {},
      steps: [],
    };
    const scene = { graph, depth };
    graph.steps = this.block(
      scene,
      this.dice.number(depth ? 1 : 3, depth ? 4 : 7),
      0,
    );
    if (depth === 0 && this.dice.chance(0.15)) this.stop(graph);
    new Filler(this.dice, graph).fill();
    graph.output = [
      "object",
      Object.fromEntries(
        Object.keys(variables).map((k) => [
          k,
          k === "list" || k === "set" ? ["sorted", ["var", k]] : ["var", k],
        ]),
      ),
    ];
    return graph;
  }

  /** Perhaps ends the run as failed, after all else. */
  stop(graph) {
    graph.steps.push({
      id: this.id("fail"),
      needs: graph.steps.map((x) => x.id),
      when: true,
      fail: [],
    });
  }

  block(scene, size, level) {
    const steps = [];
    for (let i = 0; i < size; ++i) {
      const x = this.step(scene, level);
      const needs = steps.filter(() => this.dice.chance(1.6 / size));
      if (needs.length) x.needs = needs.map((y) => y.id);
      if (this.dice.chance(0.25)) x.when = true;
      steps.push(x);
    }
    return steps;
  }

  step(scene, level) {
    const deep = level < deepest.block;
    const kinds = {
      set: 12,
      ask: 2,
      each: deep ? 2 : 0,
      repeat: deep ? 2 : 0,
      route: deep ? 2 : 0,
      call: scene.depth < deepest.call ? 1 : 0,
      // Each takes several processes of git.
      flaky: scene.depth || level ? 0 : 0.06,
    };
    return this.of(this.weighted(kinds), scene, level + 1);
  }

  weighted(kinds) {
    const total = Object.values(kinds).reduce((a, b) => a + b);
    let at = this.dice.next() * total;
    return Object.keys(kinds).find((x) => (at -= kinds[x]) < 0) ?? "set";
  }

  of(kind, scene, level) {
    const { dice } = this;
    const x = { id: this.id(kind) };
    const block = (most) => this.block(scene, dice.number(1, most), level);
    switch (kind) {
      case "set":
        return { ...x, set: {} };
      case "ask":
        return { ...x, ask: [] };
      case "each":
        return {
          ...x,
          each: {
            parallel: dice.number(1, 4),
            steps: Array.from({ length: dice.number(1, 3) }, () => {
              const kinds = {
                set: 4,
                ask: 1,
                call: scene.depth < deepest.call ? 1 : 0,
              };
              const step = this.of(this.weighted(kinds), scene, level);
              return dice.chance(0.3) ? { ...step, when: true } : step;
            }),
          },
        };
      case "repeat":
        return { ...x, repeat: { max: dice.number(1, 3), steps: block(3) } };
      case "route":
        return {
          ...x,
          route: Array.from({ length: dice.number(1, 3) }, () => ({
            when: true,
            steps: block(2),
          })),
        };
      case "call": {
        const name = this.id("graph");
        scene.graph.graphs[name] = this.graph(name, scene.depth + 1, {
          n: 0,
          m: 0,
        });
        const budget = [0.02, 0.001, 0.00005][scene.depth];
        return { ...x, call: { graph: name, inputs: { n: 0, m: 0 }, budget } };
      }
      default: {
        const fails = dice.number(0, 2);
        const retries = dice.number(0, 2);
        return { ...x, flaky: { fails, retries }, proceed: true };
      }
    }
  }
}

/** A graph, the same for the same seed. */
export const generate = (dice, name) =>
  new Generator(dice).graph(name, 0, { n: dice.number(0, 50) });

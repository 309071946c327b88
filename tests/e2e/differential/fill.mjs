// Who sets what in a random graph, and what everything is worked out from. A
// variable is read only where nobody may set it at the same time: who would win
// is not for us to say, nor for LangGraph.
import { modulus } from "./expressions.mjs";
import { overlap, places } from "./order.mjs";

/** The variables of every graph: first value, reducer. */
export const variables = {
  r0: [1],
  r1: [2],
  r2: [3],
  r3: [4],
  sum: [0, "add"],
  most: [null, "max"],
  least: [500, "min"],
  list: [[], "append"],
  set: [[1], "union"],
  map: [{}, "merge"],
};

/** Decides who sets what, and writes all expressions of a graph. */
export class Filler {
  constructor(dice, graph) {
    this.dice = dice;
    this.graph = graph;
    this.ways = places(graph);
    this.setters = {};
  }

  fill() {
    for (const way of this.ways.values()) this.choose(way);
    for (const way of this.ways.values()) this.write(way);
  }

  choose(way) {
    const { set } = way.at(-1).step;
    if (!set) return;
    const free = Object.keys(variables).filter(
      (name) =>
        variables[name][1] ||
        [way, ...(this.setters[name] ?? [])].every((x) => !overlap(x, way)),
    );
    for (let i = this.dice.number(1, 2); i > 0; --i) {
      const name = this.dice.pick(free);
      if (!(name in set)) (this.setters[name] ??= []).push(way);
      set[name] = 0;
    }
  }

  write(way) {
    const { step } = way.at(-1);
    const at = this.view(way);
    if (step.when) step.when = this.condition(at);
    for (const name of Object.keys(step.set ?? {}))
      step.set[name] = this.value(name, at, step.id);
    if (step.ask)
      step.ask = [`${step.id}: `, this.shown(at), " of ", this.shown(at)];
    if (step.fail) step.fail = ["because of ", this.shown(at)];
    if (step.call)
      for (const name of Object.keys(step.call.inputs))
        step.call.inputs[name] = this.number(at);
    for (const one of step.route ?? []) one.when = this.condition(at);
    if (step.repeat) {
      const end = this.view([...way, { block: step.repeat.steps, step: {} }]);
      step.repeat.until = [
        "or",
        this.condition(end),
        ["<", this.dice.number(0, 2), ["iteration"]],
      ];
    }
    if (step.each) {
      step.each.items = this.dice.chance(0.5)
        ? ["range", ["mod", this.number(at), 5]]
        : ["list", this.number(at), this.number(at)];
      const end = this.view([...way, { block: step.each.steps, step: {} }]);
      step.each.output = this.number(end);
    }
  }

  /** What can be looked at from a place: variables, steps that have ended, the
   * item, the round. */
  view(way) {
    const ended = way.flatMap(({ block, step }, i) => {
      const around = way[i - 1]?.step;
      const place = block.indexOf(step);
      // A place after the block is none in it.
      if (place < 0) return block;
      if (around?.each) return block.slice(0, place);
      return block.filter((x) => this.before(block, step, x.id));
    });
    // The end of a round comes after all that is in it, but not after what
    // other items do.
    const around = way.at(-2)?.step;
    const round = around?.repeat?.steps === way.at(-1).block;
    const place =
      round && !way.at(-1).block.includes(way.at(-1).step)
        ? way.slice(0, -1)
        : way;
    const vars = Object.keys(variables).filter((name) =>
      (this.setters[name] ?? []).every((x) => !overlap(x, place)),
    );
    const above = way.slice(0, -1).map((x) => x.step);
    const inside = {
      item: above.some((x) => x.each),
      iteration: above.some((x) => x.repeat),
    };
    return { ended, vars, ...inside };
  }

  before(block, step, id) {
    return (step.needs ?? []).some(
      (x) =>
        x === id ||
        this.before(
          block,
          block.find((y) => y.id === x),
          id,
        ),
    );
  }

  /** Numbers that are there already. */
  atoms(at) {
    const all = [["small"], ["small"]];
    const read = { list: ["sum", "length"], set: ["sum", "length"] };
    for (const name of at.vars) {
      const x = ["var", name];
      if (read[name]) all.push(...read[name].map((how) => [how, x]));
      else if (name === "map")
        all.push(["length", x], ["or0", ["get", x, "a"]]);
      else all.push(["or0", x]);
    }
    for (const x of at.ended) {
      if (x.ask) all.push(["or0", ["out", x.id]]);
      if (x.repeat) all.push(["or0", ["out", x.id, "iterations"]]);
      if (x.call) all.push(["or0", ["out", x.id, "sum"]]);
      if (x.call) all.push(["or0", ["out", x.id, "r0"]]);
      if (x.each) all.push(["sum", ["orEmpty", ["out", x.id, "results"]]]);
    }
    if (at.item) all.push(["item"], ["index"]);
    if (at.iteration) all.push(["iteration"]);
    for (const name of Object.keys(this.graph.inputs))
      all.push(["input", name]);
    return all;
  }

  number(at, depth = 2) {
    const { dice } = this;
    if (depth === 0 || dice.chance(0.3)) {
      const x = dice.pick(this.atoms(at));
      return x[0] === "small" ? dice.number(-3, 9) : x;
    }
    const a = this.number(at, depth - 1);
    const b = this.number(at, depth - 1);
    switch (dice.number(0, 6)) {
      case 0:
        return ["+", a, b];
      case 1:
        return ["-", a, b];
      case 2:
        return ["*", ["mod", a, 31], ["mod", b, 31]];
      case 3:
        return ["smaller", a, b];
      case 4:
        return ["larger", a, b];
      case 5:
        return ["half", a];
      default:
        return ["mod", a, dice.number(2, 9)];
    }
  }

  /** A number in a text, where jq writes -0 as -0. */
  shown(at) {
    return ["+", this.number(at), 0];
  }

  condition(at) {
    const { dice } = this;
    const x = at.ended.length && dice.chance(0.3) ? dice.pick(at.ended) : null;
    // Which depends on something, for what never holds is refused.
    const a = dice.pick(this.atoms(at).filter(([x]) => x !== "small"));
    const one = x
      ? ["is", x.id, dice.pick(["done", "skipped"])]
      : dice.chance(0.5)
        ? ["<", a, dice.number(0, 20)]
        : ["==", ["mod", a, 2], 0];
    switch (dice.number(0, 3)) {
      case 0:
        return ["not", one];
      case 1:
        return ["or", one, ["<", this.number(at, 1), a]];
      case 2:
        return ["and", one, ["<", -9, a]];
      default:
        return one;
    }
  }

  value(name, at, id) {
    const { dice } = this;
    const x = ["mod", this.number(at), modulus];
    switch (name) {
      case "sum":
        return dice.chance(0.3) ? ["*", x, 0.25] : x;
      case "list":
      case "set":
        return dice.chance(0.5)
          ? ["mod", x, 7]
          : ["list", ["mod", x, 5], dice.number(0, 3), 2];
      case "map": {
        // Of one member each has a part of its own.
        const own = { [id]: x };
        return dice.chance(0.4)
          ? ["object", { a: 4, deep: ["object", own] }]
          : ["object", own];
      }
      default:
        return x;
    }
  }
}

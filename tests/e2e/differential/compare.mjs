// What has to be equal when both have run a graph, and what differs.
import { isDeepStrictEqual } from "node:util";
import { contested } from "./order.mjs";

const inOrder = (x) => JSON.stringify(x);

/** Lists whose elements come in the order in which steps ended at the same
 * time have no order. */
const withoutOrder = (vars, names) =>
  Object.fromEntries(
    Object.entries(vars).map(([name, x]) => [
      name,
      names.has(name) && Array.isArray(x)
        ? [...x].sort((a, b) => (inOrder(a) < inOrder(b) ? -1 : 1))
        : x,
    ]),
  );

/** What differs, a line each. */
export const differences = (graph, here, there) => {
  const names = contested(graph);
  const seen = (x) =>
    // As JSON has it: no -0, no undefined.
    JSON.parse(JSON.stringify({ ...x, vars: withoutOrder(x.vars, names) }));
  const [a, b] = [seen(here), seen(there)];
  // Each has words of its own for what the graph does not say.
  if (b.message === null) a.message = null;
  return ["state", "message", "vars", "output", "ran", "tries", "asked"]
    .filter((key) => !isDeepStrictEqual(a[key], b[key]))
    .map(
      (key) =>
        `${key}: ${JSON.stringify(a[key])} here, ` +
        `${JSON.stringify(b[key])} with LangGraph` +
        (key === "state" ? `\n${here.run} ${here.blamed.join("\n")}` : ""),
    );
};

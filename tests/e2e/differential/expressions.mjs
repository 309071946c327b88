// Expressions of neutral graphs, `[operator, ...operands]`, and what they are
// to each engine: a value worked out here, or a text of jq worked out there.
// Neither knows of the other; what they have in common is this table.

/** Numbers stay small however often a loop goes round. */
export const modulus = 1009;

const whole = (x) => Math.trunc(x);

/** By operator: its value in JavaScript, and its text in jq. */
const operators = {
  "+": [(a, b) => a + b, (a, b) => `(${a} + ${b})`],
  "-": [(a, b) => a - b, (a, b) => `(${a} - ${b})`],
  "*": [(a, b) => a * b, (a, b) => `(${a} * ${b})`],
  mod: [
    (a, b) => (whole(a) % b) + 0,
    (a, b) => `((${a} | if . < 0 then ceil else floor end) % ${b})`,
  ],
  half: [(a) => Math.floor(a / 2), (a) => `(${a} / 2 | floor)`],
  smaller: [(a, b) => Math.min(a, b), (a, b) => `([${a}, ${b}] | min)`],
  larger: [(a, b) => Math.max(a, b), (a, b) => `([${a}, ${b}] | max)`],
  "<": [(a, b) => a < b, (a, b) => `(${a} < ${b})`],
  "==": [(a, b) => a === b, (a, b) => `(${a} == ${b})`],
  and: [(a, b) => a && b, (a, b) => `(${a} and ${b})`],
  or: [(a, b) => a || b, (a, b) => `(${a} or ${b})`],
  not: [(a) => !a, (a) => `(${a} | not)`],
  or0: [(a) => a ?? 0, (a) => `(${a} // 0)`],
  orEmpty: [(a) => a ?? [], (a) => `(${a} // [])`],
  length: [(a) => Object.keys(a).length, (a) => `(${a} | length)`],
  sum: [
    (a) => a.reduce((x, y) => x + y, 0),
    (a) => `(reduce (${a})[] as $x (0; . + $x))`,
  ],
  sorted: [(a) => [...a].sort((x, y) => x - y), (a) => `(${a} | sort)`],
  range: [
    (a) => Array.from({ length: a }, (_, i) => i),
    (a) => `[range(${a})]`,
  ],
  digits: [(a) => `${a}`.length, (a) => `(${a} | tostring | length)`],
  list: [(...all) => all, (...all) => `[${all.join(", ")}]`],
};

/** What an expression is, given `{inputs, vars, out, state, iteration, item,
 * index}`. */
export const evaluate = (expression, scope) => {
  if (!Array.isArray(expression)) return expression;
  const [operator, ...rest] = expression;
  switch (operator) {
    case "var":
      return scope.vars[rest[0]];
    case "input":
      return scope.inputs[rest[0]];
    case "item":
    case "index":
    case "iteration":
      return scope[operator];
    case "out":
      return rest[1] === undefined
        ? (scope.out[rest[0]] ?? null)
        : (scope.out[rest[0]]?.[rest[1]] ?? null);
    case "is":
      return scope.state[rest[0]] === rest[1];
    case "get":
      return evaluate(rest[0], scope)?.[rest[1]] ?? null;
    case "object":
      return Object.fromEntries(
        Object.entries(rest[0]).map(([k, x]) => [k, evaluate(x, scope)]),
      );
  }
  return operators[operator][0](...rest.map((x) => evaluate(x, scope)));
};

const quote = (x) => JSON.stringify(x);

/** The same in jq. */
export const toJq = (expression) => {
  if (!Array.isArray(expression)) return quote(expression);
  const [operator, ...rest] = expression;
  switch (operator) {
    case "var":
      return `.vars.${rest[0]}`;
    case "input":
      return `.inputs.${rest[0]}`;
    case "item":
    case "index":
    case "iteration":
      return `.${operator}`;
    case "out":
      return `.steps.${rest[0]}.output${rest[1] ? `.${rest[1]}` : ""}`;
    case "is":
      return `(.steps.${rest[0]}.state == ${quote(rest[1])})`;
    case "get":
      return `(${toJq(rest[0])} | .[${quote(rest[1])}])`;
    case "object":
      return `{${Object.entries(rest[0])
        .map(([k, x]) => `${quote(k)}: ${toJq(x)}`)
        .join(", ")}}`;
  }
  return operators[operator][1](...rest.map(toJq));
};

/** A text with expressions in it: its parts are texts and expressions. */
export const renderText = (parts, scope) =>
  parts
    .map((x) => (Array.isArray(x) ? String(evaluate(x, scope)) : x))
    .join("");

export const toTemplate = (parts) =>
  parts.map((x) => (Array.isArray(x) ? "${{ " + toJq(x) + " }}" : x)).join("");

/** What everybody answers to a question, on either side: a number that is a
 * function of the question alone, so that the order does not matter. */
export const answerTo = (question) => {
  let hash = 2166136261;
  for (const c of question)
    hash = Math.imul(hash ^ c.codePointAt(0), 16777619) >>> 0;
  return hash % 97;
};

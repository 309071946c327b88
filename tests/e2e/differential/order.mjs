// What of a graph may happen at the same time. What is ordered must be equal to
// the last digit; of lists to which several add at the same time, the elements.

/** Where the steps of a graph stand: for each, its way from the top as
 * `[block, step]`, a block being a list of steps. */
export const places = (graph) => {
  const found = new Map();
  const visit = (steps, way) => {
    for (const x of steps) {
      const here = [...way, { block: steps, step: x }];
      found.set(x.id, here);
      if (x.repeat) visit(x.repeat.steps, here);
      for (const one of x.route ?? []) visit(one.steps, here);
      if (x.each) visit(x.each.steps, here);
    }
  };
  visit(graph.steps, []);
  return found;
};

/** Whether *id* needs *other*, or what needs it, in *block*. */
const needs = (block, id, other) => {
  const step = block.find((x) => x.id === id);
  return (step.needs ?? []).some((x) => x === other || needs(block, x, other));
};

/** Whether what stands at *a* and at *b* may happen at the same time. */
export const overlap = (a, b) => {
  const inItems = (way) => way.find((x) => x.step.each && x !== way.at(-1));
  const each = inItems(a);
  if (each && each.step === inItems(b)?.step) return true;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; ++i) {
    if (a[i].step === b[i].step) continue;
    if (a[i].block !== b[i].block) return false;
    const [x, y] = [a[i].step.id, b[i].step.id];
    return !needs(a[i].block, x, y) && !needs(a[i].block, y, x);
  }
  return false;
};

/** The variables that several steps may set at the same time. */
export const contested = (graph) => {
  const setters = {};
  for (const way of places(graph).values())
    for (const name of Object.keys(way.at(-1).step.set ?? {}))
      (setters[name] ??= []).push(way);
  return new Set(
    Object.entries(setters)
      .filter(([, ways]) =>
        ways.some((a, i) => ways.some((b, k) => k <= i && overlap(a, b))),
      )
      .map(([name]) => name),
  );
};

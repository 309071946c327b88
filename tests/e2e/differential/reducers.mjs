// How what is set becomes part of a variable, for LangGraph, which has no names
// for it: written from the reference of our language, in the way of its users.
const isMap = (x) => x !== null && typeof x === "object" && !Array.isArray(x);

const merge = (a, b) => {
  const all = { ...a };
  for (const [k, x] of Object.entries(b))
    all[k] = isMap(all[k]) && isMap(x) ? merge(all[k], x) : x;
  return all;
};

const unite = (a, b) => {
  const all = [];
  for (const x of [].concat(a, b))
    if (!all.some((y) => JSON.stringify(y) === JSON.stringify(x))) all.push(x);
  return all;
};

export const reducers = {
  replace: (_, b) => b,
  append: (a, b) => [].concat(a, b),
  union: unite,
  merge,
  add: (a, b) => a + b,
  max: (a, b) => (a === null || b > a ? b : a),
  min: (a, b) => (a === null || b < a ? b : a),
};

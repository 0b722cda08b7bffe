// Values on their way to the engine: JSON text, without the losses that JSON
// allows itself.

import { invalid } from "./error.js";

/** More values than any request has; a sparse array claims to have billions. */
const MOST_VALUES = 1_000_000;

/** A value as JSON text. */
export function encode(value) {
  let values = 0;
  const exact = (key, value) => {
    values += 1;
    if (values > MOST_VALUES) {
      throw new RangeError("there are too many values");
    }
    return faithful(key, value);
  };
  try {
    return JSON.stringify(value, exact);
  } catch (cause) {
    throw invalid("arguments", "must be plain JSON values", { cause });
  }
}

/**
 * Options that are no JSON, by their names, and the rest. What is no object is all
 * rest.
 */
export function separate(options, names) {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    return [{}, options];
  }
  try {
    const rest = { ...options };
    const taken = {};
    for (const name of names) {
      taken[name] = rest[name];
      delete rest[name];
    }
    return [taken, rest];
  } catch (cause) {
    // A getter threw.
    throw invalid("arguments", "must be plain values", { cause });
  }
}

/** A copy without getters, which the engine must not run into. */
export const plain = (value) => JSON.parse(encode([value]))[0];

/** An answer; operations without one answer `null`. */
export const decode = (text) => JSON.parse(text) ?? undefined;

function faithful(key, value) {
  if (Number.isNaN(value) || value === Infinity || value === -Infinity) {
    throw new TypeError(`${key} is no finite number`);
  }
  if (typeof value === "function" || typeof value === "symbol") {
    throw new TypeError(`${key} is a ${typeof value}`);
  }
  if (typeof value === "object" && value !== null && !PLAIN.has(toString.call(value))) {
    throw new TypeError(`${key} is no plain object`);
  }
  return value;
}

const { toString } = Object.prototype;

/** What JSON keeps; of a map or a set, say, it would keep nothing. */
const PLAIN = new Set(
  ["Object", "Array", "String", "Number", "Boolean"].map((name) => `[object ${name}]`),
);

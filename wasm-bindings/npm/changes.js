// What happens on a board, as an async iterator.

import { invalid } from "./error.js";

/** Channels that somebody waits for; nothing else may hold them. */
const AWAITED = new Set();

/** Refuses what is no signal; a signal of another page is one. */
export function checkSignal(signal) {
  if (signal === undefined || signal === null) {
    return;
  }
  let given;
  try {
    given = typeof signal.aborted === "boolean" && typeof signal.addEventListener === "function";
  } catch {
    // A trap is none.
  }
  if (!given) {
    throw invalid("signal", "must be an AbortSignal");
  }
}

/**
 * Values that arrive by themselves, in their order. Where nobody reads, they are
 * kept. `end` ends it after what arrived, `fail` at once.
 */
export class Channel {
  #arrived = [];
  #readers = [];
  #over = false;
  #failure;
  #leave;

  /** Ends with the signal, whose reason is thrown. */
  constructor(signal) {
    checkSignal(signal);
    if (signal?.aborted) {
      this.fail(signal.reason);
    } else if (signal) {
      const abort = () => this.fail(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      this.#leave = () => signal.removeEventListener("abort", abort);
    }
  }

  get open() {
    return !this.#over;
  }

  push(value) {
    if (this.#over) {
      return;
    }
    const reader = this.#readers.shift();
    if (reader) {
      reader.resolve({ value, done: false });
      this.#release();
    } else {
      this.#arrived.push(value);
    }
  }

  end() {
    this.#over = true;
    this.#leave?.();
    for (const reader of this.#readers.splice(0)) {
      reader.resolve({ value: undefined, done: true });
    }
    this.#release();
  }

  #release() {
    if (this.#readers.length === 0) {
      AWAITED.delete(this);
    }
  }

  fail(reason) {
    this.#arrived = [];
    const [reader, ...others] = this.#readers.splice(0);
    if (reader) {
      reader.reject(reason);
    } else {
      this.#failure = { reason };
    }
    this.#readers = others;
    this.end();
  }

  async next() {
    if (this.#arrived.length > 0) {
      return { value: this.#arrived.shift(), done: false };
    }
    if (this.#failure) {
      const { reason } = this.#failure;
      this.#failure = undefined;
      throw reason;
    }
    if (this.#over) {
      return { value: undefined, done: true };
    }
    AWAITED.add(this);
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  async return(value) {
    this.#arrived = [];
    this.end();
    return { value, done: true };
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.return();
  }
}

// Changes of a board as an async iterator.

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
}

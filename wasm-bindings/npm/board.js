// The public face of the engine: boards, and boards on behalf of somebody.

import { Channel } from "./changes.js";
import { TaskloomError, errorOf, invalid } from "./error.js";
import { Worker } from "./worker.js";
import { OPERATIONS, READS, WAITING, camelCase } from "./operations.js";
import { Engine, actorContext } from "./taskloom_wasm.js";

// Older browsers have neither symbol.
const DISPOSE = Symbol.dispose ?? Symbol.for("Symbol.dispose");
const ASYNC_DISPOSE = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");

/**
 * `openBoard` for one environment: `load` makes the engine ready, `door` is the
 * origin of a person who names none.
 */
export function boardOpener({ door, load }) {
  return async function openBoard(options) {
    const wishes = wishesOf(options);
    await load();
    try {
      return new Board(await Engine.open(wishes), door);
    } catch (error) {
      throw errorOf(error);
    }
  };
}

/** A copy of the options. A store of the program's own stays the object that it is. */
function wishesOf(options) {
  let storage;
  let others;
  try {
    ({ storage, ...others } = options ?? {});
  } catch {
    // A getter threw: the copy says so as it does of every value.
  }
  if (typeof storage !== "object" || storage === null) {
    return plain(options);
  }
  return { ...plain(others), storage };
}

class Board {
  #engine;
  #door;
  #inTransaction = false;

  constructor(engine, door) {
    this.#engine = engine;
    this.#door = door;
  }

  get version() {
    return this.#use((engine) => engine.version());
  }

  as(actor) {
    const context = this.#use(() => contextOf(actor, this.#door));
    const read = new Reads((name, args) => {
      const text = encode(args);
      return decode(this.#use((engine) => engine.read(name, text, context)));
    });
    return new Member(read, async (name, args) => {
      const text = encode(args);
      return decode(await this.#wait((engine) => engine.call(name, text, context)));
    });
  }

  async transaction(work) {
    if (typeof work !== "function") {
      throw invalid("transaction", "takes a function");
    }
    let outcome;
    let thrown;
    const steps = (step) => {
      const transaction = new Transaction(step, this.#door);
      this.#inTransaction = true;
      thrown = undefined;
      try {
        outcome = work(transaction);
        if (typeof outcome?.then === "function") {
          // Nobody else is told of what it comes to.
          outcome.then(undefined, () => {});
          throw invalid("transaction", "must not wait: its operations answer at once");
        }
      } catch (error) {
        thrown = { error };
        throw error;
      } finally {
        this.#inTransaction = false;
        transaction.end();
      }
    };
    try {
      await this.#wait((engine) => engine.transact(steps));
    } catch (error) {
      throw thrown ? thrown.error : error;
    }
    return outcome;
  }

  worker(options) {
    return new Worker(this, options);
  }

  watch({ signal } = {}) {
    const changes = new Channel(signal);
    // A reader that is gone must not keep its changes.
    const reader = new WeakRef(changes);
    const tell = (text) => {
      const channel = reader.deref();
      if (text === undefined) {
        channel?.end();
      } else {
        channel?.push(JSON.parse(text));
      }
      return channel?.open === true;
    };
    this.#use((engine) => engine.watch(tell));
    return changes;
  }

  async import(document, options) {
    const text = textOf(document);
    const wishes = plain(options);
    return decode(await this.#wait((engine) => engine.import(text, wishes)));
  }

  async previewImport(document, options) {
    const text = textOf(document);
    const wishes = plain(options);
    return decode(this.#use((engine) => engine.preview(text, wishes)));
  }

  async storageUsage() {
    return decode(await this.#wait((engine) => engine.usage()));
  }

  async snapshot() {
    return JSON.parse(await this.#wait((engine) => engine.snapshot()));
  }

  async export() {
    return JSON.parse(this.#use((engine) => engine.export()));
  }

  async close() {
    // Reads and exports go on from memory.
    await this.#engine?.close();
  }

  [DISPOSE]() {
    const engine = this.#engine;
    this.#engine = undefined;
    // What is under way ends by itself, on the engine's own handle.
    engine?.close();
    engine?.free();
  }

  async [ASYNC_DISPOSE]() {
    await this.close();
    this[DISPOSE]();
  }

  #use(work) {
    if (this.#engine === undefined) {
      throw new TaskloomError({ code: "closed", message: "the board is closed: it was disposed" });
    }
    if (this.#inTransaction) {
      throw invalid("transaction", "works through the board that it is given");
    }
    try {
      return work(this.#engine);
    } catch (error) {
      throw errorOf(error);
    }
  }

  async #wait(work) {
    try {
      return await this.#use(work);
    } catch (error) {
      throw errorOf(error);
    }
  }
}

/** What a transaction works with, for as long as it runs. */
class Transaction {
  #step;
  #door;

  constructor(step, door) {
    this.#step = step;
    this.#door = door;
  }

  as(actor) {
    try {
      const context = contextOf(actor, this.#door);
      return new TransactionMember((name, args) => this.#perform(name, args, context));
    } catch (error) {
      throw errorOf(error);
    }
  }

  #perform(name, args, context) {
    const text = encode(args);
    if (this.#step === undefined) {
      throw invalid("transaction", "is over");
    }
    try {
      return decode(this.#step(name, text, context));
    } catch (error) {
      throw errorOf(error);
    }
  }

  end() {
    this.#step = undefined;
  }
}

/** Everything that one actor can do in a transaction, answered at once. */
class TransactionMember {
  #perform;

  constructor(perform) {
    this.#perform = perform;
  }

  static {
    for (const name of [...OPERATIONS, ...READS].filter((name) => !WAITING.includes(name))) {
      this.prototype[camelCase(name)] = function (...args) {
        return this.#perform(name, args);
      };
    }
  }
}

/** The reads on behalf of one actor, answered at once. */
class Reads {
  #answer;

  constructor(answer) {
    this.#answer = answer;
  }

  static {
    for (const name of READS) {
      this.prototype[camelCase(name)] = function (...args) {
        return this.#answer(name, args);
      };
    }
  }
}

/** Everything that one actor can do. */
class Member {
  #perform;

  constructor(read, perform) {
    this.read = read;
    this.#perform = perform;
  }

  static {
    for (const name of OPERATIONS) {
      this.prototype[camelCase(name)] = function (...args) {
        return this.#perform(name, args);
      };
    }
    for (const name of READS.map(camelCase)) {
      this.prototype[name] = async function (...args) {
        return this.read[name](...args);
      };
    }
  }
}

/** Whom an actor stands for, as the engine reads it. */
const contextOf = (actor, door) => actorContext(plain(actor), door);

/** More values than any request has; a sparse array claims to have billions. */
const MOST_VALUES = 1_000_000;

/** Arguments as JSON text, without the losses that JSON allows itself. */
function encode(args) {
  let values = 0;
  const exact = (key, value) => {
    values += 1;
    if (values > MOST_VALUES) {
      throw new RangeError("there are too many values");
    }
    return faithful(key, value);
  };
  try {
    return JSON.stringify(args, exact);
  } catch (cause) {
    throw invalid("arguments", "must be plain JSON values", { cause });
  }
}

/** A copy without getters, which the engine must not run into. */
const plain = (value) => JSON.parse(encode([value]))[0];

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

/** The JSON text of a document that was passed as it is or as its text. */
const textOf = (document) =>
  (typeof document === "string" ? document : encode(document)) ?? "null";

/** An answer; operations without one answer `null`. */
const decode = (text) => JSON.parse(text) ?? undefined;

// The public face of the engine: boards, and boards on behalf of somebody.

import { TaskloomError, errorOf } from "./error.js";
import { OPERATIONS, READS, camelCase } from "./operations.js";
import { Engine, actorContext } from "./taskloom_wasm.js";

// Older browsers have neither symbol.
const DISPOSE = Symbol.dispose ?? Symbol.for("Symbol.dispose");
const ASYNC_DISPOSE = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");

/**
 * `openBoard` for one environment: `load` makes the engine ready, `door` is the
 * origin of a person who names none.
 */
export function boardOpener({ door, load }) {
  let loading;
  const loaded = () => {
    // A failed load is tried again by the next opening.
    loading ??= load().catch((cause) => {
      loading = undefined;
      const message = "the engine could not be loaded";
      throw new TaskloomError({ code: "engine_unavailable", message }, { cause });
    });
    return loading;
  };
  return async function openBoard(options) {
    const wishes = plain(options);
    await loaded();
    try {
      return new Board(await Engine.open(wishes), door);
    } catch (error) {
      throw errorOf(error);
    }
  };
}

class Board {
  #engine;
  #door;

  constructor(engine, door) {
    this.#engine = engine;
    this.#door = door;
  }

  get version() {
    return this.#use((engine) => engine.version());
  }

  as(actor) {
    const spec = plain(actor);
    const context = this.#use(() => actorContext(spec, this.#door));
    const read = new Reads((name, args) => {
      const text = encode(args);
      return decode(this.#use((engine) => engine.read(name, text, context)));
    });
    return new Member(read, async (name, args) => {
      const text = encode(args);
      return decode(await this.#wait((engine) => engine.call(name, text, context)));
    });
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

/** Arguments as JSON text, without the losses that JSON allows itself. */
function encode(args) {
  try {
    return JSON.stringify(args, exact);
  } catch (cause) {
    const message = "task: validation failed: arguments must be plain JSON values";
    throw new TaskloomError({ code: "validation", message, path: "arguments" }, { cause });
  }
}

/** A copy without getters, which the engine must not run into. */
const plain = (value) => JSON.parse(encode([value]))[0];

function exact(key, value) {
  if (Number.isNaN(value) || value === Infinity || value === -Infinity) {
    throw new TypeError(`${key} is no finite number`);
  }
  if (typeof value === "function" || typeof value === "symbol") {
    throw new TypeError(`${key} is a ${typeof value}`);
  }
  return value;
}

/** An answer; operations without one answer `null`. */
const decode = (text) => JSON.parse(text) ?? undefined;

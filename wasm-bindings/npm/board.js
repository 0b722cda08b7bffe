// The public face of the engine: boards, and boards on behalf of somebody.

import { decode, encode, plain, separate } from "./arguments.js";
import { Channel } from "./changes.js";
import { TaskloomError, invalid } from "./error.js";
import { OPERATIONS, READS, WAITING, camelCase } from "./operations.js";
import { FUNCTIONS, Outside } from "./outside.js";
import { Worker } from "./worker.js";

// Older browsers have neither symbol.
const DISPOSE = Symbol.dispose ?? Symbol.for("Symbol.dispose");
const ASYNC_DISPOSE = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");

/**
 * `openBoard` for one environment: `load` makes an instance of the engine, `door` is
 * the origin of a person who names none.
 */
export function boardOpener({ door, load }) {
  return async function openBoard(options) {
    const [functions, others] = separate(options, FUNCTIONS);
    const [wishes, outside] = [wishesOf(others), new Outside(functions)];
    const instance = await load();
    const { ask, answers } = outside;
    const opening = instance.enter(({ Engine }) => Engine.open(wishes, ask, answers));
    return new Board({ engine: await instance.wait(opening), instance, outside, door });
  };
}

/** A copy of the options. A store of the program's own stays the object that it is. */
function wishesOf(options) {
  const [{ storage }, others] = separate(options, ["storage"]);
  const isStore = typeof storage === "object" && storage !== null;
  return isStore ? { ...plain(others), storage } : plain(options);
}

class Board {
  #engine;
  #instance;
  #outside;
  #door;
  #inTransaction = false;

  constructor({ engine, instance, outside, door }) {
    this.#engine = engine;
    this.#instance = instance;
    this.#outside = outside;
    this.#door = door;
  }

  get version() {
    return this.#use((engine) => engine.version());
  }

  as(actor) {
    const context = this.#use(() => contextOf(this.#instance, actor, this.#door));
    const read = new Reads((name, args) => {
      const text = encode(args);
      return decode(this.#use((engine) => engine.read(name, text, context)));
    });
    const perform = async (name, args) => {
      const text = encode(args);
      return decode(await this.#wait((engine) => engine.call(name, text, context)));
    };
    return new Member(read, perform, (taskId, options) => this.#stream(taskId, options, context));
  }

  async transaction(work) {
    if (typeof work !== "function") {
      throw invalid("transaction", "takes a function");
    }
    let outcome;
    let thrown;
    const steps = (step) => {
      const transaction = new Transaction(step, this.#instance, this.#door);
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
      throw thrown && !this.#instance.isBroken ? thrown.error : error;
    }
    return outcome;
  }

  lookupActiveRunForSession(sessionId, runId) {
    const text = encode([sessionId, runId]);
    return decode(this.#use((engine) => engine.activeRun(text)));
  }

  worker(options) {
    return new Worker(this, options);
  }

  watch(options) {
    const [{ signal }] = separate(options, ["signal"]);
    const changes = new Channel(signal);
    const tell = this.#instance.teller(changes, (text) => [JSON.parse(text)]);
    this.#use((engine) => engine.watch(tell));
    return changes;
  }

  stream(options) {
    return this.#stream(undefined, options);
  }

  #stream(taskId, options, context) {
    const [{ signal }, query] = separate(options, ["signal"]);
    const events = new Channel(signal);
    const text = encode([taskId, query]);
    const tell = this.#instance.teller(events, JSON.parse);
    this.#use((engine) => engine.stream(text, context, tell));
    return events;
  }

  async import(document, options) {
    const text = jsonOf(document);
    const wishes = plain(options);
    return decode(await this.#wait((engine) => engine.import(text, wishes)));
  }

  async previewImport(document, options) {
    const text = jsonOf(document);
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
    // Reads and exports go on from memory. An engine that broke has nothing under way.
    if (this.#engine !== undefined && !this.#instance.isBroken) {
      await this.#instance.wait(this.#engine.close());
    }
  }

  [DISPOSE]() {
    // What is under way ends by itself, on the engine's own handle.
    this.close().catch(() => {});
    this.#engine?.free();
    this.#engine = undefined;
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
    if (this.#outside.deciding) {
      throw invalid("board", "waits for the function that uses it: it must answer first");
    }
    return this.#instance.enter(() => work(this.#engine));
  }

  async #wait(work) {
    return this.#instance.wait(this.#use(work));
  }
}

/** What a transaction works with, for as long as it runs. */
class Transaction {
  #step;
  #instance;
  #door;

  constructor(step, instance, door) {
    this.#step = step;
    this.#instance = instance;
    this.#door = door;
  }

  as(actor) {
    const context = contextOf(this.#instance, actor, this.#door);
    return new TransactionMember((name, args) => this.#perform(name, args, context));
  }

  #perform(name, args, context) {
    const text = encode(args);
    if (this.#step === undefined) {
      throw invalid("transaction", "is over");
    }
    const answer = this.#instance.enter(() => this.#step(name, text, context));
    // A step that broke the engine has no answer.
    this.#instance.check();
    return decode(answer);
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
  #stream;

  constructor(read, perform, stream) {
    this.read = read;
    this.#perform = perform;
    this.#stream = stream;
  }

  stream(taskId, options) {
    return this.#stream(taskId, options);
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
const contextOf = (instance, actor, door) =>
  instance.enter(({ actorContext }) => actorContext(encode([actor]), door));

/** The JSON text of a document that was passed as it is or as its text. */
const jsonOf = (document) =>
  (typeof document === "string" ? document : encode(document)) ?? "null";

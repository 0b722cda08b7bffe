// An engine of its own for every board. Where it breaks, by a trap that leaves its
// memory as it was in the middle of something, nothing but that board is lost; and
// where a board is let go of, so is all its memory, which WebAssembly never gives back
// otherwise. The compiled code is shared.

import { TaskloomError, errorOf } from "./error.js";
import { IN_NODE } from "./place.js";
import { bindEngine } from "./taskloom_wasm.js";

/** Calls of the event loop, and of the collection of garbage: nobody waits for them. */
const UNAWAITED = /closure|_free$/;

/** Answers a function that makes instances. The first one compiles the source. */
export async function instancesOf(source) {
  let spare = new Instance();
  const module = await spare.load(source);
  return async () => {
    const instance = spare ?? new Instance();
    if (instance !== spare) {
      await instance.load(module);
    }
    spare = undefined;
    return instance;
  };
}

const isBytes = (source) => source instanceof ArrayBuffer || ArrayBuffer.isView(source);

class Instance {
  #bound = bindEngine((exports) => this.#guarded(exports));
  #trap;
  /** What is told where the engine breaks: everybody who waits for something. */
  #waiting = new Set();

  async load(source) {
    if (IN_NODE && (isBytes(source) || source instanceof WebAssembly.Module)) {
      // `init` would do, but its question for a `Response` makes Node load all of
      // `fetch`, as long as everything else together. Some browsers refuse this way.
      const module = isBytes(source) ? await WebAssembly.compile(source) : source;
      this.#bound.initSync({ module });
    } else {
      await this.#bound.init({ module_or_path: source });
    }
    return this.#bound.module();
  }

  get isBroken() {
    return this.#trap !== undefined;
  }

  /** Refuses to go on with an engine that broke. */
  check() {
    if (this.isBroken) {
      throw this.#broken();
    }
  }

  /** Enters the engine. */
  enter(work) {
    this.check();
    try {
      return work(this.#bound);
    } catch (error) {
      this.check();
      throw errorOf(error);
    }
  }

  /** What comes of a promise of the engine, which an engine that breaks never keeps. */
  wait(promise) {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      const settled = (settle) => (outcome) => {
        this.#waiting.delete(reject);
        settle(outcome);
      };
      promise.then(settled(resolve), settled((error) => reject(errorOf(error))));
    });
  }

  /**
   * What the engine calls with a text, whose values `parse` makes, and with nothing in
   * the end. It answers whether somebody reads: a reader that is gone must not keep
   * what arrives.
   */
  teller(channel, parse) {
    const reader = new WeakRef(channel);
    const fail = (error) => reader.deref()?.fail(error);
    this.#waiting.add(fail);
    return (text) => {
      const channel = reader.deref();
      if (text === undefined) {
        channel?.end();
      } else if (channel?.open) {
        parse(text).forEach((value) => channel.push(value));
      }
      const isRead = channel?.open === true;
      if (!isRead) {
        this.#waiting.delete(fail);
      }
      return isRead;
    };
  }

  #guarded(exports) {
    const guarded = {};
    for (const [name, value] of Object.entries(exports)) {
      const isCall = typeof value === "function";
      guarded[name] = isCall ? this.#guard(value, UNAWAITED.test(name)) : value;
    }
    return guarded;
  }

  /** A call that notices when the engine breaks, and is none from then on. */
  #guard(call, isUnawaited) {
    return (...args) => {
      if (!this.isBroken) {
        try {
          return call(...args);
        } catch (cause) {
          this.#break(cause);
        }
      }
      if (isUnawaited) {
        // The glue takes it for an answer without a value and without an error.
        return [];
      }
      throw this.#broken();
    };
  }

  #break(cause) {
    this.#trap = { cause };
    for (const fail of this.#waiting) {
      fail(this.#broken());
    }
    this.#waiting.clear();
  }

  #broken() {
    const message = "the engine of this board broke: open the board again to go on from what is stored";
    return new TaskloomError({ code: "internal", message }, this.#trap);
  }
}

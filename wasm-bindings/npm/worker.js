// A worker: claims runs, keeps their leases alive, and says what became of them.

import { separate } from "./arguments.js";
import { checkSignal } from "./changes.js";
import { invalid, textOf } from "./error.js";

/** What an engine takes for no lease duration. */
const FIVE_MINUTES = 300e9;

/** Refusals of a heartbeat after which the run is somebody else's affair. */
const LOST = [
  "lease_expired",
  "invalid_claim_token",
  "invalid_status_transition",
  "task_run_not_found",
  "closed",
];

export class Worker {
  #member;
  #criteria;
  #lease;
  #run;
  #stop = new AbortController();
  #changed = false;
  /** Why there will be no more changes, where the board is not merely closed. */
  #broken;
  #wake = () => {};

  constructor(board, options) {
    const [wishes, others] = separate(options ?? {}, OPTIONS);
    const { session = freshSession(), capabilities, lease = FIVE_MINUTES, run, signal } = wishes;
    if (typeof others !== "object") {
      throw invalid("worker", "takes an object");
    }
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) {
      throw invalid(`worker.${unknown}`, "is unknown");
    }
    checkSignal(signal);
    if (typeof run !== "function") {
      throw invalid("worker.run", "must be a function");
    }
    if (!(Number.isSafeInteger(lease) && lease >= 1e9)) {
      throw invalid("worker.lease", "must be whole nanoseconds, a second or more");
    }
    this.session = session;
    this.#lease = lease;
    this.#run = run;
    this.#criteria = {
      claimer_session_id: session,
      required_capabilities: capabilities,
      lease_duration: lease,
    };
    this.#member = board.as({ kind: "agent_session", ref: session });
    this.#stop.signal.addEventListener("abort", () => this.#wake());
    if (signal?.aborted) {
      this.#stop.abort(signal.reason);
    }
    signal?.addEventListener("abort", () => this.#stop.abort(signal.reason), {
      once: true,
      signal: this.#stop.signal,
    });
    this.done = this.#work(board.watch({ signal: this.#stop.signal }));
  }

  async stop() {
    this.#stop.abort();
    await this.done;
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.stop();
  }

  async #work(changes) {
    this.#listen(changes);
    try {
      while (!this.#stop.signal.aborted) {
        this.#changed = false;
        const claim = await this.#claim();
        await (claim ? this.#perform(claim) : this.#rest());
      }
      if (this.#broken) {
        throw this.#broken.error;
      }
    } catch (error) {
      // A closed board has no more work.
      if (error.code !== "closed") {
        throw error;
      }
    } finally {
      this.#stop.abort();
    }
  }

  /** Looks for work again after every change, until worker or board end. */
  async #listen(changes) {
    try {
      for await (const _ of changes) {
        this.#changed = true;
        this.#wake();
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) {
        this.#broken = { error };
      }
    }
    this.#stop.abort();
  }

  async #claim() {
    try {
      return await this.#member.claimNextRun(this.#criteria);
    } catch (error) {
      if (error.code === "no_claimable_run" || this.#stop.signal.aborted) {
        return undefined;
      }
      throw error;
    }
  }

  /** Waits for a change; without one, leases of workers that died are taken back. */
  async #rest() {
    if (this.#changed || this.#stop.signal.aborted) {
      return;
    }
    let timer;
    const late = await new Promise((resolve) => {
      this.#wake = () => resolve(false);
      timer = setTimeout(() => resolve(true), this.#lease / 2e6);
    });
    clearTimeout(timer);
    if (late) {
      await this.#member.recoverExpiredRunLeases();
    }
  }

  async #perform({ task, run, claim_token }) {
    const lease = { run_id: run.id, claim_token };
    const work = new AbortController();
    const giveBack = () => work.abort(this.#stop.signal.reason);
    this.#stop.signal.addEventListener("abort", giveBack, { once: true });
    if (this.#stop.signal.aborted) {
      giveBack();
    }
    let lost = false;
    const beat = setInterval(() => {
      this.#member.heartbeatRunLease({ ...lease, lease_duration: this.#lease }).catch((error) => {
        // Whatever else went wrong may go right the next time.
        if (LOST.includes(error.code)) {
          lost = true;
          work.abort(error);
        }
      });
    }, this.#lease / 3e6);
    try {
      const ending = await outcome(() => this.#run({ task, run, signal: work.signal }));
      if (!lost) {
        await this.#settle(lease, ending);
      }
    } finally {
      clearInterval(beat);
      this.#stop.signal.removeEventListener("abort", giveBack);
    }
  }

  async #settle(lease, ending) {
    try {
      if ("value" in ending) {
        const result = ending.value === undefined ? undefined : { value: ending.value };
        await this.#member.completeRunLease({ ...lease, result });
      } else if (this.#stop.signal.aborted) {
        await this.#member.releaseRunLease({ ...lease, reason: "the worker stopped" });
      } else {
        await this.#fail(lease, ending.error);
      }
    } catch (error) {
      if (LOST.includes(error.code)) {
        return;
      }
      if (!("value" in ending)) {
        throw error;
      }
      // The returned value is no result: too large, say, or no JSON.
      await this.#fail(lease, error);
    }
  }

  #fail(lease, error) {
    return this.#member.failRunLease({ ...lease, failure: { error: textOf(error, "the work failed") } });
  }
}

const OPTIONS = ["session", "capabilities", "lease", "run", "signal"];

async function outcome(work) {
  try {
    return { value: await work() };
  } catch (error) {
    return { error };
  }
}

function freshSession() {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return `worker-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

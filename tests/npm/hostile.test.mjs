// Requests that nobody should send: each is answered or refused with a code, and
// the board goes on.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ADA, installed } from "./project.mjs";

const { taskloom, refused } = await installed();
const task = (title, more) => ({ scope: "global", title, ...more });

/** Numbers below 1 from a seed, the same ones every time. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const HUGE = "x".repeat(2 ** 18);
const nested = (depth) => JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`);
const thrower = () => {
  throw new Error("hostile");
};

/** What stands in the place of a value, made anew each time. */
const VALUES = [
  () => undefined,
  () => null,
  () => true,
  () => "",
  () => " ",
  () => "\ud800",
  () => "\u0000",
  () => "__proto__",
  () => "agh_claim_secret",
  () => HUGE,
  () => 0,
  () => -1,
  () => 0.5,
  () => -0,
  () => 2 ** 53,
  () => -(2 ** 63),
  () => 1e308,
  () => NaN,
  () => -Infinity,
  () => 1n,
  () => Symbol("s"),
  () => thrower,
  () => [],
  () => ({}),
  () => [[{}]],
  () => Array(3),
  () => nested(200),
  () => ({ a: { b: { c: HUGE } } }),
  () => new Date(NaN),
  () => new Date(0),
  () => new Map([["a", 1]]),
  () => new Set([1]),
  () => new Uint8Array(8),
  () => /x/,
  () => new Error("hostile"),
  () => Promise.resolve("late"),
  () => new Proxy({}, { ownKeys: thrower }),
  () => new Proxy({}, { get: thrower, ownKeys: () => ["a"], has: thrower }),
  () => ({ toJSON: thrower }),
  () => ({ toJSON: () => ({ title: 5 }) }),
  () => ({ toString: thrower, valueOf: thrower }),
  () => Object.create(null),
  () => Object.create({ title: "inherited" }),
  () => Object.defineProperty({}, "title", { enumerable: true, get: thrower }),
  () => {
    const cyclic = {};
    cyclic.self = [cyclic];
    return cyclic;
  },
];

/** Fields that no request has. */
const FIELDS = ["titel", "__proto__", "constructor", "toString", "", "a.b", "0", "\ud800"];

const TIMES = 10_000;

test(`${TIMES} mutations of valid requests break nothing`, { timeout: 120_000 }, async () => {
  const next = random(20_300_101);
  const pick = (list) => list[Math.floor(next() * list.length)];
  const board = await taskloom.openBoard({ name: "hostile" });
  const ada = board.as(ADA);
  const worker = board.as({ kind: "agent_session", ref: "w" });
  const design = await ada.createTask(task("Design"));
  const build = await ada.createTask(task("Build"));
  const run = await ada.enqueueRun({ task_id: design.id });
  const { claim_token } = await worker.claimNextRun({ claimer_session_id: "w" });
  const lease = { run_id: run.id, claim_token };
  const requests = requestsFor(design, build, run, lease);

  const codes = new Map();
  let answered = 0;
  for (let time = 0; time < TIMES; time += 1) {
    const [operation, ...args] = pick(requests);
    const mutated = mutate(args, next, pick);
    const member = next() < 0.5 ? ada : worker;
    const call = next() < 0.5 && member.read[operation] ? member.read : member;
    try {
      await call[operation](...mutated);
      answered += 1;
    } catch (error) {
      assert.ok(error instanceof taskloom.TaskloomError, `${operation}: ${error?.stack}`);
      assert.notEqual(error.code, "internal", `${operation}: ${error.stack}`);
      codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
    }
    if (time % 1000 === 0) {
      await ada.createTask(task(`The board goes on after ${time}`));
    }
  }
  // The mutations reach beyond the first check, and most of them are none to keep.
  assert.ok(codes.get("validation") > TIMES / 4, JSON.stringify([...codes]));
  assert.ok(codes.size >= 5, JSON.stringify([...codes]));
  assert.ok(answered > TIMES / 20, String(answered));

  const document = await board.export();
  const copy = await taskloom.openBoard({ name: "copy" });
  await copy.import(document);
  assert.deepEqual(await copy.export(), document);
  assert.equal({}.title, undefined);
});

/** A valid call of every kind that a mutation may make something else of. */
function requestsFor(design, build, run, lease) {
  const criteria = {
    claimer_session_id: "w",
    claimed_by: { kind: "agent_session", ref: "w" },
    required_capabilities: ["paint"],
    lease_duration: 60e9,
    soul: { snapshot_id: "s", digest: "d", agent_name: "a" },
  };
  const edge = { task_id: build.id, depends_on_task_id: design.id, kind: "blocks" };
  const profile = {
    worker: { mode: "select", required_capabilities: ["paint"] },
    review: { policy: "none" },
  };
  const owner = { kind: "human", ref: "ada" };
  return [
    ["createTask", task("One", { owner, metadata: { a: [1, { b: null }] }, max_attempts: 2 })],
    ["createChildTask", design.id, task("Child", { priority: "high" })],
    ["updateTask", build.id, { title: "Other", owner, metadata: { a: 1 } }],
    ["publishTask", build.id, { idempotency_key: "k", metadata: {} }],
    ["startTask", build.id, { network_channel: "c" }],
    ["cancelTask", build.id, { reason: "r", metadata: { a: 1 } }],
    ["pauseTask", build.id, { reason: "r" }],
    ["resumeTask", build.id, { reason: "r" }],
    ["markTaskRead", design.id],
    ["addDependency", edge],
    ["removeDependency", build.id, design.id],
    ["setExecutionProfile", design.id, profile],
    ["enqueueRun", { task_id: build.id, idempotency_key: "k", metadata: { a: 1 } }],
    ["claimNextRun", criteria],
    ["claimRun", run.id, { idempotency_key: "k" }],
    ["startRun", run.id, { idempotency_key: "k" }],
    ["attachRunSession", run.id, "s"],
    ["heartbeatRunLease", { ...lease, lease_duration: 60e9 }],
    ["releaseRunLease", { ...lease, claim_token: "agh_claim_other", reason: "r" }],
    ["completeRunLease", { ...lease, claim_token: "agh_claim_other", result: { value: [1] } }],
    ["failRunLease", { ...lease, claim_token: "agh_claim_other", failure: { error: "e" } }],
    ["completeRun", run.id, { value: { a: 1 } }],
    ["failRun", run.id, { error: "e", metadata: {} }],
    ["retryRun", run.id, { reason: "r" }],
    ["bulkForceReleaseRuns", { run_ids: ["a", "b"], reason: "r" }],
    ["recoverExpiredRunLeases", { limit: 5, reason: "r" }],
    ["recoverRunOnBoot", run.id, { action: "requeue", reason: "r" }],
    ["requestRunReview", { task_id: design.id, run_id: run.id, policy: "required" }],
    ["recordRunReview", { review_id: "r", run_id: run.id, verdict: { outcome: "approved" } }],
    ["pauseScheduler", { reason: "r" }],
    ["resumeScheduler", { reason: "r" }],
    ["getTask", design.id],
    ["listTasks", { status: "ready", limit: 5 }],
    ["listTaskRuns", design.id, { status: "queued" }],
    ["tree", design.id],
    ["timeline", design.id, { after_sequence: 1, limit: 5 }],
    ["inspectTask", design.id],
    ["runDetail", run.id],
    ["schedulerBacklog", { limit: 5 }],
    ["listRunReviews", { task_id: design.id }],
  ];
}

/** The same arguments with one to three things about them changed. */
function mutate(args, next, pick) {
  let mutated = structuredClone(args);
  for (let times = 1 + Math.floor(next() * 3); times > 0; times -= 1) {
    const holders = holdersIn(mutated);
    const holder = pick(holders) ?? [];
    const keys = Object.keys(holder);
    const chance = next();
    if (chance < 0.2) {
      Object.defineProperty(holder, pick(FIELDS), {
        value: pick(VALUES)(),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    } else if (chance < 0.3 && keys.length > 0) {
      delete holder[pick(keys)];
    } else if (chance < 0.35) {
      mutated = pick([[], [...mutated, {}], [...mutated].reverse(), [mutated]]);
    } else if (keys.length > 0) {
      const [key, value] = [pick(keys), pick(VALUES)()];
      Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
    }
  }
  return mutated;
}

/** Everything in a value that holds other values and lets one look into it. */
function holdersIn(value, depth = 0) {
  try {
    const isPlain =
      Array.isArray(value) || Object.prototype.toString.call(value) === "[object Object]";
    if (!isPlain || depth > 4 || value.length > 100) {
      return [];
    }
    return [value, ...Object.values(value).flatMap((inner) => holdersIn(inner, depth + 1))];
  } catch {
    // A trap.
    return [];
  }
}

test("options and actors that nobody should pass are refused", { timeout: 60_000 }, async () => {
  const next = random(7);
  const pick = (list) => list[Math.floor(next() * list.length)];
  const board = await taskloom.openBoard({ name: "bags" });
  const { id } = await board.as(ADA).createTask(task("One"));
  const functions = () => ({ clock: () => 0, runHooks: { dispatch() {} } });
  const calls = [
    (it) => taskloom.openBoard(it),
    (it) => board.as(it),
    (it) => board.worker(it).stop(),
    (it) => board.stream(it),
    (it) => board.watch(it),
    (it) => board.as(ADA).stream(id, it),
    (it) => board.transaction(it),
    (it) => board.import(it),
  ];
  const bags = [
    () => ({ name: "a", storage: "memory", durability: "strict", ...functions() }),
    () => ({ ...ADA, origin: { kind: "web", ref: "tab" }, authority: { read: true } }),
    () => ({ run() {}, session: "s", capabilities: ["a"], lease: 60e9 }),
    () => ({ after_sequence: 0, signal: new AbortController().signal }),
  ];
  for (let time = 0; time < 2000; time += 1) {
    const bag = next() < 0.2 ? pick(VALUES)() : pick(bags)();
    for (const holder of holdersIn(bag).slice(0, 1)) {
      holder[pick([...Object.keys(holder), "colour"])] = pick(VALUES)();
    }
    try {
      await pick(calls)(bag);
    } catch (error) {
      assert.ok(error instanceof taskloom.TaskloomError, String(error?.stack));
      assert.notEqual(error.code, "internal", error.stack);
    }
  }
  assert.equal((await board.as(ADA).getTask(id)).task.title, "One");
});

test("an unknown field is refused at every depth, by its path", async () => {
  const board = await taskloom.openBoard({ name: "fields" });
  const ada = board.as(ADA);
  const { id } = await ada.createTask(task("One"));
  const owner = { kind: "human", ref: "ada", name: "Ada" };
  await refused(() => ada.createTask(task("x", { owner })), "validation", "create_task.owner.name");
  const worker = { mode: "select", agentName: "coder" };
  await refused(
    () => ada.setExecutionProfile(id, { worker }),
    "validation",
    "set_execution_profile.worker.agentName",
  );
  await refused(
    () => ada.completeRunLease({ run_id: "r", claim_token: "t", result: { pages: 3 } }),
    "validation",
    "complete_run_lease.result.pages",
  );
  const inside = (transaction) => transaction.as(ADA).createTask(task("x", { owner }));
  await refused(() => board.transaction(inside), "validation", "create_task.owner.name");
  await refused(
    () => board.as({ ...ADA, origin: { kind: "web", reff: "x" } }),
    "validation",
    "actor.origin.reff",
  );
  await refused(() => board.as({ ...ADA, authority: { reed: true } }), "validation", "actor.authority.reed");
  await ada.createTask(task("x", { metadata: { owner: { any: [{ field: 1 }] } } }));
});

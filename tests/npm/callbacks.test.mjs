// The functions that a program hands in: what the engine asks, and what becomes of
// a failure.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ADA, installed } from "./project.mjs";

const { project, taskloom, refused } = await installed();
const task = (title, more) => ({ scope: "global", title, ...more });

async function start(name, callbacks) {
  const board = await taskloom.openBoard({ name, ...callbacks });
  const ada = board.as(ADA);
  const claimed = async () => {
    const { id } = await ada.createTask(task("Work"));
    const run = await ada.enqueueRun({ task_id: id });
    return ada.claimRun(run.id);
  };
  return { board, ada, claimed };
}

/** A session executor that writes down what it is asked. */
function sessions(answers = {}) {
  const asked = [];
  const ask = (name, answer) =>
    async function (...args) {
      asked.push([name, ...args]);
      return (answers[name] ?? answer).apply(this, args);
    };
  return {
    asked,
    start: ask("start", () => ({ session_id: "session-1" })),
    attach: ask("attach", (_, session) => ({ session_id: session })),
    requestStop: ask("requestStop", () => {}),
    forceStop: ask("forceStop", () => {}),
  };
}

const out = new Error("out of sessions");
const fail = () => Promise.reject(out);

test("a run starts in a session that the program starts, and ends with it", async () => {
  const executor = sessions();
  const { ada, claimed } = await start("sessions", { sessionExecutor: executor });
  const { id } = await claimed();
  const running = await ada.startRun(id);
  assert.deepEqual([running.status, running.session_id], ["running", "session-1"]);
  const [[name, spec]] = executor.asked.splice(0);
  assert.equal(name, "start");
  assert.equal(spec.run.id, id);
  assert.equal(spec.task.title, "Work");
  assert.deepEqual(spec.actor.actor, ADA);
  const done = await ada.completeRun(id, { value: { pages: 3 } });
  assert.deepEqual([done.status, done.result], ["completed", { pages: 3 }]);
  assert.deepEqual(executor.asked, [
    ["requestStop", "session-1", "completed"],
    ["forceStop", "session-1", "completed"],
  ]);
});

test("a session that does not start fails the run, and the cause is told", async () => {
  const { ada, claimed } = await start("no session", { sessionExecutor: sessions({ start: fail }) });
  const { id } = await claimed();
  const error = await refused(() => ada.startRun(id), "other");
  assert.match(error.message, /start task session .* out of sessions/);
  assert.equal(error.cause, out);
  assert.equal(ada.read.runDetail(id).run.status, "failed");
});

test("a session that does not stop keeps its run as it is", async () => {
  const executor = sessions({ requestStop: fail });
  const { ada, claimed } = await start("no stop", { sessionExecutor: executor });
  const { id } = await claimed();
  await ada.startRun(id);
  for (const end of [
    () => ada.completeRun(id),
    () => ada.failRun(id, { error: "x" }),
    () => ada.cancelRun(id),
    () => ada.cancelTask(ada.read.runDetail(id).task.id),
  ]) {
    const error = await refused(end, "other");
    assert.equal(error.cause, out);
    assert.equal(ada.read.runDetail(id).run.status, "running");
  }
});

test("a run is attached to a session, or not", async () => {
  const executor = sessions();
  const { ada, claimed } = await start("attach", { sessionExecutor: executor });
  const { id } = await claimed();
  const attached = await ada.attachRunSession(id, "session-7");
  assert.deepEqual([attached.status, attached.session_id], ["starting", "session-7"]);
  assert.deepEqual(executor.asked, [["attach", id, "session-7"]]);
  assert.equal((await ada.startRun(id)).status, "running");
  assert.equal((await ada.recoverRunOnBoot(id, { action: "fail" })).status, "failed");
  assert.deepEqual(executor.asked.at(-1), ["forceStop", "session-7", "failed"]);
});

test("sessions of the wrong form are no sessions", async () => {
  for (const answer of [undefined, 7, {}, { session_id: " " }, { session_id: 7 }]) {
    const executor = sessions({ start: () => answer });
    const { ada, claimed } = await start("odd sessions", { sessionExecutor: executor });
    const { id } = await claimed();
    const error = await ada.startRun(id).catch((error) => error);
    assert.ok(["other", "validation"].includes(error.code), error.message);
    assert.equal(ada.read.runDetail(id).run.status, "failed");
  }
});

test("the board can be used while a session starts", async () => {
  let board;
  const executor = sessions({
    start: async ({ task }) => {
      await board.as(ADA).updateTask(task.id, { title: "Started" });
      return { session_id: "session-1" };
    },
  });
  const all = await start("busy", { sessionExecutor: executor });
  board = all.board;
  const { id } = await all.claimed();
  assert.equal((await all.ada.startRun(id)).status, "running");
  assert.equal(all.ada.read.runDetail(id).task.title, "Started");
});

test("a transaction cannot wait for sessions, and keeps nothing then", async () => {
  const executor = sessions();
  const { board, ada, claimed } = await start("stepped", { sessionExecutor: executor });
  const { id } = await claimed();
  await refused(() => board.transaction((it) => it.as(ADA).startRun(id)), "other");
  assert.equal(ada.read.runDetail(id).run.status, "claimed");
  assert.deepEqual(executor.asked, []);
});

test("without an executor no run can be started", async () => {
  const { ada, claimed } = await start("none");
  const { id } = await claimed();
  await refused(() => ada.startRun(id), "validation");
});

test("hooks are told what happened to runs, once it is kept", async () => {
  const told = [];
  let board;
  const dispatch = (hook) => {
    told.push([hook.hook, board.as(ADA).read.runDetail(hook.context.run_id).run.status]);
  };
  const all = await start("hooks", { runHooks: { dispatch } });
  board = all.board;
  await all.ada.createTask(task("Work"));
  const [{ id }] = all.ada.read.listTasks();
  await all.ada.enqueueRun({ task_id: id });
  const worker = board.as({ kind: "agent_session", ref: "w" });
  const { run, claim_token } = await worker.claimNextRun({ claimer_session_id: "w" });
  const lease = { run_id: run.id, claim_token };
  await worker.heartbeatRunLease(lease);
  await worker.completeRunLease(lease);
  assert.deepEqual(told, [
    ["task.run.enqueued", "queued"],
    ["task.run.post_claim", "claimed"],
    ["task.run.lease_extended", "claimed"],
    ["task.run.completed", "completed"],
  ]);
  told.length = 0;
  const other = await all.ada.createTask(task("Refused"));
  const refusal = (transaction) => {
    transaction.as(ADA).enqueueRun({ task_id: other.id });
    throw out;
  };
  await assert.rejects(board.transaction(refusal), out);
  assert.deepEqual(told, []);
  await board.transaction((transaction) => void transaction.as(ADA).enqueueRun({ task_id: other.id }));
  assert.deepEqual(told, [["task.run.enqueued", "queued"]]);
});

test("a hook rules on claims", async () => {
  const rulings = {
    nothing: () => undefined,
    narrowed: async () => ({ criteria: { required_capabilities: ["paint"] } }),
    denied: () => ({ deny: "not today" }),
    thrown: fail,
    odd: () => ({ deny: 7 }),
  };
  let ruling;
  const seen = [];
  const preClaim = (hook) => {
    seen.push(hook);
    return rulings[ruling]();
  };
  const { board, ada } = await start("rulings", { runHooks: { preClaim } });
  const plain = await ada.createTask(task("Plain"));
  const paint = await ada.createTask(task("Paint", { priority: "high" }));
  await ada.setExecutionProfile(paint.id, {
    worker: { mode: "select", required_capabilities: ["paint"] },
  });
  await ada.enqueueRun({ task_id: paint.id });
  const queued = await ada.enqueueRun({ task_id: plain.id });
  const claim = (ref) =>
    board.as({ kind: "agent_session", ref }).claimNextRun({ claimer_session_id: ref });

  ruling = "denied";
  const denied = await refused(() => claim("a"), "permission_denied");
  assert.match(denied.message, /not today/);
  await refused(() => ada.claimRun(queued.id), "permission_denied");
  ruling = "thrown";
  assert.equal((await refused(() => claim("a"), "other")).cause, out);
  assert.equal((await refused(() => ada.claimRun(queued.id), "other")).cause, out);
  ruling = "odd";
  await refused(() => claim("a"), "other", "pre_claim");
  assert.equal(ada.read.schedulerBacklog().runs.length, 2);
  const inside = (transaction) =>
    transaction.as({ kind: "agent_session", ref: "a" }).claimNextRun({ claimer_session_id: "a" });
  await refused(() => board.transaction(inside), "other");

  ruling = "narrowed";
  assert.equal((await claim("a")).task.id, paint.id);
  ruling = "nothing";
  assert.equal((await claim("b")).task.id, plain.id);
  assert.equal(seen[0].hook, "task.run.pre_claim");
  assert.equal(seen[0].criteria.claimer_session_id, "a");
});

test("what a hook throws after the fact changes nothing, and is not lost", async () => {
  project.write(
    "loud.mjs",
    `import { openBoard } from "taskloom";
    process.on("unhandledRejection", (error) => console.log("unhandled:", error.message));
    const dispatch = () => {
      throw new Error("out of paper");
    };
    const board = await openBoard({ name: "loud", runHooks: { dispatch } });
    const ada = board.as({ kind: "human", ref: "ada" });
    const { id } = await ada.createTask({ scope: "global", title: "Work" });
    console.log((await ada.enqueueRun({ task_id: id })).status);`,
  );
  const lines = (await project.node("loud.mjs")).trim().split("\n");
  assert.deepEqual(lines.sort(), ["queued", "unhandled: out of paper"]);
});

test("a channel validator has its say", async () => {
  const closed = new Error("the channel is closed");
  const names = new Set(["lobby"]);
  const channelValidator = (channel) => {
    if (!names.has(channel)) throw closed;
  };
  const { ada } = await start("channels", { channelValidator });
  await ada.createTask(task("In the lobby", { network_channel: "lobby" }));
  const elsewhere = task("Elsewhere", { network_channel: "attic" });
  const error = await refused(() => ada.createTask(elsewhere), "validation", "create_task.network_channel");
  assert.equal(error.cause, closed);
  assert.match(error.message, /the channel is closed/);
  assert.equal(ada.read.listTasks().length, 1);
});

test("an inspect reader shows the sessions of the program", async () => {
  const executor = sessions();
  let listed = [{ id: "session-1", state: "active", agent_name: "coder" }];
  const inspectReader = {
    listSessions(query) {
      this.queries.push(query);
      return listed;
    },
    listEventSummaries: () => [],
    queries: [],
  };
  const { ada, claimed } = await start("inspect", { sessionExecutor: executor, inspectReader });
  const { id } = await claimed();
  await ada.startRun(id);
  const view = ada.read.inspectRun(id);
  assert.ok(inspectReader.queries.length > 0);
  assert.ok(JSON.stringify(view).includes("session-1"));
  listed = Promise.resolve([]);
  const late = await refused(() => ada.read.inspectRun(id), "other");
  assert.match(late.message, /at once/);
  listed = [{ id: 7 }];
  await refused(() => ada.inspectRun(id), "other", "list_sessions");
  inspectReader.listSessions = () => {
    throw out;
  };
  assert.equal((await refused(() => ada.inspectRun(id), "other")).cause, out);
});

test("a runtime reader adds to a run what it knows of the session", async () => {
  const token_stats = { input_tokens: 5, output_tokens: 7, turn_count: 2 };
  const runtimeReader = {
    getSession: (id) => ({ session_id: id, agent_name: "coder" }),
    listSessionEvents: () => [],
    listSessionTokenStats: () => [token_stats],
  };
  const executor = sessions();
  const { ada, claimed } = await start("runtime", { sessionExecutor: executor, runtimeReader });
  const { id } = await claimed();
  await ada.startRun(id);
  const { session, summary } = ada.read.runDetail(id);
  assert.deepEqual([session.session_id, session.agent_name], ["session-1", "coder"]);
  assert.deepEqual([summary.input_tokens, summary.turn_count], [5, 2]);
  runtimeReader.getSession = fail;
  assert.equal(ada.read.runDetail(id).session.session_id, "session-1");
});

test("the program's clock is the board's time", async () => {
  let time = Date.UTC(2030, 0, 1);
  const { board, ada } = await start("clock", { clock: () => time });
  const created = await ada.createTask(task("Now"));
  assert.equal(created.created_at, "2030-01-01T00:00:00Z");
  await ada.enqueueRun({ task_id: created.id });
  const worker = board.as({ kind: "agent_session", ref: "w" });
  const claim = await worker.claimNextRun({
    claimer_session_id: "w",
    lease_duration: taskloom.minutes(1),
  });
  const lease = { run_id: claim.run.id, claim_token: claim.claim_token };
  time += 61_000;
  await refused(() => worker.heartbeatRunLease(lease), "lease_expired");
  time = new Date("2031-01-01");
  assert.equal((await ada.createTask(task("A date"))).created_at, "2031-01-01T00:00:00Z");
});

test("without a time there is no operation", async () => {
  let clock = () => Date.UTC(2030, 0, 1);
  const { board, ada } = await start("no time", { clock: () => clock() });
  await ada.createTask(task("In time"));
  const before = await board.export();
  for (clock of [() => NaN, () => "late", () => Infinity, () => undefined, () => 1e300]) {
    await refused(() => ada.createTask(task("Out of time")), "other", "clock");
  }
  clock = () => {
    throw out;
  };
  assert.equal((await refused(() => ada.createTask(task("x")), "other", "clock")).cause, out);
  const steps = (transaction) => {
    try {
      transaction.as(ADA).createTask(task("x"));
    } catch {
      // Going on does not help.
    }
  };
  assert.equal((await refused(() => board.transaction(steps), "other", "clock")).cause, out);
  assert.deepEqual(await board.export(), before);
  clock = () => Date.UTC(2030, 0, 2);
  await ada.createTask(task("Back in time"));
});

test("ids are the program's, and never given out twice", async () => {
  let count = 0;
  let idGenerator = (prefix) => `${prefix}-${(count += 1)}`;
  const { board, ada } = await start("ids", { idGenerator: (prefix) => idGenerator(prefix) });
  const { id } = await ada.createTask(task("First"));
  assert.equal(id, "task-1");
  assert.equal((await ada.enqueueRun({ task_id: id })).id, `run-${count - 1}`);
  const before = await board.export();
  for (idGenerator of [() => 7, () => "id", () => "task-", () => undefined, () => "task- x "]) {
    await refused(() => ada.createTask(task("x")), "other", "idGenerator");
  }
  idGenerator = () => {
    throw out;
  };
  assert.equal((await refused(() => ada.createTask(task("x")), "other", "idGenerator")).cause, out);
  idGenerator = (prefix) => (prefix === "task" ? "task-1" : `${prefix}-${(count += 1)}`);
  assert.match((await refused(() => ada.createTask(task("x")), "other")).message, /is taken/);
  assert.deepEqual(await board.export(), before);
});

test("a function that decides must not use the board that waits for it", async () => {
  let board;
  let seen;
  const channelValidator = () => {
    try {
      board.as(ADA).read.listTasks();
    } catch (error) {
      seen = error.code;
      throw error;
    }
  };
  const all = await start("reentrant", { channelValidator });
  board = all.board;
  const elsewhere = task("x", { network_channel: "lobby" });
  await refused(() => all.ada.createTask(elsewhere), "validation", "create_task.network_channel");
  assert.equal(seen, "validation");
  await all.ada.createTask(task("The board goes on"));
});

test("callbacks that are none are refused by name", async () => {
  const { openBoard } = taskloom;
  for (const [options, path] of [
    [{ clock: 5 }, "clock"],
    [{ idGenerator: "x" }, "idGenerator"],
    [{ channelValidator: {} }, "channelValidator"],
    [{ inspectReader: {} }, "inspectReader.listSessions"],
    [{ sessionExecutor: { start() {} } }, "sessionExecutor.attach"],
    [{ runHooks: () => {} }, "runHooks"],
    [{ runHooks: { preClaim: 1 } }, "runHooks.preClaim"],
    [{ runHooks: { preclaim() {} } }, "runHooks"],
  ]) {
    await refused(() => openBoard({ name: "a", ...options }), "validation", `open_board.${path}`);
  }
});

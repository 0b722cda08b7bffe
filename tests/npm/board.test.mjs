// What a program does with a board in Node, through the installed package.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ADA, installed } from "./project.mjs";

const { taskloom, refused } = await installed();

const open = (name) => taskloom.openBoard({ name });
const session = (board, ref) => board.as({ kind: "agent_session", ref });

test("a task waits for another one until that is done", async () => {
  const board = await open("work");
  const ada = board.as(ADA);
  const design = await ada.createTask({ scope: "global", title: "Design", metadata: { a: [1] } });
  const build = await ada.createTask({ scope: "global", title: "Build" });
  const edge = { task_id: build.id, depends_on_task_id: design.id, kind: "blocks" };
  assert.equal(await ada.addDependency(edge), undefined);
  assert.deepEqual(design.origin, { kind: "cli", ref: "ada" });
  assert.deepEqual((await ada.getTask(design.id)).task.metadata, { a: [1] });
  assert.equal((await ada.getTask(build.id)).task.status, "blocked");

  const queued = await ada.enqueueRun({ task_id: design.id });
  const worker = session(board, "worker-1");
  const claim = await worker.claimNextRun({
    claimer_session_id: "worker-1",
    lease_duration: taskloom.minutes(2),
  });
  assert.equal(claim.run.id, queued.id);
  const lease = { run_id: claim.run.id, claim_token: claim.claim_token };
  const beat = await worker.heartbeatRunLease({ ...lease, lease_duration: taskloom.minutes(9) });
  assert.ok(beat.lease_until > claim.lease_until);
  const done = await worker.completeRunLease({ ...lease, result: { value: { pages: 3 } } });
  assert.deepEqual([done.status, done.result], ["completed", { pages: 3 }]);

  const ready = ada.read.listTasks({ status: "ready" });
  assert.deepEqual(ready.map((task) => task.title), ["Build"]);
  assert.deepEqual(await ada.listTasks({ status: "ready" }), ready);
  const events = ada.read.timeline(design.id).map((item) => item.event_type);
  assert.equal(events[0], "task.created");
  assert.ok(board.version >= 6);
  await board.close();
});

test("a refusal says what and where", async () => {
  const board = await open("refusals");
  const ada = board.as(ADA);
  const one = await ada.createTask({ scope: "global", title: "One" });
  const two = await ada.createTask({ scope: "global", title: "Two" });
  const edge = (task, blocker) => ({ task_id: task, depends_on_task_id: blocker, kind: "blocks" });
  await ada.addDependency(edge(one.id, two.id));
  const cycle = await refused(() => ada.addDependency(edge(two.id, one.id)), "cycle_detected");
  assert.deepEqual(cycle.details.tasks, [two.id, one.id, two.id]);

  await refused(() => ada.createTask({ scope: "global" }), "validation", "create_task.title");
  await refused(() => ada.createTask({ title: 5 }), "validation", "create_task.title");
  await refused(() => ada.createTask(["id"]), "validation", "create_task");
  await refused(() => ada.getTask("task-none"), "task_not_found");
  await refused(() => ada.getTask(), "validation", "task_id");
  await refused(() => ada.read.getTask(7), "validation", "task_id");
  const worker = session(board, "w");
  await refused(() => worker.claimNextRun({ claimer_session_id: "w" }), "no_claimable_run");
  const reader = board.as({ ...ADA, authority: { read: true } });
  await refused(() => reader.createTask({ scope: "global", title: "x" }), "permission_denied");
  assert.equal(reader.read.listTasks().length, 2);
});

test("an actor that cannot be is refused at once", async () => {
  const board = await open("actors");
  await refused(() => board.as(), "validation", "actor.kind");
  await refused(() => board.as({ kind: "robot", ref: "r" }), "validation", "actor.kind");
  await refused(() => board.as({ kind: "human" }), "validation", "actor.ref");
  await refused(() => board.as({ ...ADA, colour: "red" }), "validation", "actor.colour");
  const daemon = { ...ADA, origin: { kind: "daemon" } };
  await refused(() => board.as(daemon), "validation", "actor.kind");
  board.as({ ...ADA, origin: { kind: "web", ref: "tab-1" } });
});

test("options that mean nothing are refused", async () => {
  const { openBoard } = taskloom;
  await refused(() => openBoard(), "validation", "open_board");
  await refused(() => openBoard({ name: " " }), "validation", "open_board.name");
  const disk = { name: "a", storage: "disk" };
  await refused(() => openBoard(disk), "validation", "open_board.storage");
  await refused(() => openBoard({ name: "a", mode: 1 }), "validation", "open_board.mode");
  await refused(() => openBoard({ name: "a", storage: "indexeddb" }), "unavailable");
  const trap = Object.defineProperty({}, "name", { enumerable: true, get: () => assert.fail() });
  await refused(() => openBoard(trap), "validation", "arguments");
});

test("arguments that are no JSON are refused, and the board goes on", async () => {
  const board = await open("hostile");
  const ada = board.as(ADA);
  const cyclic = { scope: "global", title: "x" };
  cyclic.metadata = cyclic;
  const getter = Object.defineProperty({}, "title", {
    enumerable: true,
    get: () => {
      throw { toString: () => assert.fail("an error's text is not looked at") };
    },
  });
  for (const hostile of [cyclic, getter, { title: 1n }, { max_attempts: NaN }, { title() {} }]) {
    await refused(() => ada.createTask(hostile), "validation", "arguments");
  }
  const polluted = JSON.parse('{"scope":"global","title":"x","__proto__":{"title":"y"}}');
  await refused(() => ada.createTask(polluted), "validation", "create_task.__proto__");
  await refused(() => ada.listTasks({ stauts: "ready" }), "validation", "list_tasks.stauts");
  const metadata = JSON.parse('{"__proto__":{"title":"y"}}');
  const kept = await ada.createTask({ scope: "global", title: "x", metadata });
  assert.deepEqual(Object.keys(kept.metadata), ["__proto__"]);
  await refused(
    () => ada.createTask({ scope: "global", title: "x", metadata: "x".repeat(2 ** 24) }),
    "payload_too_large",
    "create_task.metadata",
  );
  const half = { scope: "global", title: "\ud800" };
  await refused(() => ada.createTask(half), "validation", "create_task.title");
  assert.equal(ada.read.listTasks().length, 1);
});

test("a claim token is in the answer of its claim and nowhere else", async () => {
  const board = await open("secrets");
  const ada = board.as(ADA);
  const task = await ada.createTask({ scope: "global", title: "Secret" });
  await ada.enqueueRun({ task_id: task.id });
  const worker = session(board, "w");
  const { run, claim_token } = await worker.claimNextRun({ claimer_session_id: "w" });
  assert.match(claim_token, /^agh_claim_/);
  const seen = [
    await board.export(),
    ada.read.getTask(task.id),
    ada.read.timeline(task.id),
    ada.read.inspectTask(task.id),
    await worker.heartbeatRunLease({ run_id: run.id, claim_token }),
  ];
  const wrong = { run_id: run.id, claim_token: `${claim_token}x`, failure: { error: claim_token } };
  const error = await refused(() => worker.failRunLease(wrong), "invalid_claim_token");
  seen.push({ ...error, message: error.message, stack: error.stack });
  const misplaced = { title: "x", scope: claim_token };
  const scope = await refused(() => ada.createTask(misplaced), "validation", "create_task.scope");
  seen.push({ ...scope, message: scope.message, stack: scope.stack });
  assert.ok(!JSON.stringify(seen).includes(claim_token.slice("agh_claim_".length)));
});

test("boards are apart from each other", async () => {
  const [one, other] = [await open("same name"), await open("same name")];
  await one.as(ADA).createTask({ scope: "global", title: "Mine" });
  assert.equal(one.as(ADA).read.listTasks().length, 1);
  assert.equal(other.as(ADA).read.listTasks().length, 0);
});

test("an export holds every record", async () => {
  const board = await open("export");
  const ada = board.as(ADA);
  const task = await ada.createTask({ scope: "global", title: "Kept" });
  await ada.enqueueRun({ task_id: task.id });
  const document = await board.export();
  assert.deepEqual([document.format, document.format_version], ["taskloom-bundle", 1]);
  assert.deepEqual(document.tasks.map(({ title }) => title), ["Kept"]);
  assert.equal(document.runs.length, 1);
  assert.equal(document.latest_sequence, document.events.length);
});

test("a closed board can still be read, a disposed one cannot", async () => {
  const board = await open("closing");
  const ada = board.as(ADA);
  const pending = ada.createTask({ scope: "global", title: "Under way" });
  await board.close();
  assert.equal((await pending).title, "Under way");
  await refused(() => ada.createTask({ scope: "global", title: "Late" }), "closed");
  assert.equal(ada.read.listTasks().length, 1);
  assert.equal((await board.export()).tasks.length, 1);
  board[Symbol.dispose]();
  board[Symbol.dispose]();
  await refused(() => ada.read.listTasks(), "closed");
  await refused(() => ada.listTasks(), "closed");
  await refused(() => board.export(), "closed");
  await refused(() => board.as(ADA), "closed");
  await board.close();
});

test("disposing does not lose what is under way", async () => {
  const board = await open("disposing");
  const pending = board.as(ADA).createTask({ scope: "global", title: "Under way" });
  board[Symbol.dispose]();
  assert.equal((await pending).title, "Under way");
});

test("operations of one moment are all answered", async () => {
  const board = await open("burst");
  const ada = board.as(ADA);
  const titles = Array.from({ length: 50 }, (_, index) => `task ${index}`);
  const tasks = await Promise.all(
    titles.map((title) => ada.createTask({ scope: "global", title })),
  );
  assert.deepEqual(tasks.map(({ title }) => title), titles);
  assert.equal(new Set(tasks.map(({ id }) => id)).size, 50);
  await board[Symbol.asyncDispose]();
});

test("a drain ends when the last run does", async () => {
  const board = await open("drain");
  const ada = board.as(ADA);
  const task = await ada.createTask({ scope: "global", title: "Last" });
  await ada.enqueueRun({ task_id: task.id });
  const worker = session(board, "w");
  const { run, claim_token } = await worker.claimNextRun({ claimer_session_id: "w" });
  const once = await ada.drainScheduler();
  assert.deepEqual([once.completed, once.remaining_claims], [false, 1]);
  const drained = ada.drainScheduler({ timeout: taskloom.minutes(5) });
  await worker.completeRunLease({ run_id: run.id, claim_token });
  assert.equal((await drained).completed, true);
  assert.equal(ada.read.schedulerStatus().paused, true);
});

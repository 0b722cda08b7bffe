// Several operations in one commit, and the changes that boards tell of.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ADA, installed } from "./project.mjs";

const { taskloom, refused } = await installed();

const open = (name) => taskloom.openBoard({ name });
const task = (title) => ({ scope: "global", title });

test("a transaction is one commit, and sees its own steps", async () => {
  const board = await open("one commit");
  const titles = await board.transaction((transaction) => {
    const ada = transaction.as(ADA);
    const design = ada.createTask(task("Design"));
    const build = ada.createTask(task("Build"));
    ada.addDependency({ task_id: build.id, depends_on_task_id: design.id, kind: "blocks" });
    assert.equal(ada.getTask(build.id).task.status, "blocked");
    return ada.listTasks().map(({ title }) => title).sort();
  });
  assert.deepEqual(titles, ["Build", "Design"]);
  assert.equal(board.version, 1);
  assert.equal(board.as(ADA).read.listTasks().length, 2);
});

test("a transaction that throws keeps nothing and throws the same", async () => {
  const board = await open("nothing");
  const empty = await board.export();
  const own = new Error("changed my mind");
  const thrown = await board
    .transaction((transaction) => {
      transaction.as(ADA).createTask(task("Gone"));
      throw own;
    })
    .catch((error) => error);
  assert.equal(thrown, own);
  const second = (transaction) => {
    const ada = transaction.as(ADA);
    ada.createTask(task("Gone too"));
    ada.createTask(task(""));
  };
  await refused(() => board.transaction(second), "validation", "create_task.title");
  assert.deepEqual(await board.export(), empty);
  assert.equal(board.version, 0);
});

test("an error that the function handles does not end the transaction", async () => {
  const board = await open("handled");
  const code = await board.transaction((transaction) => {
    const ada = transaction.as(ADA);
    ada.createTask(task("Kept"));
    try {
      ada.getTask("task-none");
    } catch (error) {
      return error.code;
    }
  });
  assert.equal(code, "task_not_found");
  assert.equal(board.as(ADA).read.listTasks().length, 1);
});

test("a transaction neither waits, nor leaks, nor works past its board", async () => {
  const board = await open("strict");
  const ada = board.as(ADA);
  const waiting = async (transaction) => transaction.as(ADA).createTask(task("Later"));
  await refused(() => board.transaction(waiting), "validation", "transaction");
  await refused(() => board.transaction(), "validation", "transaction");
  const nested = () => ada.read.listTasks();
  await refused(() => board.transaction(nested), "validation", "transaction");
  const version = () => board.version;
  await refused(() => board.transaction(version), "validation", "transaction");
  const late = await board.transaction((transaction) => ({ member: transaction.as(ADA) }));
  await refused(async () => late.member.createTask(task("Late")), "validation", "transaction");
  assert.equal(late.member.drainScheduler, undefined);
  assert.equal(ada.read.listTasks().length, 0);
  await ada.createTask(task("The board goes on"));
  board[Symbol.dispose]();
  await refused(() => board.transaction(() => {}), "closed", undefined);
});

test("a board tells of its changes, without claim tokens", async () => {
  const board = await open("told");
  const changes = board.watch();
  const ada = board.as(ADA);
  const { id } = await ada.createTask(task("Told"));
  await ada.enqueueRun({ task_id: id });
  const worker = board.as({ kind: "agent_session", ref: "w" });
  const { run, claim_token } = await worker.claimNextRun({ claimer_session_id: "w" });
  await worker.completeRunLease({ run_id: run.id, claim_token });
  await board.close();
  const told = [];
  for await (const change of changes) {
    told.push(change);
  }
  assert.deepEqual(told.map(({ version }) => version), [1, 2, 3, 4]);
  assert.ok(told.every(({ source }) => source === "own"));
  assert.ok(told[0].changes.some(({ put }) => put?.task?.title === "Told"));
  const events = told.flatMap(({ changes }) => changes.flatMap(({ put }) => put?.event ?? []));
  assert.ok(events.length >= 4);
  assert.ok(!JSON.stringify(told).includes(claim_token.slice("agh_claim_".length)));
});

test("a watch ends with its signal, with a break, and with the board", async () => {
  const board = await open("ends");
  const stop = new AbortController();
  const aborted = board.watch({ signal: stop.signal });
  const next = aborted.next();
  stop.abort();
  await assert.rejects(next, { name: "AbortError" });
  assert.deepEqual(await aborted.next(), { value: undefined, done: true });
  await assert.rejects(board.watch({ signal: stop.signal }).next(), { name: "AbortError" });

  const left = board.watch();
  await board.as(ADA).createTask(task("One"));
  for await (const { version } of left) {
    assert.equal(version, 1);
    break;
  }
  assert.equal((await left.next()).done, true);

  const last = board.watch();
  const end = last.next();
  await board.close();
  assert.equal((await end).done, true);
});

test("an export is imported to an equal board, which has to be empty", async () => {
  const board = await open("from");
  const ada = board.as(ADA);
  const { id } = await ada.createTask(task("Moved"));
  await ada.enqueueRun({ task_id: id });
  const document = await board.export();
  const [copy, again] = [await open("to"), await open("again")];
  await copy.import(document);
  assert.deepEqual(await copy.export(), document);
  await again.import(JSON.stringify(document));
  assert.deepEqual(await again.export(), document);
  await refused(() => copy.import(document), "board_not_empty", undefined);
  await refused(() => copy.previewImport(document), "board_not_empty", undefined);
  const empty = await open("empty");
  await refused(() => empty.import({ tasks: [] }), "not_a_bundle", undefined);
  await refused(() => empty.import("{"), "invalid_bundle", undefined);
  await refused(() => empty.import(), "not_a_bundle", undefined);
  const dangling = { ...document, tasks: [] };
  await refused(() => empty.import(dangling), "invalid_bundle", undefined);
  assert.equal(empty.version, 0);
  assert.equal(await copy.snapshot(), 1);
});

test("values that JSON would lose or never end with are refused", async () => {
  const board = await open("values");
  const ada = board.as(ADA);
  const endless = {
    get deeper() {
      return Object.create(endless, { deeper: { enumerable: true, get: () => endless } });
    },
  };
  for (const metadata of [new Map(), new Set(), new Uint8Array(3), new Array(2 ** 32 - 1), endless]) {
    await refused(() => ada.createTask({ ...task("x"), metadata }), "validation", "arguments");
  }
  await ada.createTask({ ...task("x"), metadata: { at: new Date(0) } });
  assert.equal(ada.read.listTasks().length, 1);
});

// Workers: claiming, leases that stay alive, and what becomes of the work.

import assert from "node:assert/strict";
import { test } from "node:test";

import { installed } from "./project.mjs";

const { taskloom } = await installed();

/** A board, its owner, and a function that queues a task with one run. */
async function start(name) {
  const board = await taskloom.openBoard({ name });
  const ada = board.as({ kind: "human", ref: "ada" });
  const queue = async (title, more) => {
    const task = await ada.createTask({ scope: "global", title, max_attempts: 1, ...more });
    return ada.enqueueRun({ task_id: task.id });
  };
  const runOf = (run) => ada.read.runDetail(run.id).run;
  return { board, ada, queue, runOf };
}

/** Resolves once a run has this status. */
async function reaches(board, runOf, run, status) {
  const changes = board.watch();
  if (runOf(run).status !== status) {
    for await (const _ of changes) {
      if (runOf(run).status === status) {
        break;
      }
    }
  }
  return runOf(run);
}

test("a worker completes what is queued before and after it starts", async () => {
  const { board, queue, runOf } = await start("completes");
  const first = await queue("first");
  const worker = board.worker({ run: ({ task }) => ({ done: task.title }) });
  const done = await reaches(board, runOf, first, "completed");
  assert.deepEqual(done.result, { done: "first" });
  const second = await queue("second");
  assert.deepEqual((await reaches(board, runOf, second, "completed")).result, { done: "second" });
  await worker.stop();
  const third = await queue("third");
  assert.equal(runOf(third).status, "queued");
});

test("a thrown error fails the run, and the worker goes on", async () => {
  const { board, queue, runOf } = await start("fails");
  const runs = [await queue("throws"), await queue("no result"), await queue("odd")];
  const hostile = { toString: () => assert.fail("has no text") };
  const outcomes = {
    throws: () => Promise.reject(new Error("out of paper")),
    "no result": () => 1n,
    odd: () => {
      throw hostile;
    },
  };
  const worker = board.worker({ run: ({ task }) => outcomes[task.title]() });
  const errors = [];
  for (const run of runs) {
    errors.push((await reaches(board, runOf, run, "failed")).error);
  }
  await worker.stop();
  assert.equal(errors[0], "out of paper");
  assert.match(errors[1], /plain JSON/);
  assert.equal(errors[2], "the work failed");
});

test("work that is under way is given back when the worker stops", async () => {
  const { board, queue, runOf } = await start("gives back");
  const run = await queue("long");
  const stop = new AbortController();
  let begun;
  const beginning = new Promise((resolve) => (begun = resolve));
  const worker = board.worker({
    signal: stop.signal,
    run: ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        begun();
      }),
  });
  await beginning;
  assert.equal(runOf(run).status, "claimed");
  stop.abort();
  await worker.done;
  assert.equal(runOf(run).status, "queued");
  assert.equal(board.as({ kind: "human", ref: "ada" }).read.schedulerBacklog().runs.length, 1);
});

test("a worker takes only what it can do", async () => {
  const { board, ada, queue, runOf } = await start("capabilities");
  const task = await ada.createTask({ scope: "global", title: "paint" });
  const paint = { mode: "select", required_capabilities: ["paint"] };
  await ada.setExecutionProfile(task.id, { worker: paint });
  const needs = await ada.enqueueRun({ task_id: task.id });
  const plain = await queue("plain");
  const titles = [];
  const run = ({ task }) => void titles.push(task.title);
  await during(board.worker({ run }), () => reaches(board, runOf, plain, "completed"));
  assert.deepEqual(titles, ["plain"]);
  const painter = board.worker({ capabilities: ["paint"], run });
  await during(painter, () => reaches(board, runOf, needs, "completed"));
  assert.deepEqual(titles, ["plain", "paint"]);
});

/** Works while a worker does. */
async function during(worker, work) {
  await work();
  await worker.stop();
}

test("a lease that is lost aborts the work, whose outcome no longer counts", async () => {
  const { board, ada, queue, runOf } = await start("lost");
  const run = await queue("taken away");
  let reason;
  const aborted = new Promise((resolve) => {
    const worker = board.worker({
      lease: taskloom.seconds(1),
      run: ({ signal }) =>
        new Promise((finish) => {
          signal.addEventListener("abort", () => {
            reason = signal.reason;
            finish("too late");
            resolve(worker);
          });
          ada.forceFailRun(run.id, { reason: "taken away" });
        }),
    });
  });
  const worker = await aborted;
  await worker.stop();
  assert.equal(reason.name, "TaskloomError");
  assert.equal(runOf(run).status, "failed");
});

test("a worker ends with its board", async () => {
  const { board } = await start("ends");
  const worker = board.worker({ run: () => {} });
  await board.close();
  await worker.done;
});

test("a worker that makes no sense is refused", async () => {
  const { board } = await start("refused");
  const run = () => {};
  for (const [options, path] of [
    [undefined, "worker.run"],
    [{ run: 5 }, "worker.run"],
    [{ run, lease: NaN }, "worker.lease"],
    [{ run, lease: 5 }, "worker.lease"],
    [{ run, colour: "red" }, "worker.colour"],
    [{ run, session: " " }, "actor.ref"],
  ]) {
    assert.throws(() => board.worker(options), { code: "validation", path });
  }
});

// Engines that break: only the board is lost whose engine it is, and what was stored is
// there again. The engine breaks where the platform's randomness does, on which it
// relies once a board is open.

import assert from "node:assert/strict";
import { test } from "node:test";

import { MapStore } from "./map_store.mjs";
import { ADA, installed } from "./project.mjs";

const { taskloom, refused } = await installed();
const task = (title) => ({ scope: "global", title });

/** Works while there is no randomness. */
async function withoutRandomness(work) {
  const platform = Object.getOwnPropertyDescriptor(globalThis, "crypto");
  const getRandomValues = () => {
    throw new Error("there is no randomness");
  };
  Object.defineProperty(globalThis, "crypto", { configurable: true, value: { getRandomValues } });
  try {
    await work();
  } finally {
    Object.defineProperty(globalThis, "crypto", platform);
  }
}

test("an engine that breaks takes nothing but its own board along", async () => {
  const store = new MapStore();
  const [board, other] = [
    await taskloom.openBoard({ name: "breaks", storage: store }),
    await taskloom.openBoard({ name: "stays" }),
  ];
  const [ada, ben] = [board.as(ADA), other.as({ kind: "human", ref: "ben" })];
  const { id } = await ada.createTask(task("Kept"));
  const [events, changes] = [ada.stream(id), board.watch()];
  assert.equal((await events.next()).value.type, "task.created");
  const ends = [events.next(), changes.next()];
  const worker = board.worker({ run() {} });

  await withoutRandomness(async () => {
    const pending = ["One", "Two"].map((title) => ada.createTask(task(title)));
    for (const failed of [...pending, ...ends, worker.done]) {
      const error = await refused(() => failed, "internal");
      assert.match(error.message, /open the board again/);
      assert.ok(error.cause instanceof WebAssembly.RuntimeError);
    }
  });
  for (const use of [
    () => ada.createTask(task("Late")),
    () => ada.read.listTasks(),
    () => board.version,
    () => board.as(ADA),
    () => board.export(),
    () => board.watch(),
    () => board.stream(),
    () => board.transaction(() => {}),
    () => board.snapshot(),
  ]) {
    await refused(use, "internal");
  }
  await board.close();
  board[Symbol.dispose]();
  await refused(() => board.version, "closed");

  await ben.createTask(task("The other board goes on"));
  assert.equal(ben.read.listTasks().length, 1);
  const again = await taskloom.openBoard({ name: "breaks", storage: store });
  assert.deepEqual(again.as(ADA).read.listTasks().map(({ title }) => title), ["Kept"]);
  await again.as(ADA).createTask(task("And goes on"));
});

test("an engine that breaks within a transaction keeps nothing of it", async () => {
  const store = new MapStore();
  const board = await taskloom.openBoard({ name: "breaks", storage: store });
  let inside;
  const steps = (transaction) => {
    const ada = transaction.as(ADA);
    try {
      ada.createTask(task("Lost"));
    } catch (error) {
      inside = error.code;
    }
    // Going on does not help.
    ada.listTasks();
  };
  await withoutRandomness(() => refused(() => board.transaction(steps), "internal"));
  assert.equal(inside, "internal");
  const again = await taskloom.openBoard({ name: "breaks", storage: store });
  assert.equal(again.version, 0);
  assert.deepEqual(again.as(ADA).read.listTasks(), []);
});

// A store that the program supplies.

import assert from "node:assert/strict";
import { test } from "node:test";

import { MapStore } from "./map_store.mjs";
import { ADA, installed } from "./project.mjs";

const { taskloom } = await installed();

const task = (title) => ({ scope: "global", title });

test("two boards share a store of the program", async () => {
  const storage = new MapStore();
  const one = await taskloom.openBoard({ name: "own", storage });
  const other = await taskloom.openBoard({ name: "own", storage });
  await one.as(ADA).createTask(task("Design"));
  await other.as(ADA).createTask(task("Build"));
  await one.snapshot();
  assert.deepEqual([...storage.snapshots.keys()], [2]);
  await one.close();
  await other.close();
  assert.equal(storage.listeners.size, 0, "closed boards no longer listen");

  const again = await taskloom.openBoard({ name: "own", storage });
  const titles = again.as(ADA).read.listTasks().map(({ title }) => title);
  assert.deepEqual(titles.sort(), ["Build", "Design"]);
  await again.close();
});

test("what a store throws reaches the caller, and nothing is half done", async () => {
  const storage = new MapStore();
  const board = await taskloom.openBoard({ name: "full", storage });
  storage.full = true;
  await assert.rejects(board.as(ADA).createTask(task("Design")), ({ code, message }) => {
    assert.equal(code, "quota_exceeded");
    assert.match(message, /the disk is full/);
    return true;
  });
  assert.deepEqual(board.as(ADA).read.listTasks(), []);
  storage.full = false;
  await board.as(ADA).createTask(task("Build"));
  assert.equal(board.as(ADA).read.listTasks().length, 1);
  await board.close();
});

test("an object that is no store is refused by the name of what it lacks", async () => {
  await assert.rejects(
    taskloom.openBoard({ name: "none", storage: {} }),
    /the store has no method read/,
  );
  const broken = { name: "none", get storage() { throw new Error("no"); } };
  await assert.rejects(taskloom.openBoard(broken), ({ code }) => code === "validation");
});

// A store that the program supplies.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ADA, installed } from "./project.mjs";

const { taskloom } = await installed();

const task = (title) => ({ scope: "global", title });

/** A log in a Map, as short as it gets. */
class MapStore {
  entries = new Map();
  snapshots = new Map();
  listeners = new Set();
  full = false;

  get head() {
    return Math.max(0, ...this.entries.keys());
  }

  read(after) {
    const newer = [...this.entries].filter(([version]) => version > after);
    return { head: this.head, entries: newer.map(([version, bytes]) => ({ version, bytes })) };
  }

  async append(expected, bytes) {
    if (this.full) throw Object.assign(new Error("the disk is full"), { code: "quota_exceeded" });
    if (this.head !== expected) return { conflict: this.head };
    this.entries.set(expected + 1, bytes);
    for (const listener of this.listeners) listener(expected + 1);
    return { appended: expected + 1 };
  }

  snapshot(atOrBefore) {
    const version = Math.max(0, ...[...this.snapshots.keys()].filter((it) => it <= atOrBefore));
    return version ? { version, bytes: this.snapshots.get(version) } : undefined;
  }

  putSnapshot(version, bytes) {
    this.snapshots.set(version, bytes);
  }

  prune(before) {
    for (const values of [this.entries, this.snapshots]) {
      const newest = Math.max(...values.keys());
      for (const version of values.keys()) {
        if (version < before && version !== newest) values.delete(version);
      }
    }
  }

  watch(onVersion) {
    this.listeners.add(onVersion);
    return () => this.listeners.delete(onVersion);
  }
}

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

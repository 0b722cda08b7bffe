// Streams of audit events: those so far, then those to come.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ADA, installed } from "./project.mjs";

const { taskloom, refused } = await installed();
const task = (title) => ({ scope: "global", title });

async function start(name) {
  const board = await taskloom.openBoard({ name });
  return { board, ada: board.as(ADA) };
}

/** The next events of a stream. */
async function take(events, count) {
  const taken = [];
  while (taken.length < count) {
    taken.push((await events.next()).value);
  }
  return taken;
}

const types = (events) => events.map(({ type }) => type);
const isRising = (events) =>
  events.every(({ sequence }, index) => index === 0 || sequence > events[index - 1].sequence);

test("a stream goes from what happened to what happens, without a gap", async () => {
  const { board, ada } = await start("gapless");
  const parent = await ada.createTask(task("Parent"));
  const child = await ada.createChildTask(parent.id, task("Child"));
  const other = await ada.createTask(task("Other"));
  const events = ada.stream(parent.id);
  await ada.updateTask(other.id, { title: "No part of it" });
  const late = await ada.createChildTask(child.id, task("Grandchild"));
  await ada.updateTask(late.id, { title: "Renamed" });
  await board.close();
  const told = [];
  for await (const event of events) {
    told.push(event);
  }
  const of = (id) => told.filter(({ timeline }) => timeline.task.id === id).map(({ type }) => type);
  assert.equal(types(told)[0], "task.created");
  assert.deepEqual(of(late.id), ["task.created", "task.updated"]);
  assert.deepEqual(of(other.id), []);
  assert.ok(isRising(told));
  const whole = ada.read.streamBacklog(parent.id).map(({ sequence }) => sequence);
  assert.deepEqual(told.map(({ sequence }) => sequence), whole);
});

test("an operation that is not kept yet is told of once, when it is", async () => {
  const { board, ada } = await start("pending");
  const parent = await ada.createTask(task("Parent"));
  const pending = ada.updateTask(parent.id, { title: "Under way" });
  const events = ada.stream(parent.id);
  await pending;
  await board.close();
  const told = [];
  for await (const event of events) {
    told.push(event);
  }
  assert.deepEqual(types(told), ["task.created", "task.updated"]);
});

test("a stream goes on after the number that a reader has seen", async () => {
  const { board, ada } = await start("resumed");
  const { id } = await ada.createTask(task("One"));
  const [first] = await take(ada.stream(id), 1);
  await ada.updateTask(id, { title: "Two" });
  const events = ada.stream(id, { after_sequence: first.sequence });
  assert.deepEqual(types(await take(events, 1)), ["task.updated"]);
  const { latest_event_seq } = ada.read.getTask(id).task;
  const head = ada.stream(id, { after_sequence: latest_event_seq });
  await ada.updateTask(id, { title: "Three" });
  const [next] = await take(head, 1);
  assert.ok(next.sequence > latest_event_seq);
  await board.close();
  assert.equal((await head.next()).done, true);
});

test("a board's stream has the events of all tasks", async () => {
  const { board, ada } = await start("whole");
  const before = await ada.createTask(task("Before"));
  const events = board.stream();
  const after = await ada.createTask(task("After"));
  const told = await take(events, 2);
  assert.deepEqual(told.map(({ timeline }) => timeline.task.id), [before.id, after.id]);
  const later = board.stream({ after_sequence: told[1].sequence });
  const third = await ada.createTask(task("Third"));
  assert.equal((await take(later, 1))[0].timeline.task.id, third.id);
});

test("a stream ends with its signal, a break, its task and its board", async () => {
  const { board, ada } = await start("ends");
  const { id } = await ada.createTask(task("Short-lived"));
  const stop = new AbortController();
  const aborted = ada.stream(id, { signal: stop.signal });
  await take(aborted, 1);
  const next = aborted.next();
  stop.abort(new Error("enough"));
  await assert.rejects(next, { message: "enough" });
  assert.equal((await aborted.next()).done, true);

  const left = ada.stream(id);
  for await (const { type } of left) {
    assert.equal(type, "task.created");
    break;
  }
  assert.equal((await left.next()).done, true);

  const doomed = ada.stream(id);
  await ada.deleteTask(id);
  assert.deepEqual(types(await take(doomed, 1)), ["task.created"]);
  assert.equal((await doomed.next()).done, true);

  const last = board.stream();
  const end = last.next();
  await board.close();
  assert.equal((await end).done, true);
});

test("a stream that cannot be is refused at once", async () => {
  const { board, ada } = await start("refused");
  const { id } = await ada.createTask(task("One"));
  await refused(() => ada.stream("task-none"), "task_not_found");
  await refused(() => ada.stream(), "validation", "task_id");
  await refused(() => ada.stream(id, { after_sequence: -1 }), "validation", "task_stream_query.after_sequence");
  await refused(() => ada.stream(id, { after: 1 }), "validation", "stream.after");
  await refused(() => board.stream({ after_sequence: "1" }), "validation", "stream.after_sequence");
  await refused(() => board.stream(7), "validation", "stream");
  await refused(() => board.stream({ signal: 7 }), "validation", "signal");
  await refused(() => board.watch({ signal: {} }), "validation", "signal");
  const blind = board.as({ ...ADA, authority: { write: true } });
  await refused(() => blind.stream(id), "permission_denied");
  board[Symbol.dispose]();
  await refused(() => ada.stream(id), "closed");
});

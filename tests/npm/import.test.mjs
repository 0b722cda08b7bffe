// Boards that are put together, replaced and measured, through the installed package.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { install } from "./project.mjs";

let project;
let taskloom;

before(async () => {
  project = await install();
  taskloom = await project.import();
});

after(() => project?.remove());

const ADA = { kind: "human", ref: "ada" };
const NONE = { new: 0, equal: 0, kept: 0, replaced: 0, removed: 0 };
const task = (id, title) => ({ id, scope: "global", title });

/** A board with these tasks: `{ id: title }`. */
async function board(name, tasks) {
  const opened = await taskloom.openBoard({ name, storage: "memory" });
  for (const [id, title] of Object.entries(tasks)) {
    await opened.as(ADA).createTask(task(id, title));
  }
  return opened;
}

/** Checks a failure by its code and path. */
async function refused(work, code, path) {
  const error = await Promise.resolve().then(work).then(
    () => assert.fail(`no ${code}`),
    (error) => error,
  );
  assert.ok(error instanceof taskloom.TaskloomError, String(error));
  assert.deepEqual([error.code, error.path], [code, path], error.message);
  return error;
}

const titles = (board) => board.as(ADA).read.listTasks().map(({ title }) => title).sort();

test("a merge says before what it does, and does it", async () => {
  const here = await board("here", { a: "Mine", b: "Ours" });
  const there = await board("there", { a: "Theirs", c: "New" });
  const bundle = await there.export();
  for (const [prefer, tasks, kept] of [
    ["board", { ...NONE, new: 1, kept: 1 }, "Mine"],
    ["bundle", { ...NONE, new: 1, replaced: 1 }, "Theirs"],
  ]) {
    const copy = await board(prefer, {});
    await copy.import(await here.export());
    const version = copy.version;
    const preview = await copy.previewImport(bundle, { mode: "merge", prefer });
    assert.deepEqual([copy.version, preview.counts.task], [version, tasks]);
    assert.deepEqual(preview.counts.event, { ...NONE, new: 2 });
    assert.deepEqual([preview.conflicts, preview.settled], [[{ task: "a" }], []]);
    assert.deepEqual(await copy.import(bundle, { mode: "merge", prefer }), preview);
    assert.deepEqual(titles(copy), [kept, "New", "Ours"].sort());
    const again = await copy.import(bundle, { mode: "merge", prefer });
    assert.equal(again.counts.task.new, 0);
    assert.equal(copy.version, version + 1, "merged once more writes nothing");
  }
});

test("a replaced board is the document, whose export has the same bytes", async () => {
  const from = await board("from", { a: "One", b: "Two" });
  const document = JSON.stringify(await from.export());
  const to = await board("to", { x: "Gone" });
  const told = await to.import(document, { mode: "replace" });
  assert.deepEqual(told.counts.task, { ...NONE, new: 2, removed: 1 });
  assert.equal(JSON.stringify(await to.export()), document);
});

test("what one side finished frees what waits for it on the other", async () => {
  const here = await board("waits", { a: "Blocker", b: "Waiting" });
  const edge = { task_id: "b", depends_on_task_id: "a", kind: "blocks" };
  await here.as(ADA).addDependency(edge);
  const there = await board("finishes", {});
  await there.import(await here.export());
  await there.as(ADA).enqueueRun({ task_id: "a" });
  const worker = there.as({ kind: "agent_session", ref: "w" });
  const { run, claim_token } = await worker.claimNextRun({ claimer_session_id: "w" });
  await worker.completeRunLease({ run_id: run.id, claim_token });
  const told = await here.import(await there.export(), { mode: "merge", prefer: "board" });
  assert.deepEqual(told.settled, ["a", "b"]);
  const status = (id) => here.as(ADA).read.listTasks().find((task) => task.id === id).status;
  assert.deepEqual([status("a"), status("b")], ["completed", "ready"]);
});

test("a merge that breaks a rule names it and its records, and changes nothing", async () => {
  const here = await board("loop", { a: "A", b: "B" });
  const there = await board("pool", {});
  await there.import(await here.export());
  const edge = (task_id, depends_on_task_id) => ({ task_id, depends_on_task_id, kind: "blocks" });
  await here.as(ADA).addDependency(edge("a", "b"));
  await there.as(ADA).addDependency(edge("b", "a"));
  const before = await here.export();
  const merge = { mode: "merge", prefer: "bundle" };
  const bundle = await there.export();
  for (const work of [() => here.previewImport(bundle, merge), () => here.import(bundle, merge)]) {
    const error = await refused(work, "cycle_detected", undefined);
    assert.equal(error.message, "merged, these tasks would wait for one another: a -> b -> a");
    assert.deepEqual(error.details.tasks, ["a", "b", "a"]);
  }
  assert.deepEqual(await here.export(), before);
});

test("two runs that are open at once are a conflict", async () => {
  const here = await board("one run", { a: "A" });
  const there = await board("other run", {});
  await there.import(await here.export());
  await here.as(ADA).enqueueRun({ task_id: "a" });
  await there.as(ADA).enqueueRun({ task_id: "a" });
  const merge = { mode: "merge", prefer: "board" };
  const error = await refused(async () => here.import(await there.export(), merge), "conflict");
  assert.match(error.message, /^merged, task a would have two open runs: run-\S+ and run-\S+$/);
  assert.deepEqual(error.details.tasks, ["a"]);
});

test("options of an import that mean nothing are refused", async () => {
  const empty = await board("options", {});
  const document = await empty.export();
  for (const [options, path] of [
    [{ mode: "upsert" }, "import.mode"],
    [{ mode: "merge" }, "import.prefer"],
    [{ mode: "merge", prefer: "newer" }, "import.prefer"],
    [{ mode: "replace", prefer: "board" }, "import.prefer"],
    [{ mode: "replace", force: true }, "import.force"],
    [{ mode: 1 }, "import"],
    ["replace", "import"],
  ]) {
    await refused(() => empty.import(document, options), "validation", path);
    await refused(() => empty.previewImport(document, options), "validation", path);
  }
  const broken = { ...document, tasks: [{ ...task("a", ""), status: "ready" }] };
  await refused(() => empty.previewImport(broken, {}), "invalid_bundle");
  assert.equal(empty.version, 0);
});

test("a record that is not valid is named as people name it", async () => {
  const from = await board("bad", { a: "Titled" });
  const document = await from.export();
  document.tasks[0].title = "";
  const error = await refused(() => from.import(document, { mode: "replace" }), "invalid_bundle");
  assert.equal(
    error.message,
    "in this bundle, task a is not valid: task: validation failed: task.title is required",
  );
});

test("only a browser tells how much it keeps", async () => {
  const memory = await board("memory", { a: "A" });
  assert.equal(await memory.storageUsage(), undefined);
});

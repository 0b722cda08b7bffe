// How quick the npm package is in Node, on memory: each measure beside the same
// work without it. Prints one line of JSON per measure. The argument is the folder
// of the built package.

import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { SqliteQueue } from "./sqlite_queue.mjs";

const FOLDER = resolve(process.argv[2]);
const ENTRY = pathToFileURL(join(FOLDER, "node.js")).href;
const ROUNDS = 7;
const CYCLES = 1000;
const STARTS = 9;
const LEASE_MS = 300_000;

const { milliseconds, openBoard } = await import(ENTRY);

await measureCycles();
await measureCalls();
measureStart();

/** Claim, heartbeat, complete, one after the other, until the queue is empty. */
async function measureCycles() {
  const [ours, sqlite] = [[], []];
  // Taking turns: what slows the machine down slows both.
  for (let round = 0; round <= ROUNDS; round++) {
    const times = [await cyclesOfBoard(), cyclesOfSqlite()];
    if (round > 0) {
      ours.push(times[0]);
      sqlite.push(times[1]);
    }
  }
  const each = (times) => (median(times) * 1000) / CYCLES;
  const [cycle, baseline] = [each(ours), each(sqlite)];
  console.log(`cycles a second: ${rate(cycle)}, on SQLite: ${rate(baseline)}`);
  print("npm-cycle", cycle, "us", { baseline, target: Math.min(100, baseline / 2) });
}

async function cyclesOfBoard() {
  const board = await openBoard({ name: "bench", storage: "memory" });
  const ada = board.as({ kind: "human", ref: "ada" });
  for (let number = 0; number < CYCLES; number++) {
    const task = await ada.createTask({ scope: "global", title: `Task ${number}` });
    await ada.enqueueRun({ task_id: task.id });
  }
  const worker = board.as({ kind: "agent_session", ref: "worker" });
  const lease_duration = milliseconds(LEASE_MS);
  const started = performance.now();
  for (let number = 0; number < CYCLES; number++) {
    const claim = await worker.claimNextRun({ claimer_session_id: "worker", lease_duration });
    const lease = { run_id: claim.run.id, claim_token: claim.claim_token };
    await worker.heartbeatRunLease({ ...lease, lease_duration });
    await worker.completeRunLease({ ...lease, result: { value: { files: number } } });
  }
  const time = performance.now() - started;
  await board[Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]();
  return time;
}

function cyclesOfSqlite() {
  const queue = new SqliteQueue();
  for (let number = 0; number < CYCLES; number++) {
    queue.create(`Task ${number}`);
  }
  const started = performance.now();
  for (let number = 0; number < CYCLES; number++) {
    const { run, token } = queue.claim("worker", LEASE_MS);
    queue.heartbeat(run.id, token, LEASE_MS);
    queue.complete(run.id, token, { files: number });
  }
  const time = performance.now() - started;
  queue.close();
  return time;
}

/** What a call costs that does next to nothing, and one with a large answer. */
async function measureCalls() {
  const board = await openBoard({ name: "calls", storage: "memory" });
  const ada = board.as({ kind: "human", ref: "ada" });
  for (let number = 0; number < 1000; number++) {
    await ada.createTask({ scope: "global", title: `Task ${number}` });
  }
  const { read } = ada;
  const [first] = read.listTasks({ limit: 1 });
  print("npm-call-bare", timeOf(() => board.version, 20_000) * 1000, "us");
  print("npm-call-read", timeOf(() => read.getTask(first.id), 2_000) * 1000, "us");
  const list = () => read.listTasks({ limit: 1000 });
  const text = JSON.stringify(list());
  const baseline = timeOf(() => JSON.parse(text), 20);
  print(`npm-list-of-${list().length}`, timeOf(list, 20), "ms", { baseline });
}

/** Milliseconds that a call takes: the best of several rounds. */
function timeOf(call, times) {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const started = performance.now();
    for (let count = 0; count < times; count++) {
      call();
    }
    return (performance.now() - started) / times;
  });
  return Math.min(...rounds);
}

/** From `import` to the first answer, in processes of their own. */
function measureStart() {
  const script = fileURLToPath(new URL("start.mjs", import.meta.url));
  const run = (...args) => Number(execFileSync(process.execPath, [script, ...args], { encoding: "utf8" }));
  const starts = Array.from({ length: STARTS }, () => run(ENTRY));
  const wasm = join(FOLDER, "taskloom_wasm_bg.wasm");
  const compiles = Array.from({ length: STARTS }, () => run(ENTRY, wasm));
  print("npm-start", median(starts), "ms", { baseline: median(compiles), target: 60 });
}

function print(name, value, unit, more = {}) {
  const rounded = Object.entries({ value, ...more }).map(([key, number]) => [key, round(number)]);
  console.log(JSON.stringify({ name, unit, ...Object.fromEntries(rounded) }));
}

function rate(microseconds) {
  return Math.round(1_000_000 / microseconds);
}

function round(value) {
  return Math.round(value * 1000) / 1000;
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

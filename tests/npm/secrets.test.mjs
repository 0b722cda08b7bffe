// Claim tokens: in the answer of their claim, and nowhere else.

import assert from "node:assert/strict";
import { test } from "node:test";

import { installed } from "./project.mjs";

const { project } = await installed();

/** Everything that a program can get hold of, on its standard output, but the answer. */
const PROGRAM = `
import { inspect } from "node:util";
import { openBoard } from "taskloom";

const told = [];
const tell = (what) => console.log(inspect(what, { depth: 20, showHidden: true, getters: true }));
const board = await openBoard({
  name: "secrets",
  channelValidator: (channel) => {
    throw new Error("no such channel, of " + channel.length + " letters");
  },
  sessionExecutor: {
    start: async (spec) => void tell(spec),
    attach: async () => {
      throw new Error("no session");
    },
    requestStop: async () => {},
    forceStop: async () => {},
  },
  runHooks: { preClaim: tell, dispatch: tell },
});
const ada = board.as({ kind: "human", ref: "ada" });
const [stream, changes] = [board.stream(), board.watch()];
const task = await ada.createTask({ scope: "global", title: "Secret", max_attempts: 9 });
const own = ada.stream(task.id);
const worker = board.as({ kind: "agent_session", ref: "w" });
const failed = async (work) => {
  try {
    await work();
    throw new Error("it was to fail");
  } catch (error) {
    tell([error, String(error), JSON.stringify(error), error.stack, error.cause, { ...error }]);
  }
};

const queued = await ada.enqueueRun({ task_id: task.id });
const { run, claim_token, ...rest } = await worker.claimNextRun({ claimer_session_id: "w" });
tell([run, rest]);
const lease = { run_id: run.id, claim_token };
tell(await worker.heartbeatRunLease(lease));

// Where a token does not belong, it is quoted by nobody.
const wrong = claim_token.slice(0, -4) + "ffff";
for (const work of [
  () => worker.heartbeatRunLease({ ...lease, run_id: claim_token }),
  () => worker.heartbeatRunLease({ ...lease, claim_token: wrong }),
  () => worker.heartbeatRunLease({ ...lease, lease_duration: claim_token }),
  () => worker.heartbeatRunLease({ ...lease, [claim_token]: 1 }),
  () => worker.releaseRunLease({ ...lease, now: claim_token }),
  () => worker.failRunLease({ ...lease, failure: { error: "" } }),
  () => worker.completeRunLease({ ...lease, result: { value: 1n } }),
  () => ada.createTask({ scope: claim_token, title: "x" }),
  () => ada.createTask({ scope: "global", title: "x", priority: claim_token }),
  () => ada.createTask({ scope: "global", title: "x", network_channel: claim_token }),
  () => ada.createTask({ scope: "global", title: "x", owner: { kind: claim_token, ref: "x" } }),
  () => ada.getTask(claim_token),
  () => ada.runDetail(claim_token),
  () => ada.cancelTask(claim_token),
  () => ada.startRun(run.id, { idempotency_key: "k" }),
  () => ada.addDependency({ task_id: claim_token, depends_on_task_id: task.id, kind: "blocks" }),
  () => ada.stream(claim_token),
  () => board.as({ kind: claim_token, ref: "x" }),
  () => board.import(JSON.stringify({ format: claim_token })),
  () => board.import('{"' + claim_token + '": '),
  () => board.transaction((it) => it.as({ kind: "human", ref: "ada" }).getTask(claim_token)),
  () => openBoard({ name: "x", storage: claim_token }),
  () => openBoard({ name: "x", [claim_token]: 1 }),
]) {
  await failed(work);
}

// A worker that fails with a token in its hands writes it into the run's error.
const failure = { error: "it failed with " + claim_token, metadata: { claim_token } };
await worker.failRunLease({ ...lease, failure }).then(tell, (error) => tell(error));
for (const read of [
  () => ada.read.getTask(task.id),
  () => ada.read.listTasks(),
  () => ada.read.listTaskRuns(task.id),
  () => ada.read.timeline(task.id),
  () => ada.read.streamBacklog(task.id),
  () => ada.read.inspectTask(task.id),
  () => ada.read.inspectRun(queued.id),
  () => ada.read.runDetail(queued.id),
  () => ada.read.schedulerBacklog(),
  () => ada.read.tree(task.id),
]) {
  tell(read());
}
tell(await board.export());
await board.close();
for (const source of [stream, changes, own]) {
  for await (const item of source) tell(item);
}
tell([board, ada, worker, Object.getOwnPropertyNames(globalThis)]);
process.stderr.write(claim_token);
`;

test("a claim token is in the answer of its claim and nowhere else", async () => {
  project.write("secrets.mjs", PROGRAM);
  const { stdout, stderr: token } = await project.both("secrets.mjs");
  assert.match(token, /^agh_claim_[\w-]{20,}$/);
  const secret = token.slice("agh_claim_".length);
  const lines = stdout.split("\n").filter((line) => line.includes(secret));
  assert.deepEqual(lines, []);
  assert.ok(stdout.includes("agh_claim_[REDACTED]"), "nothing had to be hidden");
  assert.ok(stdout.split("\n").length > 1000, "the program said too little");
});

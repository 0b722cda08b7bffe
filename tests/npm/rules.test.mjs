// What a program lays down when it opens a board: which workspaces there are, who may
// use force, what profiles may say; and the lease of a session that lost its memory.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ADA, installed } from "./project.mjs";

const { taskloom, refused } = await installed();
const { openBoard } = taskloom;
const task = (title, more) => ({ scope: "global", title, ...more });

test("tasks live in workspaces that there are", async () => {
  const gone = new Error("the disk is gone");
  const board = await openBoard({
    name: "workspaces",
    workspaceExists: (id) => {
      if (id === "broken") throw gone;
      return id === "garden";
    },
  });
  const ada = board.as(ADA);
  const inside = (workspace_id) =>
    ada.createTask({ scope: "workspace", workspace_id, title: "Water the plants" });
  assert.equal((await inside("garden")).workspace_id, "garden");
  await refused(() => inside("attic"), "workspace_not_found");
  assert.equal((await refused(() => inside("broken"), "workspace_not_found")).cause, gone);
  assert.equal(ada.read.listTasks().length, 1);
});

test("a workspace that is looked for later is none", async () => {
  const board = await openBoard({ name: "late", workspaceExists: async () => true });
  const wish = { scope: "workspace", workspace_id: "garden", title: "x" };
  const error = await refused(() => board.as(ADA).createTask(wish), "workspace_not_found");
  assert.match(error.cause.message, /must answer at once/);
});

/** A board with a claimed run, and an agent that would like to force it. */
async function claimed(options) {
  const board = await openBoard({ name: "force", ...options });
  const ada = board.as(ADA);
  const { id } = await ada.createTask(task("Work"));
  const run = await ada.enqueueRun({ task_id: id });
  await board.as({ kind: "agent_session", ref: "s1" }).claimNextRun({ claimer_session_id: "s1" });
  const agent = board.as({ kind: "agent_session", ref: "s2" });
  return { board, ada, agent, run, task: id };
}

test("agents use force as the board allows it", async () => {
  const request = { reason: "stuck" };
  const usual = await claimed({});
  assert.equal((await usual.agent.forceReleaseRun(usual.run.id, request)).status, "queued");

  const never = await claimed({ force: { allow_agent_force: false } });
  const forbidden = "forbidden_operator_action";
  await refused(() => never.agent.forceReleaseRun(never.run.id, request), forbidden);
  assert.equal((await never.ada.forceReleaseRun(never.run.id, request)).status, "queued");

  const once = await claimed({ force: { rate_limit_per_minute: 1 } });
  await once.agent.pauseTask(once.task, { reason: "enough" });
  await refused(
    () => once.agent.pauseTask(once.task, { reason: "enough" }),
    "force_op_rate_limited",
  );
});

test("profiles say what the board allows", async () => {
  const board = await openBoard({ name: "gates", profileGates: { allow_sandbox_none: false } });
  const ada = board.as(ADA);
  const { id } = await ada.createTask(task("Work"));
  await refused(
    () => ada.setExecutionProfile(id, { sandbox: { mode: "none" } }),
    "validation",
    "task_execution_profile.sandbox.mode",
  );
  const named = await ada.setExecutionProfile(id, { worker: { mode: "select", agent_name: "a" } });
  assert.equal(named.task_id, id);
  await refused(() => ada.setExecutionProfile(id), "validation", "task_execution_profile");
});

test("rules that mean nothing are refused", async () => {
  for (const [options, path] of [
    [{ force: 7 }, "open_board.force"],
    [{ force: { allow: true } }, "open_board.force.allow"],
    [{ force: { rate_limit_per_minute: "often" } }, "open_board.force"],
    [{ profileGates: { sandbox: false } }, "open_board.profileGates.sandbox"],
    [{ workspaceExists: ["garden"] }, "open_board.workspaceExists"],
  ]) {
    await refused(() => openBoard({ name: "odd", ...options }), "validation", path);
  }
});

test("a session finds its run again, with the token", async () => {
  const { board, run } = await claimed({});
  const found = board.lookupActiveRunForSession("s1", run.id);
  assert.deepEqual([found.run_id, found.session_id, found.status], [run.id, "s1", "claimed"]);
  const session = board.as({ kind: "agent_session", ref: "s1" });
  const lease = { run_id: run.id, claim_token: found.claim_token };
  assert.equal((await session.completeRunLease(lease)).status, "completed");
  for (const [name, code] of [["s1", "lease_expired"], ["s2", "invalid_claim_token"]]) {
    const error = await refused(() => board.lookupActiveRunForSession(name, run.id), code);
    assert.ok(error.details.reason, error.message);
    assert.ok(!JSON.stringify({ ...error, message: error.message }).includes(found.claim_token));
  }
  await refused(() => board.lookupActiveRunForSession("s1"), "validation", "run_id");
});

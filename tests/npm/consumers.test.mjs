// The package in the kinds of program that use it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { install } from "./project.mjs";

let project;

before(async () => {
  project = await install();
});

after(() => project?.remove());

const WORK = `
async function work({ openBoard, TaskloomError }) {
  const board = await openBoard({ name: "work" });
  const ada = board.as({ kind: "human", ref: "ada" });
  const task = await ada.createTask({ scope: "global", title: "Design" });
  await ada.enqueueRun({ task_id: task.id });
  const worker = board.as({ kind: "agent_session", ref: "s" });
  const { run, claim_token } = await worker.claimNextRun({ claimer_session_id: "s" });
  await worker.completeRunLease({ run_id: run.id, claim_token });
  const refusal = await ada.getTask("none").catch((error) => error);
  console.log(ada.read.getTask(task.id).task.status, refusal instanceof TaskloomError);
}
`;

test("an ES module in Node", async () => {
  project.write("esm.mjs", `import * as taskloom from "taskloom";${WORK}work(taskloom);`);
  assert.equal(await project.node("esm.mjs"), "completed true\n");
});

test("a CommonJS module in Node", async () => {
  project.write("common.cjs", `const taskloom = require("taskloom");${WORK}work(taskloom);`);
  assert.equal(await project.node("common.cjs"), "completed true\n");
});

test("both ways give the same module", async () => {
  project.write(
    "both.mjs",
    `import { createRequire } from "node:module";
     import * as esm from "taskloom";
     const common = createRequire(import.meta.url)("taskloom");
     const names = (module) => Object.keys(module).filter((name) => name !== "module.exports");
     console.log(names(esm).join(), names(common).join(), esm.TaskloomError === common.TaskloomError);`,
  );
  const names = "TaskloomError,milliseconds,minutes,openBoard,seconds";
  assert.equal(await project.node("both.mjs"), `${names} ${names} true\n`);
});

test("the entry for browsers has the same names", async () => {
  project.write(
    "names.mjs",
    `import * as browser from "./node_modules/taskloom/index.js";
     import * as node from "taskloom";
     console.log(Object.keys(browser).join() === Object.keys(node).join());`,
  );
  assert.equal(await project.node("names.mjs"), "true\n");
});

test("the engine's file can be named", async () => {
  project.write(
    "wasm.mjs",
    `import { readFile } from "node:fs/promises";
     const bytes = await readFile(new URL(import.meta.resolve("taskloom/taskloom.wasm")));
     console.log(WebAssembly.validate(bytes));`,
  );
  assert.equal(await project.node("wasm.mjs"), "true\n");
});

test("an engine that cannot be loaded is an error with a code, and is tried again", async () => {
  project.write(
    "missing.mjs",
    `import { readFileSync, renameSync } from "node:fs";
     import { openBoard } from "taskloom";
     const wasm = new URL("./node_modules/taskloom/taskloom_wasm_bg.wasm", import.meta.url);
     const away = new URL("./away.wasm", import.meta.url);
     renameSync(wasm, away);
     const error = await openBoard({ name: "a" }).catch((error) => error);
     renameSync(away, wasm);
     console.log(error.code, (await openBoard({ name: "a" })).version);`,
  );
  assert.equal(await project.node("missing.mjs"), "engine_unavailable 0\n");
});

test("the examples of the README run as they are", async () => {
  const readme = readFileSync(project.path("node_modules/taskloom/README.md"), "utf8");
  const examples = [...readme.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code);
  assert.equal(examples.length, 4);
  project.write("readme.mjs", examples.join("\n"));
  assert.match(await project.node("readme.mjs"), /^blocked\nready\n\[(\s*'task-[0-9a-f]{16}',?){3}\s*\]\n$/);
});

test("the package has no dependencies and no scripts", () => {
  const manifest = JSON.parse(readFileSync(project.path("node_modules/taskloom/package.json"), "utf8"));
  assert.deepEqual([manifest.dependencies, manifest.scripts], [undefined, undefined]);
  assert.equal(manifest.sideEffects, false);
});

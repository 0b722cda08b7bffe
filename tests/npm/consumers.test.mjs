// The package in the kinds of program that use it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { commonProgram, FIRST, program } from "./program.mjs";
import { install } from "./project.mjs";

let project;

before(async () => {
  project = await install();
});

after(() => project?.remove());

for (const [entry, ready] of [
  ["taskloom", ""],
  ["taskloom/inline", ""],
  [
    "taskloom/slim",
    'initialize(require("node:fs").readFileSync(require.resolve("taskloom/taskloom.wasm")));',
  ],
]) {
  const source = { from: entry, ready };
  const tell = "program().then((outcome) => console.log(JSON.stringify(outcome)));";

  test(`${entry} in an ES module in Node`, async () => {
    const requiring = `import { createRequire } from "node:module";
      const require = createRequire(import.meta.url);`;
    project.write("esm.mjs", `${requiring}${program(source)}${tell}`);
    assert.deepEqual(JSON.parse(await project.node("esm.mjs")), FIRST);
  });

  test(`${entry} in a CommonJS module in Node`, async () => {
    project.write("common.cjs", commonProgram(source) + tell);
    assert.deepEqual(JSON.parse(await project.node("common.cjs")), FIRST);
  });
}

test("both ways give the same module", async () => {
  project.write(
    "both.mjs",
    `import { createRequire } from "node:module";
     import * as esm from "taskloom";
     const common = createRequire(import.meta.url)("taskloom");
     const names = (module) => Object.keys(module).filter((name) => name !== "module.exports");
     console.log(names(esm).join(), names(common).join(), esm.TaskloomError === common.TaskloomError);`,
  );
  const names = "TaskloomError,initialize,milliseconds,minutes,openBoard,seconds";
  assert.equal(await project.node("both.mjs"), `${names} ${names} true\n`);
});

test("all entries have the same names and the same classes", async () => {
  project.write(
    "names.mjs",
    `import * as browser from "./node_modules/taskloom/index.js";
     import * as inline from "taskloom/inline";
     import * as node from "taskloom";
     import * as slim from "taskloom/slim";
     const all = [browser, inline, node, slim];
     const distinct = (values) => new Set(values).size;
     console.log(
       distinct(all.map((entry) => Object.keys(entry).join())),
       distinct(all.map((entry) => entry.TaskloomError)),
     );`,
  );
  assert.equal(await project.node("names.mjs"), "1 1\n");
});

test("slim without its engine says what to do, and takes it later", async () => {
  project.write(
    "slim.mjs",
    `import { readFile } from "node:fs/promises";
     import { initialize, openBoard } from "taskloom/slim";
     const refusal = () => openBoard({ name: "a" }).catch(({ code, message }) => [code, message]);
     console.log(JSON.stringify(await refusal()));
     const damaged = await initialize(new Uint8Array([1, 2, 3])).catch((error) => error);
     console.log(damaged.code, damaged.cause instanceof WebAssembly.CompileError);
     const bytes = await readFile(new URL(import.meta.resolve("taskloom/taskloom.wasm")));
     await initialize(await WebAssembly.compile(bytes));
     await initialize();
     console.log((await openBoard({ name: "a" })).version);`,
  );
  assert.equal(
    await project.node("slim.mjs"),
    `["engine_unavailable","call initialize with the engine's WebAssembly first"]
engine_unavailable true
0
`,
  );
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
  assert.equal(examples.length, 7);
  project.write("readme.mjs", examples.join("\n"));
  const equal = /\{ new: 0, equal: \d+, kept: 0, replaced: 0, removed: 0 \}\n/.source;
  const loop = /(task-[0-9a-f]{16}( -> |\n)){3}/.source;
  const printed = new RegExp(`^blocked\\nready\\ntask.created\\n${equal}${loop}$`);
  assert.match(await project.node("readme.mjs"), printed);
});

test("the package has no dependencies and no scripts", () => {
  const manifest = JSON.parse(readFileSync(project.path("node_modules/taskloom/package.json"), "utf8"));
  assert.deepEqual([manifest.dependencies, manifest.scripts], [undefined, undefined]);
  assert.equal(manifest.sideEffects, false);
});

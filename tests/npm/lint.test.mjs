// What the ecosystem's own checkers say about the packed file.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { publint } from "publint";
import { formatMessage } from "publint/utils";

const run = promisify(execFile);
const tarball = process.env.TASKLOOM_TARBALL;

test("publint finds nothing", async () => {
  const file = readFileSync(tarball);
  const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball: bytes }, strict: true });
  assert.deepEqual(messages.map((message) => formatMessage(message, pkg)), []);
});

test("the types are right for every way of resolving them", async () => {
  const program = new URL("../node_modules/@arethetypeswrong/cli/dist/index.js", import.meta.url);
  const { stdout } = await run(process.execPath, [
    fileURLToPath(program),
    tarball,
    "--format=json",
    // Not a module of JavaScript: bundlers and `fetch` take it as it is.
    "--exclude-entrypoints=./taskloom.wasm",
  ]).catch((error) => error);
  const { analysis, problems } = JSON.parse(stdout);
  assert.deepEqual(problems, {});
  assert.deepEqual(Object.keys(analysis.entrypoints).sort(), [".", "./inline", "./package.json", "./slim"]);
});

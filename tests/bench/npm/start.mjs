// Milliseconds from `import` to the first answer of an operation; with the engine's
// file as a second argument, only those that compiling it takes.

import { readFile } from "node:fs/promises";

const [entry, wasm] = process.argv.slice(2);
const started = performance.now();
if (wasm) {
  await WebAssembly.compile(await readFile(wasm));
} else {
  const { openBoard } = await import(entry);
  const board = await openBoard({ name: "start" });
  await board.as({ kind: "human", ref: "ada" }).createTask({ scope: "global", title: "First" });
}
console.log(performance.now() - started);

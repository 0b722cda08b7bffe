// Serves a WebAssembly module, which is the argument.

import { readFileSync } from "node:fs";

import { answerLines } from "./lines.mjs";

const { instance } = await WebAssembly.instantiate(readFileSync(process.argv[2]));
const { memory, request, perform, answer } = instance.exports;

await answerLines((line) => {
  const bytes = new TextEncoder().encode(line);
  const start = request(bytes.length);
  new Uint8Array(memory.buffer, start, bytes.length).set(bytes);
  const length = perform();
  return new TextDecoder().decode(new Uint8Array(memory.buffer, answer(), length));
});

// Serves a WebAssembly module over lines: a request on standard input, its
// answer on standard output.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const { instance } = await WebAssembly.instantiate(readFileSync(process.argv.at(-1)));
const { memory, request, perform, answer } = instance.exports;

for await (const line of createInterface({ input: process.stdin })) {
  const bytes = new TextEncoder().encode(line);
  const start = request(bytes.length);
  new Uint8Array(memory.buffer, start, bytes.length).set(bytes);
  const length = perform();
  const text = new TextDecoder().decode(new Uint8Array(memory.buffer, answer(), length));
  process.stdout.write(`${text}\n`);
}

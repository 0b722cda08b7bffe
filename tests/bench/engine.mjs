// Runs the engine's benchmark as WebAssembly: the module's file is the last
// argument, and each line that the module prints goes to standard output.

import { readFileSync } from "node:fs";

const decoder = new TextDecoder();
const host = {
  now: () => performance.now(),
  print: (start, length) => {
    console.log(decoder.decode(new Uint8Array(memory.buffer, start, length)));
  },
};

const { instance } = await WebAssembly.instantiate(readFileSync(process.argv.at(-1)), { host });
const { memory, bench } = instance.exports;
bench();

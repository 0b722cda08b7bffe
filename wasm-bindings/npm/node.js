// The entry for Node: the engine is read from the disk.

import { readFile } from "node:fs/promises";

import { entry } from "./entry.js";

export { TaskloomError } from "./error.js";
export { milliseconds, minutes, seconds } from "./duration.js";

export const { initialize, openBoard } = entry({
  door: "cli",
  source: () => readFile(new URL("./taskloom_wasm_bg.wasm", import.meta.url)),
});
